"""Whatever Python says, the interpreter neither raises nor runs away, and what leaves it is plain data."""

from __future__ import annotations

import ast
import time

from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from django_files import IMPORTS, history_of
from miglint.history import Key
from miglint.sources.django import records

NAMES = st.sampled_from(
    ["x", "y", "models", "migrations", "settings", "f", "Migration", "open", "__file__", "len", "str"]
)
CONSTANTS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**12), 10**12), st.floats(), st.text(max_size=8), st.binary(max_size=4)
).map(ast.Constant)
OPERATORS = st.sampled_from(
    [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitOr, ast.BitAnd, ast.FloorDiv]
).map(lambda kind: kind())
COMPARISONS = st.sampled_from([ast.Eq, ast.Lt, ast.In, ast.Is, ast.NotIn]).map(lambda kind: kind())
ATTRIBUTES = st.sampled_from(
    [
        "format",
        "join",
        "append",
        "CharField",
        "AddField",
        "items",
        "replace",
        "zfill",
        "parent",
        "read",
        "extend",
        "RunSQL",
    ]
)


def _name(names: st.SearchStrategy[str]) -> st.SearchStrategy[ast.expr]:
    return names.map(lambda name: ast.Name(name, ast.Load()))


def _grow(inner: st.SearchStrategy[ast.expr]) -> st.SearchStrategy[ast.expr]:
    few = st.lists(inner, max_size=3)
    generator = inner.map(lambda node: ast.comprehension(ast.Name("y", ast.Store()), node, [], 0))
    keywords = st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), inner), max_size=2, unique_by=lambda pair: pair[0]
    ).map(lambda pairs: [ast.keyword(name, node) for name, node in pairs])
    return st.one_of(
        st.builds(ast.BinOp, inner, OPERATORS, inner),
        st.builds(ast.Call, inner, few, keywords),
        st.builds(lambda of, name: ast.Attribute(of, name, ast.Load()), inner, ATTRIBUTES),
        st.builds(lambda of, index: ast.Subscript(of, index, ast.Load()), inner, inner),
        few.map(lambda items: ast.List(items, ast.Load())),
        few.map(lambda items: ast.Tuple(items, ast.Load())),
        st.lists(inner, min_size=1, max_size=3).map(ast.Set),
        st.lists(st.tuples(inner, inner), max_size=3).map(
            lambda pairs: ast.Dict([key for key, _ in pairs], [value for _, value in pairs])
        ),
        st.builds(ast.IfExp, inner, inner, inner),
        st.builds(lambda left, op, right: ast.Compare(left, [op], [right]), inner, COMPARISONS, inner),
        st.builds(lambda element, loop: ast.ListComp(element, [loop]), inner, generator),
        st.builds(lambda node: ast.JoinedStr([ast.FormattedValue(node, -1)]), inner),
        st.builds(lambda node: ast.Lambda(ast.arguments([], [], None, [], [], None, []), node), inner),
        st.builds(ast.UnaryOp, st.sampled_from([ast.Not(), ast.USub(), ast.Invert()]), inner),
    )


@st.composite
def _expressions(draw: st.DrawFn, depth: int) -> ast.expr:
    """Expressions nested up to a depth. `st.recursive` describes itself in text that grows exponentially."""
    leaves = st.one_of(CONSTANTS, _name(NAMES))
    return draw(st.one_of(leaves, _grow(_expressions(depth - 1))) if depth else leaves)


EXPRESSIONS = _expressions(4)
STATEMENTS = st.one_of(
    EXPRESSIONS.map(ast.Expr),
    EXPRESSIONS.map(lambda node: ast.Assign([ast.Name("x", ast.Store())], node)),
    st.builds(lambda op, node: ast.AugAssign(ast.Name("x", ast.Store()), op, node), OPERATORS, EXPRESSIONS),
    st.builds(lambda test, node: ast.If(test, [ast.Expr(node)], []), EXPRESSIONS, EXPRESSIONS),
    st.builds(lambda test, node: ast.While(test, [ast.Expr(node)], []), EXPRESSIONS, EXPRESSIONS),
    st.builds(
        lambda items, node: ast.For(
            ast.Name("y", ast.Store()), items, [ast.Assign([ast.Name("x", ast.Store())], node)], []
        ),
        EXPRESSIONS,
        EXPRESSIONS,
    ),
)


@settings(
    max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck)
)
@example([], ast.parse("~True", mode="eval").body, ast.parse("[]", mode="eval").body)  # Python itself warns of it
@given(st.lists(STATEMENTS, max_size=6), EXPRESSIONS, EXPRESSIONS)
def test_any_python_is_read_within_bounds(body: list[ast.stmt], operations: ast.expr, edges: ast.expr) -> None:
    module = ast.fix_missing_locations(ast.Module(body, []))
    text = (
        f"{IMPORTS}x = []\n{ast.unparse(module)}\nclass Migration(migrations.Migration):\n"
        f"    dependencies = {ast.unparse(ast.fix_missing_locations(edges))}\n"
        f"    operations = [{ast.unparse(ast.fix_missing_locations(operations))}]\n"
    )
    started = time.process_time()
    history = history_of({"shop/migrations/0001_initial.py": text})
    for migration in history.migrations.values():
        assert records.operations_from(records.operations_to(migration.operations)) == tuple(migration.operations)
        assert all(note.reason for note in migration.not_understood)
    assert history.unreadable or Key("shop", "0001_initial") in history.migrations
    assert time.process_time() - started < 2
