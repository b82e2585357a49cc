import datetime as dt
import ipaddress
import uuid
from decimal import Decimal

import psycopg
import psycopg.sql
import psycopg.types.range
import pytest
from psycopg.types.json import Jsonb

from miglint.sources.django.backends import literals, older_driver

VALUES = [
    None,
    True,
    0,
    7,
    -7,
    2**40,
    1.5,
    -0.25,
    1e30,
    float("nan"),
    float("inf"),
    float("-inf"),
    Decimal("1.50"),
    Decimal("-3"),
    Decimal("NaN"),
    "",
    "plain",
    "it's",
    "50%",
    "back\\slash",
    uuid.UUID("12345678-1234-5678-1234-567812345678"),
    dt.date(2020, 1, 31),
    dt.datetime(2020, 1, 31, 12, 30),  # noqa: DTZ001 without a zone is another type
    dt.datetime(2020, 1, 31, 12, 30, 1, 5, tzinfo=dt.UTC),
    dt.time(12, 30),
    dt.timedelta(days=1, seconds=5),
    dt.timedelta(microseconds=-1),
    ipaddress.ip_address("10.0.0.1"),
    ipaddress.ip_address("::1"),
    [],
    ["a", "b c", 'd"e', "", "NULL", None],
    [True, False],
    [1.5],
    [Decimal("1.5")],
    [[1, 2], [3, 4]],
    [40000, -1],
    [2**31],
    [-(2**31)],
    [2**70],
    [uuid.UUID(int=1)],
    [dt.date(2020, 1, 31)],
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_postgresql_literals_are_psycopgs(value: object) -> None:
    assert literals.postgresql(value).strip() == psycopg.sql.quote(value).strip()


@pytest.mark.parametrize("bounds", ["[)", "(]", "[]"])
@pytest.mark.parametrize("ends", [(1, 5), (None, 5), (1, None), (None, None), (dt.date(2020, 1, 2), None)], ids=repr)
def test_ranges_are_psycopgs(ends: tuple[object, object], bounds: str) -> None:
    written = psycopg.sql.quote(psycopg.types.range.Range(*ends, bounds))  # type: ignore[type-var]  # None is no bound
    assert literals.postgresql(literals.Range(*ends, bounds)).strip() == written.strip()


def test_what_the_driver_does_not_know_is_no_literal() -> None:
    for write in (literals.postgresql, literals.mysql):
        with pytest.raises(TypeError, match="a object cannot be written as a literal"):
            write(object())


def test_json_is_psycopgs() -> None:
    value = {"a": [1, "it's"], "b\\": None}
    assert literals.postgresql(literals.Json(value)).strip() == psycopg.sql.quote(Jsonb(value)).strip()


def test_a_dict_is_an_hstore() -> None:
    assert literals.postgresql({}) == "''::hstore"
    assert literals.postgresql({"a": "b", "d": None}) == """'"a"=>"b","d"=>NULL'::hstore"""


OLDER = [
    (-7, " -7"),
    (float("nan"), "'NaN'::float"),
    ("it's b\\s", "'it''s b\\s'"),
    (uuid.UUID(int=5), "'00000000-0000-0000-0000-000000000005'::uuid"),
    (dt.date(2020, 1, 2), "'2020-01-02'::date"),
    (dt.datetime(2020, 1, 2, 3, 4, 5, 6, tzinfo=dt.UTC), "'2020-01-02T03:04:05.000006+00:00'::timestamptz"),
    (dt.timedelta(microseconds=-1), "'-1 days 86399.999999 seconds'::interval"),
    ([], "'{}'"),
    ([None], "'{NULL}'"),
    (["a", None], "ARRAY['a',NULL]"),
    ([[1, -2], [3, 4]], "ARRAY[ARRAY[1, -2],ARRAY[3,4]]"),
    (literals.Json({"a": "it's"}), """'{"a": "it''s"}'::jsonb"""),
    (literals.Range(None, Decimal("1.5")), "'[,1.5)'"),
    (literals.Range(dt.date(2020, 1, 2)), "daterange('2020-01-02'::date, NULL, '[)')"),
]
"""As psycopg2 2.9 writes them for Django 5.1 and later."""


@pytest.mark.parametrize(("value", "written"), OLDER, ids=[written for _, written in OLDER])
def test_psycopg2_writes_differently(value: object, written: str) -> None:
    assert older_driver.psycopg2(value) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("b\\s", "'b\\s'"),
        (["b\\s"], "ARRAY['b\\s']"),
        (b"x\\\x00'", "'x\\\\\\000'''::bytea"),
        (literals.Json({"b": 'q"x\\'}), r"""'{"b": "q\"x\\"}'::jsonb"""),
    ],
)
def test_psycopg2_quotes_a_value_for_itself_as_in_a_query_but_for_bytes(value: object, written: str) -> None:
    """Once a process has connected to a server, as Django has when it writes SQL."""
    assert older_driver.without_connection(value) == written


@pytest.mark.parametrize(("value", "written"), [(b"x", "X'78'"), (b"\x00\xff'", "X'00ff27'"), (b"", "X''")])
def test_mysql_takes_bytes_in_hex(value: bytes, written: str) -> None:
    """As PyMySQL 1.2 writes them: they may stand after `_binary`, which Django puts before database defaults."""
    assert literals.mysql(value) == written
    assert literals.mysql(memoryview(value)) == written
