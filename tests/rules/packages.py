"""Examples of rule pages as packages that Django can import."""

from __future__ import annotations

from pathlib import Path

from rules.pages import Example


def write_package(example: Example, folder: Path) -> None:
    """Write the example's migrations below a folder."""
    for package in ("shop", "shop/migrations"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    for path, text in example.head_files().items():
        if path.endswith(".py"):
            (folder / path).write_text(text)
