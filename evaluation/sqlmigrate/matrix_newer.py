"""Cases of what came with Django 5.0 and later, of keys, and of expressions; read as those of matrix_operations.py.

`NEEDS` says which words of a case need which series, so that the matrix can be written for an older one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from matrix_operations import CONSTRAINTS, DELETE, FIELDS, ID, chained, created

NEEDS = {
    "AlterConstraint": (5, 2),
    "CompositePrimaryKey": (5, 2),
    "DB_CASCADE": (6, 1),
    "DB_SET": (6, 1),
    "DecimalField()": (6, 1),
    "GeneratedField": (5, 0),
    "HASH": (6, 1),
    "JSONArray": (5, 2),
    "UUID4": (6, 1),
    "UUID7": (6, 1),
    "db_default": (5, 0),
    "deduplicate_items": (5, 1),
    "hints=": (6, 0),
    "nulls_distinct": (5, 0),
    "violation_error_code": (5, 0),
}
KEYS = {
    "small": "models.SmallAutoField(primary_key=True)",
    "auto": "models.AutoField(primary_key=True)",
    "big": "models.BigAutoField(primary_key=True)",
    "integer": "models.IntegerField(primary_key=True)",
    "bigint": "models.BigIntegerField(primary_key=True)",
    "uuid": "models.UUIDField(primary_key=True)",
    "uuid_default": "models.UUIDField(primary_key=True, default=uuid.UUID(int=7))",
    "char": "models.CharField(max_length=20, primary_key=True)",
    "text": "models.TextField(primary_key=True)",
}
DATABASE_DEFAULTS = {
    "models.DateTimeField({})": ("Now()", "TruncDate(Now())", "datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)"),
    "models.DateField({})": ("Now()", "datetime.date(2020, 1, 2)"),
    "models.UUIDField({})": ("RandomUUID()", "UUID4()", "UUID7()"),
    "models.IntegerField({})": ("1", "models.Value(1) + models.Value(2)", "Abs(models.Value(-3))", "models.Value(5)"),
    "models.FloatField({})": ("Pi()", "Random()", "Cast(models.Value('1.5'), models.FloatField())"),
    "models.TextField({})": ("''", "Lower(models.Value('A'))", "Concat(models.Value('a'), models.Value('b'))"),
    "models.CharField(max_length=9, {})": ("'it\\'s'", "Coalesce(models.Value(None), models.Value('x'))"),
    "models.BooleanField({})": ("True", "False"),
    "models.JSONField({})": ("{{'a': [1, None]}}", "JSONObject(a=models.Value(1))", "JSONArray(models.Value(1))"),
    "models.DecimalField(max_digits=9, decimal_places=2, {})": ("Decimal('1.50')", "Round(models.Value(1.55))"),
    "models.DurationField({})": ("datetime.timedelta(hours=1)",),
    "models.BinaryField({})": ("b'x'",),
    "ArrayField(models.IntegerField(), {})": ("[1, 2]", "list"),
}
CONDITIONS = (
    "models.Q(low__in=[1, 2, None])",
    "models.Q(low__range=(1, 5))",
    "models.Q(name__regex='^a.*%')",
    "models.Q(name__iexact='x') & ~models.Q(low=None)",
    "models.Q(models.lookups.GreaterThan(models.F('high'), models.F('low')))",
    "models.lookups.LessThan(models.F('low'), models.F('high') * 2)",
    "models.Q(low__lt=models.F('high') + 3) ^ models.Q(low__isnull=True)",
    "models.Q(name=Lower('name'))",
    "models.Func(models.F('low'), function='ABS', output_field=models.BooleanField())",
    "models.Q(('name__length__gt', 3))",
)
EXPRESSIONS = (
    "models.F('low') + models.F('high')",
    "models.F('low').desc()",
    "models.Case(models.When(low__gt=3, then=models.Value('a')), default=models.Value('b%'))",
    "Cast('low', models.TextField())",
    "Coalesce('low', models.Value(0)).asc(nulls_first=True)",
    "Upper(Lower('name'))",
    "ExpressionWrapper(models.F('low') * 2, output_field=models.IntegerField())",
    "Substr('name', 1, 3)",
)


def cases() -> Iterator[list[str]]:
    """Every case."""
    return chained(
        composite_keys,
        altered_constraints,
        database_defaults,
        keys,
        relations,
        generated,
        expressions,
        raw_sql,
        extensions,
        rare_fields,
    )


def alter(name: str, field: str, model: str = "{model}") -> str:
    return f"migrations.AlterField('{model}', '{name}', {field})"


def add(name: str, field: str) -> str:
    return f"migrations.AddField('{{model}}', '{name}', {field})"


def composite_keys() -> Iterator[list[str]]:
    key = "('pk', models.CompositePrimaryKey('tenant', 'low', blank=True, editable=False, primary_key=True))"
    fields = f"{key}, {FIELDS.removeprefix(ID + ', ')}, ('tenant', models.IntegerField())".replace("null=True", "")
    start = created(fields)
    yield [start, add("extra", "models.TextField(default='x')"), "migrations.RemoveField('{model}', 'extra')", DELETE]
    yield [start, alter("name", "models.TextField(unique=True)"), DELETE]
    yield [start, alter("tenant", "models.BigIntegerField()"), alter("low", "models.TextField()"), DELETE]
    yield [start, "migrations.RenameField('{model}', 'name', 'title')", DELETE]
    yield [start, "migrations.RenameModel('{model}', '{model}renamed')", DELETE.replace("}'", "}renamed'")]
    yield [start, "migrations.AlterUniqueTogether('{model}', {{('name', 'tenant')}})", DELETE]
    yield [start, "migrations.AddIndex('{model}', models.Index(fields=['tenant'], name='{model}_i'))", DELETE]
    yield [start, "migrations.AlterModelTable('{model}', 'table_of_{model}')", DELETE]
    over_relation = key.replace("'tenant', 'low'", "'target', 'low'")
    yield [created(f"{over_relation}, {FIELDS.removeprefix(ID + ', ')}"), DELETE]
    yield [created(f"{over_relation}, {FIELDS.removeprefix(ID + ', ')}"), add("many", "models.TextField(null=True)")]


def altered_constraints() -> Iterator[list[str]]:
    for name, text in CONSTRAINTS.items():
        made = text.replace("{name}", "{model}_" + name)
        for argument in ("violation_error_message='no'", "violation_error_code='no'"):
            other = f"{made.removesuffix(')')}, {argument})"
            altered = f"migrations.AlterConstraint('{{model}}', '{{model}}_{name}', {other})"
            remove = f"migrations.RemoveConstraint('{{model}}', '{{model}}_{name}')"
            yield [created(), f"migrations.AddConstraint('{{model}}', {made})", altered, remove, DELETE]
            yield [created(options=f"'constraints': [{other}]"), altered.replace(other, made), DELETE]


def database_defaults() -> Iterator[list[str]]:
    for field, defaults in DATABASE_DEFAULTS.items():
        plain = field.format("null=True")
        for default in defaults:
            wanted = field.format(f"db_default={default}")
            yield [created(f"{ID}, ('field', {wanted})"), alter("field", plain), alter("field", wanted), DELETE]
            yield [created(ID), add("field", wanted), "migrations.RemoveField('{model}', 'field')", DELETE]
            both = field.format(f"db_default={default}, null=True, db_index=True, db_comment='c'")
            yield [created(ID), add("field", both), alter("field", wanted), DELETE]
        for one, two in itertools.permutations(defaults, 2):
            pair = [field.format(f"db_default={default}") for default in (one, two)]
            yield [created(f"{ID}, ('field', {pair[0]})"), alter("field", pair[1]), DELETE]


def keys() -> Iterator[list[str]]:
    """Every kind of primary key altered to every other, alone and with what points to it."""
    pointing = {
        "key": "models.ForeignKey('matrix.{model}', models.CASCADE)",
        "one": "models.OneToOneField('matrix.{model}', models.CASCADE, null=True)",
        "many": "models.ManyToManyField('matrix.{model}')",
    }
    for one, two in itertools.permutations(KEYS.values(), 2):
        start, changed = created(f"('id', {one}), ('name', models.TextField())"), alter("id", two)
        yield [start, changed, alter("id", one), DELETE]
        for field in pointing.values():
            other = f"migrations.CreateModel('{{model}}other', [{ID}, ('of', {field})])"
            yield [start, other, changed, "migrations.DeleteModel('{model}other')", DELETE]
    for key in KEYS.values():
        child = "migrations.CreateModel('{model}child', [('extra', models.TextField())], bases=('matrix.{model}',))"
        deeper = "migrations.CreateModel('{model}deeper', [], bases=('matrix.{model}child',))"
        yield [created(f"('id', {key})"), child, deeper, alter("id", KEYS["big"])]
        pointer = "models.OneToOneField('matrix.{{model}}{}', models.CASCADE, parent_link=True, primary_key=True)"
        named = child.replace("[", f"[('up', {pointer.format('')}), ")
        still = deeper.replace("[", f"[('on', {pointer.format('child')})")
        yield [created(f"('id', {key})"), named, still, alter("id", KEYS["big"])]
        proxy = "migrations.CreateModel('{model}proxy', [], options={{'proxy': True}}, bases=('matrix.{model}',))"
        to_proxy = created(f"{ID}, ('of', models.ForeignKey('matrix.{{model}}proxy', models.CASCADE))")
        pointing_there = to_proxy.replace("'{model}'", "'{model}other'", 1)
        yield [created(f"('id', {key})"), proxy, pointing_there, alter("id", KEYS["small"])]
        yield [created(f"('id', {key})"), "migrations.RenameField('{model}', 'id', 'number')", DELETE]


def relations() -> Iterator[list[str]]:
    rules = ("CASCADE", "PROTECT", "SET_NULL", "DO_NOTHING", "DB_CASCADE", "DB_SET_NULL")
    for one, two in itertools.permutations(rules, 2):
        pair = [f"models.ForeignKey('matrix.target', models.{rule}, null=True)" for rule in (one, two)]
        yield [created(f"{ID}, ('to', {pair[0]})"), alter("to", pair[1]), DELETE]
    for rule in rules:
        field = f"models.ForeignKey('matrix.target', models.{rule}, null=True, db_constraint=False)"
        yield [created(ID), add("to", field), alter("to", field.replace("False", "True")), alter("to", field), DELETE]
        yield [created(ID), add("to", field.replace(", db_constraint=False", "")), DELETE]
    default = "models.ForeignKey('matrix.target', models.DB_SET_DEFAULT, db_default=3)"
    yield [created(ID), add("to", default), DELETE]
    by_name = "('code', models.CharField(max_length=9, unique=True))"
    other = (
        f"migrations.CreateModel('{{model}}other', [{ID}, "
        "('of', models.ForeignKey('matrix.{model}', models.CASCADE, to_field='code'))])"
    )
    for change in (
        alter("code", "models.CharField(max_length=20, unique=True)"),
        alter("code", "models.TextField(unique=True)"),
        alter("code", "models.IntegerField(unique=True)"),
        "migrations.RenameField('{model}', 'code', 'sign')",
        "migrations.RenameModel('{model}', '{model}renamed')",
        alter("of", "models.ForeignKey('matrix.{model}', models.CASCADE)", "{model}other"),
    ):
        yield [created(f"{ID}, {by_name}"), other, change]
    itself = "models.ForeignKey('self', models.CASCADE, null=True)"
    for change in ("migrations.RenameModel('{model}', '{model}renamed')", alter("id", KEYS["small"])):
        yield [created(f"{ID}, ('parent', {itself})"), change]


def generated() -> Iterator[list[str]]:
    made = "models.GeneratedField(expression={}, output_field={}, db_persist={})"
    text, number = "models.TextField()", "models.IntegerField()"
    for expression, output in (
        ("models.F('name')", text),
        ("Coalesce('low', models.Value(0)) + 1", number),
        ("Cast('high', models.DecimalField(max_digits=9, decimal_places=2))", "models.DecimalField(9, 2)"),
        ("models.Q(low__gt=3)", "models.BooleanField()"),
        ("models.F('name')", "models.CharField(max_length=9, db_collation='C')"),
        ("Lower('name')", "models.CharField(max_length=9, unique=True)"),
    ):
        field = made.format(expression, output, "True")
        unique = f"{field.removesuffix(')')}, unique=True)"
        yield [
            created(),
            add("made", unique),
            alter("made", field),
            "migrations.RemoveField('{model}', 'made')",
            DELETE,
        ]
        yield [created(), add("made", made.format(expression, output, "False")), DELETE]
        yield [created(), add("made", field), alter("made", made.format("models.F('high')", output, "True")), DELETE]
        yield [created(), add("made", field), alter("made", output), DELETE]
        yield [created(), add("made", field), alter("name", "models.TextField()"), DELETE]


def expressions() -> Iterator[list[str]]:
    for condition in CONDITIONS:
        check = f"models.CheckConstraint(condition={condition}, name='{{model}}_c')"
        yield [created(), f"migrations.AddConstraint('{{model}}', {check})", DELETE]
        yield [created(options=f"'constraints': [{check}]"), "migrations.RemoveConstraint('{model}', '{model}_c')"]
        if condition.startswith("models.Q"):
            partial = f"models.Index(fields=['high'], condition={condition}, name='{{model}}_p')"
            yield [created(), f"migrations.AddIndex('{{model}}', {partial})", DELETE]
    for expression in EXPRESSIONS:
        yield [created(), f"migrations.AddIndex('{{model}}', models.Index({expression}, name='{{model}}_i'))", DELETE]
        unique = f"models.UniqueConstraint({expression}, 'high', name='{{model}}_u')"
        yield [created(), f"migrations.AddConstraint('{{model}}', {unique})", DELETE]
    searched = "GinIndex(SearchVector('name', 'other', config='english'), name='{model}_s')"
    yield [created(f"{FIELDS}, ('other', models.TextField())"), f"migrations.AddIndex('{{model}}', {searched})"]
    keyed = "models.Index(models.F('data__a__b'), name='{model}_j')"
    yield [created(f"{ID}, ('data', models.JSONField())"), f"migrations.AddIndex('{{model}}', {keyed})"]
    for exclusion in (
        "ExclusionConstraint(name='{model}_x', index_type='SPGIST', expressions=[('high', '=')])",
        "ExclusionConstraint(name='{model}_x', index_type='HASH', expressions=[('high', '=')])",
        "ExclusionConstraint(name='{model}_x', expressions=[(OpClass('name', name='gist_trgm_ops'), '=')])",
        "ExclusionConstraint(name='{model}_x', deferrable=models.Deferrable.DEFERRED, expressions=[('low', '=')])",
    ):
        yield [created(), f"migrations.AddConstraint('{{model}}', {exclusion})", DELETE]


def raw_sql() -> Iterator[list[str]]:
    for sql in (
        "'SELECT 1; SELECT 2'",
        "['SELECT 1', ('SELECT %s, %s', [1, \"it's\"]), ('SELECT 100', None)]",
        "'SELECT 1 -- percent %'",
        "[\"SELECT '%%'\", \"SELECT ';' ; SELECT 2\"]",
        "migrations.RunSQL.noop",
    ):
        yield [f"migrations.RunSQL({sql}, migrations.RunSQL.noop)"]
    state = "migrations.SeparateDatabaseAndState(state_operations=[{}])"
    yield [created(), state.format(add("low2", "models.TextField()")), alter("low2", "models.IntegerField()"), DELETE]
    database = "migrations.SeparateDatabaseAndState(database_operations=[{}])"
    yield [created(), database.format(add("low2", "models.TextField(null=True)")), DELETE]


def extensions() -> Iterator[list[str]]:
    for name in ("BtreeGinExtension", "CryptoExtension", "HStoreExtension"):
        yield [f"{name}()", f"{name}(hints={{{{'a': 1}}}})"]
    yield ["CreateExtension('citext', hints={{'target': 'x'}})"]


def rare_fields() -> Iterator[list[str]]:
    fields = (
        "models.FilePathField({})",
        "models.ImageField(upload_to='x', {})",
        "models.CharField({})",
        "models.DecimalField({})",
        "models.BinaryField(max_length=9, {})",
        "models.SmallIntegerField({})",
        "models.CharField(max_length=9, choices=[('a', 'A')], {})",
        "models.GenericIPAddressField(protocol='ipv4', {})",
        "models.DateTimeField(auto_now_add=True, {})",
    )
    for one, two in itertools.permutations(fields, 2):
        yield [created(f"{ID}, ('field', {one.format('')})"), alter("field", two.format("null=True")), DELETE]
    for field in fields:
        yield [created(ID), add("field", field.format("null=True")), DELETE]
