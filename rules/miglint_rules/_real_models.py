"""Uses of the project's real models in a migration's own code, found in its syntax tree without running anything."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct, field

ENUMS = frozenset({"TextChoices", "IntegerChoices", "Choices", "Enum", "IntEnum", "StrEnum", "Exception"})


class Use(Struct, frozen=True):
    """A model that code reaches directly: what it is called there, how, and the nodes that bring and use it."""

    model: str
    how: str
    brought: ast.stmt | ast.expr
    used: ast.expr


class _Names(Struct):
    """What a block of code has imported: names of possible model classes, of modules of models, and of functions."""

    classes: dict[str, tuple[str, ast.stmt]] = field(default_factory=dict)
    modules: dict[str, tuple[str, ast.stmt]] = field(default_factory=dict)
    user_functions: dict[str, ast.stmt] = field(default_factory=dict)
    registries: dict[str, ast.stmt] = field(default_factory=dict)
    in_function: bool = False

    def copy(self) -> _Names:
        """The same names, to which others can be added."""
        return _Names(dict(self.classes), dict(self.modules), dict(self.user_functions), dict(self.registries))


def uses(tree: ast.Module) -> Iterator[Use]:
    """Each place that touches a real model, in the order of the file."""
    names = _Names()
    for statement in tree.body:
        _note(statement, names)
    reached = _reached(tree)
    for statement in tree.body:
        if not isinstance(statement, ast.FunctionDef) or statement.name in reached or statement.decorator_list:
            yield from _in_node(statement, names, frozenset())


def _reached(tree: ast.Module) -> set[str]:
    """The names that running the migration reaches. Others may keep functions in its file for a use of their own."""
    named: dict[str, set[str]] = {}
    pending: set[str] = set()
    for statement in tree.body:
        match statement:
            case ast.FunctionDef(name=name, decorator_list=[]):
                named.setdefault(name, set()).update(_read(statement))
            case ast.Assign(targets=[ast.Name(id=name)]):
                named.setdefault(name, set()).update(_read(statement))
                pending.update(*(_read(call) for call in ast.walk(statement) if isinstance(call, ast.Call)))
            case _:
                pending |= _read(statement)
    reached: set[str] = set()
    while pending:
        reached |= pending
        pending = set().union(*(named.get(name, ()) for name in pending)) - reached
    return reached


def _read(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def imported_class(use: Use) -> tuple[str, str] | None:
    """The module and the name of the class that an import statement brought, where it is one."""
    if isinstance(use.brought, ast.ImportFrom):
        return use.brought.module or "", use.model
    return None


def _in_node(node: ast.AST, names: _Names, hidden: frozenset[str]) -> Iterator[Use]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inner = names.copy()
        for found in ast.walk(node):
            if isinstance(found, ast.Import | ast.ImportFrom):
                _note(found, inner)
        inner.in_function = True
        # Parameters and variables of the function hide what is imported above it: `apps` is the migration's own.
        local = hidden | _bound(node) - _imported(node)
        for statement in node.body:
            yield from _in_node(statement, inner, local)
        return
    if isinstance(node, ast.Call):
        yield from _call(node, names, hidden)
    elif isinstance(node, ast.Attribute):
        yield from _attribute(node, names, hidden)
    for child in _children(node):
        if names.in_function or not _is_handed_over(node, child):
            yield from _in_node(child, names, hidden)


def _is_handed_over(node: ast.AST, child: ast.AST) -> bool:
    """`upload_to=Picture.path`, as makemigrations writes it: a function that is only named, not a manager."""
    if not (isinstance(node, ast.keyword) and isinstance(child, ast.Attribute)):
        return False
    return not child.attr.endswith(("objects", "manager"))


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What is run: annotations are not, nor what only type checkers see."""
    if isinstance(node, ast.AnnAssign):
        yield from [node.value] if node.value else []
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        yield from node.orelse
    else:
        yield from ast.iter_child_nodes(node)


def _call(node: ast.Call, names: _Names, hidden: frozenset[str]) -> Iterator[Use]:
    """`get_user_model()`, `apps.get_model(…)` of the registry, `Customer(…)`, and models handed to other functions."""
    function = node.func
    if isinstance(function, ast.Name) and function.id not in hidden:
        if function.id in names.user_functions:
            yield Use("user model", f"{function.id}()", names.user_functions[function.id], node)
        elif function.id in names.classes and names.in_function:
            # Outside of functions it is a field, a manager or an operation that is made.
            model, brought = names.classes[function.id]
            yield Use(model, f"{function.id}(…)", brought, node)
    if isinstance(function, ast.Attribute) and function.attr in ("get_model", "get_models"):
        registry = ast.unparse(function.value)
        if registry in names.registries and registry.partition(".")[0] not in hidden:
            how = f"{registry}.{function.attr}()"
            yield Use("model of the registry", how, names.registries[registry], node)


def _attribute(node: ast.Attribute, names: _Names, hidden: frozenset[str]) -> Iterator[Use]:
    """`Customer.objects`, `models.Customer.objects`: a manager, or anything else in lower case; no constants."""
    if not node.attr[:1].islower() and not node.attr.startswith("_default_manager"):
        return
    owner = node.value
    if isinstance(owner, ast.Name) and owner.id in names.classes and owner.id not in hidden:
        model, brought = names.classes[owner.id]
        yield Use(model, f"{owner.id}.{node.attr}", brought, node)
    elif isinstance(owner, ast.Attribute) and owner.attr[:1].isupper():
        module = ast.unparse(owner.value)
        if module in names.modules and module.partition(".")[0] not in hidden:
            yield Use(owner.attr, f"{module}.{owner.attr}.{node.attr}", names.modules[module][1], node)


def _note(statement: ast.stmt, names: _Names) -> None:
    """Note what an import brings; compound statements at the top are looked into."""
    if isinstance(statement, ast.ImportFrom):
        for alias in statement.names:
            _note_from(statement, alias, names)
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            if _is_models(alias.name):
                names.modules[alias.asname or alias.name] = (alias.name, statement)
    elif isinstance(statement, ast.Try | ast.With):
        for inner in statement.body:
            _note(inner, names)


def _note_from(statement: ast.ImportFrom, alias: ast.alias, names: _Names) -> None:
    module, name = statement.module or "", alias.asname or alias.name
    if module == "django.contrib.auth" and alias.name == "get_user_model":
        names.user_functions[name] = statement
    elif module == "django.apps" and alias.name == "apps":
        names.registries[name] = statement
    elif module.startswith(("django.db", "django.contrib.gis.db")):
        return
    elif alias.name == "models":
        names.modules[name] = (f"{module}.models", statement)
    elif _is_models(module) and alias.name[:1].isupper() and not alias.name.isupper():
        names.classes[name] = (alias.name, statement)


def _is_models(module: str) -> bool:
    return "models" in module.split(".") and not module.startswith("django.db")


def _bound(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """Names that a function binds: parameters and what it assigns to."""
    arguments = node.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parameters += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    stored = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    return frozenset({one.arg for one in parameters} | stored)


def _imported(node: ast.AST) -> frozenset[str]:
    return frozenset(
        alias.asname or alias.name
        for one in ast.walk(node)
        if isinstance(one, ast.Import | ast.ImportFrom)
        for alias in one.names
    )
