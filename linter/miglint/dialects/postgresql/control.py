"""Statements that change the session or the transaction: SET, BEGIN, COMMIT, SAVEPOINT."""

from __future__ import annotations

from msgspec.structs import replace

from miglint.catalog import Name, Shelf
from miglint.changes import AlterObject, SetVariable, TransactionControl
from miglint.dialects.postgresql.execution import Execution
from miglint.dialects.postgresql.parser import Node
from miglint.dialects.postgresql.referential import make_pending_checks
from miglint.dialects.postgresql.session import Savepoint, Session, Transaction
from miglint.dialects.postgresql.tree import text_of


def set_variable(node: Node, execution: Execution) -> None:
    """VariableSetStmt."""
    name = node.get("name", "").lower()
    values = [text_of(each) for each in node.get("args", ())]
    value = ", ".join(values) if node.get("kind") == "VAR_SET_VALUE" else None
    execution.changes.append(SetVariable(name=name, value=value, local=node.get("is_local", False)))


def apply_settings(execution: Execution) -> None:
    """Put the settings that a statement made into force."""
    for change in execution.changes:
        if not isinstance(change, SetVariable):
            continue
        execution.session.set(change.name, change.value, local=change.local)
        if change.name == "search_path":
            path = tuple(each.strip().strip('"') for each in (change.value or "public").split(","))
            known = tuple(each for each in path if each and each != "$user")
            execution.catalog = replace(execution.catalog, search_path=known)


def set_constraints(node: Node, execution: Execution) -> None:
    """ConstraintsSetStmt: IMMEDIATE makes the checks that are pending."""
    execution.changes.append(AlterObject(kind="other", name=Name("", ""), action="set constraints"))
    transaction = execution.session.transaction
    if transaction is None:
        return
    deferred: bool = node.get("deferred", False)
    names = {each["RangeVar"].get("relname", "") for each in node.get("constraints", ())}
    timing = transaction.timing if names else Shelf[str, bool]()
    transaction.timing = timing.update(dict.fromkeys(names or {""}, deferred))
    if not deferred:
        make_pending_checks(names, execution)


def transaction(node: Node, execution: Execution) -> None:
    """TransactionStmt."""
    action = node.get("kind", "").removeprefix("TRANS_STMT_")
    execution.changes.append(TransactionControl(action=action.replace("_", " "), name=node.get("savepoint_name", "")))


def apply_transaction(change: TransactionControl, execution: Execution) -> None:
    """Begin, end or rewind the session's transaction."""
    session = execution.session
    match change.action:
        case "BEGIN" | "START":
            session.begin(execution.catalog)
        case "COMMIT" | "PREPARE":
            session.end()
        case "ROLLBACK":
            if session.transaction is not None:
                execution.catalog = replace(session.transaction.start, next_oid=execution.catalog.next_oid)
            session.end()
        case "SAVEPOINT":
            _save(change.name, session, execution)
        case "ROLLBACK TO":
            _rewind(change.name, session, execution)
        case "RELEASE":
            _release(change.name, session)


def _save(name: str, session: Session, execution: Execution) -> None:
    open_one = session.transaction
    if open_one is not None:
        held, private, blocking = open_one.held, open_one.private, open_one.blocking
        timing, pending = open_one.timing, open_one.pending
        saved = Savepoint(name, execution.catalog, held, open_one.shown, private, blocking, timing, pending)
        open_one.savepoints.append(saved)


def _rewind(name: str, session: Session, execution: Execution) -> None:
    """ROLLBACK TO gives back the schema and the locks taken since."""
    open_one = session.transaction
    at = _last(name, open_one)
    if open_one is None or at is None:
        return
    saved = open_one.savepoints[at]
    del open_one.savepoints[at + 1 :]
    open_one.held, open_one.shown = saved.held, saved.shown
    open_one.private, open_one.blocking = saved.private, saved.blocking
    open_one.timing, open_one.pending = saved.timing, saved.pending
    execution.catalog = replace(saved.catalog, next_oid=execution.catalog.next_oid)


def _release(name: str, session: Session) -> None:
    open_one = session.transaction
    at = _last(name, open_one)
    if open_one is not None and at is not None:
        del open_one.savepoints[at:]


def _last(name: str, transaction: Transaction | None) -> int | None:
    """Where the savepoint that a name means, the last one of that name, is among those of a transaction."""
    savepoints = transaction.savepoints if transaction is not None else []
    return next((at for at in reversed(range(len(savepoints))) if savepoints[at].name == name), None)
