"""The pipeline that the documentation gives is one that GitLab takes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import yaml

DOCS = Path(__file__).parents[2] / "docs" / "usage.md"


def test_the_pipeline_in_the_documentation_is_valid(tmp_path: Path) -> None:
    found = re.search(r"^### GitLab$.*?^```yaml\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)
    assert found
    file = tmp_path / ".gitlab-ci.yml"
    file.write_text(found[1])
    command = ["check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", file]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    [job] = yaml.safe_load(found[1]).values()
    assert "--gitlab-note" in job["script"][-1]
    assert job["artifacts"]["reports"]["codequality"] in job["script"][-1]
