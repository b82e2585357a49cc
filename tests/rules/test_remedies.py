"""What the help tells to write instead, written: the rule and all other errors are gone, and it runs on a real server.

The migrations are those of the pages' bad examples; the flagged operation gives way to the migrations that the help
numbers, as a reader would paste them. Each is then a change of its own on top of those before it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from evaluation import servers
from miglint.finding import Finding, Severity
from miglint.registry import built_in_rules
from rules.packages import write_files
from rules.pages import Block, Example, examples
from rules.running import run

NAMES = """
    blocking-index-build
    blocking-index-drop
    blocking-unique-constraint
    column-type-rewrite
    dropped-column
    dropped-table
    not-null-without-database-default
    not-null-without-default
    renamed-column
    renamed-table
    set-not-null-scan
    validated-check-constraint
    validated-foreign-key
    volatile-default-rewrite
""".split()
RULES = {rule.name: rule for rule in built_in_rules()}
NUMBER = re.compile(r"# \d+(?::.*)?$")
OPERATION = re.compile(r"(?:migrations\.)?[A-Z]\w+\(")

MORE = {
    "a foreign key": 'AddField("order", "product", models.ForeignKey("shop.product", CASCADE, null=True))',
    "a one to one": 'AddField("order", "product", models.OneToOneField("shop.product", CASCADE, null=True))',
    "a unique default": 'AddField("order", "token", models.UUIDField(default=uuid.uuid4, unique=True))',
    "a unique word": 'AlterField("product", "sku", models.CharField(max_length=20, unique=True))',
    "a positive number": 'AddField("order", "weight", models.PositiveIntegerField(null=True))',
    "a smaller range": 'AlterField("product", "stock", models.PositiveSmallIntegerField(null=True))',
    "an indexed word": 'AlterField("product", "sku", models.CharField(max_length=20, db_index=True))',
    "a slug": 'AddField("product", "slug", models.SlugField(null=True))',
    "together": 'AlterUniqueTogether("order", {("customer", "number")})',
    "unique where": """AddConstraint(
            "order",
            models.UniqueConstraint(  # one at a time
                fields=["customer"], condition=models.Q(status="open"), name="one_open_order"
            ),
        )""",
    "deferred": """AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                fields=["number"], name="number_once", deferrable=models.Deferrable.DEFERRED
            ),
        )""",
    "a check": """AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(condition=models.Q(total__gte=0), name="total_gte_0"),
        )""",
    "required with a default": 'AlterField("product", "description", models.TextField(default=""))',
    "required": 'AlterField("product", "description", models.TextField())',
    "a day": 'AddField("order", "paid_at", models.DateTimeField(auto_now_add=True))',
    "a price": 'AddField("order", "tax", models.DecimalField(max_digits=8, decimal_places=2, default=Decimal("0.19")))',
    "renamed": 'RenameField("order", "note", "remark")',
    "renamed key": 'RenameField("order", "customer", "buyer")',
    "dropped key": 'RemoveField("order", "customer")',
    "an index less": 'AlterField("order", "customer", models.ForeignKey("shop.Customer", CASCADE, db_index=False))',
    "dropped model": 'DeleteModel("Product")',
    "a key at last": 'AlterField("order", "number", models.ForeignKey("shop.Product", CASCADE, db_column="number"))',
}
HEAD = """\
import uuid
from decimal import Decimal

