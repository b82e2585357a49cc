"""Python finds no module in the checkout that is checked.

`python -m miglint` puts the current folder first on sys.path, and PYTHONPATH often names a project's folders: a file
`click.py` or `yaml.py` in them would be executed in place of the library. What runs before this module's function is
done imports only what Python itself has loaded by then, not even `__future__`.
"""

import os
import sys


def leave_out_checkout() -> None:
    """Take the current folder, and what PYTHONPATH names in its repository, out of sys.path."""
    here = os.path.realpath(os.getcwd())  # noqa: PTH109 -- pathlib is one more module to find
    inside = _repository(here) + os.sep
    own = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120
    named = {os.path.realpath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)}
    if own in named and (own + os.sep).startswith(inside):
        named = set()  # miglint's own source is the checkout: there is nobody to protect from it
    sys.path[:] = [
        entry
        for entry in sys.path
        if (place := os.path.realpath(entry)) == own
        or not (place == here or (place in named and (place + os.sep).startswith(inside)))
    ]


def _repository(folder: str) -> str:
    """The nearest folder above that holds `.git`, else the folder itself."""
    above = folder
    while not os.path.lexists(os.path.join(above, ".git")):  # noqa: PTH118
        if above == os.path.dirname(above):  # noqa: PTH120
            return folder
        above = os.path.dirname(above)  # noqa: PTH120
    return above
