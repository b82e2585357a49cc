"""What miglint says on the histories of real projects, and what Django says of the same files."""
