"""From what a statement locked and did to its effects, judged with the locks that its transaction holds."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from miglint.dialects.postgresql.execution import Execution, Impact
from miglint.dialects.postgresql.locks import LABELS, NOTHING, WRITES, Mode, blocked_on_sequence, blocked_on_table
from miglint.dialects.postgresql.session import Transaction
from miglint.effects import Access, Effect, Work

Judged = tuple[Impact, Mode | None, frozenset[Access]]
"""An impact, the strongest lock that is held on its relation once the statement has run, and what waits for it."""


def effects_of(execution: Execution, new: set[int]) -> tuple[Effect, ...]:
    """The effects on relations that existed before the transaction; its locks are then held on."""
    transaction = None if execution.outside_transaction else execution.session.transaction
    private: Mapping[int, None] = transaction.private if transaction is not None else {}
    blocking = transaction is not None and len(transaction.blocking) > 0
    existing: list[Judged] = []
    parts = False
    for oid, impact in execution.impacts.items():
        if oid not in execution.created and oid not in private:
            mode = impact.mode if transaction is None else _held(impact, transaction)
            blocked = NOTHING if mode is None else _blocks(impact, mode)
            existing.append((impact, mode, blocked))
            blocking = blocking or bool(blocked)
            parts = parts or bool(impact.partitions or impact.parents)
    shown = [effect for one in existing if (effect := _effect(one, blocking, one[0].oid in new)) is not None]
    if transaction is not None:
        _keep(execution, transaction, existing)
    if not parts:
        return tuple(shown)
    shown += _on_partitions(existing)
    return _through_parents(shown, existing)


def _on_partitions(existing: list[Judged]) -> list[Effect]:
    """Who writes to a partition directly waits for its parent, though nothing locks the partition (before 14)."""
    touched = {impact.name for impact, _, _ in existing}
    waiting = {
        name
        for impact, mode, _ in existing
        if mode is Mode.ACCESS_EXCLUSIVE
        for name in impact.partitions
        if name not in touched
    }
    return [Effect(name, "", blocks=WRITES) for name in sorted(waiting)]


def _held(impact: Impact, transaction: Transaction) -> Mode | None:
    before = transaction.held.get(impact.oid)
    if impact.mode is None or before is None:
        return impact.mode or before
    return max(before, impact.mode)


def _blocks(impact: Impact, mode: Mode) -> frozenset[Access]:
    if impact.kind == "sequence":
        return blocked_on_sequence(mode)
    blocked = blocked_on_table(mode)
    return blocked & {Access.SELECT} if impact.read_only else blocked


def _effect(judged: Judged, dangerous: bool, new: bool) -> Effect | None:
    impact, mode, blocked = judged
    if mode is None and not impact.work:
        return None
    if impact.kind == "index" and (mode is None or mode < Mode.SHARE_UPDATE_EXCLUSIVE):
        return None
    label = LABELS[mode] if mode is not None else ""
    return Effect(
        impact.name,
        label,
        work=frozenset(impact.work),
        blocks=blocked,
        dangerous=dangerous and bool(impact.work),
        taken=LABELS[impact.mode] if impact.mode is not None else label,
        kind=impact.kind,
        table=impact.table,
        new=new,
        emptied=impact.emptied,
        dropped=impact.dropped,
    )


def _through_parents(effects: list[Effect], existing: list[Judged]) -> tuple[Effect, ...]:
    """Who reads a parent reads its children, so what waits for a child waits at the parent; rows go to a partition
    through its parent, but not to a table that inherits."""
    blocked = {effect.relation: effect.blocks for effect in effects}
    for impact, _, _ in existing:
        for parent in impact.parents:
            if parent in blocked and impact.name in blocked:
                inserts = frozenset() if impact.partition else frozenset({Access.INSERT})
                blocked[parent] |= blocked[impact.name] - inserts
    return tuple(replace(effect, blocks=blocked[effect.relation]) for effect in effects)


def _keep(execution: Execution, transaction: Transaction, existing: list[Judged]) -> None:
    for impact, mode, blocked in existing:
        if mode is not None:
            if transaction.held.get(impact.oid) is not mode:
                transaction.held = transaction.held.set(impact.oid, mode)
            _show(impact, mode, transaction)
        if blocked and impact.oid not in transaction.blocking:
            transaction.blocking = transaction.blocking.set(impact.oid, None)
    emptied = [oid for oid, impact in execution.impacts.items() if impact.emptied]
    for oid in (*execution.created, *emptied):
        transaction.private = transaction.private.set(oid, None)
    transaction.filled |= execution.filled
    transaction.rewritten |= execution.updated


def _show(impact: Impact, mode: Mode, transaction: Transaction) -> None:
    """Note a lock by the name that its relation has by now."""
    known = transaction.names.get(impact.oid, impact.name)
    if known != impact.name and transaction.named.get(known) == impact.oid:
        transaction.shown = transaction.shown.remove(known)
    transaction.names[impact.oid] = impact.name
    transaction.named[impact.name] = impact.oid
    if transaction.shown.get(impact.name) != mode.label:
        transaction.shown = transaction.shown.set(impact.name, mode.label)


def causes_of(execution: Execution, effects: tuple[Effect, ...]) -> Mapping[int, frozenset[Work]]:
    """Which change is to blame for which of the dangerous work; one that stands alone is to blame for all of it."""
    dangerous = [effect.work for effect in effects if effect.dangerous]
    if not dangerous:
        return {}
    done = frozenset[Work]().union(*dangerous)
    if len(execution.changes) == 1:
        return {0: done}
    return {position: asked & done for position, asked in execution.causes.items() if asked & done}
