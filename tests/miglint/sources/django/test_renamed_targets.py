"""A relation to a field by name follows that field's renaming, in whatever migration it is looked at afterwards."""

import pytest

from django_files import chain_of
from miglint.history import Confidence

ID = "('id', models.AutoField(primary_key=True))"
CODE = "models.CharField(max_length={}, unique=True)"
OF = "models.ForeignKey('shop.target', models.CASCADE, to_field='{}'{})"
FIRST = (
    f"migrations.CreateModel('target', [{ID}, ('code', {CODE.format(9)})]), "
    f"migrations.CreateModel('other', [{ID}, ('of', {OF.format('code', '')})])"
)
RENAMED = "migrations.RenameField('target', 'code', 'sign')"
STATE = f"migrations.SeparateDatabaseAndState(state_operations=[{RENAMED}])"
MOVED = "migrations.RenameModel('target', 'aim')"


@pytest.mark.parametrize(
    ("between", "name"),
    [([RENAMED], "sign"), ([STATE], "sign"), ([RENAMED, RENAMED.replace("sign", "x").replace("code", "sign")], "x")],
)
def test_a_key_to_a_renamed_field_is_altered(between: list[str], name: str) -> None:
    altered = f"migrations.AlterField('other', 'of', {OF.format(name, ', null=True')})"
    made = chain_of({}, FIRST, *between, altered)
    assert made[1].sql == 'ALTER TABLE "shop_other" ALTER COLUMN "of_id" DROP NOT NULL'
    assert f'FOREIGN KEY ("of_id") REFERENCES "shop_target" ("{name}")' in made[2].sql
    assert all(statement.confidence is Confidence.EXACT for statement in made)


def test_the_column_follows_the_type_of_the_renamed_field() -> None:
    made = chain_of({}, FIRST, RENAMED, f"migrations.AlterField('target', 'sign', {CODE.format(20)})")
    assert {
        'ALTER TABLE "shop_target" ALTER COLUMN "sign" TYPE varchar(20)',
        'ALTER TABLE "shop_other" ALTER COLUMN "of_id" TYPE varchar(20) USING "of_id"::varchar(20)',
    } <= {statement.sql for statement in made}
    assert all(statement.confidence is Confidence.EXACT for statement in made)


def test_the_model_may_be_renamed_as_well() -> None:
    altered = f"migrations.AlterField('other', 'of', {OF.format('sign', ', null=True').replace('target', 'aim')})"
    made = chain_of({}, FIRST, MOVED, RENAMED.replace("target", "aim"), altered)
    assert 'FOREIGN KEY ("of_id") REFERENCES "shop_aim" ("sign")' in made[2].sql
    assert all(statement.confidence is Confidence.EXACT for statement in made)


def test_another_models_field_of_that_name_is_not_it() -> None:
    first = f"{FIRST}, migrations.CreateModel('third', [{ID}, ('code', models.TextField())])"
    renamed = RENAMED.replace("target", "third")
    made = chain_of({}, first, renamed, f"migrations.AlterField('other', 'of', {OF.format('code', ', null=True')})")
    assert 'FOREIGN KEY ("of_id") REFERENCES "shop_target" ("code")' in made[2].sql
    assert all(statement.confidence is Confidence.EXACT for statement in made)
