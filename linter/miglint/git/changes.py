"""From what the user asked for to the change set: which commits, which files, what changed between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from msgspec import Struct

from miglint.changeset import ChangeSet, Revision, Tree
from miglint.errors import MiglintError
from miglint.git.events import in_ci, read_event
from miglint.git.listing import (
    ON_DISK,
    Delta,
    Diff,
    Listing,
    compare,
    diff_commits,
    index_listing,
    is_index_of,
    tree_listing,
    work_tree,
)
from miglint.git.merge import Side, merge
from miglint.git.objects import Commit
from miglint.git.renames import renames
from miglint.git.repository import Repository
from miglint.git.revisions import Base, Finder, Head
from miglint.git.trees import Contents, GitTree

_CONFLICT = "0" * 40


class _Files(Struct, frozen=True):
    """The files that are checked. `commit` is set if they are exactly those of a commit."""

    listing: Callable[[], Listing]
    commit: str | None


def change_set(
    repository: Repository,
    *,
    base: str | None,
    head: str | None,
    staged: bool,
    everything: bool,
    environment: Mapping[str, str],
) -> ChangeSet:
    """The change to check. `base` and `head` are what the user named; `environment` tells of CI's event."""
    finder = Finder(repository, read_event(environment), may_fetch=in_ci(environment))
    found_base, found_head, files = _sides(finder, base, head, staged=staged, ci=in_ci(environment))
    if everything:
        found_base = None
    elif found_base is None:
        found_base = _fallback(finder, found_head, staged=staged, ci=in_ci(environment))
    contents = Contents(repository)
    if found_base is None:
        tree = GitTree(files.listing(), contents)
        return ChangeSet(head=found_head.revision, tree=tree, notes=tuple(finder.notes))
    return _compare(finder, found_base, found_head, files, contents)


def tree_at(repository: Repository, name: str) -> Tree:
    """The files of a commit that the user named."""
    found = Finder(repository, read_event({}), may_fetch=False).named_base(name)
    return GitTree(tree_listing(repository, found.commit.id), Contents(repository))


def reviewed_tree(repository: Repository, change_set: ChangeSet, environment: Mapping[str, str]) -> Tree | None:
    """In CI, the files that somebody with the right to do so has merged: the base's. None if no base is known.

    The base that CI's event names comes before one that was asked for: `HEAD~1` may be a pull request's own commit.
    """
    finder = Finder(repository, read_event(environment), may_fetch=in_ci(environment))
    checked_out = repository.objects.commit("HEAD")
    base: Base | None = None
    with suppress(MiglintError):  # it is not here and cannot be had; what was compared with is the next best
        merged = finder.merge_of_pull_request(checked_out) if checked_out else None
        base = merged[0] if merged else finder.event_base()
    if base is None and change_set.base_tree is not None:
        return change_set.base_tree
    base = base or finder.upstream_base()
    return GitTree(tree_listing(repository, base.commit.id), Contents(repository)) if base else None


def _sides(
    finder: Finder, base: str | None, head: str | None, *, staged: bool, ci: bool
) -> tuple[Base | None, Head, _Files]:
    """The base as named by the user or by CI (None: by neither), and the head."""
    repository = finder.repository
    named_base = finder.named_base(base) if base else None
    if head:
        named = finder.named_head(head)
        return named_base or finder.event_base(), named, _files_of(repository, named.tip)
    checked_out = repository.objects.commit("HEAD")
    if staged:
        index = Head(Revision("index", None), checked_out)
        return named_base or finder.event_base(), index, _Files(lambda: index_listing(repository), None)
    if checked_out and (ci or repository.work_tree is None):
        merged = finder.merge_of_pull_request(checked_out) if named_base is None else None
        if merged:
            return *merged, _files_of(repository, checked_out)
        tested = finder.event_head(checked_out)
        return named_base or finder.event_base(), tested, _files_of(repository, tested.tip)
    if repository.work_tree is None:
        raise MiglintError("this repository has no commit yet and no work tree: there is nothing to check")
    return named_base, *_work_tree(repository, checked_out)


def _files_of(repository: Repository, tip: Commit | None) -> _Files:
    assert tip is not None
    return _Files(lambda: tree_listing(repository, tip.id), tip.id)


