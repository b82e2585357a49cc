"""The operations that matrix.py's pairs of fields leave out: relations of many to many, generated columns, ranges,
constraints and indexes of every class, options of models, and those of django.contrib.postgres.

Each case is a list of operations, one a migration; `{model}` stands for a model of its own, braces are doubled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

ID = "('id', models.BigAutoField(primary_key=True))"
DELETE = "migrations.DeleteModel('{model}')"
FIELDS = (
    f"{ID}, ('name', models.CharField(max_length=30)), ('low', models.IntegerField(null=True)), "
    "('high', models.IntegerField(default=3)), ('target', models.ForeignKey('matrix.target', models.CASCADE))"
)
CONSTRAINTS = {
    "check": "models.CheckConstraint(condition=models.Q(low__lt=models.F('high')) | models.Q(low=3), name='{name}')",
    "check_text": "models.CheckConstraint(condition=~models.Q(name__startswith='it\\'s 50%'), name='{name}')",
    "unique": "models.UniqueConstraint(fields=['name', 'low'], name='{name}')",
    "unique_partial": "models.UniqueConstraint(fields=['name'], condition=models.Q(low__gte=-2), name='{name}')",
    "deferrable": "models.UniqueConstraint(fields=['name'], deferrable=models.Deferrable.DEFERRED, name='{name}')",
    "unique_include": "models.UniqueConstraint(fields=['name'], include=['low', 'target'], name='{name}')",
    "unique_operators": "models.UniqueConstraint(fields=['name'], opclasses=['varchar_pattern_ops'], name='{name}')",
    "unique_expression": "models.UniqueConstraint(Lower('name').desc(), 'low', name='{name}')",
    "unique_nulls": "models.UniqueConstraint(fields=['low', 'high'], nulls_distinct=False, name='{name}')",
    "exclusion": "ExclusionConstraint(expressions=[('target', '='), (models.F('high') + 1, '<>')], name='{name}')",
    "exclusion_partial": "ExclusionConstraint(expressions=[('high', '=')], index_type='GIST', "
    "condition=models.Q(name='x'), deferrable=models.Deferrable.IMMEDIATE, include=['low'], name='{name}')",
}
INDEXES = {
    "plain": "models.Index(fields=['name', '-low'], name='{name}')",
    "partial": "models.Index(fields=['low'], condition=models.Q(high__gt=0, name__contains='%'), name='{name}')",
    "include": "models.Index(fields=['name'], include=['high'], name='{name}')",
    "operators": "models.Index(fields=['name'], opclasses=['text_pattern_ops'], name='{name}')",
    "expression": "models.Index(Lower('name'), models.F('low').desc(nulls_last=True), name='{name}')",
    "collated": "models.Index(Collate('name', 'C'), name='{name}')",
    "gin": "GinIndex(fields=['name'], opclasses=['gin_trgm_ops'], fastupdate=False, name='{name}')",
    "gist": "GistIndex(OpClass('name', name='gist_trgm_ops'), name='{name}', fillfactor=70)",
    "brin": "BrinIndex(fields=['high'], autosummarize=True, pages_per_range=4, name='{name}')",
    "hash": "HashIndex(fields=['name'], name='{name}')",
    "spgist": "SpGistIndex(fields=['name'], name='{name}')",
    "btree": "BTreeIndex(fields=['low'], deduplicate_items=False, name='{name}')",
    "bloom": "BloomIndex(fields=['low', 'high'], length=80, columns=[1, 2], name='{name}')",
}
COLUMNS = {
    "IntegerRange": "IntegerRangeField({})",
    "BigIntegerRange": "BigIntegerRangeField({})",
    "DecimalRange": "DecimalRangeField({})",
    "DateRange": "DateRangeField({})",
    "DateTimeRange": "DateTimeRangeField({})",
    "HStore": "HStoreField({})",
    "SearchVector": "SearchVectorField({})",
    "CharArray": "ArrayField(models.CharField(max_length=9), size=3, {})",
    "NestedArray": "ArrayField(ArrayField(models.DecimalField(max_digits=5, decimal_places=1)), {})",
    "BooleanArray": "ArrayField(models.BooleanField(), {})",
    "UUIDArray": "ArrayField(models.UUIDField(), {})",
    "DateArray": "ArrayField(models.DateField(), {})",
    "Char": "models.CharField(max_length=50, {})",
    "Text": "models.TextField({})",
}
COLUMN_DEFAULTS = {
    "IntegerRange": "(1, 5)",
    "BigIntegerRange": "(None, 5)",
    "DecimalRange": "(Decimal('1.5'), None)",
    "DateRange": "(datetime.date(2020, 1, 2), None)",
    "DateTimeRange": "(None, datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc))",
    "HStore": "{{'a': 'it\\'s', 'b': None}}",
    "SearchVector": "''",
    "CharArray": "['a', 'b c', 'it\\'s', '\"', None]",
    "NestedArray": "[[Decimal('1.5')], [Decimal('2.0')]]",
    "BooleanArray": "[True, False]",
    "UUIDArray": "[uuid.UUID('12345678-1234-5678-1234-567812345678')]",
    "DateArray": "[datetime.date(2020, 1, 2)]",
    "Char": "'a\\\\b'",
    "Text": "'line\\n'",
}
PRELUDE = [
    "HStoreExtension()",
    "BtreeGistExtension()",
    "TrigramExtension()",
    "BloomExtension()",
    "UnaccentExtension()",
    "CITextExtension()",
    "CreateExtension('btree_gin')",
    "CreateCollation('case_insensitive', provider='icu', locale='und-u-ks-level2', deterministic=False)",
    "CreateCollation('numeric', provider='icu', locale='en-u-kn-true')",
]
"""Run once before the cases that need them."""
OF_POSTGRESQL = (
    *("ArrayField", "RangeField", "HStoreField", "SearchVectorField", "Extension", "Collation", "db_collation"),
    *("Exclusion", "NotValid", "ValidateConstraint", "Concurrently", "GinIndex", "GistIndex", "BrinIndex"),
    *("HashIndex", "BTreeIndex", "BloomIndex", "opclasses", "Collate(", "db_tablespace"),
)
"""Words of cases that other databases have nothing for."""


def cases() -> Iterator[list[str]]:
    """Every case."""
    return chained(many_to_many, constraints, indexes, columns, generated, options, collations)


def chained(*parts: Callable[[], Iterator[list[str]]]) -> Iterator[list[str]]:
    """The cases of all parts."""
    for part in parts:
        yield from part()


def created(fields: str = FIELDS, options: str = "") -> str:
    return f"migrations.CreateModel('{{model}}', [{fields}], options={{{{{options}}}}})"


def many_to_many() -> Iterator[list[str]]:
    through = (
        "migrations.CreateModel('{model}link', [" + ID + ", ('one', models.ForeignKey('matrix.{model}', "
        "models.CASCADE)), ('two', models.ForeignKey('matrix.target', models.CASCADE))])"
    )
    own = "models.ManyToManyField('matrix.target', through='matrix.{model}link')"
    for field in (
        "models.ManyToManyField('matrix.target')",
        "models.ManyToManyField('matrix.target', related_name='+', db_table='{model}_other')",
        "models.ManyToManyField('matrix.target', db_constraint=False)",
        "models.ManyToManyField('self')",
        "models.ManyToManyField('matrix.{model}', symmetrical=False)",
    ):
        add = f"migrations.AddField('{{model}}', 'many', {field})"
        yield [created(), add, "migrations.RemoveField('{model}', 'many')", DELETE]
        yield [created(), add, "migrations.RenameField('{model}', 'many', 'others')", DELETE]
        yield [created(), add, "migrations.RenameModel('{model}', '{model}renamed')", DELETE.replace("}'", "}renamed'")]
        yield [created(), add, "migrations.AlterModelTable('{model}', 'table_of_{model}')", DELETE]
        yield [created(f"{FIELDS}, ('many', {field})"), DELETE]
        for other in ("models.ManyToManyField('matrix.target', blank=True)", "models.ManyToManyField('self')"):
            alter = f"migrations.AlterField('{{model}}', 'many', {other})"
            yield [created(), add, alter, DELETE]
    add = f"migrations.AddField('{{model}}', 'many', {own})"
    yield [
        created(),
        through,
        add,
        "migrations.RemoveField('{model}', 'many')",
        "migrations.DeleteModel('{model}link')",
    ]
    yield [
        created(),
        through,
        f"migrations.AddField('{{model}}', 'many', {own})",
        f"migrations.AlterField('{{model}}', 'many', {own[:-1]}, blank=True))",
    ]


def constraints() -> Iterator[list[str]]:
    made = {name: text.replace("{name}", "{model}_" + name) for name, text in CONSTRAINTS.items()}
    for name, text in made.items():
        add = f"migrations.AddConstraint('{{model}}', {text})"
        remove = f"migrations.RemoveConstraint('{{model}}', '{{model}}_{name}')"
        yield [created(), add, "migrations.RenameField('{model}', 'name', 'title')", remove, DELETE]
        yield [created(), add, "migrations.RenameModel('{model}', '{model}renamed')", DELETE.replace("}'", "}renamed'")]
        yield [created(options=f"'constraints': [{text}]"), remove, DELETE]
        yield [created(), add, "migrations.AlterField('{model}', 'name', models.TextField())", DELETE]
        yield [created(), add, "migrations.RemoveField('{model}', 'low')", DELETE]
    not_valid = made["check"]
    yield [
        created(),
        f"AddConstraintNotValid('{{model}}', {not_valid})",
        "ValidateConstraint('{model}', '{model}_check')",
        "migrations.RemoveConstraint('{model}', '{model}_check')",
    ]


def indexes() -> Iterator[list[str]]:
    for name, text in INDEXES.items():
        index = text.replace("{name}", "{model}_" + name)
        remove = f"RemoveIndex('{{model}}', '{{model}}_{name}')"
        rename = f"migrations.RenameIndex('{{model}}', new_name='{{model}}_new', old_name='{{model}}_{name}')"
        yield [created(), f"migrations.AddIndex('{{model}}', {index})", f"migrations.{remove}", DELETE]
        yield [created(), f"migrations.AddIndex('{{model}}', {index})", rename, DELETE]
        yield [created(options=f"'indexes': [{index}]"), "migrations.RenameField('{model}', 'low', 'lower')", DELETE]
        concurrently = remove.replace("RemoveIndex", "RemoveIndexConcurrently")
        yield [created(), f"AddIndexConcurrently('{{model}}', {index})", concurrently, DELETE]


def columns() -> Iterator[list[str]]:
    for kind, field in COLUMNS.items():
        default = f"default={COLUMN_DEFAULTS[kind]}"
        for option in ("", "null=True", default, f"null=True, {default}", "db_index=True, " + default, "unique=True"):
            add = f"migrations.AddField('{{model}}', 'field', {field.format(option)})"
            yield [created(ID), add, "migrations.RemoveField('{model}', 'field')", DELETE]
        first = f"migrations.AddField('{{model}}', 'field', {field.format('null=True')})"
        yield [created(ID), first, f"migrations.AlterField('{{model}}', 'field', {field.format(default)})", DELETE]
        for other in COLUMNS.values():
            if other != field:
                yield [created(ID), first, f"migrations.AlterField('{{model}}', 'field', {other.format('null=True')})"]


def generated() -> Iterator[list[str]]:
    for expression, output in (
        ("models.F('low') * 2 + models.F('high')", "models.IntegerField(null=True)"),
        ("Lower('name')", "models.CharField(max_length=40)"),
        ("Concat('name', models.Value('%\\''))", "models.TextField()"),
        ("models.Case(models.When(low=None, then=1), default=2)", "models.SmallIntegerField()"),
    ):
        field = f"models.GeneratedField(expression={expression}, output_field={output}, db_persist=True{{}})"
        add = f"migrations.AddField('{{model}}', 'made', {field.format('')})"
        rename = "migrations.RenameField('{model}', 'made', 'other')"
        yield [created(), add, rename, "migrations.RemoveField('{model}', 'other')", DELETE]
        yield [created(f"{FIELDS}, ('made', {field.format('')})"), rename, DELETE]
        yield [created(), f"migrations.AddField('{{model}}', 'made', {field.format(', db_index=True')})", DELETE]
        commented = field.format(", db_comment='made'")
        yield [created(), add, f"migrations.AlterField('{{model}}', 'made', {commented})", DELETE]


def options() -> Iterator[list[str]]:
    renamed = DELETE.replace("}'", "}renamed'")
    for first, second in (("'one'", "'two'"), ("'one'", "None"), ("None", "'it\\'s'")):
        comments = [f"migrations.AlterModelTableComment('{{model}}', {text})" for text in (first, second)]
        yield [created(), *comments, DELETE]
    for table in ("'table_of_{model}'", "'Table of {model}'", "'matrix_{model}'", "None"):
        yield [created(), f"migrations.AlterModelTable('{{model}}', {table})", DELETE]
        yield [
            created(options="'db_table': 'first_{model}'"),
            f"migrations.AlterModelTable('{{model}}', {table})",
            "migrations.AlterField('{model}', 'target', models.ForeignKey('matrix.target', models.CASCADE, null=True))",
            "migrations.RenameModel('{model}', '{model}renamed')",
            renamed,
        ]
    pair, other = "{{('name', 'low')}}", "{{('name', 'target'), ('low', 'high')}}"
    for one, two in ((pair, other), (pair, "set()"), (other, pair)):
        unique = [f"migrations.AlterUniqueTogether('{{model}}', {value})" for value in (one, two)]
        yield [created(), *unique, DELETE]
        yield [created(options=f"'unique_together': {one}"), unique[1], DELETE]
        yield [
            created(options=f"'unique_together': {one}"),
            "migrations.RenameField('{model}', 'low', 'lower')",
            DELETE,
        ]
        index = [f"migrations.AlterIndexTogether('{{model}}', {value})" for value in (one, two)]
        yield [created(), *index, DELETE]
    together = "migrations.AlterIndexTogether('{model}', {{('name', 'low')}})"
    rename = "migrations.RenameIndex('{model}', new_name='{model}_new', old_fields=('name', 'low'))"
    yield [created(), together, rename, DELETE]
    order = "migrations.AlterOrderWithRespectTo('{model}', {})"
    yield [created(), order.replace("{}", "'target'"), order.replace("{}", "None"), DELETE]
    yield [created(options="'order_with_respect_to': 'target'"), order.replace("{}", "None"), DELETE]
    yield [created(options="'db_table_comment': 'it\\'s', 'db_tablespace': 'pg_default'"), DELETE]
    yield [created(f"{ID}, ('code', models.CharField(max_length=9, unique=True, db_tablespace='pg_default'))"), DELETE]
    spaced = "models.Index(fields=['low'], db_tablespace='pg_default', name='{model}_spaced')"
    yield [created(), f"migrations.AddIndex('{{model}}', {spaced})", DELETE]
    yield [created(options="'managed': False"), "migrations.AlterModelOptions('{model}', {{'managed': True}})", DELETE]
    proxy = "migrations.CreateModel('{model}proxy', [], options={{'proxy': True}}, bases=('matrix.{model}',))"
    yield [created(), proxy, "migrations.DeleteModel('{model}proxy')", DELETE]
    child = "migrations.CreateModel('{model}child', [('extra', models.TextField())], bases=('matrix.{model}',))"
    yield [created(), child, "migrations.DeleteModel('{model}child')", DELETE]


def collations() -> Iterator[list[str]]:
    made = "CreateCollation('of_{model}', provider='icu', locale='de-u-co-phonebk')"
    yield [made, made.replace("CreateCollation", "RemoveCollation")]
    for collation in ("case_insensitive", "numeric", "C"):
        for field in ("models.CharField(max_length=9, unique=True, {})", "models.TextField(db_index=True, {})"):
            plain, collated = field.format(""), field.format(f"db_collation='{collation}'")
            add = (
                f"migrations.AddField('{{model}}', 'code', {collated.replace('unique=True', 'null=True, unique=True')})"
            )
            yield [created(ID), add, DELETE] if "Char" in field else [created(f"{ID}, ('code', {collated})"), DELETE]
            yield [
                created(f"{ID}, ('code', {plain})"),
                f"migrations.AlterField('{{model}}', 'code', {collated})",
                f"migrations.AlterField('{{model}}', 'code', {plain})",
                DELETE,
            ]
