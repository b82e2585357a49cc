"""Values of a project's own that a migration names: settings that may be set, and members of classes."""

import pytest

from django_files import chain_of
from miglint.history import Confidence

SETTINGS = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\n"
MODELS = """
from django.db import models
class Order(models.Model):
    class State(models.TextChoices):
        OPEN = "o", "open"
        SHUT = "s", "shut"
def state():
    return "o"
"""


def created(name: str) -> str:
    return f"migrations.CreateModel('order', [('id', models.AutoField(primary_key=True)), ('{name}', {{}})])"


@pytest.mark.parametrize(
    ("settings", "length", "confidence"),
    [
        ({}, 9, Confidence.ASSUMED),
        ({"settings.py": SETTINGS}, 9, Confidence.EXACT),
        ({"settings.py": SETTINGS + "ORDER_CODE = 7\n"}, 7, Confidence.EXACT),
        ({"settings.py": SETTINGS + "import os\nORDER_CODE = int(os.environ['X'])\n"}, 9, Confidence.ASSUMED),
        ({"settings.py": SETTINGS + "from elsewhere import *\n"}, 9, Confidence.ASSUMED),
    ],
)
def test_the_default_of_a_setting_is_certain_where_settings_leave_it_out(
    settings: dict[str, str], length: int, confidence: Confidence
) -> None:
    field = "models.CharField(max_length=getattr(settings, 'ORDER_CODE', 9))"
    (made,) = chain_of(settings, created("code").format(field))
    assert f'"code" varchar({length}) NOT NULL' in made.sql
    assert made.confidence is confidence


def test_a_setting_that_django_itself_has_does_not_leave_its_default() -> None:
    field = "models.CharField(max_length=3 if getattr(settings, 'USE_I18N', False) else 4)"
    (made,) = chain_of({"settings.py": SETTINGS}, created("code").format(field))
    assert made.confidence is Confidence.ASSUMED


@pytest.mark.parametrize(
    ("settings", "confidence"), [({}, Confidence.ASSUMED), ({"settings.py": SETTINGS}, Confidence.EXACT)]
)
def test_whether_a_setting_is_there_is_known_where_settings_were_read(
    settings: dict[str, str], confidence: Confidence
) -> None:
    field = "models.CharField(max_length=3 if hasattr(settings, 'ORDER_CODE') else 4)"
    (made,) = chain_of(settings, created("code").format(field))
    assert made.confidence is confidence


def test_a_member_of_an_enumeration_within_a_model_is_its_value() -> None:
    field = "models.CharField(max_length=9, default={})"
    first = created("state").format("models.CharField(max_length=9)")
    added = f"migrations.AddField('order', 'kind', {field.format('shop.models.Order.State.SHUT')})"
    made = chain_of({"shop/models.py": MODELS}, first, added)
    assert made[0].sql == """ALTER TABLE "shop_order" ADD COLUMN "kind" varchar(9) DEFAULT 's' NOT NULL"""
    assert made[0].confidence is Confidence.EXACT
    same = f"migrations.AlterField('order', 'state', {field.format('shop.models.Order.State.SHUT')})"
    plain = created("state").format(field.format("'s'"))
    assert chain_of({"shop/models.py": MODELS}, plain, same, database="sqlite") == ()


@pytest.mark.parametrize(
    ("default", "confidence"), [("shop.models.state", Confidence.EXACT), ("elsewhere.state", Confidence.ASSUMED)]
)
def test_a_name_from_elsewhere_may_be_what_was_written_before(default: str, confidence: Confidence) -> None:
    field = "models.CharField(max_length=9, null=True, default={})"
    altered = f"migrations.AlterField('order', 'state', {field.format(default)})"
    before = created("state").format(field.format("'o'"))
    made = chain_of({"shop/models.py": MODELS}, before, altered, database="sqlite")
    assert made
    assert all(statement.confidence is confidence for statement in made)
