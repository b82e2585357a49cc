import re

import pytest
from msgspec.structs import replace

import samples
from miglint.changeset import Revision
from miglint.finding import Location, Span
from miglint.reporters import Console
from miglint.reporters.text import report
from miglint.result import Coverage, Result

SOURCE = """\
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = []
\tdependencies = [("shop", "0002_a"), ("日本語", "x")]  # 日本
    operations = [
        migrations.AddIndex(
            "order",
            models.Index(fields=["status"]),
        ),
        migrations.RunPython(
            one,
            two,
            three,
            four,
            five,
        ),
"""

GOLDEN = """\
error[multiple-leaf-nodes]: shop will have two leaf nodes, 0003_coupon on main and 0003_order_total here
 --> shop/migrations/0003_order_total.py:7:2
  |
7 |     dependencies = [("shop", "0002_a"), ("日本語", "x")]  # 日本
  |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
 ... shop/migrations/0003_coupon.py:6: the leaf node on main
6 |     dependencies = [("shop", "0002")]
  |
  = help: put this migration after the other: miglint fix

error[blocking-index-build]: the index order_status_idx is built while writes to shop_order wait
  --> shop/migrations/0003_order_total.py:9:9
   |
 9 | /         migrations.AddIndex(
10 | |             "order",
11 | |             models.Index(fields=["status"]),
12 | |         ),
   | |_________^
   |
   = help: build it concurrently:

               atomic = False
               operations = [AddIndexConcurrently(...)]

warning[missing-lock-timeout]: shop_order is locked with no lock_timeout
  --> shop/migrations/0003_order_total.py:13:9
   |
13 | /         migrations.RunPython(
14 | |             one,
15 | |             two,
   | ...
19 | |         ),
   | |_________^
   |
   = help: build it concurrently:

               atomic = False
               operations = [AddIndexConcurrently(...)]

notice[integer-primary-key]: shop_order.id is an integer
   --> shop/migrations/0003_order_total.py:400:9
    |
    = help: build it concurrently:

                atomic = False
                operations = [AddIndexConcurrently(...)]

note: no such thing
suppressed by comment: shop/migrations/0003_order_total.py:30: blocking-index-build (the table is empty)
1 of 2 operations understood, 1 of 2 statements; not known to be safe:
  shop/migrations/0003_order_total.py:20: RunPython(fill_totals) can do anything
2 errors, 1 warning, 1 notice (1 suppressed) in 1 migration checked against main
"""


def typical() -> Result:
    result = samples.typical()
    spans = [Span(7, 2, 7, 51), Span(9, 9, 12, 10), Span(13, 9, 19, 10), Span(400, 9, 400, 10), Span(30, 9, 30, 40)]
    findings = tuple(
        replace(finding, problem=replace(finding.problem, at=Location(samples.PATH, span)))
        for finding, span in zip(result.findings, spans, strict=True)
    )
    coupon = "\n" * 5 + '    dependencies = [("shop", "0002")]\n'
    sources = {samples.PATH: SOURCE, "shop/migrations/0003_coupon.py": coupon}
    return replace(result, findings=findings, sources=sources, notes=("no such thing",))


def test_golden() -> None:
    assert report(typical(), Console()) == GOLDEN


def test_colour_only_paints() -> None:
    painted = report(typical(), Console(colour=True))
    assert "\033[1;31m" in painted
    assert re.sub(r"\033\[[0-9;]*m", "", painted) == GOLDEN


@pytest.mark.parametrize("column", [1, 500, 1990])
def test_a_long_line_is_cut_around_what_is_marked(column: int) -> None:
    text = "x" * (column - 1) + "MARK" + "y" * (2000 - column)
    finding = samples.finding()
    at = Location(samples.PATH, Span(1, column, 1, column + 4))
    result = samples.result(replace(finding, problem=replace(finding.problem, at=at)), sources={samples.PATH: text})
    drawn = report(result, Console(width=60)).splitlines()
    source, carets = drawn[3], drawn[4]
    assert max(len(source), len(carets)) <= 60
    assert source[carets.index("^") : carets.rindex("^") + 1] == "MARK"


def test_characters_that_cannot_be_seen_are_shown_and_do_not_move_the_carets() -> None:
    finding = samples.finding()
    at = Location(samples.PATH, Span(1, 4, 1, 5))
    text = "a\u202e\x1bX ##[error]\u0301"
    result = samples.result(replace(finding, problem=replace(finding.problem, at=at)), sources={samples.PATH: text})
    source, carets = report(result, Console()).splitlines()[3:5]
    assert (
        source == "1 | a\\u202e\\x1bX ##\\x5berror]\u0301".replace("1 |", " 1 |") or "a\\u202e\\x1bX ##\\x5b" in source
    )
    assert source[carets.index("^")] == "X"


def test_nothing_found_is_not_said_of_what_was_not_understood() -> None:
    clean = Result(Revision("HEAD", None), coverage=Coverage(2, 3, 3))
    assert report(clean, Console()) == "3 of 3 operations understood\nnothing found in 2 migrations checked\n"


def test_a_change_without_migrations_says_so() -> None:
    result = Result(Revision("HEAD", None), base=Revision("main", "a" * 40))
    assert report(result, Console()) == "no migration changed against main: nothing to check\n"
