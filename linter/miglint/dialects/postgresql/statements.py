"""Which handler plays which kind of statement."""

from __future__ import annotations

from collections.abc import Callable

from miglint.dialects.postgresql import control, drops, indexes, maintenance, objects, routines, rows, tables, views
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
    "ExecuteStmt": objects.run_code,
    "VariableSetStmt": control.set_variable,
    "TransactionStmt": control.transaction,
}

LOCK_NOTHING = words(
    """
    AlterDatabaseSetStmt AlterDatabaseStmt AlterDefaultPrivilegesStmt AlterEventTrigStmt AlterExtensionStmt
    AlterObjectDependsStmt AlterOwnerStmt AlterRoleSetStmt AlterRoleStmt AlterStatsStmt
    AlterSubscriptionStmt AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTypeStmt CheckPointStmt
    CommentStmt ConstraintsSetStmt CreateAmStmt CreateCastStmt CreateConversionStmt CreateEventTrigStmt
    CreateFdwStmt CreateForeignServerStmt CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt CreateRoleStmt
    CreateSubscriptionStmt CreateTableSpaceStmt CreateTransformStmt CreateUserMappingStmt CreatedbStmt
    DeallocateStmt DefineStmt DiscardStmt DropRoleStmt DropSubscriptionStmt DropUserMappingStmt DropdbStmt
    GrantRoleStmt ListenStmt NotifyStmt PrepareStmt UnlistenStmt VariableShowStmt
    """
)


def play(parsed: Parsed, execution: Execution) -> None:
    """Run one statement. NotFollowed if what it does cannot be told."""
    handler = HANDLERS.get(parsed.kind)
    if handler is not None:
        handler(parsed.node, execution)
    elif parsed.kind in LOCK_NOTHING:
        objects.touches_nothing(parsed.node, execution)
    else:
        raise NotFollowed(f"{parsed.kind.removesuffix('Stmt')} statements are not followed")
