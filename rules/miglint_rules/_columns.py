"""Why a new column makes PostgreSQL write its table anew: the cause that a rule claims, so that only one does."""

from __future__ import annotations

import enum

from miglint.analysis import Analysis
from miglint.catalog import Domain
from miglint.changes import AddColumn


class RewriteCause(enum.Enum):
    """What of a new column gives each row a value of its own, or has to be tried on each."""

    GENERATED = "generated"
    DOMAIN = "domain"
    DEFAULT = "default"


def rewrite_cause(analysis: Analysis, change: AddColumn) -> RewriteCause:
    """The cause of a rewrite by ADD COLUMN: a value for every row comes before the type, the default last."""
    if fills_itself(analysis, change):
        return RewriteCause.GENERATED
    domain = domain_of(analysis, change)
    if domain is not None and (domain.constraints or domain.not_null):
        return RewriteCause.DOMAIN
    return RewriteCause.DEFAULT


def fills_itself(analysis: Analysis, change: AddColumn) -> bool:
    """Whether the column is a generated, identity or serial one."""
    table = analysis.after.table(change.table)
    column = table.columns.get(change.column.name, change.column) if table is not None else change.column
    return bool(column.generated or column.identity or column.sequence is not None)


def domain_of(analysis: Analysis, change: AddColumn) -> Domain | None:
    """The domain that is the column's type, if it is one."""
    kind = change.column.type
    if kind is None:
        return None
    name = analysis.before.resolve_type(kind.schema or None, kind.name)
    found = analysis.before.types.get(name) if name is not None else None
    return found if isinstance(found, Domain) else None
