"""Python code without what makes no difference to a database: looks, idioms that linters rewrite.

`plain` changes the tree that it is given. Two functions whose plain forms are equal do the same.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from miglint_rules._plain_flow import in_order
from miglint_rules._plain_text import template

_OLD_NAMES = {
    "EnvironmentError": "OSError",
    "IOError": "OSError",
    "basestring": "str",
    "iteritems": "items",
    "iterkeys": "keys",
    "itervalues": "values",
    "long": "int",
    "unicode": "str",
    "xrange": "range",
}
"""Names of Python 2 and older ones of Python 3, by what they are now."""
_UTC = frozenset(
    f"{module}{name}"
    for module in ("", "datetime.", "dt.", "pytz.", "timezone.", "datetime.timezone.", "dt.timezone.")
    for name in ("UTC", "utc")
)
_WHOLE = re.compile(r"0{1,40}|[-+]?0{0,40}[1-9][0-9]{0,40}", re.ASCII)
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.In: ast.NotIn,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.NotEq: ast.Eq,
    ast.NotIn: ast.In,
}
_TAKES_ANY_ITERABLE = frozenset(
    {"all", "any", "dict", "frozenset", "list", "max", "min", "set", "sorted", "sum", "tuple"}
)
_LOGS = frozenset({"critical", "debug", "error", "exception", "info", "log", "warn", "warning", "write"})
_LOGGERS = ("log", "logger", "logging", "LOG", "LOGGER", "stdout", "stderr")


def plain(nodes: Iterable[ast.stmt], *, silent: bool = False) -> list[ast.stmt]:
    """The statements without what makes no difference; `silent`: without what is printed and logged, too, and without
    the name of the database that is migrated, which is the default one unless there are several."""
    nodes = list(nodes)
    aliases = frozenset(_names_of_alias(nodes)) if silent else frozenset[str]()
    found: list[ast.stmt] = []
    for node in nodes:
        done = _Plain(silent, aliases).visit(node)
        found += done if isinstance(done, list) else [done] if done is not None else []
    return in_order(found)


class _Plain(ast.NodeTransformer):
    def __init__(self, silent: bool, aliases: frozenset[str]) -> None:
        self._silent = silent
        self._aliases = aliases

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant(node.value)  # without the `u` of u"…"

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name("UTC" if node.id == "utc" else _OLD_NAMES.get(node.id, node.id), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr in ("UTC", "utc") and ast.unparse(node) in _UTC:
            return ast.Name("UTC", node.ctx)
        return ast.Attribute(self.visit(node.value), _OLD_NAMES.get(node.attr, node.attr), node.ctx)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.expr:
        self.generic_visit(node)
        return template(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.op, ast.Add) and ast.List in {type(node.left), type(node.right)}:
            return ast.List([*_items(node.left), *_items(node.right)], ast.Load())
        return template(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        return _flat(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        operand = node.operand
        if isinstance(node.op, ast.Not) and isinstance(operand, ast.Compare) and len(operand.ops) == 1:
            opposite = _OPPOSITES.get(type(operand.ops[0]))
            if opposite is not None:
                return ast.Compare(operand.left, [opposite()], operand.comparators)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        for position, (kind, other) in enumerate(zip(node.ops, node.comparators, strict=True)):
            if isinstance(kind, ast.In | ast.NotIn) and isinstance(other, ast.List | ast.Set | ast.Tuple):
                node.ops[position], node.comparators[position] = _membership(kind, other.elts)
            if isinstance(other, ast.Constant) and other.value is None and isinstance(kind, ast.Eq | ast.NotEq):
                node.ops[position] = ast.Is() if isinstance(kind, ast.Eq) else ast.IsNot()
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if _is_utc(node):
            return ast.Name("UTC", ast.Load())
        if isinstance(node.func, ast.Name) and node.func.id == "open" and node.args:
            node.args[0] = _path(node.args[0])
        if ast.unparse(node.func) in ("Decimal", "decimal.Decimal"):
            return _decimal(node)
        node.keywords = [one for one in node.keywords if not _is_false(one, "strict") and not _is_utf_8(one)]
        if self._silent:
            node.keywords = [one for one in node.keywords if one.arg != "using" or not self._is_alias(one.value)]
        if isinstance(node.func, ast.Attribute):
            return self._method(node, node.func)
        return _builtin(node, node.func.id) if isinstance(node.func, ast.Name) else node

    def _method(self, call: ast.Call, method: ast.Attribute) -> ast.expr:
        if method.attr == "get_model":
            return _get_model(call)
        if self._silent and method.attr in ("using", "db_manager") and [*map(self._is_alias, call.args)] == [True]:
            return method.value
        if method.attr == "open":
            return ast.Call(ast.Name("open", ast.Load()), [_path(method.value), *call.args], call.keywords)
        return template(call)

    def _is_alias(self, value: ast.expr) -> bool:
        """Whether it is the name of the database that is migrated."""
        return _is_alias(value) or (isinstance(value, ast.Name) and value.id in self._aliases)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt | None:
        self.generic_visit(node)
        return None if self._silent and _is_alias(node.value) else node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        return None if node.value is None else ast.Assign([self.visit(node.target)], self.visit(node.value))

    def visit_Pass(self, node: ast.Pass) -> None:
        return None

    def visit_Import(self, node: ast.Import) -> None:
        return None  # code moves, and old migrations must follow it

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_Expr(self, node: ast.Expr) -> ast.stmt | None:
        if isinstance(node.value, ast.Constant) or (self._silent and _prints(node.value)):
            return None
        self.generic_visit(node)
        return node

    def visit_If(self, node: ast.If) -> ast.stmt | None:
        self.generic_visit(node)
        node.test = _asked(node.test)
        if not node.body and not node.orelse:
            return None
        if len(node.body) == 1 and isinstance(inner := node.body[0], ast.If) and not node.orelse and not inner.orelse:
            return ast.If(_flat(ast.BoolOp(ast.And(), [node.test, inner.test])), inner.body, [])
        return node

    def visit_While(self, node: ast.While) -> ast.stmt:
        self.generic_visit(node)
        node.test = _asked(node.test)
        return node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        self.generic_visit(node)
        return ast.Return(None if _is_none(node.value) else node.value)

    def visit_Raise(self, node: ast.Raise) -> ast.stmt:
        self.generic_visit(node)
        return ast.Raise(node.exc)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        if node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "BaseException"):
            node.type = ast.Name("Exception", ast.Load())  # what else there is interrupts a migration
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.ListComp(elt=ast.Name(id=name), generators=[ast.comprehension(target=ast.Name(id=same), ifs=[])]):
                if name == same and not node.generators[0].is_async:
                    return _builtin(ast.Call(ast.Name("list", ast.Load()), [node.generators[0].iter], []), "list")
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        self.generic_visit(node)
        node.returns = None
        while node.body and isinstance(last := node.body[-1], ast.Return) and _is_none(last.value):
            node.body.pop()
        _drop_unused(node)
        stored = Counter(
            one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        )
        once = frozenset(name for name, times in stored.items() if times == 1)
        models = sorted(_taken_out(node, once), key=lambda one: ast.dump(one.value))
        node.body = [*models, *node.body]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.stmt:
        self.generic_visit(node)
        node.bases = [base for base in node.bases if not (isinstance(base, ast.Name) and base.id == "object")]
        return node


def _names_of_alias(nodes: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that `schema_editor.connection.alias` is given."""
    for node in nodes:
        for part in ast.walk(node):
            match part:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_alias(value):
                    yield name


