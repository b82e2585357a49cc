"""The job that runs miglint in CI: a workflow for GitHub, or a job for the pipeline of GitLab that is there."""

from __future__ import annotations

import json

from miglint.text import line_break

GITHUB = ".github/workflows/miglint.yml"
GITLAB = ".gitlab-ci.yml"
_WORKFLOW = """\
name: Migrations

on:
  pull_request:
  merge_group:
  push:
    branches: [{branch}]

permissions: {{}}

jobs:
  migrations:
    name: Migrations
    runs-on: ubuntu-latest
    timeout-minutes: 10
    concurrency:
      group: migrations-${{{{ github.ref }}}}
      cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}
    permissions:
      contents: read
      pull-requests: write # the comment and suggestions; without it there are annotations and the job's summary
      statuses: write # on the pull requests that a push breaks
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          persist-credentials: false
      - uses: miglint/miglint@v0 # zizmor: ignore[unpinned-uses] the tag moves with each release
"""
_JOB = """\
miglint:
{stage}  image: python:3.13
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    - pip install miglint
    - miglint check --output miglint.gitlab.json --gitlab-note
  artifacts:
    when: always
    reports:
      codequality: miglint.gitlab.json
"""


def workflow(branch: str) -> str:
    """The workflow, for pull requests and for pushes to the default branch."""
    return _WORKFLOW.format(branch=_item(branch))


def _item(text: str) -> str:
    """A text as an item of a list in YAML, in quotes where it would be something else without."""
    import yaml

    try:
        plain = yaml.safe_load(f"[{text}]") == [text]
    except (yaml.YAMLError, ValueError):
        plain = False
    return text if plain else json.dumps(text, ensure_ascii=False)


def with_job(pipeline: str) -> str | None:
    """GitLab's file with the job at its end; None if it runs miglint already or cannot be read."""
    import yaml

    try:
        node = yaml.compose(pipeline, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    if "miglint" in pipeline or not isinstance(node, yaml.MappingNode) or node.flow_style:
        return None
    end = line_break(pipeline)
    job = _JOB.format(stage=_stage(node)).replace("\n", end)
    return pipeline.rstrip("\r\n") + end * 2 + job


def _stage(pipeline: object) -> str:
    """The line that names a stage, where the pipeline does not have the one that GitLab takes by itself."""
    import yaml

    stages: list[str] = []
    for key, value in pipeline.value if isinstance(pipeline, yaml.MappingNode) else ():
        if key.value == "stages" and isinstance(value, yaml.SequenceNode):
            stages = [one.value for one in value.value if isinstance(one, yaml.ScalarNode)]
    return f"  stage: {json.dumps(stages[0])}\n" if stages and "test" not in stages else ""
