from __future__ import annotations

from pathlib import Path

import pytest

from miglint.cache import FileCache


def test_what_was_saved_is_there_for_the_next_run(tmp_path: Path) -> None:
    first = FileCache(tmp_path / "new")
    first.put("kind", "a\tkey\nwith breaks", {"data": [1, None, "ü"]})
    first.save()
    assert FileCache(tmp_path / "new").get("kind", "a\tkey\nwith breaks") == {"data": [1, None, "ü"]}
    assert FileCache(tmp_path / "new").get("other", "a\tkey\nwith breaks") is None


@pytest.mark.parametrize("content", [b"", b"\xff\x00", b"[]\n", b'["miglint cache", 1, "0.0.0"]\n["k", "x"]\t1\n'])
def test_a_foreign_file_is_as_if_it_were_not_there(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "miglint-cache.jsonl").write_bytes(content)
    assert FileCache(tmp_path).get("k", "x") is None


def test_a_broken_entry_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    cache = FileCache(tmp_path)
    cache.put("kind", "whole", 1)
    cache.put("kind", "broken", {"long": "text"})
    cache.save()
    path = tmp_path / "miglint-cache.jsonl"
    path.write_bytes(path.read_bytes()[:-6])
    assert FileCache(tmp_path).get("kind", "whole") == 1
    assert FileCache(tmp_path).get("kind", "broken") is None


def test_as_much_as_was_used_is_kept_of_what_was_not_the_newest_of_it(tmp_path: Path) -> None:
    for number in range(5):
        cache = FileCache(tmp_path)
        cache.get("kind", "whatever")
        cache.put("kind", f"entry {number}", number)
        cache.save()
    last = FileCache(tmp_path)
    assert [last.get("kind", f"entry {number}") for number in range(5)] == [None, None, None, 3, 4]


def test_what_is_used_is_never_forgotten_for_what_is_not(tmp_path: Path) -> None:
    first = FileCache(tmp_path)
    first.put("kind", "long and old", "x" * 1000)
    first.put("kind", "used", 2)
    first.save()
    second = FileCache(tmp_path)
    assert second.get("kind", "used") == 2
    second.put("kind", "new", 3)
    second.save()
    third = FileCache(tmp_path)
    assert [third.get("kind", key) for key in ("long and old", "used", "new")] == [None, 2, 3]


def test_a_folder_that_cannot_be_written_to_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = FileCache(tmp_path / "file")
    cache.put("kind", "key", 1)
    cache.save()
    assert cache.get("kind", "key") == 1
