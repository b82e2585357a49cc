"""Operations of well-known packages, and what they are given. Imported only where Django is.

What they write is what the packages' own operations write: django-pgtrigger's templates are kept as they are, for
migrations refer to them, and django-sortedm2m's operation adds or removes the column that keeps the order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.db import models
from django.db.migrations.operations import AlterField
from django.db.migrations.operations.base import Operation
from django.db.models import options

_INSTALL = """
            CREATE OR REPLACE FUNCTION {ignore_func_name}(
                trigger_name NAME
            )
            RETURNS BOOLEAN AS $$
                DECLARE
                    _pgtrigger_ignore TEXT[];
                    _result BOOLEAN;
                BEGIN
                    BEGIN
                        SELECT INTO _pgtrigger_ignore
                            CURRENT_SETTING('pgtrigger.ignore');
                        EXCEPTION WHEN OTHERS THEN
                    END;
                    IF _pgtrigger_ignore IS NOT NULL THEN
                        SELECT trigger_name = ANY(_pgtrigger_ignore)
                        INTO _result;
                        RETURN _result;
                    ELSE
                        RETURN FALSE;
                    END IF;
                END;
            $$ LANGUAGE plpgsql;

            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    IF ({ignore_func_name}(TG_NAME) IS TRUE) THEN
                        IF (TG_OP = 'DELETE') THEN
                            RETURN OLD;
                        ELSE
                            RETURN NEW;
                        END IF;
                    END IF;
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """
"""Of django-pgtrigger's `UpsertTriggerSql`, with its white space, which goes into hashes."""
_UNINSTALL = "DROP TRIGGER IF EXISTS {pgid} ON {table};"
_DEFAULTS = {
    "ignore_func_name": '"public"._pgtrigger_should_ignore',
    "declare": "",
    "constraint": "",
    "timing": "",
    "referencing": "",
    "level": "ROW",
    "condition": "",
}


class TriggerSql:
    """django-pgtrigger's `UpsertTriggerSql`: how a trigger is installed and removed."""

    def __init__(self, *, pgid: str, table: str, **given: object) -> None:
        quoted = table if table.startswith('"') else f'"{table}"'
        known = {**_DEFAULTS, "execute": f"{pgid}()", **{name: str(value) for name, value in given.items()}}
        known |= {"pgid": pgid, "table": quoted}
        if not known.get("hash"):
            plain = _INSTALL.format(**{**known, "hash": ""})
            known["hash"] = hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()
        self.install = _INSTALL.format(**known)
        self.uninstall = _UNINSTALL.format(pgid=pgid, table=quoted)


class Trigger:
    """django-pgtrigger's compiled `Trigger`."""

    def __init__(self, *, name: str, sql: TriggerSql) -> None:
        self.name = name
        self.install = sql.install
        self.uninstall = sql.uninstall

    def __deepcopy__(self, memo: object) -> Trigger:
        return self


def _triggers(state: Any, app_label: str, model_name: str) -> list[Trigger]:
    return list(state.models[app_label, model_name.lower()].options.get("triggers", ()))


def _let_models_have_triggers() -> None:
    """As django-pgtrigger does where it is installed."""
    if "triggers" not in options.DEFAULT_NAMES:
        options.DEFAULT_NAMES = (*options.DEFAULT_NAMES, "triggers")


class AddTrigger(Operation):
    """django-pgtrigger's."""

    def __init__(self, model_name: str, trigger: Trigger) -> None:
        self.model_name = model_name
        self.trigger = trigger
        _let_models_have_triggers()

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The model has the trigger."""
        found = [*_triggers(state, app_label, self.model_name), self.trigger]
        state.models[app_label, self.model_name.lower()].options["triggers"] = found

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Install it."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(self.trigger.install, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Remove it."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(self.trigger.uninstall, params=None)


class RemoveTrigger(Operation):
    """django-pgtrigger's."""

    def __init__(self, model_name: str, name: str) -> None:
        self.model_name = model_name
        self.name = name
        _let_models_have_triggers()

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The model has the trigger no more."""
        left = [trigger for trigger in _triggers(state, app_label, self.model_name) if trigger.name != self.name]
        state.models[app_label, self.model_name.lower()].options["triggers"] = left

    def _named(self, app_label: str, state: Any) -> Trigger:
        for trigger in _triggers(state, app_label, self.model_name):
            if trigger.name == self.name:
                return trigger
        raise ValueError(f"no trigger named {self.name} on model {self.model_name}")

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Remove it."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(self._named(app_label, from_state).uninstall, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Install it again."""
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(self._named(app_label, to_state).install, params=None)


class AlterSortedManyToManyField(AlterField):
    """django-sortedm2m's: from or to a relation that keeps an order."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Add the column that keeps the order, or remove it."""
        before, after = (state.apps.get_model(app_label, self.model_name) for state in (from_state, to_state))
        old, new = before._meta.get_field(self.name), after._meta.get_field(self.name)
        if getattr(new, "sorted", False):
            column = models.IntegerField(name=new.sort_value_field_name, default=0)
            column.set_attributes_from_name(new.sort_value_field_name)
            schema_editor.add_field(new.remote_field.through, column)
        elif getattr(old, "sorted", False):
            through = old.remote_field.through
            schema_editor.remove_field(through, through._meta.get_field(old.sort_value_field_name))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """The same, the other way round."""
        self.database_forwards(app_label, schema_editor, from_state, to_state)


_MADE: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("pgtrigger", "AddTrigger"): AddTrigger,
    ("pgtrigger", "RemoveTrigger"): RemoveTrigger,
    ("pgtrigger", "Trigger"): Trigger,
    ("pgtrigger", "UpsertTriggerSql"): TriggerSql,
    ("sortedm2m", "AlterSortedManyToManyField"): AlterSortedManyToManyField,
}


def made(target: str) -> Callable[..., Any] | None:
    """The class that stands for one of a package, by its dotted name."""
    return _MADE.get((target.partition(".")[0], target.rpartition(".")[2]))
