"""Which migrations may name a model: those that do must be among them, however they write it."""

import pytest

from miglint.cache import NullCache
from miglint.config import Config
from miglint.history import Key
from miglint.sources.django import read
from miglint.sources.django.mentions import Mentions
from miglint.sources.django.touches import ModelKey
from tests.django_files import tree_of

HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n"
BODY = "class Migration(migrations.Migration):\n    operations = [{}]\n"
FIELD = "migrations.AddField('order', 'other', models.ForeignKey({}, models.CASCADE))"


def _names_product(code: str, user: str = "accounts.User") -> bool:
    tree = tree_of(
        {
            "manage.py": "",
            "settings.py": f"AUTH_USER_MODEL = {user!r}\n",
            "shop/models.py": "PRODUCT = 'shop.Product'\n",
            "shop/migrations/__init__.py": "",
            "shop/migrations/0001_initial.py": code,
        }
    )
    (history,) = read(tree, Config(), NullCache())
    key = Key("shop", "0001_initial")
    return list(Mentions(history, tree).naming({ModelKey("shop", "product")}, [key])) == [key]


@pytest.mark.parametrize(
    "code",
    [
        HEAD + BODY.format(FIELD.format("'shop.Product'")),
        HEAD + BODY.format(FIELD.format("'PRODUCT'")),
        HEAD + BODY.format(FIELD.format("settings.PRODUCT_MODEL")),
        HEAD + BODY.format(FIELD.format("getattr(settings, 'OTHER_MODEL')")),
        HEAD + "from shop.models import PRODUCT as other\n" + BODY.format(FIELD.format("other")),
        HEAD + "import shop.models as other\n" + BODY.format("other.operation()"),
        HEAD + "if True:\n    from ..models import *\n" + BODY.format(FIELD.format("OTHER")),
        HEAD + "import uuid, shop\n" + BODY.format(FIELD.format("shop.models.OTHER")),
        HEAD + "import uuid; from shop.names import OTHER\n" + BODY.format(FIELD.format("OTHER")),
        "# coding: latin-1\n# \xe9\n".encode("latin-1") + (HEAD + BODY.format(FIELD.format("'Product'"))).encode(),
    ],
)
def test_who_may_name_it(code: str) -> None:
    assert _names_product(code)


def test_who_cannot() -> None:
    assert not _names_product(HEAD + BODY.format(FIELD.format("settings.AUTH_USER_MODEL")))
    assert not _names_product(HEAD + "import uuid\nimport django.utils.timezone\n" + BODY.format(FIELD.format("'x.Y'")))


@pytest.mark.parametrize("none", ["related_name='+'", 'related_name="+"'])
def test_no_name_for_the_way_back_puts_nothing_together(none: str) -> None:
    field = FIELD.replace("CASCADE", f"CASCADE, {none}")
    assert not _names_product(HEAD + BODY.format(field.format("'x.Y'")))
    assert _names_product(HEAD + BODY.format(field.format("'shop.Pro'+'duct'")))


def test_the_user_model_is_named_by_its_setting() -> None:
    assert _names_product(HEAD + BODY.format(FIELD.format("settings.AUTH_USER_MODEL")), user="shop.Product")


@pytest.mark.parametrize(
    "code",
    [
        "OTHER = f'shop.{chr(80)}roduct'\n",
        "OTHER = 'shop.%sduct' % 'Pro'\n",
        "OTHER = 'shop.Pro' + 'duct'\n",
        "FORMAT = 'shop.{}duct'\nOTHER = FORMAT.format('Pro')\n",
        "OTHER = ''.join(['shop.Pro', 'duct'])\n",
        "OTHER = open('names.txt').read()\n",
        "OTHER = 'shop.Pro'\nOTHER += 'duct'\n",
    ],
)
def test_a_text_that_puts_names_together_may_name_it(code: str) -> None:
    assert _names_product(HEAD + code + BODY.format(FIELD.format("OTHER")))
