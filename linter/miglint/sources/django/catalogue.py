"""Django's operations by name: the parameters of their constructors, in order.

Every operation of Django 1.8 to 6.1 and of django.contrib.postgres. A test holds this against the installed Django.
"""

from __future__ import annotations

OPERATIONS: dict[str, tuple[str, ...]] = {
    name: tuple(parameters.split())
    for name, parameters in {
        "AddConstraint": "model_name constraint",
        "AddField": "model_name name field preserve_default",
        "AddIndex": "model_name index",
        "AlterConstraint": "model_name name constraint",
        "AlterField": "model_name name field preserve_default",
        "AlterIndexTogether": "name index_together",
        "AlterModelManagers": "name managers",
        "AlterModelOptions": "name options",
        "AlterModelTable": "name table",
        "AlterModelTableComment": "name table_comment",
        "AlterOrderWithRespectTo": "name order_with_respect_to",
        "AlterUniqueTogether": "name unique_together",
        "CreateModel": "name fields options bases managers",
        "DeleteModel": "name",
        "RemoveConstraint": "model_name name",
        "RemoveField": "model_name name field",
        "RemoveIndex": "model_name name",
        "RenameField": "model_name old_name new_name",
        "RenameIndex": "model_name new_name old_name old_fields",
        "RenameModel": "old_name new_name",
        "RunPython": "code reverse_code atomic hints elidable",
        "RunSQL": "sql reverse_sql state_operations hints elidable",
        "SeparateDatabaseAndState": "database_operations state_operations",
    }.items()
}
POSTGRES_OPERATIONS: dict[str, tuple[str, ...]] = {
    name: tuple(parameters.split())
    for name, parameters in {
        "AddConstraintNotValid": "model_name constraint",
        "AddIndexConcurrently": "model_name index",
        "BloomExtension": "hints",
        "BtreeGinExtension": "hints",
        "BtreeGistExtension": "hints",
        "CITextExtension": "hints",
        "CreateCollation": "name locale provider deterministic",
        "CreateExtension": "name hints",
        "CryptoExtension": "hints",
        "HStoreExtension": "hints",
        "RemoveCollation": "name locale provider deterministic",
        "RemoveIndexConcurrently": "model_name name",
        "TrigramExtension": "hints",
        "UnaccentExtension": "hints",
        "ValidateConstraint": "model_name name",
    }.items()
}
PACKAGE_OPERATIONS: dict[tuple[str, str], tuple[str, ...]] = {
    ("pgtrigger", "AddTrigger"): ("model_name", "trigger"),
    ("pgtrigger", "RemoveTrigger"): ("model_name", "name"),
    ("sortedm2m", "AlterSortedManyToManyField"): ("model_name", "name", "field", "preserve_default"),
}
"""Operations of well-known packages, by the package and the class."""
NESTED = frozenset(("database_operations", "state_operations"))
"""Parameters that hold operations."""
CALLABLE = frozenset(("code", "reverse_code"))
"""Parameters that hold functions."""
SQL = frozenset(("sql", "reverse_sql"))


def parameters_of(target: str) -> tuple[str, ...] | None:
    """The parameters of an operation class by its dotted name; None if it is not one that is known."""
    name = target.rpartition(".")[2]
    if target.startswith("django.db.migrations."):
        return OPERATIONS.get(name)
    if target.startswith("django.contrib.postgres.operations."):
        return POSTGRES_OPERATIONS.get(name)
    return PACKAGE_OPERATIONS.get((target.partition(".")[0], name))


def is_of_django(name: str) -> bool:
    """Whether an operation class of this name is one of Django's."""
    return name in OPERATIONS or name in POSTGRES_OPERATIONS
