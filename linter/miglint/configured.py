"""The suppressions of the configuration: which findings they accept, and which of them accept none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePath

from msgspec.structs import replace

from miglint.changeset import ChangeSet
from miglint.config import Config, Ignore
from miglint.config_origin import DISK
from miglint.finding import Span, Suppressed
from miglint.fingerprint import fingerprints
from miglint.globs import matches
from miglint.inspection import Inspector, Raised
from miglint.scope import Scope
from miglint.scopes import touched
from miglint.suppress import Suppression


def ignore_of(rule: str, path: str, config: Config, today: dt.date) -> Ignore | None:
    """The entry that accepts what a rule finds in a file."""
    for ignore in config.ignore:
        current = ignore.until is None or ignore.until >= today
        if current and ignore.rule == rule and matches(path, [ignore.path]):
            return ignore
    return None


def mark(ignore: Ignore) -> Suppressed:
    """What a finding shows that the entry accepts."""
    return Suppressed("config", ignore.reason, ignore.until.isoformat() if ignore.until else None)


def problems(
    inspector: Inspector, scopes: Sequence[Scope], used: Collection[Ignore], *, whole: bool
) -> dict[str, Raised]:
    """What the rules say of the entries, by fingerprint; `whole`: all that there is to find was looked for.

    Entries that the base has already are not this change's, and one that finds nothing to accept in a change may find
    it elsewhere: so they are judged where everything is checked, or where the change edits the file.
    """
    if not scopes or not _judged(scopes[0].change_set, scopes[0].config):
        return {}
    raised = [
        one
        for ignore in scopes[0].config.ignore
        for one in _on_entry(
            inspector, scopes[0], ignore, unused=ignore not in used and _is_idle(ignore, scopes, whole)
        )
    ]
    return dict(zip(fingerprints(one.identity for one in raised), raised, strict=True))


def _judged(change_set: ChangeSet, config: Config) -> bool:
    if config.path is None or PurePath(config.path).is_absolute():
        return False
    return change_set.base_tree is None or (config.files is DISK and touched(change_set, config.path))


def _is_idle(ignore: Ignore, scopes: Sequence[Scope], whole: bool) -> bool:
    """Whether an entry that met no finding would meet none either if more were looked at."""
    change_set = scopes[0].change_set
    if whole and change_set.base_tree is None:
        return True
    return not any(matches(path, [ignore.path]) for path in change_set.tree)


def _on_entry(inspector: Inspector, scope: Scope, ignore: Ignore, *, unused: bool) -> Iterator[Raised]:
    span = Span(ignore.line, 1, ignore.line, 1)
    entry = Suppression(
        scope.config.path or "",
        span,
        0,
        (ignore.rule,),
        reason=ignore.reason,
        expires=ignore.until,
        pattern=ignore.path,
    )
    for raised in inspector.on_suppression(inspector.use(entry, (ignore.rule,) if unused else ()), None, scope):
        yield replace(raised, identity=(*raised.identity, ignore.path))
