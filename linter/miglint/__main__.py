"""`python -m miglint`, and what the command `miglint` calls."""

from miglint.search_path import leave_out_checkout


def main() -> int:
    """Run the command line, all of which is imported once the checkout is off the path."""
    leave_out_checkout()
    from miglint.cli import main as run

    return run()


if __name__ == "__main__":
    raise SystemExit(main())
