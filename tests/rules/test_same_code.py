"""Versions of a released migration that do the same, and such that do not."""

from __future__ import annotations

import pytest

from django_files import migration_of
from miglint_rules._content import Difference, difference

HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n"
RUN = "operations = [migrations.RunPython(fill, back)]"
BACK = "def back(apps, editor):\n    pass\n"


def compared(before: tuple[str, str], after: tuple[str, str]) -> Difference | None:
    """The difference of two migrations, each by the code before its class and the class's body."""
    texts = [
        (f"{HEAD}{code}\n\nclass Migration(migrations.Migration):\n    {body}\n").encode()
        for code, body in (before, after)
    ]
    was, now = (migration_of(body, before=code) for code, body in (before, after))
    return difference(was, now, *texts)


def of_function(before: str, after: str) -> Difference | None:
    """The difference of two bodies of RunPython's function."""
    codes = [
        "def fill(apps, editor):\n" + "".join(f"    {line}\n" for line in text.splitlines()) + BACK
        for text in (before, after)
    ]
    return compared((codes[0], RUN), (codes[1], RUN))


SAME = [
    ('use("a")', "use(u'a')"),
    ('use("%s of %s" % (a, b))', 'use(f"{a} of {b}")'),
    ('use("{} of {}".format(a, b))', 'use(f"{a} of {b}")'),
    ('use("{x}%".format(x=a))', 'use("%s%%" % a)'),
    ('use(f"none")', 'use("none")'),
    ("if a:\n    if b:\n        use()", "if a and b:\n    use()"),
    ("use()\nreturn", "use()"),
    ("for order in orders():\n    order.save()", "for one in orders():\n    one.save()"),
    ("use(datetime.timezone.utc)", "from datetime import UTC\nuse(UTC)"),
    ("if len(found):\n    use()", "if found:\n    use()"),
    ("unused = 'text'\nuse()", "use()"),
    ("use(any([one.a for one in all]))", "use(any(two.a for two in all))"),
    ("for key, value in found.iteritems():\n    use(key)", "for key, _ in list(found.items()):\n    use(key)"),
    ("use(not a in b, c == None)", "use(a not in b, c is None)"),
    ("try:\n    use()\nexcept IOError as error:\n    pass", "try:\n    use()\nexcept OSError:\n    pass"),
    ("if a:\n    b = 1\nelse:\n    b = 2\nuse(b)", "b = 1 if a else 2\nuse(b)"),
    ("if a:\n    return 1\nelif b:\n    return 2\nelse:\n    use()", "if a:\n    return 1\nif b:\n    return 2\nuse()"),
    (
        "try:\n    use()\nexcept KeyError:\n    pass",
        "import contextlib\nwith contextlib.suppress(KeyError):\n    use()",
    ),
    ("try:\n    use()\nexcept (A, B):\n    pass", "with suppress(A, B):\n    use()"),
    ("if a < b:\n    a = b\nuse(a)", "a = max(a, b)\nuse(a)"),
    ("if a > b:\n    a = b\nuse(a)", "a = min(a, b)\nuse(a)"),
    ("Order = apps.get_model('shop', 'Order')\nuse()", "apps.get_model('shop', 'Order')\nuse()"),
    ("made = make()\nuse()", "make()\nuse()"),
    ("for key, value in found.items():\n    use(value)", "for value in found.values():\n    use(value)"),
    ("for key in found.keys():\n    use(key)", "for key in found:\n    use(key)"),
    ("use([one for one in all])", "use(list(all))"),
    ("use(a in ['b', 'c'])", "use(a in {'b', 'c'})"),
    ("use(pytz.UTC)", "from zoneinfo import ZoneInfo\nuse(ZoneInfo('UTC'))"),
    ("if a:\n    return None\nelse:\n    b = 1\nuse(b)", "if a:\n    return\nb = 1\nuse(b)"),
    (
        "if a:\n    return 1\nelif b:\n    return 2\nelse:\n    return 3",
        "if a:\n    return 1\nif b:\n    return 2\nreturn 3",
    ),
    ("if a:\n    return 1\nelse:\n    return 2", "return 1 if a else 2"),
    ("if not a == b:\n    use()", "if a != b:\n    use()"),
    ("use(tuple([a, b]))", "use((a, b))"),
    ("use(a in ['b'], a not in (b,))", "use(a == 'b', a != b)"),
    ("for number, one in enumerate(all):\n    use(one)", "for one in all:\n    use(one)"),
    ("all = []\nfor one in more:\n    all.append(one.a)\nuse(all)", "all = [one.a for one in more]\nuse(all)"),
    (
        "all = []\nfor one in more:\n    if one:\n        all.append(one)\nuse(all)",
        "all = [one for one in more if one]\nuse(all)",
    ),
    ("use(a + 'x')", "use(f'{a}x')"),
    ("use('x' + str(a) + 'y')", "use(f'x{a!s}y')"),
    ("use([a] + more + [b])", "use([a, *more, b])"),
    ("use(open('a'))", "use(open('a', encoding='utf-8'))"),
    ("use('{:06x}'.format(a))", "use(f'{a:06x}')"),
    ("use('{!r}'.format(a))", "use(f'{a!r}')"),
    ("try:\n    use()\nexcept:\n    more()", "try:\n    use()\nexcept Exception:\n    more()"),
    (
        "use(apps.get_model('a', 'ONe'), apps.get_model('a.Two'))",
        "use(apps.get_model('a', 'One'), apps.get_model('a.two'))",
    ),
    ("with open(a, 'rb') as f:\n    use(f)", "with Path(a).open('rb') as f:\n    use(f)"),
    (
        "A = apps.get_model('a', 'A')\nuse(A)\nif A:\n    B = apps.get_model('a', 'B')\n    use(B)",
        "B = apps.get_model('a', 'B')\nA = apps.get_model('a', 'A')\nuse(A)\nif A:\n    use(B)",
    ),
    ("use(Decimal('0'), decimal.Decimal('-12'))", "use(Decimal(0), decimal.Decimal(-12))"),
    ("value: int = one()\nuse(value)", "'Text.'\nvalue = one()\nuse(value)"),
]
OTHER = [
    ('use("a")', 'use("b")'),
    ('use("{1} {0}".format(a, b))', 'use(f"{a} {b}")'),
    ('use("%d" % a)', 'use(f"{a}")'),
    ("if a:\n    if b:\n        use()\nelse:\n    more()", "if a and b:\n    use()\nelse:\n    more()"),
    ("a.save()\nb.save()", "b.save()\na.save()"),
    ("for one in ones:\n    two.save()", "for two in ones:\n    two.save()"),
    ("status = 'new'\nuse(status)", "status = 'old'\nuse(status)"),
    ("if a:\n    b = 1\nelse:\n    b = 2\nuse(b)", "b = 2 if a else 1\nuse(b)"),
    ("use(a + 'x')", "use('x' + a)"),
    ("all = [a]\nfor one in more:\n    all.append(one)\nuse(all)", "all = [one for one in more]\nuse(all)"),
    ("all = []\nfor one in more:\n    other.append(one)\nuse(all)", "all = [one for one in more]\nuse(all)"),
    (
        "all = []\nfor one in more:\n    if one:\n        all.append(one)\n    else:\n        use()",
        "all = [one for one in more if one]",
    ),
    ("if a:\n    use()\nelse:\n    more()", "if a:\n    use()\nmore()"),
    ("try:\n    use()\nexcept KeyError:\n    pass", "with suppress(ValueError):\n    use()"),
    ("try:\n    use()\nexcept KeyError:\n    pass\nelse:\n    more()", "with suppress(KeyError):\n    use()"),
    ("if a < b:\n    a = b\nuse(a)", "a = min(a, b)\nuse(a)"),
    ("if b < a:\n    a = b\nuse(a)", "a = max(a, b)\nuse(a)"),
    ("made = make()\nuse()", "use()"),
    ("for key, value in found.items():\n    use(value)", "for value in found.keys():\n    use(value)"),
    ("use(open('a'))", "use(open('a', encoding='latin-1'))"),
    ("use(ZoneInfo('UTC'))", "use(ZoneInfo('CET'))"),
    ("if a:\n    return\nuse()", "if a:\n    pass\nuse()"),
    ("editor.execute('a')", "pass"),
    ("write('x')", "pass"),
    ("try:\n    use()\nexcept:\n    more()", "try:\n    use()\nexcept ValueError:\n    more()"),
    ("use(apps.get_model('a', 'One'))", "use(apps.get_model('A', 'One'))"),
    ("use(open(a, 'rb'))", "use(Path(b).open('rb'))"),
    (
        "A = apps.get_model('a', 'A')\nuse(A)\nA = apps.get_model('a', 'B')\nmore(A)",
        "A = apps.get_model('a', 'A')\nB = apps.get_model('a', 'B')\nmore(A)\nuse(B)",
    ),
    (
        "A = apps.get_model('a', 'A')\nuse(A)\nA = apps.get_model('a', 'B')\nmore(A)",
        "A = apps.get_model('a', 'A')\nA = apps.get_model('a', 'B')\nuse(A)\nmore(A)",
    ),
    ("use(Decimal('0.0'))", "use(Decimal(0))"),
    ("use(Decimal('-0'))", "use(Decimal(-0))"),
    ("use(Decimal('10'))", "use(Decimal(1))"),
]


