"""What miglint says that statements do, in the lab's terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from evaluation.locks.outcome import Outcome, strongest
from miglint.analysis import Analysis
from miglint.changes import AlterObject, RenameTable
from miglint.dialects import analyse
from miglint.effects import Effect, Work
from miglint.finding import Span
from miglint.history import Key, Migration, Rendered, Statement, Target

NOWHERE = Span(1, 1, 1, 1)


def analyses(
    setup: Sequence[str],
    statements: Sequence[str],
    target: Target,
    *,
    session: Sequence[str] = (),
    atomic: bool = True,
) -> list[Analysis]:
    """The analyses of the statements after the setup, in a session with these SETs."""
    case = _rendered("case", [*session, *statements], target, atomic)
    (result,) = analyse([_rendered("setup", setup, target)], [case], target)
    return result


def predict(
    setup: Sequence[str], statements: Sequence[str], target: Target, *, session: Sequence[str] = (), atomic: bool = True
) -> Outcome:
    """The outcome on PostgreSQL."""
    return outcome_of(analyses(setup, statements, target, session=session, atomic=atomic))


def outcome_of(results: Sequence[Analysis]) -> Outcome:
    """What these analyses of one transaction's statements say on the whole."""
    not_understood = [each.reason or "not understood" for each in results if not each.understood]
    if not_understood:
        return Outcome(unknown="; ".join(not_understood))
    effects = list(as_named_before(results))
    tables = [effect for effect in effects if effect.kind != "index"]
    return Outcome(
        locks=_locks(tables),
        index_locks=_locks(effect for effect in effects if effect.kind == "index"),
        rewrites=_worked(tables, Work.REWRITE),
        scans=_worked(tables, Work.SCAN),
        index_builds=_worked(tables, Work.INDEX_BUILD),
        dangerous=any(each.dangerous for each in results),
    )


def _rendered(name: str, statements: Sequence[str], target: Target, atomic: bool = True) -> Rendered:
    migration = Migration(key=Key("lab", name), source="sql", path=f"{name}.sql", blob="", span=NOWHERE)
    return Rendered(migration, target.database, tuple(Statement(sql, NOWHERE) for sql in statements), atomic)


def as_named_before(results: Iterable[Analysis]) -> Iterator[Effect]:
    """The effects on relations under the names that they had before any of the statements, as they are measured."""
    names: dict[str, str] = {}
    for each in results:
        for effect in each.effects:
            bare = _bare(effect.relation)
            yield replace(effect, relation=names.get(bare, bare))
        for change in each.changes:
            if isinstance(change, RenameTable):
                old = change.table.name
                names[change.new_name] = names.pop(old, old)
            elif isinstance(change, AlterObject) and change.action == "rename":
                names[change.detail] = names.pop(change.name.name, change.name.name)


def _locks(effects: Iterable[Effect]) -> dict[str, str]:
    locks: dict[str, str] = {}
    for effect in effects:
        if effect.lock:
            name = _bare(effect.relation)
            locks[name] = strongest([effect.lock, locks.get(name, effect.lock)])
    return locks


def _worked(effects: Iterable[Effect], work: Work) -> frozenset[str]:
    return frozenset(_bare(effect.relation) for effect in effects if work in effect.work)


def _bare(relation: str) -> str:
    """The name without its schema: measurements have no schemas."""
    return relation.rpartition(".")[2]
