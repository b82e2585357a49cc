import samples
from miglint.finding import Severity
from miglint.reporters import Console, markdown
from miglint.result import Coverage


def test_the_page_of_a_typical_change() -> None:
    text = markdown.report(samples.typical(), Console())
    order = [
        "### ❌ miglint found 2 errors, 1 warning and 1 notice in 1 migration",
        "multiple-leaf-nodes",
        "```mermaid",
        "**Instead:** put this migration after the other",
        "atomic = False",
        "missing-lock-timeout",
        "**Suppressed here, for reviewers to judge:**",
        "the table is empty (until 2027-01-31)",
        "<summary>SQL of <code>shop.0003_order_total</code> on postgresql, in one transaction</summary>",
        "CREATE INDEX order_status_idx ON shop_order (status);",
        "| 1 | `shop_order` | ShareLock | index-build | **INSERT, UPDATE, DELETE** |",
        "Understood 1 of 2 operations and 1 of 2 statements. Not known to be safe:",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_nothing_found_is_said_only_of_what_was_understood() -> None:
    blind = markdown.page(samples.result(), markdown.Layout())
    clear = markdown.page(samples.result(coverage=Coverage(1, 2, 2, 2, 2)), markdown.Layout())
    assert blind.startswith("### ⚠️ miglint found nothing in what it understood of 1 migration\n")
    assert clear.startswith("### ✅ miglint found nothing in 1 migration\n")


def test_where_room_is_short_the_severe_stay_and_the_rest_is_counted() -> None:
    notices = [samples.finding("n", Severity.NOTICE, identity=str(n)) for n in range(3_000)]
    layout = markdown.Layout(limit=60_000, elsewhere="see the job's summary")
    text = markdown.page(samples.result(*notices, samples.finding()), layout)
    assert len(text.encode()) <= 60_000
    assert text.index("blocking-index-build") < text.index("`n`")
    left_out = 3_000 - text.count("#### ℹ️")  # noqa: RUF001 (an emoji, not an i)
    assert f"**{left_out} more findings did not fit here; see the job's summary.**" in text
    assert "Not known to be safe" in text


def test_lines_are_linked_where_the_repository_is_known() -> None:
    layout = markdown.Layout(link=lambda path, line: f"https://example.org/blob/head/{path}#L{line}")
    text = markdown.page(samples.typical(), layout)
    assert f"[`{samples.PATH}:12`](https://example.org/blob/head/{samples.PATH}#L12)" in text