@pytest.mark.parametrize(("before", "after"), SAME)
def test_code_that_does_the_same_is_no_difference(before: str, after: str) -> None:
    assert of_function(before, after) is None


@pytest.mark.parametrize(("before", "after"), OTHER)
def test_code_that_does_something_else_is_a_difference(before: str, after: str) -> None:
    found = of_function(before, after)
    assert found is not None
    assert (found.what, found.harmless) == ("the code of fill", False)


def test_what_code_prints_is_no_matter_of_a_database() -> None:
    found = of_function("print('so many')\nuse()", "logger.info('%d', many)\nuse()")
    assert found is not None
    assert (found.what, found.harmless) == ("the code of fill", True)


def test_the_database_that_is_migrated_may_be_named() -> None:
    before = "Order = get()\nOrder.objects.filter(a=1).update(a=2)\nfor one in Order.objects.all():\n    one.save()"
    after = (
        "Order = get()\nalias = editor.connection.alias\nOrder.objects.using(alias).filter(a=1).update(a=2)\n"
        "for one in Order.objects.using(editor.connection.alias).all():\n    one.save(using=alias)"
    )
    found = of_function(before, after)
    assert found is not None
    assert (found.what, found.harmless) == ("the code of fill", True)
    other = of_function(before, after.replace("editor.connection.alias", "'other'"))
    assert other is not None
    assert not other.harmless


