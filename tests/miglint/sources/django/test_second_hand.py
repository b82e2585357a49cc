"""Models that inherit at second hand: Django alters their column to the type that it knew before, and it is said."""

import pytest

from django_files import chain_of
from miglint.history import Confidence

POINTER = "models.OneToOneField('shop.{}', models.CASCADE, parent_link=True, primary_key=True)"
FIRST = (
    "migrations.CreateModel('order', [('id', models.AutoField(primary_key=True))]), "
    "migrations.CreateModel('gift', [{}], bases=('shop.order',)), "
    "migrations.CreateModel('toy', [{}], bases=('shop.gift',))"
)
ALTERED = "migrations.AlterField('order', 'id', models.BigAutoField(primary_key=True))"


@pytest.mark.parametrize(
    ("pointers", "column", "confidence"),
    [
        (("", ""), '"gift_ptr_id" TYPE integer', Confidence.ASSUMED),
        (
            (f"('order_ptr', {POINTER.format('order')})", f"('gift_ptr', {POINTER.format('gift')})"),
            '"gift_ptr_id" TYPE bigint USING "gift_ptr_id"::bigint',
            Confidence.EXACT,
        ),
    ],
    ids=["implied", "named"],
)
def test_the_key_of_the_first(pointers: tuple[str, str], column: str, confidence: Confidence) -> None:
    made = chain_of({}, FIRST.format(*pointers), ALTERED)
    assert f'ALTER TABLE "shop_toy" ALTER COLUMN {column}' in {statement.sql for statement in made}
    assert all(statement.confidence is confidence for statement in made)
