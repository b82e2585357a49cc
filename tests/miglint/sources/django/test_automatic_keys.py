"""Keys that no migration names, of tables of many to many: what settings say, else what Django has, where it is asked.

https://docs.djangoproject.com/en/6.0/releases/6.0/#default-auto-field-setting-now-defaults-to-bigautofield
"""

import pytest

from django_files import chain_of
from miglint.history import Confidence

SETTINGS = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['shop']\n"
SMALL = "DEFAULT_AUTO_FIELD = 'django.db.models.SmallAutoField'\n"
OLDER, NEWER = {"requirements.txt": "Django==5.2.1\n"}, {"requirements.txt": "Django==6.0.1\n"}


@pytest.mark.parametrize(
    ("files", "column", "confidence"),
    [
        ({"settings.py": SETTINGS + SMALL}, "smallint", Confidence.EXACT),
        ({"settings.py": SETTINGS, **OLDER}, "integer", Confidence.EXACT),
        ({"settings.py": SETTINGS, **NEWER}, "bigint", Confidence.EXACT),
        (NEWER, "", Confidence.ASSUMED),
        ({"settings.py": f"{SETTINGS}import os\nif os.environ.get('X'):\n    {SMALL}"}, "", Confidence.ASSUMED),
        ({"settings.py": f"{SETTINGS}import os\nDEFAULT_AUTO_FIELD = os.environ['X']\n"}, "", Confidence.ASSUMED),
    ],
    ids=["said", "left to an older Django", "left to a newer", "no settings", "a condition", "not known"],
)
@pytest.mark.parametrize("database", ["postgresql", "sqlite", "mariadb"])
def test_an_automatic_key(files: dict[str, str], column: str, confidence: Confidence, database: str) -> None:
    fields = "('id', models.AutoField(primary_key=True)), ('others', models.ManyToManyField('shop.order'))"
    made = chain_of(files, f"migrations.CreateModel('order', [{fields}])", imports="", database=database)
    table = next(statement for statement in made if "order_others" in statement.sql)
    assert database == "sqlite" or column in table.sql.partition("PRIMARY")[0]
    assert table.confidence is confidence
