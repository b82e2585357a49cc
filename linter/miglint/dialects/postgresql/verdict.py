"""From what a statement locked and did to its effects, judged with the locks that its transaction holds."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from miglint.dialects.postgresql.execution import Execution, Impact
from miglint.dialects.postgresql.locks import LABELS, NOTHING, WRITES, Mode, blocked_on_sequence, blocked_on_table
from miglint.dialects.postgresql.session import Transaction
from miglint.effects import Access, Effect, Work


def effects_of(execution: Execution, new: set[int]) -> tuple[Effect, ...]:
    """The effects on relations that existed before the transaction; its locks are then held on."""
    open_one = execution.session.transaction if not execution.outside_transaction else None
    transaction = open_one if open_one is not None else Transaction(0, execution.catalog)
    private, created = transaction.private, execution.created
    existing = [each for oid, each in execution.impacts.items() if oid not in created and oid not in private]
    held = {impact.oid: _held(impact, transaction) for impact in existing}
    blocks = {oid: _blocks(execution.impacts[oid], mode) for oid, mode in held.items() if mode is not None}
    for oid, blocked in blocks.items():
        if blocked and oid not in transaction.blocking:
            transaction.blocking = transaction.blocking.set(oid, None)
    dangerous = bool(transaction.blocking)
    shown: list[Effect] = []
    parts = False
    for impact in existing:
        parts = parts or bool(impact.partitions or impact.parents)
        blocked = blocks.get(impact.oid, NOTHING)
        effect = _effect(impact, held[impact.oid], blocked, dangerous and bool(impact.work), impact.oid in new)
        if effect is not None:
            shown.append(effect)
    if open_one is not None:
        _keep(execution, open_one, held)
    if not parts:
        return tuple(shown)
    shown += _on_partitions(existing, held)
    return _through_parents(shown, existing)


def _on_partitions(existing: list[Impact], held: dict[int, Mode | None]) -> list[Effect]:
    """Who writes to a partition directly waits for its parent, though nothing locks the partition (before 14)."""
    touched = {impact.name for impact in existing}
    waiting = {
        name
        for impact in existing
        if held[impact.oid] is Mode.ACCESS_EXCLUSIVE
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


def _effect(impact: Impact, mode: Mode | None, blocked: frozenset[Access], dangerous: bool, new: bool) -> Effect | None:
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
        dangerous=dangerous,
        taken=LABELS[impact.mode] if impact.mode is not None else label,
        kind=impact.kind,
        table=impact.table,
        new=new,
        emptied=impact.emptied,
        dropped=impact.dropped,
    )


def _through_parents(effects: list[Effect], impacts: list[Impact]) -> tuple[Effect, ...]:
    """Who reads a parent reads its children, so what waits for a child waits at the parent; rows go to a partition
    through its parent, but not to a table that inherits."""
    blocked = {effect.relation: effect.blocks for effect in effects}
    for impact in impacts:
        for parent in impact.parents:
            if parent in blocked and impact.name in blocked:
                inserts = frozenset() if impact.partition else frozenset({Access.INSERT})
                blocked[parent] |= blocked[impact.name] - inserts
    return tuple(replace(effect, blocks=blocked[effect.relation]) for effect in effects)


def _keep(execution: Execution, transaction: Transaction, held: dict[int, Mode | None]) -> None:
    for impact in execution.impacts.values():
        mode = held.get(impact.oid)
        if mode is not None:
            if transaction.held.get(impact.oid) is not mode:
                transaction.held = transaction.held.set(impact.oid, mode)
            _show(impact, mode, transaction)
        if impact.emptied:
            transaction.private = transaction.private.set(impact.oid, None)
    for oid in execution.created:
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
