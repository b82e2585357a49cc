import pytest

from rules.pages import SHOP_PATH, SHOP_SQL_PATH, PageError, examples

PAGE = """What happens, in one sentence.

Why it happens.

```python
# not/an/example.py
```

## Bad
Two files:

```python
# main: shop/migrations/0001_initial.py
base = 1
```
```python
# shop/migrations/0002_b.py
first = 1
second = 2  # flagged
```

Another example,
over two lines:
```sql
-- db/migrations/V2__b.sql
DROP TABLE a; -- flagged
```

## Good
```python
# shop/migrations/0002_b.py
```
```python
# shop/migrations/0001_initial.py (deleted)
```
```txt
# shop/migrations/max_migration.txt
0002_b
```
"""


def test_consecutive_blocks_are_one_example_and_prose_parts_them() -> None:
    assert [(example.name, example.prose, len(example.blocks)) for example in examples(PAGE)] == [
        ("bad 1", "Two files:", 2),
        ("bad 2", "Another example, over two lines:", 1),
        ("good 1", "", 3),
    ]


def test_flagged_lines_count_from_the_line_with_the_path() -> None:
    first, second, _ = examples(PAGE)
    assert first.flagged == [("shop/migrations/0002_b.py", 3)]
    assert second.flagged == [("db/migrations/V2__b.sql", 2)]


def test_an_example_without_a_history_of_its_own_continues_the_standard_one() -> None:
    own, sql, deleting = examples(PAGE)
    assert own.base_files() == {SHOP_PATH: "# main: shop/migrations/0001_initial.py\nbase = 1\n"}
    assert set(sql.base_files()) == {SHOP_SQL_PATH}
    assert set(deleting.base_files()) == {SHOP_PATH}
    assert deleting.head_files() == {
        "shop/migrations/0002_b.py": "# shop/migrations/0002_b.py\n",
        "shop/migrations/max_migration.txt": "0002_b\n",
    }


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("## Bad\n```python\nimport os\n```\n", "first line of a block must be a comment with the path"),
        ("## Bad\n```python\n```\n", "a block is empty"),
        ("## Bad\nprose\n```python\n# a.py\n", "not closed, after: prose"),
        ("## Good\n```python\n# a.py\nx = 1  # flagged\n```\n", "under Good has a line marked"),
    ],
)
def test_a_malformed_page_says_what_is_wrong(page: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        examples(page)


def test_a_deleted_file_can_be_flagged_at_its_header() -> None:
    (example,) = examples("## Bad\n```python\n# a/0001_a.py (deleted)  # flagged\n```\n")
    assert example.flagged == [("a/0001_a.py", 1)]
    assert example.blocks[0].deleted


def test_the_files_of_another_pull_request_are_on_neither_side() -> None:
    page = """Summary.

## Bad
Another one is open:

```python
# pull request 12: shop/migrations/0002_b.py
b = 1
```
```python
# shop/migrations/0002_a.py
a = 1
```
"""
    [example] = examples(page)
    assert list(example.open_pull_requests()[12]) == ["shop/migrations/0002_b.py"]
    assert sorted(example.head_files()) == [SHOP_PATH, "shop/migrations/0002_a.py"]