def test_a_function_may_be_called_something_else_and_stand_elsewhere() -> None:
    before = "ALL = ['a']\ndef use(apps):\n    return ALL\ndef fill(apps, editor):\n    use(apps)\n" + BACK
    after = BACK + "def _names(registry):\n    return NAMES\nNAMES = ['a']\n"
    body = "def forwards(apps, schema_editor):\n        _names(apps)\n"
    named = f"{body}    operations = [migrations.RunPython(forwards, back)]"
    assert (
        compared(
            (before, RUN), (after, named.replace("\n    operations", "\noperations").replace("\n        ", "\n    "))
        )
        is None
    )


def test_what_a_function_uses_of_the_file_belongs_to_it() -> None:
    code = "ALL = ['a']\ndef fill(apps, editor):\n    use(ALL)\n" + BACK
    found = compared((code, RUN), (code.replace("'a'", "'b'"), RUN))
    assert found is not None
    assert found.what == "the code of fill"


def test_a_helper_may_move_into_the_file() -> None:
    used = "def fill(apps, editor):\n    helper(apps)\n" + BACK
    own = "def helper(apps):\n    apps.get_model('shop', 'Order')\n"
    assert compared(("from shop.tools import helper\n" + used, RUN), (own + used, RUN)) is None
    assert compared((own + used, RUN), ("from shop.tools import helper\n" + used, RUN)) is None
    assert compared((own.replace("Order", "Customer") + used, RUN), (own + used, RUN)) is not None


