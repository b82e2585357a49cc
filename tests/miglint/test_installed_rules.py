"""Rules of installed packages are found wherever importlib.metadata would find them."""

from __future__ import annotations

import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from miglint import installed_rules

ENTRY_POINTS = "[console_scripts]\nx = x:main\n\n[miglint.rules]\nours = company.rules\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, first of all."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def install(folder: Path, name: str, entry_points: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "METADATA").write_text("Metadata-Version: 2.1\nName: company\nVersion: 1\n")
    (folder / name / "entry_points.txt").write_text(entry_points)


def names() -> list[str]:
    return [entry.name for entry in installed_rules.declared()]


def test_nothing_declares_rules(folder: Path) -> None:
    install(folder, "company-1.dist-info", "[console_scripts]\nx = x:main\n")
    (folder / "empty-1.dist-info").mkdir()
    assert names() == []


@pytest.mark.parametrize("name", ["company-1.dist-info", "company-1.egg-info", "company-1.egg/EGG-INFO"])
def test_a_package_declares_rules(folder: Path, name: str) -> None:
    install(folder, name, ENTRY_POINTS)
    if name.startswith("company-1.egg/"):
        sys.path.insert(0, str(folder / "company-1.egg"))
    assert names() == ["ours"]


def test_an_archive_declares_rules(folder: Path) -> None:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("company-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: company\nVersion: 1\n")
        archive.writestr("company-1.dist-info/entry_points.txt", ENTRY_POINTS)
    sys.path.insert(0, str(folder / "all.zip"))
    assert names() == ["ours"]


def test_another_finder_declares_rules(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(folder / "elsewhere", "company-1.dist-info", ENTRY_POINTS)

    class Finder:
        def find_distributions(self, context: object = None) -> list[PathDistribution]:
            return [PathDistribution(folder / "elsewhere" / "company-1.dist-info")]

        def find_spec(self, *_: object) -> None: ...

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    installed_rules._may_be_declared.cache_clear()
    assert names() == ["ours"]
