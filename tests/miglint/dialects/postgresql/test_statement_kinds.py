"""Every kind of statement that PostgreSQL's parser knows is followed, known to lock nothing, or said to be unknown."""

from __future__ import annotations

from miglint.dialects.postgresql.statements import HANDLERS, LOCK_NOTHING, NOT_TOLD

PARTS = {"RawStmt", "SetOperationStmt", "ReturnStmt", "PLAssignStmt", "ReplicaIdentityStmt"}
"""What the grammar has inside of other statements only."""


def kinds() -> set[str]:
    from postgast.pg_query_pb2 import Node

    messages = (field.message_type for field in Node.DESCRIPTOR.fields)
    return {each.name for each in messages if each is not None and each.name.endswith("Stmt")}


def test_each_kind_is_decided_upon_once() -> None:
    followed, harmless, untold = HANDLERS.keys(), LOCK_NOTHING, NOT_TOLD.keys()
    assert kinds() - PARTS == followed | harmless | untold
    assert len(followed) + len(harmless) + len(untold) == len(followed | harmless | untold)