from django.db import migrations, models
from django.db.models.deletion import CASCADE
"""
FILE = """\
{imports}

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = [("shop", "{parent}")]
    operations = [
{operations},
    ]
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A migration that the help asks for."""

    operations: str
    imports: str
    atomic: bool
    in_place: bool = False
    """It is for the migration that was found fault with, whose imports are there; others need theirs told."""


def written(operation: str) -> Example:
    """An example whose change has one operation."""
    text = migration("0001_initial", f"migrations.{operation}")
    return Example("bad", True, operation, (Block("shop/migrations/0002_change.py", text, False, False, ()),))


def removed_constraint() -> Example:
    """An example whose change takes away what the base added: a unique constraint that is but an index."""
    constraint = """models.UniqueConstraint(
            fields=["customer"], condition=models.Q(status="open"), name="one_open_order"
        )"""
    base = migration("0001_initial", f'migrations.AddConstraint("order", {constraint})')
    change = migration("0002_constraint", 'migrations.RemoveConstraint("order", "one_open_order")')
    blocks = [("0002_constraint", base, True), ("0003_change", change, False)]
    files = (Block(f"shop/migrations/{name}.py", text, there, False, ()) for name, text, there in blocks)
    return Example("bad", True, "", tuple(files))


def migration(parent: str, operations: str, imports: str = HEAD, *, atomic: bool = True) -> str:
    """The file of a migration of the app `shop`."""
    body = textwrap.indent(textwrap.dedent(operations).rstrip(",\n"), " " * 8)
    return FILE.format(imports=imports, atomic=atomic, parent=parent, operations=body)


def told(finding: Finding) -> Iterator[list[Told]]:
    """The ways that the help of a finding names, each a list of migrations."""
    code: list[str] = []
    for line in [*finding.problem.help.split("\n"), "end"]:
        if line.startswith("    ") or not line:
            code.append(line)
        elif code:
            yield list(_steps(textwrap.dedent("\n".join(code)).strip("\n")))
            code = []


def _steps(code: str) -> Iterator[Told]:
    if "class Migration" in code:
        imports, _, body = code.partition("class Migration(migrations.Migration):")
        (operations,) = (
            ast.get_source_segment(body_text, node.value)
            for body_text in [textwrap.dedent(body)]
            for node in ast.parse(body_text).body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            if node.targets[0].id == "operations"
        )
        yield Told(textwrap.dedent((operations or "")[1:-1].strip("\n")), imports.strip(), "atomic = False" not in code)
        return
    head = ("from ", "import ")
    imports = "\n".join(line for line in code.split("\n") if line.startswith(head))
    functions = re.findall(r"^def .*\n(?:(?: .*)?\n)+", code, re.MULTILINE)
    for function in functions:
        code = code.replace(function, "")
    imports += "".join(f"\n\n\n{function}" for function in functions)
    in_place = not re.search(r"^# (?:\d|in a migration)", code, re.MULTILINE)
    lines, atomic = [], True
    for line in [one for one in code.split("\n") if not one.startswith(head)] + ["# 0"]:
        if NUMBER.match(line):
            if any(OPERATION.match(one) for one in lines):
                yield Told("\n".join(lines), imports, atomic, in_place)
            lines, atomic = [], "atomic = False" not in line
        elif line:
            lines.append(line)


def found(example: Example, folder: Path) -> list[tuple[str, Finding]]:
    """The findings of the rules with remedies to paste."""
    folder.mkdir()
    result = run(example, folder)
    ours = (one for one in result.active if one.problem.app == "shop")
    return [(one.rule, one) for one in ours if one.severity is Severity.ERROR or one.rule in NAMES]


CASES = {name: written(operation) for name, operation in MORE.items()}
CASES |= {"removed constraint": removed_constraint()}
CASES |= {
    f"{name} {example.name}": example
    for name in NAMES
    for example in examples(RULES[name].page)
    if example.bad and all(block.path.endswith(".py") and "RunSQL" not in block.content for block in example.blocks)
}


@pytest.mark.parametrize("example", CASES.values(), ids=CASES)
def test_what_the_help_tells_is_clean_and_runs(
    example: Example, tmp_path: Path, postgresql: servers.PostgreSQL
) -> None:
    remedies = 0
    seen = found(example, tmp_path / "bad")
    others = {rule for rule, _ in seen}
    imports = "\n".join(
        line for line in example.blocks[-1].content.split("\n") if line.startswith(("from ", "import "))
    )
    for rule, finding in seen:
        if rule not in NAMES:
            continue
        for number, steps in enumerate(told(finding)):
            assert steps, f"no code to paste in the help of {rule}:\n{finding.problem.help}"
            remedies += 1
            base = example.base_files()
            for index, step in enumerate(steps):
                parent = PurePosixPath(max(base)).stem
                path = f"shop/migrations/{len(base) + 1:04}_step.py"
                here = imports if step.in_place else "from django.db import migrations, models"
                text = migration(parent, step.operations, f"{here}\n{step.imports}\n", atomic=step.atomic)
                ast.parse(text)
                before = tuple(Block(one, content, True, False, ()) for one, content in base.items())
                change = Example("step", False, "", (*before, Block(path, text, False, False, ())))
                folder = tmp_path / f"{rule} {number} {index}"
                folder.mkdir()
                left = [one for one in run(change, folder).active if _remains(one, rule, others)]
                assert not left, f"{[(one.rule, one.problem.message) for one in left]} after\n{text}"
                base[path] = text
            _migrates(base, tmp_path / f"{rule} {number}", postgresql)
    assert remedies, "no remedy was tried"


def _remains(finding: Finding, rule: str, others: set[str]) -> bool:
    """Whether the remedy of a rule has to do away with a finding; other causes have remedies of their own."""
    return finding.rule == rule or (finding.severity is Severity.ERROR and finding.rule not in others)


def _migrates(files: dict[str, str], folder: Path, server: servers.PostgreSQL) -> None:
    """Real Django runs the migrations, forwards on a new database."""
    folder.mkdir()
    write_files(files, folder)
    with server.connect() as connection:
        connection.execute("DROP DATABASE IF EXISTS remedy")
        connection.execute("CREATE DATABASE remedy")
    script = Path(__file__).with_name("real_django.py")
    arguments = ["postgresql", folder, server.host, str(server.port), server.user, "remedy"]
    done = subprocess.run([sys.executable, script, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stderr[-3000:]}\n{list(files.values())[1:]}"


BATCHED = """\
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.db import connection, models

class Order(models.Model):
    status = models.CharField(max_length=20, default="old")
    class Meta:
        app_label = "shop"

with connection.schema_editor() as editor:
    editor.create_model(Order)
Order.objects.bulk_create(Order() for _ in range(2500))
"""


@pytest.mark.parametrize(
    ("written_now", "done"),
    [
        ('Order.objects.all().update(status="new")', None),
        ('for order in Order.objects.all():\n        order.status = "new"\n        order.save()', "..."),
    ],
)
def test_batches_reach_every_row_and_end(written_now: str, done: str | None, tmp_path: Path) -> None:
    function = f'def fill(apps, schema_editor):\n    Order = apps.get_model("shop", "Order")\n    {written_now}\n'
    text = migration("0001_initial", "migrations.RunPython(fill, migrations.RunPython.noop)", f"{HEAD}\n\n{function}")
    example = Example("bad", True, "", (Block("shop/migrations/0002_fill.py", text, False, False, ()),))
    (finding,) = [one for one in run(example, tmp_path).active if one.rule == "unbatched-data-migration"]
    code = textwrap.dedent("\n".join(finding.problem.help.split("\n")[1:]))
    if done is not None:
        code = code.replace("...  #", 'order.status = "new"  #')
    script = f'{BATCHED}\n{code}\nassert Order.objects.filter(status="new").count() == 2500\n'
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