def _is_alias(value: ast.expr) -> bool:
    return isinstance(value, ast.Attribute) and ast.unparse(value).endswith(".connection.alias")


def _path(value: ast.expr) -> ast.expr:
    """What `Path(…)` is made of, where a file is opened."""
    match value:
        case ast.Call(func=ast.Name(id="Path"), args=[one], keywords=[]):
            return one
    return value


def _membership(kind: ast.In | ast.NotIn, values: list[ast.expr]) -> tuple[ast.cmpop, ast.expr]:
    """`in` of values as they are written here: a tuple, or `==` of the only one."""
    if len(values) == 1 and not isinstance(values[0], ast.Starred):
        return ast.Eq() if isinstance(kind, ast.In) else ast.NotEq(), values[0]
    return kind, ast.Tuple(values, ast.Load())


def _flat(node: ast.BoolOp) -> ast.BoolOp:
    """`a and (b and c)` as `a and b and c`."""
    values: list[ast.expr] = []
    for value in node.values:
        same = isinstance(value, ast.BoolOp) and type(value.op) is type(node.op)
        values += value.values if isinstance(value, ast.BoolOp) and same else [value]
    return ast.BoolOp(node.op, values)


def _items(value: ast.expr) -> list[ast.expr]:
    """What a list holds that is added to another: `[a] + more` is `[a, *more]`."""
    return value.elts if isinstance(value, ast.List) else [ast.Starred(value, ast.Load())]


def _asked(test: ast.expr) -> ast.expr:
    """`len(found)` where only its truth counts."""
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "len" and len(test.args) == 1:
        return test.args[0]
    return test


