import json

import samples
from miglint.reporters import Console, gitlab


def test_an_issue_has_what_gitlab_asks_for() -> None:
    issues = json.loads(gitlab.report(samples.typical(), Console()))
    assert [issue["severity"] for issue in issues] == ["critical", "critical", "major", "info"]
    assert issues[1]["location"] == {"path": samples.PATH, "lines": {"begin": 12, "end": 12}}
    assert issues[1]["check_name"] == "blocking-index-build"


def test_fingerprints_are_unique() -> None:
    issues = json.loads(gitlab.report(samples.result(*[samples.finding()] * 3), Console()))
    assert len({issue["fingerprint"] for issue in issues}) == 3
