"""New names in everything that mentions the old: of a column in its table's keys, indexes and checks, of a type in
columns and domains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from miglint.catalog import Catalog, Column, Constraint, Domain, Expression, Index, IndexKey, Name, Table, Type


def with_column_renamed(table: Table, old: str, new: str) -> Table:
    """The table after RENAME COLUMN."""
    columns = table.columns
    if old in columns:
        columns = columns.renamed(old, new, replace(columns[old], name=new))
    generated = {key: each for key, each in columns.items() if each.generation and old in each.generation.columns}
    columns = columns.update({key: _column(each, old, new) for key, each in generated.items()})
    constraints = {key: _constraint(each, old, new) for key, each in table.constraints.items() if _checks(each, old)}
    indexes = {key: _index(each, old, new) for key, each in table.indexes.items() if _holds(each, old)}
    return replace(
        table,
        columns=columns,
        constraints=table.constraints.update(constraints),
        indexes=table.indexes.update(indexes),
    )


def with_type_renamed(catalog: Catalog, old: Name, new: Name) -> Catalog:
    """The catalog after ALTER TYPE or ALTER DOMAIN … RENAME TO."""
    types = catalog.types.remove(old).set(new, replace(catalog.types[old], name=new))
    above = {key: each for key, each in types.items() if isinstance(each, Domain) and _is(each.base, old)}
    types = types.update({key: replace(each, base=_named(each.base, new)) for key, each in above.items()})
    catalog = replace(catalog, types=types)
    for table in [each for each in catalog.relations.values() if isinstance(each, Table)]:
        columns = {key: each for key, each in table.columns.items() if each.type is not None and _is(each.type, old)}
        if columns:
            retyped = {key: replace(each, type=_named(each.type, new)) for key, each in columns.items() if each.type}
            catalog = catalog.put(replace(table, columns=table.columns.update(retyped)))
    return catalog


def _is(kind: Type, name: Name) -> bool:
    return (kind.schema, kind.name) == (name.schema, name.name)


def _named(kind: Type, name: Name) -> Type:
    return replace(kind, schema=name.schema, name=name.name)


def _column(column: Column, old: str, new: str) -> Column:
    return replace(column, generation=_expression(column.generation, old, new))


def _checks(constraint: Constraint, column: str) -> bool:
    return column in constraint.columns or _mentions(constraint.expression, column)


def _constraint(constraint: Constraint, old: str, new: str) -> Constraint:
    columns = tuple(_renamed(constraint.columns, old, new))
    return replace(constraint, columns=columns, expression=_expression(constraint.expression, old, new))


def _holds(index: Index, column: str) -> bool:
    expressions = (index.predicate, *(key.expression for key in index.keys))
    return column in index.columns or column in index.include or any(_mentions(each, column) for each in expressions)


def _index(index: Index, old: str, new: str) -> Index:
    keys = tuple(_key(each, old, new) for each in index.keys)
    include = tuple(_renamed(index.include, old, new))
    return replace(index, keys=keys, include=include, predicate=_expression(index.predicate, old, new))


def _key(key: IndexKey, old: str, new: str) -> IndexKey:
    if key.column == old:
        return replace(key, column=new)
    return replace(key, expression=_expression(key.expression, old, new)) if key.expression else key


def _mentions(expression: Expression | None, column: str) -> bool:
    return expression is not None and column in expression.columns


def _expression(expression: Expression | None, old: str, new: str) -> Expression | None:
    if expression is None or old not in expression.columns:
        return expression
    return replace(
        expression, columns=expression.columns - {old} | {new}, tree=_tree(expression.tree, old, new), text=""
    )


def _tree(tree: Any, old: str, new: str) -> Any:
    """A copy in which the last part of each reference to the column is the new name."""
    if isinstance(tree, list):
        return [_tree(each, old, new) for each in tree]
    if not isinstance(tree, dict):
        return tree
    copied = {key: _tree(each, old, new) for key, each in tree.items()}
    fields = copied.get("ColumnRef", {}).get("fields", [])
    if fields and fields[-1].get("String", {}).get("sval") == old:
        fields[-1] = {"String": {"sval": new}}
    return copied


def _renamed(names: tuple[str, ...], old: str, new: str) -> Iterator[str]:
    return (new if name == old else name for name in names)
