"""Which rules there are, and which of them look: the built-in ones, plugins by path and by entry point, selection."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from msgspec import Struct

from miglint import installed_rules
from miglint.config_origin import DISK, Files
from miglint.errors import MiglintError
from miglint.rule import Rule, rule_of, rules_in
from miglint.suggest import did_you_mean

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

OFF = "off"


class Selection(Struct, frozen=True):
    """What the command line and the configuration say of which rules look. An explicit `select` wins over `off`."""

    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    severities: Mapping[str, str] | None = None
    """Rule name to severity or `off`, from the configuration."""


def built_in_rules() -> list[Rule]:
    """The rules that come with miglint, by name."""
    return list(rules_in(importlib.import_module("miglint_rules")))


def all_rules(plugins: Iterable[str] = (), root: Path | None = None, files: Files = DISK) -> list[Rule]:
    """Built-in rules, those of installed packages and those of `plugins`, paths of files or folders below `root`."""
    rules: dict[str, Rule] = {}
    for rule in (*built_in_rules(), *_installed(), *_by_path(plugins, root or Path(), files)):
        if rule.name in rules and rules[rule.name].check is not rule.check:
            raise MiglintError(f"there are two rules named {rule.name}: a plugin needs a name of its own")
        rules[rule.name] = rule
    return sorted(rules.values(), key=lambda rule: rule.name)


def brings_code(plugins: Iterable[str]) -> bool:
    """Whether rules other than miglint's own look: `plugins`, or those of installed packages."""
    return any(plugins) or bool(installed_rules.declared())


def selected(rules: Iterable[Rule], selection: Selection) -> frozenset[str]:
    """The names of the rules that look."""
    known = {rule.name: rule for rule in rules}
    severities = selection.severities or {}
    for where, names in (
        ("--select", selection.select),
        ("--ignore", selection.ignore),
        ("the configuration's `rules`", severities),
    ):
        for name in names:
            if name not in known:
                raise MiglintError(f"{where} names no rule: {name}{did_you_mean(name, known)}")
    if selection.select:
        return selection.select - selection.ignore
    on = {name for name, rule in known.items() if severities.get(name, "on" if rule.default else OFF) != OFF}
    return frozenset(on - selection.ignore)


def _installed() -> Iterator[Rule]:
    for entry_point in installed_rules.declared():
        yield from _rules_of(_loaded(entry_point), f"the entry point {entry_point.name}")


def _loaded(entry_point: EntryPoint) -> object:
    try:
        return entry_point.load()
    except Exception as error:
        raise MiglintError(f"the rule plugin {entry_point.value} cannot be imported: {_said(error)}") from error


def plugin_files(plugin: str, root: Path, files: Files) -> list[Path]:
    """The Python files of a plugin; none if it is not there."""
    path = root / plugin
    if files.is_file(path):
        return [path]
    return [file for file in files.listing(path) or () if file.suffix == ".py" and not file.name.startswith("_")]


def _by_path(plugins: Iterable[str], root: Path, files: Files) -> Iterator[Rule]:
    for plugin in plugins:
        found = plugin_files(plugin, root, files)
        if not found and files.listing(root / plugin) is None:
            raise MiglintError(f"the configuration's `plugins` names {plugin}, which is not there")
        for file in found:
            yield from _rules_of(_imported(file, files), os.fspath(file))


def _imported(file: Path, files: Files) -> ModuleType:
    """The module that a file's content makes; what is executed is exactly what `files` has, never a cache beside it."""
    # A name of its own keeps a plugin `json.py` from standing in for the standard library's.
    name = f"miglint_plugins.{file.stem}"
    module = ModuleType(name)
    module.__file__ = os.fspath(file)
    sys.modules[name] = module
    try:
        exec(compile(files.read(file), file, "exec"), module.__dict__)  # noqa: S102 -- a plugin is code that the user names
    except Exception as error:
        raise MiglintError(f"the rule plugin {file} cannot be imported: {_said(error)}") from error
    return module


def _rules_of(module: object, where: str) -> Iterator[Rule]:
    if not isinstance(module, ModuleType):
        raise MiglintError(f"{where} is not a module or a package of rules")
    rules = list(rules_in(module)) if hasattr(module, "__path__") else [rule for rule in [rule_of(module)] if rule]
    if not rules:
        raise MiglintError(f"{where} holds no rule: `check` needs one of the decorators of miglint.rule")
    yield from rules


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".replace("\n", " ")
