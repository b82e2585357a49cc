"""The engine on trees in memory: what a change introduces, what is suppressed, what is reported."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from miglint.baseline import baseline_text
from miglint.cache import NullCache
from miglint.changeset import ChangedPath, ChangeSet, MemoryTree, PathChange, Revision
from miglint.config import Config, Ignore
from miglint.engine import Request, check
from miglint.errors import MiglintError
from miglint.finding import Location, Problem, Severity
from miglint.history import Migration, Operation
from miglint.registry import built_in_rules
from miglint.result import Result
from miglint.rule import Check, Kind, Rule
from miglint.scope import Scope

FIRST = "shop/migrations/0001_initial.py"
SECOND = "shop/migrations/0002_fill.py"
INITIAL = """\
from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = []
"""


def migration(*operations: str, above: str = "") -> str:
    body = "".join(f"        {operation}\n" for operation in operations)
    return (
        f"{above}from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f'    dependencies = [("shop", "0001_initial")]\n    operations = [\n{body}    ]\n'
    )


def change(base: Mapping[str, str], head: Mapping[str, str]) -> ChangeSet:
    changes = {}
    for path in {*base, *head}:
        if path not in base:
            changes[path] = ChangedPath(path, PathChange.ADDED)
        elif path not in head:
            changes[path] = ChangedPath(path, PathChange.DELETED)
        elif base[path] != head[path]:
            changes[path] = ChangedPath(path, PathChange.MODIFIED)
    return ChangeSet(Revision("change", None), tree(head), Revision("main", "a" * 40), tree(base), "a" * 40, changes)


def everything(files: Mapping[str, str]) -> ChangeSet:
    return ChangeSet(Revision("HEAD", None), tree(files))


def tree(files: Mapping[str, str]) -> MemoryTree:
    return MemoryTree({path: content.encode() for path, content in files.items()})


def rule(check: Check, name: str = "run-sql") -> Rule:
    return Rule(name, "s", "p", Kind.OPERATION, Severity.WARNING, frozenset({"RunSQL"}), True, False, False, check)


def on_run_sql(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    sql = str(operation.arguments.get("sql"))
    yield Problem(Location(migration.path, operation.span), f"runs {sql}", "do not", (sql,))


def run(changes: ChangeSet, config: Config | None = None, check_with: Check = on_run_sql, **request: object) -> Result:
    rules = (rule(check_with),)
    asked = Request(rules=rules, active=frozenset({"run-sql"}), **request)  # type: ignore[arg-type]
    return check(changes, config or Config(), NullCache(), asked)


def messages(result: Result) -> list[str]:
    return [finding.problem.message for finding in result.active]


ONE, TWO = 'migrations.RunSQL("one"),', 'migrations.RunSQL("two"),'


def test_only_what_the_change_introduces_is_found() -> None:
    base = {FIRST: INITIAL, SECOND: migration(ONE)}
    third = "shop/migrations/0003_more.py"
    result = run(change(base, {**base, third: migration(TWO)}))
    assert messages(result) == ["runs two"]
    assert [one.migration.path for one in result.migrations] == [third]
    assert (result.coverage.migrations, result.coverage.operations) == (1, 1)
    assert messages(run(everything(base))) == ["runs one"]


def test_in_a_modified_migration_what_was_there_is_not_found_again() -> None:
    base = {FIRST: INITIAL, SECOND: migration(ONE)}
    moved = migration(ONE, TWO, ONE, above="# a comment\n\n")
    assert messages(run(change(base, {**base, SECOND: moved}))) == ["runs two", "runs one"]
    assert messages(run(change(base, {**base, SECOND: migration(ONE, above="# only this\n")}))) == []


def test_what_was_there_under_another_name_is_not_found_again() -> None:
    third = "shop/migrations/0003_fill.py"
    base, head = {FIRST: INITIAL, SECOND: migration(ONE)}, {FIRST: INITIAL, third: migration(ONE, TWO)}
    renamed = ChangedPath(third, PathChange.RENAMED, SECOND)
    assert messages(run(replace(change(base, head), changes={third: renamed}))) == ["runs two"]
    anew = {third: ChangedPath(third, PathChange.ADDED), SECOND: ChangedPath(SECOND, PathChange.DELETED)}
    assert messages(run(replace(change(base, head), changes=anew))) == ["runs one", "runs two"]


def test_a_migration_that_the_base_has_in_the_same_words_is_not_introduced() -> None:
    base = {FIRST: INITIAL, SECOND: migration(ONE)}
    changes = change(base, base)
    picked = {SECOND: ChangedPath(SECOND, PathChange.ADDED)}
    assert messages(run(ChangeSet(changes.head, changes.tree, changes.base, changes.base_tree, None, picked))) == []


def test_a_fingerprint_survives_moves_and_rewording() -> None:
    def reworded(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
        for problem in on_run_sql(operation, migration, scope):
            yield Problem(problem.at, f"it {problem.message}", "other help", problem.identity)

    before = run(everything({FIRST: INITIAL, SECOND: migration(ONE, ONE)}))
    after = run(everything({FIRST: INITIAL, SECOND: migration(TWO, ONE, ONE, above="\n\n")}), check_with=reworded)
    assert len({finding.fingerprint for finding in before.findings}) == 2
    assert {finding.fingerprint for finding in before.findings} < {finding.fingerprint for finding in after.findings}


def test_nested_operations_are_checked_and_counted() -> None:
    nested = f"migrations.SeparateDatabaseAndState(database_operations=[{ONE}], state_operations=[{TWO}]),"
    result = run(everything({FIRST: INITIAL, SECOND: migration(nested)}))
    assert messages(result) == ["runs one", "runs two"]
    assert result.coverage.operations == 3
    assert {finding.problem.operation for finding in result.findings} == {0}


def test_what_a_finding_lacks_the_engine_adds() -> None:
    (finding,) = run(everything({FIRST: INITIAL, SECOND: migration(ONE)})).findings
    problem = finding.problem
    assert (problem.source, problem.app, problem.migration, problem.operation) == ("django", "shop", "0002_fill", 0)


def test_a_comment_suppresses_and_the_finding_stays_in_the_result() -> None:
    above = "# miglint: ignore[run-sql] until=2027-01-31 -- needed"
    changes = everything({FIRST: INITIAL, SECOND: migration(above, ONE, TWO)})
    result = run(changes, today=dt.date(2027, 1, 31))
    assert messages(result) == ["runs two"]
    suppressed = result.findings[0].suppressed
    assert suppressed is not None
    assert (suppressed.by, suppressed.reason, suppressed.expires) == ("comment", "needed", "2027-01-31")
    assert messages(run(changes, today=dt.date(2027, 2, 1))) == ["runs one", "runs two"]


def test_a_comment_above_an_operation_reaches_what_it_holds() -> None:
    nested = "migrations.SeparateDatabaseAndState(\n            database_operations=[\n                " + ONE
    comment = "# miglint: ignore[run-sql]"
    text = migration(comment, nested + "\n            ]),", TWO)
    assert messages(run(everything({FIRST: INITIAL, SECOND: text}))) == ["runs two"]


def test_the_configuration_suppresses_by_rule_path_and_day() -> None:
    changes = everything({FIRST: INITIAL, SECOND: migration(ONE)})
    ignore = Ignore("run-sql", "shop/**", "old", dt.date(2027, 1, 31))
    (finding,) = run(changes, Config(ignore=(ignore,)), today=dt.date(2027, 1, 31)).findings
    assert finding.suppressed is not None
    assert (finding.suppressed.by, finding.suppressed.reason) == ("config", "old")
    assert messages(run(changes, Config(ignore=(ignore,)), today=dt.date(2027, 2, 1))) == ["runs one"]
    assert messages(run(changes, Config(ignore=(Ignore("run-sql", "other/**"),)))) == ["runs one"]


def test_the_baseline_suppresses_by_fingerprint() -> None:
    changes = everything({FIRST: INITIAL, SECOND: migration(ONE, TWO)})
    known = run(changes).findings[0].fingerprint
    result = run(changes, baseline=frozenset({known}))
    assert messages(result) == ["runs two"]
    assert [finding.suppressed.by for finding in result.findings if finding.suppressed] == ["baseline"]


def on_every_run_sql(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
    for problem in on_run_sql(operation, migration, scope):
        severity = Severity.ERROR if migration.key.name == "0003_third" else Severity.NOTICE
        yield replace(problem, severity=severity, together=f"{migration.key.name} as well")


def test_what_a_rule_says_of_a_whole_change_is_one_finding_with_the_other_places() -> None:
    third, fourth = "shop/migrations/0003_third.py", "shop/migrations/0004_fourth.py"
    silenced = migration(f"{ONE}  # miglint: ignore[run-sql]")
    changes = everything({FIRST: INITIAL, SECOND: migration(ONE), third: migration(ONE), fourth: silenced})
    result = run(changes, check_with=on_every_run_sql)
    (finding,) = result.active
    assert (finding.problem.at.path, finding.severity) == (third, Severity.ERROR)
    assert [(place.path, place.message) for place in finding.problem.related] == [(SECOND, "0002_fill as well")]
    assert [one.problem.at.path for one in result.findings if one.suppressed] == [fourth]
    accepted = {entry["fingerprint"] for entry in json.loads(baseline_text(result.active))["findings"]}
    assert run(changes, check_with=on_every_run_sql, baseline=frozenset(accepted)).active == ()


def test_exclude_and_paths_limit_what_is_reported() -> None:
    other = "blog/migrations/0001_initial.py"
    files = {FIRST: INITIAL, SECOND: migration(ONE), other: INITIAL.replace("[]\n", f"[{TWO}]\n", 2)}
    files[other] = INITIAL.replace("operations = []", f"operations = [{TWO}]")
    assert messages(run(everything(files))) == ["runs two", "runs one"]
    assert messages(run(everything(files), Config(exclude=("blog/**",)))) == ["runs one"]
    result = run(everything(files), paths=("blog",))
    assert messages(result) == ["runs two"]
    assert result.coverage.migrations == 1
    assert messages(run(everything(files), paths=(".",))) == ["runs two", "runs one"]


def test_the_configured_severity_wins() -> None:
    changes = everything({FIRST: INITIAL, SECOND: migration(ONE)})
    assert run(changes).findings[0].severity is Severity.WARNING
    assert run(changes, Config(rules={"run-sql": "error"})).findings[0].severity is Severity.ERROR


def test_a_rule_that_fails_is_one_line_that_names_it_and_the_migration() -> None:
    def failing(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
        raise KeyError("no\nsuch")
        yield

    with pytest.raises(MiglintError) as caught:
        run(everything({FIRST: INITIAL, SECOND: migration(ONE)}), check_with=failing)
    assert str(caught.value) == f"the rule run-sql failed on {SECOND}: KeyError: 'no\\nsuch'"


def test_a_rule_that_yields_something_else_is_named() -> None:
    def wrong(operation: Operation, migration: Migration, scope: Scope) -> Iterator[object]:
        yield "a string"

    with pytest.raises(MiglintError, match=r"run-sql failed on .*: TypeError: it yielded str, not Problem"):
        run(everything({FIRST: INITIAL, SECOND: migration(ONE)}), check_with=wrong)  # type: ignore[arg-type]


def test_a_file_that_cannot_be_read_is_no_silence() -> None:
    base = {FIRST: INITIAL}
    result = run(change(base, {**base, SECOND: migration(ONE) + "def"}))
    assert [blind.path for blind in result.coverage.unknown] == [SECOND]


def test_released_migrations_are_those_of_the_ref() -> None:
    seen: list[Scope] = []

    def spy(operation: Operation, migration: Migration, scope: Scope) -> Iterator[Problem]:
        seen.append(scope)
        yield from ()

    changes = everything({FIRST: INITIAL, SECOND: migration(ONE)})
    run(changes, check_with=spy, released=tree({FIRST: INITIAL}))
    assert [str(key) for key in seen[0].released or ()] == ["shop.0001_initial"]


def test_statements_are_only_written_for_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody asked for statements")

    base = {FIRST: INITIAL}
    changes = change(base, {**base, SECOND: migration(ONE)})
    shown = run(changes)
    assert shown.coverage.statements == 1
    monkeypatch.setattr("miglint.statements.renderer_of", refuse)
    result = run(changes, statements=False)
    assert messages(result) == messages(shown)
    assert [one.migration.path for one in result.migrations] == [SECOND]
    looking = replace(rule(on_run_sql), kind=Kind.STATEMENT)
    with pytest.raises(AssertionError, match="nobody asked"):
        check(changes, Config(), NullCache(), Request((looking,), frozenset({looking.name}), statements=False))


def idle(changes: ChangeSet, *ignores: Ignore, **request: object) -> list[str]:
    """What is said of entries of the configuration."""
    rules = (rule(on_run_sql), *(one for one in built_in_rules() if one.kind is Kind.SUPPRESSION))
    active = frozenset(one.name for one in rules)
    asked = Request(rules=rules, active=active, **request)  # type: ignore[arg-type]
    result = check(
        changes, Config(ignore=ignores, path=".miglint.yml", folder=Path(), require_reason=True), NullCache(), asked
    )
    active = [one for one in result.active if one.problem.at.path == ".miglint.yml"]
    return sorted(f"{one.rule}: {one.problem.message}" for one in active)


ALL = everything({FIRST: INITIAL, SECOND: migration(ONE), ".miglint.yml": ""})


def test_an_entry_of_the_configuration_that_accepts_nothing_is_said() -> None:
    entries = (Ignore("run-sql", "shop/**"), Ignore("run-sql", "legacy/**", line=4), Ignore("run-sqll", "shop/**"))
    assert idle(ALL, *entries, today=dt.date(2027, 1, 1)) == [
        "invalid-suppression: the suppression names no rule: run-sqll (did you mean run-sql?)",
        "unused-suppression: the suppression of run-sql suppresses nothing: the rule finds nothing at legacy/**",
    ]


def test_an_entry_of_the_configuration_that_ended_is_said_and_is_not_unused_too() -> None:
    said = "expired-suppression: the suppression of run-sql ended on 2026-12-31 and no longer suppresses anything"
    entry = Ignore("run-sql", "shop/**", until=dt.date(2026, 12, 31))
    assert idle(ALL, entry, today=dt.date(2027, 1, 1)) == [said]
    assert idle(ALL, entry, today=dt.date(2026, 12, 31)) == []


def test_an_entry_is_judged_only_where_all_that_it_may_accept_is_looked_at() -> None:
    base, entries = {FIRST: INITIAL}, (Ignore("run-sql", "legacy/**"), Ignore("run-sql", FIRST), Ignore("gone"))
    unused = "unused-suppression: the suppression of run-sql suppresses nothing: the rule finds nothing at "
    invalid = "invalid-suppression: the suppression names no rule: gone"
    here = base | {SECOND: migration(ONE)}
    assert idle(change(base | {".miglint.yml": ""}, here | {".miglint.yml": ""}), *entries) == []
    assert idle(change(base, here | {".miglint.yml": ""}), *entries) == [invalid, f"{unused}legacy/**"]
    whole = everything(here | {".miglint.yml": ""})
    assert idle(whole, *entries) == [invalid, f"{unused}legacy/**", f"{unused}{FIRST}"]
    assert idle(whole, *entries, paths=("shop",)) == []
