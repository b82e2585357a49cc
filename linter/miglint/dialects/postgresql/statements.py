"""Which handler plays which kind of statement."""

from __future__ import annotations

from collections.abc import Callable

from miglint.dialects.postgresql import (
    control,
    drops,
    indexes,
    maintenance,
    objects,
    prepared,
    routines,
    rows,
    tables,
    views,
)
from miglint.dialects.postgresql.alter import alter_table
from miglint.dialects.postgresql.execution import Execution, NotFollowed
from miglint.dialects.postgresql.parser import Node, Parsed
from miglint.dialects.postgresql.words import words

Handler = Callable[[Node, Execution], None]

HANDLERS: dict[str, Handler] = {
    "AlterTableStmt": alter_table,
    "CreateStmt": tables.create_table,
    "CreateForeignTableStmt": tables.create_table,
    "CreateTableAsStmt": tables.create_table_as,
    "RenameStmt": tables.rename,
    "AlterObjectSchemaStmt": tables.set_schema,
    "IndexStmt": indexes.create_index,
    "ReindexStmt": indexes.reindex,
    "DropStmt": drops.drop,
    "DropdbStmt": drops.drop_database,
    "DropOwnedStmt": drops.drop_owned,
    "ViewStmt": views.create_view,
    "RefreshMatViewStmt": views.refresh,
    "VacuumStmt": maintenance.vacuum,
    "ClusterStmt": maintenance.cluster,
    "LockStmt": maintenance.lock_table,
    "SelectStmt": rows.select,
    "ExplainStmt": rows.explain,
    "InsertStmt": rows.insert,
    "UpdateStmt": rows.update,
    "DeleteStmt": rows.delete,
    "MergeStmt": rows.merge,
    "CopyStmt": rows.copy,
    "TruncateStmt": rows.truncate,
    "CreateEnumStmt": objects.create_enum,
    "AlterEnumStmt": objects.alter_enum,
    "CompositeTypeStmt": objects.create_composite,
    "CreateRangeStmt": objects.create_composite,
    "CreateDomainStmt": objects.create_domain,
    "AlterDomainStmt": objects.alter_domain,
    "CreateFunctionStmt": routines.create_function,
    "AlterFunctionStmt": routines.alter_function,
    "CreateTrigStmt": objects.create_trigger,
    "RuleStmt": objects.on_table,
    "CreatePolicyStmt": objects.on_table,
    "AlterPolicyStmt": objects.on_table,
    "CreateSeqStmt": objects.create_sequence,
    "AlterSeqStmt": objects.alter_sequence,
    "CommentStmt": objects.comment,
    "SecLabelStmt": objects.comment,
    "GrantStmt": objects.grant,
    "CreateStatsStmt": objects.create_statistics,
    "CreateExtensionStmt": objects.create_extension,
    "CreateSchemaStmt": objects.create_schema,
    "CreatePublicationStmt": objects.publish,
    "AlterPublicationStmt": objects.publish,
    "DoStmt": objects.run_code,
    "CallStmt": objects.run_code,
    "PrepareStmt": prepared.prepare,
    "ExecuteStmt": prepared.execute,
    "DeallocateStmt": prepared.deallocate,
    "VariableSetStmt": control.set_variable,
    "TransactionStmt": control.transaction,
    "ConstraintsSetStmt": control.set_constraints,
}

LOCK_NOTHING = words(
    """
    AlterCollationStmt AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt AlterDefaultPrivilegesStmt AlterEventTrigStmt
    AlterFdwStmt AlterForeignServerStmt AlterObjectDependsStmt AlterOpFamilyStmt AlterOperatorStmt AlterOwnerStmt
    AlterRoleSetStmt AlterRoleStmt AlterStatsStmt AlterSubscriptionStmt AlterSystemStmt AlterTSConfigurationStmt
    AlterTSDictionaryStmt AlterTableSpaceOptionsStmt AlterTypeStmt AlterUserMappingStmt CheckPointStmt ClosePortalStmt
    CreateAmStmt CreateCastStmt CreateConversionStmt CreateEventTrigStmt CreateFdwStmt
    CreateForeignServerStmt CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt CreateRoleStmt CreateSubscriptionStmt
    CreateTableSpaceStmt CreateTransformStmt CreateUserMappingStmt CreatedbStmt DefineStmt DiscardStmt DropRoleStmt
    DropSubscriptionStmt DropTableSpaceStmt DropUserMappingStmt GrantRoleStmt ListenStmt NotifyStmt UnlistenStmt
    VariableShowStmt
    """
)
"""They touch no table of this database. What they do to others waits for nobody, or for nobody who reads or writes."""

NOT_TOLD = {
    "AlterDatabaseStmt": "ALTER DATABASE may move every table",
    "AlterExtensionContentsStmt": "what ALTER EXTENSION locks depends on what it adds",
    "AlterExtensionStmt": "ALTER EXTENSION runs the extension's scripts, which are not followed",
    "AlterTableMoveAllStmt": "ALTER … ALL IN TABLESPACE moves tables that are not known",
    "DeclareCursorStmt": "cursors are not followed",
    "FetchStmt": "cursors are not followed",
    "ImportForeignSchemaStmt": "which tables IMPORT FOREIGN SCHEMA makes is not known",
    "LoadStmt": "LOAD runs code that is not followed",
    "ReassignOwnedStmt": "what REASSIGN OWNED locks is not known",
}
"""Why the effects of these are unknown."""


def play(parsed: Parsed, execution: Execution) -> None:
    """Run one statement. NotFollowed if what it does cannot be told."""
    handler = HANDLERS.get(parsed.kind)
    if handler is not None:
        handler(parsed.node, execution)
    elif parsed.kind in LOCK_NOTHING:
        objects.touches_nothing(parsed.node, execution)
    else:
        raise NotFollowed(
            NOT_TOLD.get(parsed.kind) or f"{parsed.kind.removesuffix('Stmt')} statements are not followed"
        )
