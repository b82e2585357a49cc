import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import samples
from miglint.finding import Severity
from miglint.reporters import sarif

MULTITOOL = os.environ.get("MIGLINT_SARIF_MULTITOOL", "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool")


def run_of(*findings: Any, **others: Any) -> dict[str, Any]:
    return sarif.log(samples.result(*findings, **others))["runs"][0]  # type: ignore[no-any-return]


def test_a_finding_becomes_a_result() -> None:
    result = run_of(samples.finding(fix=samples.atomic_fix()))["results"][0]
    assert result["ruleId"] == "blocking-index-build"
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/migrations/0003_order_total.py", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 12, "startColumn": 9, "endLine": 12, "endColumn": 40},
    }
    replacement = result["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert replacement["insertedContent"]["text"] == "    atomic = False\n"
    assert list(result["partialFingerprints"].values()) == [samples.finding().fingerprint]


def test_a_path_is_a_uri() -> None:
    result = run_of(samples.finding(path="my shop/ü#?.py"))["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "my%20shop/%C3%BC%23%3F.py"


def test_what_was_not_understood_is_a_notification() -> None:
    invocation = run_of()["invocations"][0]
    assert "RunPython" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_the_most_severe_stay_within_githubs_limit() -> None:
    notices = [samples.finding("n", Severity.NOTICE, identity=str(n)) for n in range(sarif.RESULTS)]
    run = run_of(*notices, samples.finding())
    assert len(run["results"]) == 25_000
    assert run["results"][0]["ruleId"] == "blocking-index-build"
    assert "1 less severe" in run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"]


@pytest.fixture(scope="module")
def multitool() -> Path:
    found = Path(MULTITOOL)
    if not found.exists():
        message = "the SARIF multitool is not installed: npm install --no-save @microsoft/sarif-multitool-linux"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    found.chmod(0o755)
    return found


@pytest.mark.parametrize("kind", ["typical", "empty", "mention", "markdown", "bidi"])
def test_the_schema_and_githubs_rules_accept_it(kind: str, multitool: Path, tmp_path: Path) -> None:
    result = {"typical": samples.typical, "empty": samples.result}.get(
        kind, lambda: samples.hostile(samples.HOSTILE[kind])
    )()
    log = tmp_path / "miglint.sarif"
    log.write_text(json.dumps(sarif.log(result)))
    schema = multitool.parent / "sarif-2.1.0.json"
    subprocess.run(["check-jsonschema", "--schemafile", schema, log], check=True, env={**os.environ})
    report = tmp_path / "report.sarif"
    subprocess.run(
        [multitool, "validate", log, "--rule-kind", "Sarif;Ghas", "--output", report],
        check=True,
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )
    found = json.loads(report.read_text(encoding="utf-8-sig"))["runs"][0].get("results", [])
    assert [(entry["ruleId"], entry["message"]) for entry in found if entry.get("level") in {"error", "warning"}] == []
