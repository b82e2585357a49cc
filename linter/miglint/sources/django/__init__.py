"""Django migrations, read from their source without importing it."""
