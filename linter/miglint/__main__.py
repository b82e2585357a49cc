"""`python -m miglint`, and what the command `miglint` calls."""

import gc

from miglint.search_path import leave_out_checkout

_NEW_OBJECTS = 1_000_000
"""How many objects are made before cycles are looked for among them: seldom enough to cost nothing, often enough that
the model classes which Django makes for each migration, all of them cycles, do not add up over a whole history."""


def main() -> int:
    """Run the command line, all of which is imported once the checkout is off the path."""
    leave_out_checkout()
    return _run()


def run_and_end() -> None:
    """Run the command line and end the process with its status."""
    leave_out_checkout()
    from miglint.ending import end, will_end

    will_end()
    end(_run())


def _run() -> int:
    gc.set_threshold(_NEW_OBJECTS, 20, 100)
    from miglint.cli import main as run

    return run()


if __name__ == "__main__":
    run_and_end()
