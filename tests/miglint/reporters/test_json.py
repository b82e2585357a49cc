import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import samples
from miglint import reporters
from miglint.changeset import Revision
from miglint.reporters import Console
from miglint.reporters.json import report
from miglint.result import Result

SCHEMAS = Path(reporters.__file__).parent / "schema"
CHECK = Draft202012Validator(json.loads((SCHEMAS / "check.json").read_text()))


def document(result: Result) -> Any:
    return json.loads(report(result, Console()))


@pytest.mark.parametrize("schema", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.name)
def test_the_schemas_are_valid(schema: Path) -> None:
    Draft202012Validator.check_schema(json.loads(schema.read_text()))


@pytest.mark.parametrize(
    "result",
    [samples.typical(), Result(Revision("HEAD", None)), *map(samples.hostile, samples.HOSTILE.values())],
    ids=["typical", "empty", *samples.HOSTILE],
)
def test_the_report_keeps_the_schema(result: Result) -> None:
    CHECK.validate(document(result))


def test_the_schema_refuses_what_is_not_promised() -> None:
    wrong = document(samples.typical())
    wrong["findings"][0]["code"] = "X1"
    assert not CHECK.is_valid(wrong)


def test_golden() -> None:
    shown = document(samples.typical())
    assert list(shown) == [
        "schema_version", "tool", "base", "head", "findings", "migrations", "coverage", "summary", "notes",
    ]  # fmt: skip
    assert shown["base"] == {"ref": "main", "commit": "a" * 40}
    assert shown["findings"][4] == {
        "rule": "blocking-index-build",
        "severity": "error",
        "message": "the index order_status_idx is built while writes to shop_order wait",
        "help": "build it concurrently:\n\n    atomic = False\n    operations = [AddIndexConcurrently(...)]",
        "docs": "https://example.org/rules/blocking-index-build",
        "path": "shop/migrations/0003_order_total.py",
        "line": 30,
        "column": 9,
        "end_line": 30,
        "end_column": 40,
        "source": "django",
        "app": "shop",
        "migration": "0003_order_total",
        "operation": 0,
        "statement": None,
        "related": [],
        "fix": None,
        "fingerprint": "blocking-index-build-shop/migrations/0003_order_total.py-2",
        "suppressed": {"by": "comment", "reason": "the table is empty", "expires": "2027-01-31"},
    }
    assert shown["findings"][1]["fix"]["edits"] == [
        {
            "path": "shop/migrations/0003_order_total.py",
            "line": 5, "column": 1, "end_line": 5, "end_column": 1,
            "text": "    atomic = False\n",
        }
    ]  # fmt: skip
    assert shown["migrations"][0]["statements"][0]["effects"] == [
        {
            "relation": "shop_order",
            "lock": "ShareLock",
            "algorithm": None,
            "work": ["index-build"],
            "blocks": ["insert", "update", "delete"],
            "dangerous": True,
        }
    ]
    assert shown["summary"] == {"errors": 2, "warnings": 1, "notices": 1, "suppressed": 1}
