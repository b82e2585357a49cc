"""How much of the checked migrations was understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from miglint.history import Migration, Operation, Unreadable
from miglint.result import Blind, CheckedMigration, Coverage


def operations_in(migration: Migration) -> Iterator[Operation]:
    """Every operation of a migration, nested ones after the one that holds them."""
    level = list(reversed(migration.operations))
    while level:
        operation = level.pop()
        yield operation
        level.extend(reversed((*operation.database_operations, *operation.state_operations)))


def coverage_of(checked: Sequence[CheckedMigration], unreadable: Iterable[Unreadable]) -> Coverage:
    """The coverage of checked migrations and of files that should have been."""
    operations = [operation for one in checked for operation in operations_in(one.migration)]
    statements = [statement for one in checked for statement in one.statements]
    unknown = {
        *(Blind(one.path, one.span.line, one.reason) for one in unreadable),
        *(
            Blind(one.migration.path, problem.span.line, problem.reason)
            for one in checked
            for problem in one.migration.not_understood
        ),
        *(
            Blind(one.migration.path, statement.statement.span.line, statement.reason)
            for one in checked
            for statement in one.statements
            if not statement.understood
        ),
    }
    return Coverage(
        migrations=len(checked),
        operations=len(operations),
        operations_understood=sum(operation.not_understood is None for operation in operations),
        statements=len(statements),
        statements_understood=sum(statement.understood for statement in statements),
        unknown=tuple(sorted(unknown, key=lambda blind: (blind.path, blind.line, blind.reason))),
    )
