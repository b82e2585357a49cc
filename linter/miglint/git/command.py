"""How git is run: through GitPython's command object, so that nothing of the repository's configuration runs.

The repository is not trusted. Each command gets its settings on the command line so that neither hooks nor a file
system monitor run, `safe.directory` so that a checkout owned by another user can be read, and an environment without
the GIT_* variables that a hook exports. Objects that a partial clone lacks are never fetched behind our back.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from miglint.errors import MiglintError

if TYPE_CHECKING:
    from git.cmd import Git

_SETTINGS = (
    "safe.directory=*",
    "safe.bareRepository=all",
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
)

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # with the next line: a missing object is an error, not a download
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}

_USERS_OWN = (
    "GIT_ASKPASS",
    "GIT_CEILING_DIRECTORIES",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_KEY_",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_VALUE_",
    "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    "GIT_EXEC_PATH",
    "GIT_HTTP_PROXY_AUTHMETHOD",
    "GIT_PYTHON_",
    "GIT_SSH",
    "GIT_SSL_",
)
"""What these begin with says how the user's git works; all other GIT_* say which repository a hook runs in."""

_QUARANTINE = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH")
"""A server's pre-receive hook sees the pushed objects through these."""


class GitError(MiglintError):
    """A git command failed; `status` is its exit status."""

    def __init__(self, command: str, status: object, said: str) -> None:
        lines = said.strip().splitlines() or ["it said nothing"]
        self.reason = next((line for line in lines if line.startswith("fatal: ")), lines[-1])
        self.status = status
        super().__init__(f"`git {command}` failed: {self.reason}")


class GitCommand:
    """The `git` command in a folder, with variables of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._git = _git_python(folder)
        self._environment = {**_ENVIRONMENT, **environment}

    def run(
        self,
        *arguments: str,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        timeout: float | None = None,
        given: bytes = b"",
    ) -> bytes:
        """The output of a git command, which reads what is `given`. GitError if it fails."""
        with _outside_hooks(), _spooled(given) as istream:
            status, output, said = self._git.execute(
                self._words(arguments, settings),
                istream=istream,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                env={**self._environment, **(environment or {})},
                kill_after_timeout=timeout,
            )
        if status:
            raise GitError(arguments[0], status, said)
        return output

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A git process that is asked through its standard input."""
        with _outside_hooks():
            process = self._git.execute(
                self._words(arguments, ()), istream=subprocess.PIPE, as_process=True, env=self._environment
            )
        running, process.proc = process.proc, None  # ours to end: the wrapper would end it when it goes out of scope
        assert running is not None
        return running

    def _words(self, arguments: Sequence[str], settings: Sequence[str]) -> list[str]:
        configuration = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
        return [self._git.GIT_PYTHON_GIT_EXECUTABLE or "git", "--no-pager", *configuration, *arguments]


def _git_python(folder: Path) -> Git:
    try:
        from git.cmd import Git
    except ImportError as error:  # GitPython asks git for its version when it is imported
        raise MiglintError("git is not installed: miglint reads repositories through the `git` command") from error
    return Git(folder)


@contextmanager
def _spooled(given: bytes) -> Iterator[BinaryIO | None]:
    """A file to read from; GitPython takes nothing else, and a pipe could fill up."""
    if not given:
        yield None
        return
    with tempfile.TemporaryFile() as file:
        file.write(given)
        file.seek(0)
        yield file


@contextmanager
def _outside_hooks() -> Iterator[None]:
    """Hide the GIT_* variables of a hook; GitPython can only add to the environment of a command."""
    kept = _USERS_OWN + _QUARANTINE if "GIT_QUARANTINE_PATH" in os.environ else _USERS_OWN
    hidden = {
        name: value for name, value in os.environ.items() if name.startswith("GIT_") and not name.startswith(kept)
    }
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
