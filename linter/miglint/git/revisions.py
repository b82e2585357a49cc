"""Which commits are compared: from flags, from the CI event, or from the upstream default branch."""

from __future__ import annotations

import re

from msgspec import Struct, field

from miglint.changeset import Revision
from miglint.errors import MiglintError
from miglint.git.events import Event
from miglint.git.fetch import fetch, merge_bases_after_deepening
from miglint.git.objects import Commit
from miglint.git.repository import Repository

_FULL_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_DEFAULTS = ("HEAD", "main", "master", "develop")


class Base(Struct, frozen=True):
    """The base's tip; `meets` is the merge base where that is known without looking at history."""

    revision: Revision
    commit: Commit
    meets: str | None = None


class Head(Struct, frozen=True):
    """What is checked: `tip` is the commit whose tree is read, or on which the index or the work tree is based."""

    revision: Revision
    tip: Commit | None


class Finder(Struct):
    """Finds commits, fetching what a shallow clone lacks if `may_fetch`; notes what a reader should know."""

    repository: Repository
    event: Event
    may_fetch: bool
    notes: list[str] = field(default_factory=list)

    def named_base(self, name: str) -> Base:
        """The base that the user named."""
        commit = self.commit(name)
        if commit is None and not name.startswith(("origin/", "refs/")):
            commit = self.repository.objects.commit(f"refs/remotes/origin/{name}")
        if commit is None:
            raise self._missing("base", name)
        return Base(Revision(name, commit.id), commit)

    def named_head(self, name: str) -> Head:
        """The head that the user named."""
        commit = self.commit(name)
        if commit is None:
            raise self._missing("head", name)
        return Head(Revision(name, commit.id), commit)

    def commit(self, name: str) -> Commit | None:
        """The commit of this name, fetched if it is a full id that is not here."""
        found = self.repository.objects.commit(name)
        if found is None and self.may_fetch and _FULL_ID.fullmatch(name) and not fetch(self.repository, name):
            found = self.repository.objects.commit(name)
        return found

    def merge_of_pull_request(self, checked_out: Commit) -> tuple[Base, Head] | None:
        """Base and head if the checkout is the merge that CI made of them: its tree is both, already united.

        A clone of depth 1 has the merge without its parents, but the merge names them.
        """
        event = self.event
        if not event.pull_request or len(checked_out.parents) != 2:
            return None
        first, second = checked_out.parents
        merged = checked_out.id == event.tested_commit and checked_out.id != event.head_commit
        if second != event.head_commit and not merged:
            return None
        base = self.commit(first)
        if base is None:
            raise self._missing("base", first)
        return (
            Base(Revision(event.base_branch or first, first), base, meets=first),
            Head(Revision(event.head_name or second, second), checked_out),
        )

    def event_head(self, checked_out: Commit) -> Head:
        """What CI runs for; in a `pull_request_target` or `workflow_run` that is not what is checked out."""
        wanted = self.event.head_commit
        if wanted is None or wanted == checked_out.id:
            return Head(Revision(self.event.head_name or "HEAD", checked_out.id), checked_out)
        commit = self.commit(wanted)
        if commit is None:
            raise self._missing("head", wanted)
        return Head(Revision(self.event.head_name or wanted, wanted), commit)

    def event_base(self) -> Base | None:
        """The base that the CI event names; None if it names none."""
        event = self.event
        if not event.has_base:
            return None
        found = self._event_commit()
        if found is None and not event.base_branch:
            self.notes.append(f"the commit before the push, {event.base_commit}, is gone")
            return None
        if found is None:
            raise self._missing("base", event.base_commit or event.base_branch or "")
        meets = found.id if event.linear and found.id == event.base_commit else None
        return Base(Revision(event.base_branch or found.id, found.id), found, meets)

    def _event_commit(self) -> Commit | None:
        event, objects = self.event, self.repository.objects
        tracking = f"refs/remotes/origin/{event.base_branch}"
        if event.base_branch and not event.linear:
            found = objects.commit(tracking) or (objects.commit(event.base_commit) if event.base_commit else None)
            found = found or self._fetched(event.base_branch)
            if found is not None:
                return found
        return self.commit(event.base_commit) if event.base_commit else None

    def _fetched(self, branch: str) -> Commit | None:
        """The tip of a branch that is not here yet."""
        if not self.may_fetch or not _is_plain(branch):
            return None
        tracking = f"refs/remotes/origin/{branch}"
        fetch(self.repository, f"+refs/heads/{branch}:{tracking}")
        return self.repository.objects.commit(tracking)

    def upstream_base(self) -> Base | None:
        """The tip of the upstream default branch as last fetched; in CI one that the checkout left out is fetched."""
        default = self.event.default_branch
        names = [f"refs/remotes/origin/{default}"] if default else []
        names += [f"refs/remotes/{remote}/{branch}" for remote in ("origin", "upstream") for branch in _DEFAULTS]
        for name in names:
            commit = self.repository.objects.commit(name)
            if commit is not None:
                return Base(Revision(name.removeprefix("refs/remotes/"), commit.id), commit)
        fetched = self._fetched(default) if default else None
        return Base(Revision(f"origin/{default}", fetched.id), fetched) if fetched else None

    def merge_bases(self, base: Base, tip: Commit) -> list[str]:
        """The best common ancestors; none if the histories have nothing in common."""
        if base.meets or base.commit.id == tip.id or base.commit.id in tip.parents:
            return [base.commit.id]
        found = self.repository.merge_bases(base.commit.id, tip.id)
        if found or not self.repository.shallow:
            return found
        if self.may_fetch:
            found = merge_bases_after_deepening(self.repository, base.commit.id, tip.id)
        if not found and self.repository.shallow:
            raise MiglintError(
                f"this shallow clone does not hold the commit where {base.revision.ref!r} and the head parted:"
                " set `fetch-depth: 0` for actions/checkout (GitLab: GIT_DEPTH: 0), or run `git fetch --unshallow`"
            )
        return found

    def _missing(self, role: str, name: str) -> MiglintError:
        """Say what to do about a commit that is not here."""
        if self.repository.shallow:
            advice = (
                "this is a shallow clone: set `fetch-depth: 0` for actions/checkout (GitLab: GIT_DEPTH: 0),"
                f" or run `git fetch --no-tags --depth=1 origin {name}` before"
            )
        else:
            advice = f"check the spelling, or get it by `git fetch origin {name}`"
        return MiglintError(f"{role} {name!r} is not a commit in this repository; {advice}")


def _is_plain(branch: str) -> bool:
    """Whether a branch name can stand in a refspec as it is."""
    return not re.search(r"[\x00-\x20:*?\[\\^~\x7f]|\.\.", branch)
