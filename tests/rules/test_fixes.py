"""A fix mends what it is offered for: its edits applied, the finding is gone, and the rest of the file is as it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from miglint.finding import Finding, Fix
from miglint.fixes import apply
from miglint.registry import built_in_rules
from rules.pages import Block, Example, examples
from rules.running import run, run_change

PATH = "shop/migrations/0002_change.py"
OFFERING = {
    "concurrent-index-in-transaction",
    "incomplete-squash",
    "irreversible-run-python",
    "irreversible-run-sql",
    "missing-dependency",
    "multiple-leaf-nodes",
    "stale-max-migration",
    "undeclared-dependency",
}
"""The rules whose pages show a finding with a fix."""


def applied(files: Mapping[str, str], fix: Fix) -> dict[str, str]:
    """The files after a fix."""
    done = apply({path: text.encode() for path, text in files.items()}, [fix])
    assert done.fixes == (fix,)
    return {**files, **{path: content.decode() for path, content in done.files.items()}}


def found(example: Example, head: Mapping[str, str], rule: str, folder: Path) -> list[Finding]:
    folder.mkdir()
    return [finding for finding in run_change(example, head, folder).active if finding.rule == rule]


def bad_examples() -> Iterator[object]:
    for rule in built_in_rules():
        if rule.name in OFFERING:
            for example in examples(rule.page):
                if example.bad:
                    yield pytest.param(rule.name, example, id=f"{rule.name}-{example.name.replace(' ', '-')}")


@pytest.mark.parametrize(("rule", "example"), list(bad_examples()))
def test_an_applied_fix_ends_the_finding(rule: str, example: Example, tmp_path: Path) -> None:
    before = found(example, example.head_files(), rule, tmp_path / "before")
    for number, finding in enumerate(before):
        if finding.problem.fix:
            mended = applied(example.head_files(), finding.problem.fix)
            for path in {edit.path for edit in finding.problem.fix.edits if edit.path.endswith(".py")}:
                ast.parse(mended[path])
            after = found(example, mended, rule, tmp_path / f"after{number}")
            assert {one.fingerprint for one in after} == {one.fingerprint for one in before} - {finding.fingerprint}


@pytest.mark.parametrize("name", sorted(OFFERING))
def test_a_page_shows_the_fix(name: str, tmp_path: Path) -> None:
    (rule,) = [rule for rule in built_in_rules() if rule.name == name]
    results = []
    for example in examples(rule.page):
        folder = tmp_path / example.name
        folder.mkdir()
        results.append(run(example, folder))
    assert any(finding.rule == name and finding.problem.fix for result in results for finding in result.active)


def mended(text: str, rule: str, folder: Path) -> str | None:
    """A migration with the fix of its only finding of the rule; None if there is no fix."""
    block = Block(PATH, text, on_base=False, deleted=False, flagged=())
    example = Example("one", True, "", (block,))
    [finding] = found(example, example.head_files(), rule, folder / "before")
    fix = finding.problem.fix
    if fix is None:
        return None
    files = applied(example.head_files(), fix)
    assert found(example, files, rule, folder / "after") == []
    return files[PATH]


def operation(text: str, imported: str = "from django.db import migrations") -> str:
    indented = text.replace("\n", "\n        ")
    return f"""\
{imported}
from django.db.migrations import Migration as Base


def fill(apps, schema_editor):
    pass


class Migration(Base):
    dependencies = [("shop", "0001_initial")]
    operations = [
        {indented},
    ]
