"""How git is run, so that nothing of the repository's configuration runs.

What is read from the repository is asked of git directly. What talks to a remote goes through GitPython, which ends all
that git started when it takes too long; importing it takes as long as reading a thousand migrations, so only that does.

The repository is not trusted. Each command gets its settings on the command line so that neither hooks nor a file
system monitor run, `safe.directory` so that a checkout owned by another user can be read, and an environment without
the GIT_* variables that a hook exports. Objects that a partial clone lacks are never fetched behind our back.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

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

_SPEAKING = {"LANGUAGE": "C", "LC_ALL": "C"}
"""What git says is read: `fatal: …` in every language, its reasons in English."""

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


_MISSING = "git is not installed: miglint reads repositories through the `git` command"


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
        self._folder = folder
        self._environment = {**_ENVIRONMENT, **environment}

    def run(
        self,
        *arguments: str,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        given: bytes = b"",
    ) -> bytes:
        """The output of a git command, which reads what is `given`. GitError if it fails."""
        with _opened(self._words(arguments, settings), self._folder, self._variables(environment)) as process:
            output, said = process.communicate(given)
        if process.returncode:
            raise GitError(arguments[0], process.returncode, said.decode("utf-8", "surrogateescape"))
        return output

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A git process that is asked through its standard input."""
        return _opened(self._words(arguments, ()), self._folder, self._variables(None))

    def ask_remote(self, *arguments: str, environment: Mapping[str, str], timeout: float) -> bytes:
        """The output of a git command that talks to a remote, which may never answer: it, and the programs that it
        started, are ended after `timeout` seconds. GitError if it fails."""
        with _outside_hooks():
            status, output, said = _git_python(self._folder).execute(
                self._words(arguments, ()),
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                env={**self._environment, **environment},
                kill_after_timeout=timeout,
            )
        if status:
            raise GitError(arguments[0], status, said)
        return output

    def _variables(self, more: Mapping[str, str] | None) -> dict[str, str]:
        hidden = _of_hooks()
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {**kept, **_SPEAKING, **self._environment, **(more or {})}

    def _words(self, arguments: Sequence[str], settings: Sequence[str]) -> list[str]:
        configuration = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
        executable = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE") or "git"
        return [executable, "--no-pager", *configuration, *arguments]


def _opened(words: Sequence[str], folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    try:
        return _popen()(words, cwd=folder, env=variables, stdin=pipe, stdout=pipe, stderr=pipe)
    except OSError as error:
        raise MiglintError(_MISSING) from error


def _popen() -> Callable[..., subprocess.Popen[bytes]]:
    """What starts a process. Windows would look for `git` in the folder that is checked, too; GitPython's does not."""
    if os.name != "nt":
        return subprocess.Popen
    from git.cmd import safer_popen

    return safer_popen


def _git_python(folder: Path) -> Git:
    try:
        from git.cmd import Git
    except ImportError as error:  # GitPython asks git for its version when it is imported
        raise MiglintError(_MISSING) from error
    return Git(folder)


def _of_hooks() -> frozenset[str]:
    """The GIT_* variables that a hook exports."""
    kept = _USERS_OWN + _QUARANTINE if "GIT_QUARANTINE_PATH" in os.environ else _USERS_OWN
    return frozenset(name for name in os.environ if name.startswith("GIT_") and not name.startswith(kept))


@contextmanager
def _outside_hooks() -> Iterator[None]:
    """Hide the GIT_* variables of a hook; GitPython can only add to the environment of a command."""
    hidden = {name: os.environ[name] for name in _of_hooks()}
    for name in hidden:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(hidden)
