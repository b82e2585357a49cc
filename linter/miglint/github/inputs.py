"""The action's inputs: INPUT_<NAME> in upper case with hyphens kept, always there, empty if not given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from miglint.errors import MiglintError

DESTINATIONS = ("comment", "review", "check", "status")
_DEFAULT_POSTS = "comment,review,status"


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a workflow gave, with the defaults of action.yml; the names are those of the command's options."""

    base: str = ""
    head: str = ""
    config: str = ""
    database: str = ""
    database_version: str = ""
    select: str = ""
    ignore: str = ""
    fail_on: str = "error"
    output: tuple[str, ...] = ()
    """Files to write, one a line: `miglint.sarif` or `FORMAT=FILE`."""
    post: frozenset[str] = frozenset()
    """Where results are posted besides annotations and the job's summary."""
    open_pull_requests: bool = True
    cache_dir: str = ""
    working_directory: str = ""
    token: str = field(default="", repr=False)


def read_inputs(environment: Mapping[str, str]) -> Inputs:
    """The inputs of a run."""

    def given(name: str, default: str = "") -> str:
        return environment.get(f"INPUT_{name.upper()}", default).strip()

    return Inputs(
        base=given("base"),
        head=given("head"),
        config=given("config"),
        database=given("database"),
        database_version=given("database-version"),
        select=given("select"),
        ignore=given("ignore"),
        fail_on=_one_of("fail-on", given("fail-on") or "error", ("error", "warning", "notice")),
        output=tuple(line.strip() for line in given("output").splitlines() if line.strip()),
        post=_posts(given("post", _DEFAULT_POSTS)),
        open_pull_requests=_boolean("open-pull-requests", given("open-pull-requests") or "true"),
        cache_dir=given("cache-dir"),
        working_directory=given("working-directory"),
        token=given("github-token"),
    )


def _posts(text: str) -> frozenset[str]:
    words = [word for word in text.replace(",", " ").split() if word != "none"]
    return frozenset(_one_of("post", word, DESTINATIONS) for word in words)


def _boolean(name: str, text: str) -> bool:
    return _one_of(name, text.lower(), ("true", "false")) == "true"


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text in known:
        return text
    near = get_close_matches(text, known, 1)
    hint = f"; did you mean {near[0]!r}?" if near else f": it must be one of {', '.join(known)}"
    raise MiglintError(f"input {name!r} has the value {text!r}{hint}")
