"""Code for the help of findings, in the user's own names: Django's operations where the migration is Django's."""

from __future__ import annotations

import textwrap

from miglint.analysis import Analysis
from miglint.history import Operation

POSTGRES = "from django.contrib.postgres.operations import {}"


def quoted(name: str) -> str:
    """A string literal with double quotes, as the code formatters write it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def indented(*lines: str) -> str:
    """Lines of code, four spaces deep in the help's text."""
    return "\n".join([line and f"    {line}" for line in "\n".join(lines).split("\n")])


def model_of(operation: Operation) -> str:
    """The lower-case name of the model that an operation is about."""
    name = operation.arguments.get("model_name") or operation.arguments.get("name") or ""
    return name.lower() if isinstance(name, str) else ""


def field_of(operation: Operation) -> str:
    """The name of the field that AddField, AlterField, RemoveField are about; empty for other operations."""
    name = operation.arguments.get("name") if "model_name" in operation.arguments else ""
    return name if isinstance(name, str) and "Field" in operation.name else ""


def migration_of(operations: list[str], *, atomic: bool = True, imports: str = "") -> str:
    """The text of a migration's class with some operations, for the help."""
    body = ["    atomic = False"] if not atomic else []
    body += ["    operations = [", *(textwrap.indent(f"{operation},", " " * 8) for operation in operations), "    ]"]
    head = [imports, ""] if imports else []
    return indented(*head, "class Migration(migrations.Migration):", *body)


def is_django(analysis: Analysis) -> bool:
    """Whether the statement stands in a Django migration, its RunSQL included."""
    return analysis.migration.source == "django"
