from msgspec.structs import replace

from miglint.catalog import (
    Catalog,
    Column,
    Constraint,
    ConstraintKind,
    Expression,
    Index,
    IndexKey,
    Name,
    Sequence,
    Shelf,
    Table,
    View,
)


def named(name: str) -> Name:
    return Name("public", name)


def table(oid: int, name: str, **given: object) -> Table:
    return replace(Table(oid, named(name)), **given)  # type: ignore[arg-type]


def foreign_key(name: str, to: str) -> Constraint:
    return Constraint(name, ConstraintKind.FOREIGN_KEY, ("a",), references=named(to))


def test_an_altered_table_leaves_the_catalog_before_as_it_was() -> None:
    before = Catalog().put(table(1, "users"))
    after = before.put(table(1, "users", columns=Shelf({"id": Column("id")})))
    users = before.table(named("users"))
    assert users is not None
    assert not users.columns
    assert after.relations[named("users")] != users


def test_foreign_keys_are_found_from_the_referenced_end_and_go_with_their_table() -> None:
    orders = table(2, "orders", constraints=Shelf({"fk": foreign_key("fk", "users")}))
    catalog = Catalog().put(table(1, "users")).put(orders)
    assert [(found.name.name, key.name) for found, key in catalog.foreign_keys_to(named("users"))] == [("orders", "fk")]
    assert not list(catalog.put(replace(orders, constraints=Shelf({}))).foreign_keys_to(named("users")))
    assert not list(catalog.drop(named("orders")).foreign_keys_to(named("users")))


def test_descendants_come_parents_first_and_at_any_depth() -> None:
    catalog = Catalog().put(table(1, "events"))
    catalog = catalog.put(table(2, "events_a", parents=(named("events"),)))
    catalog = catalog.put(table(3, "events_b", parents=(named("events"),)))
    catalog = catalog.put(table(4, "events_a1", parents=(named("events_a"),)))
    catalog = catalog.put(table(2, "events_a", parents=(named("events"),), empty=True))
    assert [each.name.name for each in catalog.descendants(named("events"))] == ["events_a", "events_a1", "events_b"]


def test_indexes_views_and_sequences_are_found_by_what_they_belong_to() -> None:
    index = Index(5, "users_name", (IndexKey("name"),))
    catalog = Catalog().put(table(1, "users", indexes=Shelf({"users_name": index})))
    catalog = catalog.put(View(2, named("v"), sources=frozenset({named("users")})))
    catalog = catalog.put(Sequence(3, named("users_id_seq"), owner=(named("users"), "id")))
    found = catalog.index(named("users_name"))
    assert found is not None
    assert found[0].name == named("users")
    assert list(catalog.readers[named("users")]) == [named("v")]
    assert [each.name for each in catalog.owned_sequences(named("users"))] == [named("users_id_seq")]
    assert catalog.put(table(1, "users")).index(named("users_name")) is None


def test_names_resolve_along_the_search_path() -> None:
    catalog = Catalog(search_path=("app", "public")).put(table(1, "users"))
    assert catalog.resolve(None, "users") == named("users")
    assert catalog.resolve(None, "orders") == Name("app", "orders")
    assert catalog.resolve("other", "users") == Name("other", "users")
    assert catalog.display(named("users")) == "users"
    assert catalog.display(Name("app", "orders")) == "app.orders"


def test_an_unknown_table_is_assumed_and_marked() -> None:
    catalog, stand_in = Catalog().assume_table(named("users"))
    assert stand_in.assumed
    assert catalog.table(named("users")) == stand_in


def test_an_expression_is_the_same_wherever_it_is_written() -> None:
    one, other = Expression("a", frozenset("a"), tree={"location": 1}), Expression("a", frozenset("a"), tree={})
    assert one == other
    assert (one != other) is False
    assert len({one, other}) == 1
    assert one != Expression("b", frozenset("b"))
