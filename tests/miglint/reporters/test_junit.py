import xml.etree.ElementTree as ET

import samples
from miglint.reporters import Console, junit
from miglint.result import Coverage, Result


def suite_of(result: Result) -> ET.Element:
    return ET.fromstring(junit.report(result, Console()))[0]


def test_a_notice_does_not_fail_and_blindness_is_skipped() -> None:
    suite = suite_of(samples.typical())
    assert suite.attrib | {"name": ""} == {"name": "", "tests": "6", "failures": "3", "errors": "0", "skipped": "2"}
    assert [case[0].tag for case in suite] == ["failure"] * 3 + ["system-out", "skipped", "skipped"]


def test_a_clean_migration_is_a_passing_case() -> None:
    suite = suite_of(samples.result(coverage=Coverage(1, 1, 1, 1, 1)))
    assert [case.attrib["classname"] for case in suite] == [samples.PATH]
    assert len(suite[0]) == 0
