"""ALTER TABLE's subcommands that set something on the whole table."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import Table, TableKind
from miglint.changes import SetTableOption
from miglint.dialects.postgresql import rewrite_rules
from miglint.dialects.postgresql.alter_read import Command
from miglint.dialects.postgresql.alter_table import Plan
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.locks import Mode
from miglint.effects import Work

_INDEX_MODES = {"CLUSTER ON": Mode.SHARE_UPDATE_EXCLUSIVE, "REPLICA IDENTITY": Mode.SHARE}
_DEFAULTS = {"tablespace": "pg_default", "access method": "heap"}


def set_option(command: Command, change: SetTableOption, table: Table, plan: Plan, execution: Execution) -> None:
    """Dispatch by the action's word; most of them only write to the catalog."""
    match change.action:
        case "SET LOGGED":
            _set_persistence("permanent", table, plan, execution)
        case "SET UNLOGGED":
            _set_persistence("unlogged", table, plan, execution)
        case "SET TABLESPACE":
            if _differs("tablespace", change.value, table, execution):
                execution.work(table, Work.COPY, Work.REWRITE)
        case "SET ACCESS METHOD":
            if _differs("access method", change.value, table, execution):
                plan.of(table).rewrite = True
        case "OWNER TO":
            _lock_belongings(table, execution)
        case "CLUSTER ON" | "REPLICA IDENTITY":
            _lock_named_index(change.value, table, _INDEX_MODES[change.action], execution)
        case _:
            _switch(change.action, change.value, table, execution)


def _switch(action: str, name: str, table: Table, execution: Execution) -> None:
    """ENABLE and DISABLE of triggers and rules."""
    if action in ("DISABLE TRIGGER ALL", "ENABLE TRIGGER ALL"):
        execution.put(replace(execution.latest(table), unchecked=action == "DISABLE TRIGGER ALL"))
    elif action.endswith(" RULE"):
        rewrite_rules.enable(table, action, name, execution)


def _set_persistence(persistence: str, table: Table, plan: Plan, execution: Execution) -> None:
    if table.persistence == persistence and not table.assumed:
        return
    plan.of(table).rewrite = table.kind is not TableKind.PARTITIONED
    if execution.major >= 15:
        for sequence in list(execution.sequences(table)):
            execution.lock(sequence, Mode.ACCESS_EXCLUSIVE)
            execution.put(replace(sequence, persistence=persistence))
    execution.put(replace(execution.latest(table), persistence=persistence))


def _differs(option: str, value: str, table: Table, execution: Execution) -> bool:
    before = table.options.get(option, _DEFAULTS[option])
    wanted = value or _DEFAULTS[option]
    latest = execution.latest(table)
    execution.put(replace(latest, options={**latest.options, option: wanted}))
    return before != wanted


def _lock_belongings(table: Table, execution: Execution) -> None:
    for index in table.indexes.values():
        execution.lock_index(table, index, Mode.ACCESS_EXCLUSIVE)
    for sequence in execution.sequences(table):
        execution.lock(sequence, Mode.ACCESS_EXCLUSIVE)


def _lock_named_index(name: str, table: Table, mode: Mode, execution: Execution) -> None:
    index = table.indexes.get(name)
    if index is not None:
        execution.lock_index(table, index, mode)