def _builtin(node: ast.Call, name: str) -> ast.expr:
    """`set([1])`, `dict(a=1)`, `list(found.items())`, `super(A, self)`, `any([x for x in y])` as it is written now."""
    if name == "super":
        return ast.Call(node.func, [], [])
    if name == "dict" and not node.args and all(one.arg for one in node.keywords):
        return ast.Dict([ast.Constant(one.arg) for one in node.keywords], [one.value for one in node.keywords])
    if node.keywords or len(node.args) != 1 or name not in _TAKES_ANY_ITERABLE:
        return node
    given = node.args[0]
    if isinstance(given, ast.ListComp):
        given = ast.GeneratorExp(given.elt, given.generators)
    if name == "tuple" and isinstance(given, ast.List | ast.Tuple):
        return ast.Tuple(given.elts, ast.Load())
    if name == "set" and isinstance(given, ast.List | ast.Tuple) and given.elts:
        return ast.Set(given.elts)
    if name == "set" and isinstance(given, ast.GeneratorExp):
        return ast.SetComp(given.elt, given.generators)
    if name == "list" and isinstance(given, ast.GeneratorExp):
        return ast.ListComp(given.elt, given.generators)
    if name == "list" and isinstance(given, ast.Call) and isinstance(method := given.func, ast.Attribute):
        return given if method.attr in ("items", "keys", "values") and not given.args else node
    return ast.Call(node.func, [given], [])


def _is_false(keyword: ast.keyword, name: str) -> bool:
    return keyword.arg == name and isinstance(keyword.value, ast.Constant) and keyword.value.value is False


def _is_utf_8(keyword: ast.keyword) -> bool:
    """`encoding="utf-8"`, which is what files are read in anyway wherever migrations run."""
    return keyword.arg == "encoding" and isinstance(given := keyword.value, ast.Constant) and given.value == "utf-8"


def _is_utc(call: ast.Call) -> bool:
    """`ZoneInfo("UTC")`, `pytz.timezone("UTC")`."""
    match call:
        case ast.Call(args=[ast.Constant(value="UTC")], keywords=[]):
            return ast.unparse(call.func).rpartition(".")[2] in ("ZoneInfo", "timezone")
    return False


def _taken_out(node: ast.AST, once: frozenset[str]) -> Iterator[ast.Assign]:
    """The statements that give a name, for good, a model asked for by constants, taken from wherever they are."""
    for name in ("body", "orelse", "finalbody"):
        body = getattr(node, name, None)
        if not isinstance(body, list):
            continue
        for one in body:
            if _names_model(one, once):
                yield one
            else:
                yield from _taken_out(one, once)
        body[:] = [one for one in body if not _names_model(one, once)]


def _names_model(statement: ast.AST, once: frozenset[str]) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr="get_model"), args=args)):
            return name in once and all(isinstance(one, ast.Constant) for one in args)
    return False


def _get_model(call: ast.Call) -> ast.Call:
    """`get_model("shop", "ORDER")` as `get_model("shop", "order")`: the model's name may be in any case."""
    match call.args:
        case [app, ast.Constant(value=str(name))]:
            return ast.Call(call.func, [app, ast.Constant(name.lower())], call.keywords)
        case [ast.Constant(value=str(label))]:
            app_label, dot, name = label.rpartition(".")
            return ast.Call(call.func, [ast.Constant(app_label + dot + name.lower())], call.keywords)
    return call


def _decimal(call: ast.Call) -> ast.Call:
    """`Decimal("10")` as `Decimal(10)`: of a whole number it is the same, but not of `"1.0"` or `"-0"`."""
    match call.args:
        case [ast.Constant(value=str(text))] if _WHOLE.fullmatch(text):
            return ast.Call(call.func, [ast.Constant(int(text))], call.keywords)
        case [ast.UnaryOp(ast.USub(), ast.Constant(value=int(number)))] if number:
            return ast.Call(call.func, [ast.Constant(-number)], call.keywords)
    return call


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def _prints(value: ast.expr) -> bool:
    """`print(…)`, `logger.info(…)`, `sys.stdout.write(…)`."""
    if not isinstance(value, ast.Call):
        return False
    if isinstance(value.func, ast.Name):
        return value.func.id == "print"
    if not isinstance(value.func, ast.Attribute) or value.func.attr not in _LOGS:
        return False
    return ast.unparse(value.func.value).rpartition(".")[2] in _LOGGERS


def _drop_unused(node: ast.FunctionDef) -> None:
    """Take away constants that are given a name which nobody asks for."""
    asked = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    for part in ast.walk(node):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(part, name, None)
            if isinstance(body, list):
                body[:] = [one for one in body if not _is_unused(one, asked)]
        if isinstance(part, ast.ExceptHandler) and part.name not in asked:
            part.name = None


def _is_unused(statement: ast.stmt, asked: Sequence[str] | set[str]) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant()):
            return name not in asked
    return False
