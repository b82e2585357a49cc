"""Examples of rule pages as packages that Django can import."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rules.pages import Example


def write_package(example: Example, folder: Path) -> None:
    """Write the example's migrations below a folder."""
    write_files(example.head_files(), folder)


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write the Python files of the app `shop` below a folder."""
    for package in ("shop", "shop/migrations"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    for path, text in files.items():
        if path.startswith("shop/") and path.endswith(".py"):
            (folder / path).write_text(text)
