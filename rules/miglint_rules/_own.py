"""Django's operation behind a statement, as the user wrote it and as the help writes it otherwise."""

from __future__ import annotations

from msgspec import Struct

from miglint.analysis import Analysis
from miglint.history import Operation
from miglint.scope import Scope
from miglint.sources.django.values import Call, Reference
from miglint_rules._code import WrittenCall, written_call, written_operation
from miglint_rules._declared import declared_fields
from miglint_rules._remedies import field_of, model_of, quoted
from miglint_rules._statements import operation_of

DB_DEFAULT = (5, 0)
"""The series of Django that brought `db_default`."""
CONDITION = (5, 1)
"""The series that renamed `CheckConstraint(check=)` to `condition=`."""
_NOW = frozenset({"django.utils.timezone.now", "datetime.datetime.now", "datetime.datetime.utcnow"})
_DELETION = "django.db.models.deletion."
_CONSTANT_CALLS = ("decimal.Decimal", "datetime.", "uuid.UUID")


class Own(Struct, frozen=True):
    """An operation with its model, and its field if it is about one. `written` is None where a helper made it."""

    operation: Operation
    model: str
    field: str
    written: WrittenCall | None
    declared: WrittenCall | None
    """The field's own call."""

    def __str__(self) -> str:
        return str(self.written) if self.written is not None else f"migrations.{self.operation.name}(...)"

    def adding(self, declared: WrittenCall | None, field: str = "", otherwise: str = "") -> str:
        """AddField of the model, of this field if no other is named; `otherwise` says what it must be like."""
        return self._with("AddField", declared, field, otherwise)

    def altering(self, declared: WrittenCall | None, otherwise: str = "") -> str:
        """AlterField of the field."""
        return self._with("AlterField", declared, "", otherwise)

    def _with(self, name: str, declared: WrittenCall | None, field: str, otherwise: str) -> str:
        shown = str(declared) if declared is not None else f"<the field{otherwise and f' {otherwise}'}>"
        return f"migrations.{name}({quoted(self.model)}, {quoted(field or self.field)}, {shown})"


def own_operation(analysis: Analysis, scope: Scope) -> Own | None:
    """The operation that made a statement; None for SQL files and RunSQL, whose remedy is SQL."""
    operation = operation_of(analysis)
    if operation is None:
        return None
    migration = analysis.migration
    declared = written_call(operation.arguments.get("field"), migration, scope)
    written = written_operation(operation, migration, scope)
    return Own(operation, model_of(operation), field_of(operation), written, declared)


def database_default(own: Own, scope: Scope) -> str:
    """The field's default as `db_default` takes it; empty where a value of the database's own cannot replace it."""
    series = series_of(scope)
    field = own.operation.arguments.get("field")
    if own.declared is None or not isinstance(field, Call) or (series is not None and series < DB_DEFAULT):
        return ""
    if any(field.kwargs.get(name) is True for name in ("auto_now", "auto_now_add")):
        return "Now()"
    match field.kwargs.get("default"):
        case Reference(name=name) if name in _NOW:
            return "Now()"
        case Call(target=target) if target.startswith(_CONSTANT_CALLS):
            return own.declared.argument("default")
        case bool() | int() | float() | str():
            return own.declared.argument("default")
    return ""


def series_of(scope: Scope) -> tuple[int, int] | None:
    """The series of Django that the project pins."""
    from miglint.sources.django.series import choose

    return choose(scope.change_set.tree, scope.history.root, scope.history.settings.get("DJANGO_VERSION")).wanted


def condition(scope: Scope) -> str:
    """What CheckConstraint calls its condition in the project's Django."""
    series = series_of(scope)
    return "check" if series is not None and series < CONDITION else "condition"


def declared_before(analysis: Analysis, scope: Scope, model: str, field: str) -> WrittenCall | None:
    """A field as the migrations before this one declare it, as it is written there."""
    found = declared_fields(scope, analysis.migration.key).get((model, field))
    declared = written_call(found[1], found[0], scope) if found is not None else None
    if declared is None:
        return None
    # Its file may import more than this one does; `models` is in both.
    there = {name: text for name, text in declared.keywords if text.startswith(_DELETION)}
    return declared.replacing(**{name: f"models.{text.removeprefix(_DELETION)}" for name, text in there.items()})
