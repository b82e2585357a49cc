"""A change with 3,000 findings, end to end: every place has its limit, and none is gone over."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.github.fake import FakeGitHub
from tests.github.shapes import changed_file
from tests.github.workflow import Outcome, shop
from tests.github.world import new_world

FILES, PER_FILE = 30, 100
FINDINGS = FILES * PER_FILE
SECONDS = 60
"""What the run may take on a busy machine; alone it takes a tenth of that."""


def irreversible(number: int, parent: str) -> str:
    """A migration whose every operation has a finding; the last has a suggestion, too."""
    operations = "".join(f"        migrations.RunPython(step_{index}),\n" for index in range(PER_FILE))
    operations += f'        AddIndexConcurrently("order", models.Index("id", name="index_{number}")),\n'
    steps = "".join(f"def step_{index}(apps, editor):\n    print({number}, {index})\n\n\n" for index in range(PER_FILE))
    return (
        "from django.contrib.postgres.operations import AddIndexConcurrently\n"
        f"from django.db import migrations, models\n\n\n{steps}class Migration(migrations.Migration):\n"
        f'    dependencies = [("shop", "{parent}")]\n    operations = [\n{operations}    ]\n'
    )


@dataclass
class Huge:
    """The run, and GitHub after it."""

    github: FakeGitHub
    outcome: Outcome
    workspace: Path
    seconds: float


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Huge]:
    names = ["0001_initial", *(f"{number:04}_step" for number in range(2, FILES + 2))]
    files = {
        f"shop/migrations/{name}.py": irreversible(number, parent)
        for number, (parent, name) in enumerate(pairwise(names))
    }
    with new_world(tmp_path_factory.mktemp("huge")) as world:
        world.open(7, shop() | files)
        world.github.files[7] = [
            changed_file(path, f"@@ -0,0 +1,{text.count(chr(10))} @@\n") for path, text in files.items()
        ]
        start = time.monotonic()
        outcome = world.pull_request(
            7, post="comment,review,check", output="miglint.sarif\njson=all.json", fail_on="notice"
        )
        yield Huge(world.github, outcome, world.folder / "workspace1", time.monotonic() - start)


def test_everything_is_delivered_in_bounded_time(huge: Huge) -> None:
    assert huge.outcome.status == 1
    assert int(huge.outcome.outputs["findings"]) >= FINDINGS
    assert "not posted" not in huge.outcome.stdout
    assert len(huge.github.calls) < 40
    assert huge.seconds < SECONDS


def test_the_comment_says_what_did_not_fit(huge: Huge) -> None:
    [comment] = huge.github.comments[7]
    assert 60_000 < len(comment["body"]) <= 65_536
    assert re.search(r"\*\*2,?\d{3} more findings did not fit here; all are in the summary", comment["body"])
    assert "multiple-leaf-nodes" in comment["body"], "the most severe comes first"


def test_the_summary_is_not_dropped(huge: Huge) -> None:
    assert 900_000 < len(huge.outcome.summary.encode()) <= 1 << 20


def test_annotations_are_those_that_the_runner_shows(huge: Huge) -> None:
    kinds = Counter(line.split(" ", 1)[0] for line in huge.outcome.annotations)
    assert int(huge.outcome.outputs["errors"]) > FILES
    assert kinds["::error"] == max(kinds.values()) == 10
    assert all(len(line.partition("::")[2].encode()) < 8_192 for line in huge.outcome.annotations)


def test_the_check_run_gets_its_annotations_in_batches(huge: Huge) -> None:
    [(identity, run)] = huge.github.check_runs.items()
    sent = [call.json["output"]["annotations"] for call in huge.github.calls if "check-runs" in call.path and call.body]
    assert [len(annotations) for annotations in sent] == [50] * 20
    assert len(huge.github.annotations[identity]) == 1_000
    assert huge.github.annotations[identity][0]["annotation_level"] == "failure"
    assert len(run["output"]["summary"]) <= 65_535


def test_the_review_is_one_and_short(huge: Huge) -> None:
    assert len([call for call in huge.github.called("POST") if call.path.endswith("/reviews")]) == 1
    assert len(huge.github.review_comments[7]) == 20


def test_the_files_have_everything_within_github_s_limits(huge: Huge) -> None:
    content = (huge.workspace / "miglint.sarif").read_bytes()
    [run] = json.loads(content)["runs"]
    assert FINDINGS < len(run["results"]) <= 25_000
    assert len({result["partialFingerprints"]["miglint/v1"] for result in run["results"]}) == len(run["results"])
    assert len(gzip.compress(content)) < 10_000_000
    assert len(json.loads((huge.workspace / "all.json").read_bytes())["findings"]) == len(run["results"])
