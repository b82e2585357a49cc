"""A repository: where it is, the state of its clone, and its objects."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from miglint.errors import MiglintError
from miglint.git.command import GitCommand, GitError
from miglint.git.objects import ObjectReader


class Repository:
    """A git repository. `work_tree` is None where there are no files to look at (bare, or inside the git directory)."""

    def __init__(self, git_dir: Path, work_tree: Path | None, *, index_file: Path | None, object_format: str) -> None:
        self.git_dir = git_dir
        self.work_tree = work_tree
        self.index_file = index_file
        """The index that git prepared for the hook that runs us (`git commit FILE`), if one does."""
        self.hash = hashlib.sha256 if object_format == "sha256" else hashlib.sha1
        """What makes object ids."""
        environment = {"GIT_DIR": str(git_dir)}
        if work_tree is not None:
            environment["GIT_WORK_TREE"] = str(work_tree)
        self._command = GitCommand(self.root, environment)

    @property
    def root(self) -> Path:
        """The folder that paths are relative to."""
        return self.work_tree or self.git_dir

    @cached_property
    def objects(self) -> ObjectReader:
        """The reader of the repository's objects."""
        return ObjectReader(self._command)

    @property
    def shallow(self) -> bool:
        """Whether the clone's history is cut off somewhere."""
        return self.run("rev-parse", "--is-shallow-repository") == b"true\n"

    def run(
        self,
        *arguments: str,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """The output of a git command. GitError if it fails."""
        return self._command.run(*arguments, settings=settings, environment=environment)

    def ask_remote(self, *arguments: str, environment: Mapping[str, str], timeout: float) -> bytes:
        """The output of a git command that talks to a remote, for some seconds at most. GitError if it fails."""
        return self._command.ask_remote(*arguments, environment=environment, timeout=timeout)

    def refs(self, *names: str) -> dict[str, str]:
        """The commits that full ref names stand for; names that do not exist are left out."""
        listing = os.fsdecode(self.run("for-each-ref", "--format=%(refname) %(objectname) %(*objectname)", *names))
        refs = (line.split() for line in listing.splitlines())
        return {name: identity[-1] for name, *identity in refs if name in names}

    def merge_bases(self, *commits: str) -> list[str]:
        """The best common ancestors of the first commit and of the others taken together; none for a stranger."""
        try:
            return os.fsdecode(self.run("merge-base", "--all", *commits)).split()
        except GitError as error:
            if error.status == 1:
                return []
            raise


def open_repository(path: Path) -> Repository:
    """The repository that holds a folder: in a work tree, a linked worktree, a submodule or a bare repository."""
    folder = path if path.is_dir() else path.parent
    if not folder.is_dir():
        raise MiglintError(f"{str(path)!r} does not exist")
    folder = folder.resolve()
    git, answer = _discover(folder)
    object_format, inside, rest = answer.split("\n", 2)
    if inside == "true":
        directory, _, up = rest.removesuffix("\n").rpartition("\n")
        work_tree = Path(os.path.normpath(folder / up))
    else:
        directory, work_tree = os.fsdecode(git.run("rev-parse", "--absolute-git-dir")).removesuffix("\n"), None
    git_dir = Path(directory)
    return Repository(git_dir, work_tree, index_file=_index_of_hook(git_dir, work_tree), object_format=object_format)


def _discover(folder: Path) -> tuple[GitCommand, str]:
    """What git says of the repository around a folder; names may hold newlines, so the git directory comes last."""
    questions = ("rev-parse", "--show-object-format", "--is-inside-work-tree", "--absolute-git-dir", "--show-cdup")
    git = GitCommand(folder, {})
    try:
        return git, os.fsdecode(git.run(*questions))
    except GitError as error:
        git = GitCommand(folder, _past_the_owner_check(folder, str(error)))
        return git, os.fsdecode(git.run(*questions))


def _past_the_owner_check(folder: Path, complaint: str) -> dict[str, str]:
    """Variables that name the repository to git before 2.38, which refuses to find one that another user owns.

    Those versions take `safe.directory` from configuration files only, but do not ask for it when GIT_DIR is given.
    """
    if "dubious ownership" in complaint or "unsafe repository" in complaint:
        for parent in (folder, *folder.parents):
            if (parent / ".git").is_dir():
                return {"GIT_DIR": str(parent / ".git"), "GIT_WORK_TREE": str(parent)}
    raise MiglintError(f"{str(folder)!r} is not in a git repository")


def _index_of_hook(git_dir: Path, work_tree: Path | None) -> Path | None:
    given = os.environ.get("GIT_INDEX_FILE")
    if not given or work_tree is None:
        return None
    index = work_tree / given
    ours = index.parent.resolve() == git_dir.resolve() or "GIT_DIR" not in os.environ
    return index if ours and index.exists() else None