def test_the_way_back_is_run_as_it_is_then() -> None:
    code = "def fill(apps, editor):\n    use()\n"
    assert compared((code + BACK, RUN), (code + BACK.replace("pass", "undo()"), RUN)) is None


FIELD = 'operations = [migrations.AddField("order", "note", {})]'


@pytest.mark.parametrize(
    ("before", "after", "harmless"),
    [
        ("models.NullBooleanField()", "models.BooleanField(null=True)", None),
        ('models.CharField("name", max_length=3)', 'models.CharField("other", max_length=3)', True),
        ('models.CharField(max_length=3, default=b"x")', 'models.CharField(max_length=3, default="x")', True),
        ('models.CharField(max_length=3, default=b"x")', 'models.CharField(max_length=3, default="y")', False),
        ('models.ForeignKey("shop.Order", models.CASCADE)', 'models.ForeignKey("shop.order", models.CASCADE)', True),
        ('models.ForeignKey(to="auth.User")', "models.ForeignKey(to=settings.AUTH_USER_MODEL)", True),
        ('models.ForeignKey(to="auth.User")', 'models.ForeignKey(to="shop.User")', False),
        (
            'models.ForeignKey("a.B", on_delete=lost.CASCADE)',
            'models.ForeignKey("a.B", on_delete=models.CASCADE)',
            True,
        ),
        ("models.IntegerField()", "models.BigIntegerField()", False),
        ("models.ImageField(upload_to=paths.of_avatar)", "models.ImageField()", True),
        ('models.FileField(max_length=9, upload_to="a")', 'models.FileField(upload_to="a")', False),
    ],
)
def test_fields_are_compared_by_what_a_database_gets(before: str, after: str, harmless: bool | None) -> None:
    found = compared(("", FIELD.format(before)), ("", FIELD.format(after)))
    assert (found.harmless if found else None) == harmless


@pytest.mark.parametrize(
    ("before", "after", "harmless"),
    [
        ('("shop.page",)', '("shop.Page",)', True),
        ('("auth.user", models.Model)', "(settings.AUTH_USER_MODEL, models.Model)", True),
        ('("shop.page", models.Model)', '("shop.Page",)', False),
        ('("shop.page",)', '("shop.order",)', False),
    ],
)
def test_a_base_is_the_same_model_in_any_case(before: str, after: str, harmless: bool) -> None:
    made = 'operations = [migrations.CreateModel("Order", fields=[], bases={})]'
    found = compared(("", made.format(before)), ("", made.format(after)))
    assert found is not None
    assert found.harmless == harmless


@pytest.mark.parametrize(
    ("after", "same"),
    [
        ("DO $$\\nBEGIN\\n\\n  a := 1;\\nEND $$", True),
        ("DO $$\\n  BEGIN\\n    a := 1;\\n  END $$", True),
        ("DO $$\\nBEGIN\\n  a := 2;\\nEND $$", False),
    ],
)
def test_code_between_dollars_is_the_same_by_its_lines(after: str, same: bool) -> None:
    run = "operations = [migrations.RunSQL('{}')]"
    before = "DO $$\\nBEGIN   \\n  a := 1;\\nEND $$"
    assert (compared(("", run.format(before)), ("", run.format(after))) is None) == same


def test_a_check_constraint_of_an_earlier_django_says_the_same() -> None:
    added = 'operations = [migrations.AddConstraint("order", models.CheckConstraint({}=models.Q(a=1), name="a"))]'
    assert compared(("", added.format("check")), ("", added.format("condition"))) is None