"""


NOOP, NOOP_SQL = "migrations.RunPython.noop", "migrations.RunSQL.noop"
CALLS = {
    "one argument": ("migrations.RunPython(fill)", f"migrations.RunPython(fill, reverse_code={NOOP})"),
    "a keyword": ("migrations.RunPython(code=fill)", f"migrations.RunPython(code=fill, reverse_code={NOOP})"),
    "others behind": (
        "migrations.RunPython(fill, elidable=True)",
        f"migrations.RunPython(fill, reverse_code={NOOP}, elidable=True)",
    ),
    "a keyword before": (
        "migrations.RunPython(elidable=True, code=fill)",
        f"migrations.RunPython(elidable=True, reverse_code={NOOP}, code=fill)",
    ),
    "None": ("migrations.RunPython(fill, None, True)", f"migrations.RunPython(fill, {NOOP}, True)"),
    "None by its name": (
        "migrations.RunPython(fill, reverse_code=None)",
        f"migrations.RunPython(fill, reverse_code={NOOP})",
    ),
    "several lines": (
        "migrations.RunPython(\n    fill,\n)",
        f"migrations.RunPython(\n    fill,\n    reverse_code={NOOP},\n)",
    ),
    "no comma at the end": (
        "migrations.RunPython(\n    fill\n)",
        f"migrations.RunPython(\n    fill,\n    reverse_code={NOOP}\n)",
    ),
    "the bracket behind": (
        "migrations.RunPython(\n    code=fill)",
        f"migrations.RunPython(\n    code=fill, reverse_code={NOOP})",
    ),
    "a comment": (
        "migrations.RunPython(\n    fill,  # (it\n    # and more\n    elidable=True,\n)",
        f"migrations.RunPython(\n    fill,  # (it\n    reverse_code={NOOP},\n    # and more\n    elidable=True,\n)",
    ),
    "a comment and no comma": (
        "migrations.RunPython(\n    fill  # why\n)",
        f"migrations.RunPython(\n    fill,  # why\n    reverse_code={NOOP}\n)",
    ),
    "two on the next line": (
        "migrations.RunPython(\n    fill, elidable=True,\n)",
        f"migrations.RunPython(\n    fill, reverse_code={NOOP}, elidable=True,\n)",
    ),
    "a lambda": (
        "migrations.RunPython(lambda apps, schema_editor: None)",
        f"migrations.RunPython(lambda apps, schema_editor: None, reverse_code={NOOP})",
    ),
    "brackets": ("migrations.RunPython((fill))", f"migrations.RunPython((fill), reverse_code={NOOP})"),
    "beside others": (
        '("é", migrations.RunPython(fill))[1]',
        f'("é", migrations.RunPython(fill, reverse_code={NOOP}))[1]',
    ),
    "SQL": ('migrations.RunSQL("SELECT 1")', 'migrations.RunSQL("SELECT 1", reverse_sql=migrations.RunSQL.noop)'),
    "long SQL": (
        'migrations.RunSQL("""\n  SELECT 1, (\n  2)""")',
        'migrations.RunSQL("""\n  SELECT 1, (\n  2)""", reverse_sql=migrations.RunSQL.noop)',
    ),
    "SQL in pieces": (
        'migrations.RunSQL(\n    sql=(\n        "SELECT"\n        " 1"\n    ),\n)',
        f'migrations.RunSQL(\n    sql=(\n        "SELECT"\n        " 1"\n    ),\n    reverse_sql={NOOP_SQL},\n)',
    ),
    "a list of SQL": (
        'migrations.RunSQL(["SELECT 1", ("SELECT %s", ["a"])], None)',
        'migrations.RunSQL(["SELECT 1", ("SELECT %s", ["a"])], migrations.RunSQL.noop)',
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_noop_is_written_where_the_call_has_room_for_it(case: str, tmp_path: Path) -> None:
    written, wanted = CALLS[case]
    rule = "irreversible-run-sql" if "RunSQL" in written else "irreversible-run-python"
    assert mended(operation(written), rule, tmp_path) == operation(wanted)


def test_lines_end_as_they_did(tmp_path: Path) -> None:
    written, wanted = (operation(text).replace("\n", "\r\n") for text in CALLS["several lines"])
    assert mended(written, "irreversible-run-python", tmp_path) == wanted


@pytest.mark.parametrize(
    ("imported", "name"),
    [
        ("from django.db.migrations import RunPython", "RunPython"),
        ("from django.db.migrations import RunPython as Run", "Run"),
        ("import django.db.migrations", "django.db.migrations.RunPython"),
        ("from django.db.migrations.operations.special import RunPython", "RunPython"),
    ],
)
def test_noop_is_named_as_the_class_is(imported: str, name: str, tmp_path: Path) -> None:
    wanted = operation(f"{name}(fill, reverse_code={name}.noop)", imported)
    assert mended(operation(f"{name}(fill)", imported), "irreversible-run-python", tmp_path) == wanted


@pytest.mark.parametrize(
    "text",
    ["migrations.RunPython(*[fill])", "migrations.RunPython(**{'code': fill})", "migrations.RunPython(fill, BACK)"],
)
def test_where_it_is_not_plain_what_the_call_has_nothing_is_offered(text: str, tmp_path: Path) -> None:
    imported = "from django.db import migrations\n\nBACK = None"
    assert mended(operation(text, imported), "irreversible-run-python", tmp_path) is None


CONCURRENT = """\
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):{body}
"""
OPERATIONS = 'operations = [AddIndexConcurrently("order", models.Index(fields=["note"], name="i"))]'
DEPENDENCIES = 'dependencies = [("shop", "0001_initial")]'
BODIES = {
    "plain": (f"\n    {DEPENDENCIES}\n    {OPERATIONS}", f"\n    atomic = False\n    {DEPENDENCIES}\n    {OPERATIONS}"),
    "tabs": (f"\n\t{DEPENDENCIES}\n\t{OPERATIONS}", f"\n\tatomic = False\n\t{DEPENDENCIES}\n\t{OPERATIONS}"),
    "a docstring": (
        f'\n    """Why."""\n\n    {DEPENDENCIES}\n    {OPERATIONS}',
        f'\n    """Why."""\n\n    atomic = False\n    {DEPENDENCIES}\n    {OPERATIONS}',
    ),
    "true": (
        f"\n    {DEPENDENCIES}\n    atomic = True  # é\n    {OPERATIONS}",
        f"\n    {DEPENDENCIES}\n    atomic = False  # é\n    {OPERATIONS}",
    ),
    "true with a type": (
        f"\n    atomic: bool = True\n    {DEPENDENCIES}\n    {OPERATIONS}",
        f"\n    atomic: bool = False\n    {DEPENDENCIES}\n    {OPERATIONS}",
    ),
    "one line": (f" {DEPENDENCIES}; {OPERATIONS}", f" atomic = False; {DEPENDENCIES}; {OPERATIONS}"),
    "a decorator": (
        f"\n    @staticmethod\n    def f(): pass\n    {DEPENDENCIES}\n    {OPERATIONS}",
        f"\n    atomic = False\n    @staticmethod\n    def f(): pass\n    {DEPENDENCIES}\n    {OPERATIONS}",
    ),
}


@pytest.mark.parametrize("case", BODIES)
def test_atomic_is_written_into_the_class_as_it_stands(case: str, tmp_path: Path) -> None:
    body, wanted = BODIES[case]
    text = CONCURRENT.format(body=body)
    assert mended(text, "concurrent-index-in-transaction", tmp_path) == CONCURRENT.format(body=wanted)


REFERENCE = """\
from django.conf import settings
from django.db import migrations, models

