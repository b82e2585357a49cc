from pathlib import Path

import pytest

from miglint.cli._outputs import Output, outputs
from miglint.errors import MiglintError
from miglint.reporters import formats, reporter

SUFFIXES = {name: reporter(name).SUFFIXES for name in formats()}


@pytest.mark.parametrize(
    ("given", "files", "expected"),
    [
        ([], [], ["text -"]),
        (["json"], [], ["json -"]),
        (["json"], ["a.json"], ["json a.json"]),
        (["json"], ["report"], ["json report"]),
        (["sarif"], ["a.json"], ["sarif a.json"]),
        (["gitlab"], ["gl-code-quality.json"], ["gitlab gl-code-quality.json"]),
        (["junit"], ["a.txt.xml"], ["junit a.txt.xml"]),
        ([], ["a.sarif"], ["sarif a.sarif", "text -"]),
        ([], ["a.sarif.json", "a.gitlab.json"], ["sarif a.sarif.json", "gitlab a.gitlab.json", "text -"]),
        (["github"], ["a.sarif", "b.json"], ["sarif a.sarif", "json b.json", "github -"]),
        (["text", "sarif"], ["a.sarif"], ["sarif a.sarif", "text -"]),
        (["json"], ["-"], ["json -"]),
        ([], ["sarif=x", "json=-"], ["sarif x", "json -"]),
    ],
)
def test_pairs(given: list[str], files: list[str], expected: list[str]) -> None:
    shown = [f"{one.format} {one.file or '-'}" for one in outputs(given, files, SUFFIXES)]
    assert shown == expected


@pytest.mark.parametrize(
    ("given", "files", "message"),
    [
        (["json", "text"], [], "json and text would both be printed"),
        ([], ["report"], "the format of --output report is not known: write FORMAT=report"),
    ],
)
def test_what_cannot_be_paired(given: list[str], files: list[str], message: str) -> None:
    with pytest.raises(MiglintError, match=message):
        outputs(given, files, SUFFIXES)


def test_a_format_may_stand_in_the_file_s_name() -> None:
    assert outputs([], ["other=x.json"], SUFFIXES)[0] == Output("json", Path("other=x.json"))