def _work_tree(repository: Repository, checked_out: Commit | None) -> tuple[Head, _Files]:
    """The work tree, which is the commit itself if nothing in it differs."""
    files = work_tree(repository)
    if checked_out and not files.changed and is_index_of(repository, checked_out.id):
        return Head(Revision("HEAD", checked_out.id), checked_out), _Files(lambda: files.listing, checked_out.id)
    return Head(Revision("work tree", None), checked_out), _Files(lambda: files.listing, None)


def _fallback(finder: Finder, head: Head, *, staged: bool, ci: bool) -> Base | None:
    """A base although neither the user nor CI named one; None if everything is to be checked."""
    base = finder.upstream_base()
    if base and head.revision.commit == base.commit.id:
        if ci:
            finder.notes.append(f"the head is {base.revision.ref!r} itself: everything is checked")
            return None
        finder.notes.append(f"nothing differs from {base.revision.ref!r}; `--all` checks everything")
    elif base is None and staged and head.tip:
        finder.notes.append("there is no upstream branch to compare with: the index is compared with HEAD")
        return Base(Revision("HEAD", head.tip.id), head.tip)
    elif base is None:
        finder.notes.append("no base was found (no CI event, no upstream branch): everything is checked")
    return base


def _compare(finder: Finder, base: Base, head: Head, files: _Files, contents: Contents) -> ChangeSet:
    repository = finder.repository
    base_listing = tree_listing(repository, base.commit.id)
    bases = finder.merge_bases(base, head.tip) if head.tip else []
    if len(bases) == 1:
        base_diff = diff_commits(repository, bases[0], base.commit.id)
        head_diff = _head_diff(repository, bases[0], base, files, base_listing)
    else:
        finder.notes.append(_unusual(base, len(bases)))
        ancestor = _virtual_ancestor(repository, bases)
        base_diff = compare(ancestor, base_listing)
        head_diff = compare(ancestor, files.listing())
    head_renames = renames(head_diff, contents)
    head_diff = _identified(head_diff, base_diff, set(head_renames.values()), contents)
    merged = merge(base_listing, Side(base_diff, renames(base_diff, contents)), Side(head_diff, head_renames))
    return ChangeSet(
        head=head.revision,
        tree=GitTree(merged.listing, contents),
        base=base.revision,
        base_tree=GitTree(base_listing, contents),
        merge_base=bases[0] if bases else None,
        changes=merged.changes,
        conflicted=frozenset(merged.conflicted),
        notes=tuple(finder.notes),
    )


def _head_diff(
    repository: Repository, merge_base: str, base: Base, files: _Files, base_listing: Listing
) -> dict[str, Delta]:
    if files.commit:
        return diff_commits(repository, merge_base, files.commit)
    before = base_listing if merge_base == base.commit.id else tree_listing(repository, merge_base)
    return compare(before, files.listing())


def _identified(diff: Diff, other: Diff, renamed: set[str], contents: Contents) -> dict[str, Delta]:
    """Give files on disk their blob id where the two sides are compared."""
    return {
        path: Delta(delta.old, contents.blob(delta.new))
        if delta.new and delta.new.startswith(ON_DISK) and (path in other or path in renamed)
        else delta
        for path, delta in diff.items()
    }


def _unusual(base: Base, count: int) -> str:
    if count:
        return f"{base.revision.ref!r} and the head have {count} merge bases, which were merged to find what changed"
    return f"{base.revision.ref!r} and the head have no commit in common: their files are put side by side"


def _virtual_ancestor(repository: Repository, bases: Sequence[str], depth: int = 0) -> Listing:
    """The merge of several merge bases, as git's own strategy makes it; a path in conflict has an id like no other."""
    if not bases:
        return {}
    first, *others = sorted(bases)
    listing: Listing = tree_listing(repository, first)
    merged = [first]
    for commit in others:
        theirs = tree_listing(repository, commit)
        ancestor = _virtual_ancestor(
            repository, repository.merge_bases(commit, *merged) if depth < 5 else [], depth + 1
        )
        union = merge(listing, Side(compare(ancestor, listing), {}), Side(compare(ancestor, theirs), {}))
        listing = union.listing | dict.fromkeys(union.conflicted, _CONFLICT)
        merged.append(commit)
    return listing