OTHERS = [("shop", "0001_initial")]


class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [
        migrations.AddField("order", "tag", models.ForeignKey("tags.Tag", models.CASCADE, null=True)),
    ]
"""
TAGS = Block(
    "tags/migrations/0001_initial.py",
    """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))])]
""",
    on_base=True,
    deleted=False,
    flagged=(),
)
SHOP, TAG = '("shop", "0001_initial")', '("tags", "0001_initial")'
LISTS = {
    "one": (f"[{SHOP}]", f"[{TAG}, {SHOP}]"),
    "one a line": (f"[\n        {SHOP},\n    ]", f"[\n        {TAG},\n        {SHOP},\n    ]"),
    "the first on the bracket's line": (f"[{SHOP},\n        ]", f"[{TAG}, {SHOP},\n        ]"),
    "a tuple": (f"({SHOP},)", f"({TAG}, {SHOP},)"),
    "from elsewhere": ("[*OTHERS]", f"[{TAG}, *OTHERS]"),
}


@pytest.mark.parametrize("case", LISTS)
def test_a_dependency_is_written_before_the_others(case: str, tmp_path: Path) -> None:
    dependencies, wanted = LISTS[case]
    block = Block(PATH, REFERENCE.format(dependencies=dependencies), on_base=False, deleted=False, flagged=())
    example = Example("one", True, "", (TAGS, block))
    [finding] = found(example, example.head_files(), "undeclared-dependency", tmp_path / "before")
    assert finding.problem.fix
    files = applied(example.head_files(), finding.problem.fix)
    assert files[PATH] == REFERENCE.format(dependencies=wanted)
    assert found(example, files, "undeclared-dependency", tmp_path / "after") == []


@pytest.mark.parametrize(
    ("dependencies", "wanted"),
    [
        ('[("tags", "0001_initail")]', f"[{TAG}]"),
        ("[('tags', '0001_initail')]", "[('tags', '0001_initial')]"),
        ('[("tags", "0001" + "_initail")]', f"[{TAG}]"),
        ("[*OTHERS]", None),
        ("OTHERS", None),
    ],
)
def test_a_dependency_is_corrected_where_it_is_written_out(
    dependencies: str, wanted: str | None, tmp_path: Path
) -> None:
    text = REFERENCE.replace("0001_initial", "0001_initail").replace('OTHERS = [("shop"', 'OTHERS = [("tags"')
    block = Block(PATH, text.format(dependencies=dependencies), on_base=False, deleted=False, flagged=())
    example = Example("one", True, "", (TAGS, block))
    [finding] = found(example, example.head_files(), "missing-dependency", tmp_path / "before")
    fix = finding.problem.fix
    assert (wanted is None) is (fix is None)
    if fix:
        files = applied(example.head_files(), fix)
        assert files[PATH] == text.format(dependencies=wanted)
