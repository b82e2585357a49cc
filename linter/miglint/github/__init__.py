"""GitHub: what an event says, and where results go. Failing to deliver never changes the exit status."""
