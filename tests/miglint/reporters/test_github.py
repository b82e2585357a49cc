import re

from msgspec.structs import replace

import samples
from miglint.finding import Location, Severity, Span
from miglint.reporters import Console
from miglint.reporters.github import report
from miglint.result import Result


def commands(result: Result) -> list[str]:
    return [line for line in report(result, Console()).splitlines() if re.match(r"::(error|warning|notice) ", line)]


def test_an_annotation_is_escaped_and_has_columns_only_on_one_line() -> None:
    found = samples.finding(message="100% of a:b, c", path="a,b:c.py")
    several = replace(found, problem=replace(found.problem, at=Location("x.py", Span(3, 5, 9, 2))))
    one, other = commands(samples.result(found, several))
    assert one.startswith(
        "::error file=a%2Cb%3Ac.py,line=12,endLine=12,col=9,endColumn=40,title=miglint%3A blocking-index-build"
        "::100%25 of a:b, c%0Ahelp: build it concurrently:%0A%0A    atomic = False%0A"
    )
    assert other.startswith("::error file=x.py,line=3,endLine=9,title=")


def test_ten_of_each_severity_and_the_worst_first() -> None:
    many = [
        samples.finding(severity=severity, identity=str(number))
        for severity in (Severity.NOTICE, Severity.ERROR)
        for number in range(12)
    ]
    assert [line.split()[0] for line in commands(samples.result(*many))] == ["::error"] * 10 + ["::notice"] * 10


def test_what_is_suppressed_makes_no_annotation() -> None:
    assert len(commands(samples.typical())) == 4


def test_the_log_is_printed_with_commands_switched_off_by_a_fresh_token() -> None:
    first, second = (report(samples.typical(), Console()) for _ in range(2))
    token = re.search(r"^::stop-commands::(\S{20,})$", first, re.MULTILINE)
    assert token
    assert first.endswith(f"\n::{token[1]}::\n")
    assert token[1] not in second
    assert "error[multiple-leaf-nodes]" in first[token.end() :]
