"""What is kept of a long statement's tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from miglint.dialects.postgresql.parser import CONSTANTS, SHORT, parse
from miglint.dialects.postgresql.tree import by_kind

VALUES: dict[str, Callable[[int], str]] = {
    "numbers": lambda number: str(number + 100_000),
    "strings": lambda number: f"'a \"b\"],{{}} \\{number}'",
    "nulls": lambda number: "NULL" if number % 2 else "0",
}


@pytest.mark.parametrize("kind", VALUES)
def test_what_stands_beside_a_long_list_is_read(kind: str) -> None:
    listed = ", ".join(VALUES[kind](number) for number in range(SHORT // 4))
    sql = f"DELETE FROM t WHERE a IN ({listed}, b, 1, (SELECT c FROM u)) AND d = 7"
    (parsed,) = parse(sql)
    found = by_kind(parsed.node)
    assert [column["fields"][0]["String"]["sval"] for column in found["ColumnRef"]][::-1] == ["a", "b", "c", "d"]
    assert [node["relname"] for node in found["RangeVar"]] == ["u"]
    items = _list(parsed.node["whereClause"])
    assert len(items) == CONSTANTS + 3
    assert (parsed.start, parsed.end) == (0, len(sql))


def _list(tree: Any) -> list[Any]:
    items: list[Any] = tree["BoolExpr"]["args"][0]["A_Expr"]["rexpr"]["List"]["items"]
    return items


def test_each_of_a_short_lists_values_is_kept() -> None:
    values = [*range(CONSTANTS)]
    sql = f"UPDATE t SET a = '{'x' * SHORT}' WHERE a IN ({', '.join(map(str, values))}) AND b = 1"
    (parsed,) = parse(sql)
    assert [item["A_Const"]["ival"].get("ival", 0) for item in _list(parsed.node["whereClause"])] == values


def test_a_partitions_values_are_all_kept() -> None:
    values = [*range(100_000, 100_000 + SHORT // 4)]
    (parsed,) = parse(f"CREATE TABLE p PARTITION OF q FOR VALUES IN ({', '.join(map(str, values))})")
    assert [item["A_Const"]["ival"]["ival"] for item in parsed.node["partbound"]["listdatums"]] == values


def test_a_check_beside_a_deletion_keeps_its_values() -> None:
    values = [*range(100_000, 100_000 + SHORT // 4)]
    listed = ", ".join(map(str, values))
    _, parsed = parse(f"DELETE FROM t WHERE a IN ({listed}); ALTER TABLE t ADD CHECK (a IN ({listed}))")
    (check,) = by_kind(parsed.node)["A_Expr"]
    assert len(check["rexpr"]["List"]["items"]) == len(values)
