"""Django's operations on a live PostgreSQL: what their statements do there, and what miglint says of them.

A case is a line of `cases/django.jsonl`: `operations` is what is measured, in a migration of its own; `before` is in
migrations of their own before it, once there are rows; `atomic` is the migration's. The models are those of
`cases/django_shop.py.txt`, all their tables full.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluation.locks.cases import CASES
from evaluation.locks.outcome import Outcome
from evaluation.locks.postgresql import Lab
from evaluation.locks.prediction import outcome_of
from miglint.cache import NullCache
from miglint.changeset import MemoryTree
from miglint.config import Config
from miglint.dialects import analyse
from miglint.graph import Graph
from miglint.history import Key, Rendered, Target
from miglint.sources.django import read
from miglint.sources.django.render import DjangoRenderer

ROWS = (
    """INSERT INTO shop_customer (id, email, name, country, old_id)
       SELECT i, 'c' || i || '@example.com', repeat('n', 60), 'de', i FROM generate_series(1, 2000) i""",
    "INSERT INTO shop_tag (id, label) SELECT i, 'tag' || i || repeat('t', 40) FROM generate_series(1, 2000) i",
    """INSERT INTO shop_product (id, name, sku, price, stock, description, active)
       SELECT i, 'product ' || i, 'sku' || i, 1, i, repeat('d', 60), true FROM generate_series(1, 2000) i""",
    "INSERT INTO shop_product_tags (product_id, tag_id) SELECT i, i FROM generate_series(1, 2000) i",
    """INSERT INTO shop_order (id, customer_id, product_id, number, status, note, total, placed_at, code, period)
       SELECT i, i, i, i, i::text, repeat('n', 60), 1, now(), gen_random_uuid(),
              daterange('2020-01-01'::date + i, '2020-01-01'::date + i + 1) FROM generate_series(1, 2000) i""",
    """INSERT INTO shop_line (id, order_id, position, quantity)
       SELECT i, i, i, i FROM generate_series(1, 2000) i""",
    "INSERT INTO shop_profile (customer_id, bio) SELECT i, repeat('b', 60) FROM generate_series(1, 2000) i",
)
HEAD = """
import datetime, decimal, uuid
from django.contrib.postgres import constraints, fields, indexes, operations as postgres, search
from django.db import migrations, models
from django.db.models import CASCADE, F, Func, Q, Value
from django.db.models.functions import Coalesce, Length, Lower, Now, Upper
from django.contrib.postgres.functions import RandomUUID
"""


@dataclass(frozen=True, slots=True)
class DjangoCase:
    """What is done before, in order, and what is measured."""

    operations: tuple[str, ...]
    before: tuple[str, ...] = ()
    atomic: bool = True

    @property
    def name(self) -> str:
        return "; ".join((*self.before, *self.operations)).replace("migrations.", "")


@dataclass(frozen=True, slots=True)
class Trial:
    """A case as rendered: what is there before rows and after, and the migration with what it builds on."""

    tables: list[str]
    before: list[str]
    prelude: list[Rendered]
    migration: Rendered

    @property
    def statements(self) -> list[str]:
        return [statement.sql for statement in self.migration.statements if statement.sql]

    def predicted(self, target: Target) -> Outcome:
        (results,) = analyse(self.prelude, [self.migration], target)
        return outcome_of([each for each in results if not each.statement.opaque])


class Shop:
    """A lab with the shop's tables, made anew only where they may have changed."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._there: list[str] | None = None

    def measure(self, trial: Trial) -> Outcome:
        setup = [*trial.tables, *ROWS, *trial.before]
        if setup != self._there:
            self._lab.prepare(setup)
        self._there = setup if trial.migration.atomic else None
        return self._lab.observe(trial.statements, in_transaction=trial.migration.atomic)


def read_cases() -> Iterator[DjangoCase]:
    """The cases of the file."""
    for line in (CASES / "django.jsonl").read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        yield DjangoCase(tuple(data["operations"]), tuple(data.get("before", ())), data.get("atomic", True))


def rendered(case: DjangoCase, target: Target) -> Trial:
    """The case's migrations as miglint reads and renders them."""
    files = {
        "shop/__init__.py": "",
        "shop/migrations/__init__.py": "",
        "shop/migrations/m0.py": (CASES / "django_shop.py.txt").read_text(encoding="utf-8"),
    }
    steps = [*((each,) for each in case.before), case.operations]
    for number, operations in enumerate(steps, start=1):
        atomic = case.atomic if number == len(steps) else "Concurrently" not in operations[0]
        files[f"shop/migrations/m{number}.py"] = _source(number, operations, atomic)
    tree = MemoryTree({path: text.encode() for path, text in files.items()})
    (history,) = read(tree, Config(), NullCache())
    renderer = DjangoRenderer(history, Graph.of(history), tree, target)
    keys = [Key("shop", f"m{number}") for number in range(len(steps) + 1)]
    there = [[each.sql for each in renderer.executed(key).statements] for key in keys[:-1]]
    prelude = list(renderer.prelude(keys[-1:]))
    return Trial(there[0], [sql for step in there[1:] for sql in step], prelude, renderer.executed(keys[-1]))


def _source(number: int, operations: Sequence[str], atomic: bool) -> str:
    return (
        f"{HEAD}\nclass Migration(migrations.Migration):\n    atomic = {atomic}\n"
        f"    dependencies = [('shop', 'm{number - 1}')]\n    operations = [{', '.join(operations)}]\n"
    )
