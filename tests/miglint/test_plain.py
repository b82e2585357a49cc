"""Results as plain data and back."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

import samples
from miglint.config import Config, Ignore
from miglint.config_origin import DISK
from miglint.finding import Finding, Span
from miglint.plain import MALFORMED, from_plain, to_plain
from miglint.result import Result

RESULTS = {"typical": samples.typical(), **{name: samples.hostile(text) for name, text in samples.HOSTILE.items()}}


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_comes_back_as_it_was(name: str) -> None:
    result = replace(RESULTS[name], rules=(), sources={"a.py": "x = 1\n"})
    assert from_plain(Result, json.loads(json.dumps(to_plain(result)))) == result


def test_sets_have_one_form_whatever_their_order() -> None:
    names = [f"table_{number}" for number in range(50)]
    assert to_plain(frozenset(names)) == to_plain(frozenset(reversed(names))) == sorted(names)


def test_every_field_of_a_configuration_counts() -> None:
    config = Config(ignore=(Ignore("a-rule", until=dt.date(2027, 1, 1)),), folder=Path("/repo"), files=DISK)
    other = replace(config, ignore=(Ignore("a-rule", until=dt.date(2027, 1, 2)),))
    assert to_plain(config) == to_plain(replace(config))
    assert to_plain(config) != to_plain(other)


def test_what_has_no_plain_form_is_refused() -> None:
    for value in (b"bytes", object(), print, Span):
        with pytest.raises(TypeError, match="no plain form"):
            to_plain(value)


def _spoiled(data: Any) -> list[Any]:
    """The data with each of its first parts replaced by something else."""
    others: list[Any] = [None, 1, True, "x", [], [[]], {}, {"rule": 1}, [data], data[:-1], [*data, 1]]
    return others + [[*data[:place], other, *data[place + 1 :]] for place in (0, 1, 2) for other in (7, {}, [1])]


@pytest.mark.parametrize("data", _spoiled(to_plain(samples.finding())), ids=repr)
def test_data_that_something_else_wrote_is_refused(data: Any) -> None:
    with pytest.raises(MALFORMED):
        from_plain(Finding, data)


def test_data_that_nests_deeply_is_refused() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(MALFORMED):
        from_plain(Result, deep)
