from pathlib import Path

import pytest

from miglint.errors import MiglintError
from miglint.registry import Selection, all_rules, built_in_rules, selected
from miglint.rule import Severity

PLUGIN = '''"""Something is wrong here.

Why.
"""
from miglint.finding import Severity
from miglint.rule import graph_rule


@graph_rule(severity=Severity.NOTICE, default=False)
def check(scope):
    yield from ()
'''


def test_a_plugin_by_path_is_a_rule_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "own_rule.py").write_text(PLUGIN)
    (tmp_path / "_helper.py").write_text("raise SystemError")
    (rule,) = (rule for rule in all_rules(["."], tmp_path) if rule.name == "own-rule")
    assert (rule.summary, rule.severity, rule.docs) == ("Something is wrong here", Severity.NOTICE, "")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("broken.py", "1/0", "broken.py cannot be imported: ZeroDivisionError: division by zero"),
        ("empty.py", "", "empty.py holds no rule"),
        ("unused_suppression.py", PLUGIN, "two rules named unused-suppression"),
    ],
)
def test_a_bad_plugin_is_one_line(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(MiglintError, match=message):
        all_rules([name], tmp_path)


def test_a_plugin_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MiglintError, match="names tools, which is not there"):
        all_rules(["tools"], tmp_path)


def test_selection(tmp_path: Path) -> None:
    (tmp_path / "own_rule.py").write_text(PLUGIN)
    rules = all_rules(["own_rule.py"], tmp_path)
    everything = {rule.name for rule in rules if rule.default}
    assert selected(rules, Selection()) == everything
    assert selected(rules, Selection(ignore=frozenset({"unused-suppression"}))) == everything - {"unused-suppression"}
    assert selected(rules, Selection(severities={"unused-suppression": "off", "own-rule": "error"})) == (
        everything - {"unused-suppression"} | {"own-rule"}
    )
    assert selected(rules, Selection(select=frozenset({"own-rule"}), severities={"own-rule": "off"})) == {"own-rule"}


def test_an_unknown_name_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(MiglintError, match=r"--select names no rule: unused-supression \(did you mean unused-supp"):
        selected(built_in_rules(), Selection(select=frozenset({"unused-supression"})))
