"""miglint: a linter for database migrations that never runs the project it reads."""

__version__ = "0.1.0"
