"""The user model of a project whose settings do not tell it: the model that says it may stand in for it."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterable, Iterator

from miglint.sources.django.apps import Labels
from miglint.sources.django.modules import Modules
from miglint.sources.django.source import Unparsable


def user_model(paths: Iterable[str], modules: Modules, labels: Labels) -> str | None:
    """`accounts.User`, if just one model is created with `swappable` set to AUTH_USER_MODEL."""
    found = {
        f"{labels.of(posixpath.dirname(path))[0]}.{name}" for path in paths for name in _swappable_models(path, modules)
    }
    return found.pop() if len(found) == 1 else None


def _swappable_models(path: str, modules: Modules) -> Iterator[str]:
    try:
        tree = modules.source(path).tree
    except Unparsable:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("CreateModel"):
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            name = given.get("name", node.args[0] if node.args else None)
            options = given.get("options", node.args[2] if len(node.args) > 2 else None)
            if isinstance(name, ast.Constant) and isinstance(name.value, str) and _is_swappable(options):
                yield name.value


def _is_swappable(options: ast.expr | None) -> bool:
    if not isinstance(options, ast.Dict):
        return False
    for key, value in zip(options.keys, options.values, strict=True):
        if isinstance(key, ast.Constant) and key.value == "swappable":
            return isinstance(value, ast.Constant) and value.value == "AUTH_USER_MODEL"
    return False
