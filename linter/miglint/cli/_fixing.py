"""What `miglint fix` does, once its options are read."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from miglint.cli._caching import cache_of
from miglint.cli._checking import fails, refuse_contradictions
from miglint.cli._console import console, write, write_bytes
from miglint.cli._files import read_file, replace_files
from miglint.cli._preparing import Options, prepare
from miglint.errors import MiglintError
from miglint.escape import block
from miglint.finding import Finding
from miglint.fixes.draft import Draft
from miglint.fixes.session import Asked, Done, Outcome, Session
from miglint.git import open_repository
from miglint.reporters._paint import BLUE, DIM, GREEN, OF_SEVERITY, Paint, shown
from miglint.reporters._sections import plural

BLIND = 5


def run(options: Options, *, only_diff: bool, merge: bool, unsafe: bool) -> int:
    """Check, mend, write, report; the exit status."""
    refuse_contradictions(options)
    repository = open_repository(Path.cwd())
    if repository.work_tree is None:
        raise MiglintError("this repository has no work tree: there is nothing to fix")
    prepared = prepare(repository, options)
    if prepared.changes.base is None and not options.everything:
        raise MiglintError(
            "no base was found, so what is released is not known: name it with --base, or fix everything with --all"
        )
    root = repository.root
    draft = Draft(prepared.changes, lambda path: read_file(path, root))
    request = prepared.request(statements=False)
    with cache_of(repository, options.cache_dir, off=options.no_cache) as cache:
        outcome = Session(draft, prepared.config, cache, request, Asked(merge, unsafe)).run()
    changes = draft.changes()
    if only_diff:
        _show(draft.patch())
    else:
        replace_files(changes, draft.originals, root, draft.moved)
    report = "\n".join(_report(outcome, only_diff=only_diff)) + "\n"
    if only_diff:
        click.echo(report, err=True, nl=False)
    else:
        write(report)
    return int(fails(outcome.result, options.fail_on) or (only_diff and bool(changes)))


def _show(patch: bytes) -> None:
    """The patch as it is for whatever reads it; made harmless for a person's terminal."""
    if sys.stdout is not None and sys.stdout.isatty():
        write(block(patch.decode(errors="replace")))
    else:
        write_bytes(patch)


def _report(outcome: Outcome, *, only_diff: bool) -> Iterator[str]:
    paint = Paint(console().colour and not only_diff)
    for done in outcome.done:
        yield _done(done, "would fix" if only_diff else "fixed", paint)
    for finding in outcome.result.active:
        yield from _left(finding, outcome.reasons.get(finding.fingerprint, ""), paint)
    for note in (*outcome.result.notes, *_blind(outcome), *outcome.notes, *_mentions(outcome)):
        yield f"{paint('note', BLUE)}: {shown(note)}"
    left = len(outcome.result.active)
    verb = "would be fixed" if only_diff else "fixed"
    remain = f"{plural(left, 'finding')} {'remains' if left == 1 else 'remain'}" if left else "nothing remains"
    yield f"{len(outcome.done)} {verb}, {remain}"


def _done(done: Done, verb: str, paint: Paint) -> str:
    at = done.finding.problem.at
    return f"{paint(verb, GREEN)} {shown(at.path)}:{at.span.line}: {done.finding.rule}: {shown(done.title)}"


def _left(finding: Finding, reason: str, paint: Paint) -> Iterator[str]:
    problem = finding.problem
    rule = paint(f"{finding.severity}[{shown(finding.rule)}]", OF_SEVERITY[finding.severity])
    # The path does not come first: GitHub's runner would read `::` at the start of a line as a command.
    yield f"{rule} {shown(problem.at.path)}:{problem.at.span.line}:{problem.at.span.column}: {shown(problem.message)}"
    if reason:
        yield paint(f"    not fixed: {shown(reason)}", DIM)


def _blind(outcome: Outcome) -> Iterator[str]:
    """What could not be read: nothing found there does not mean that nothing is wrong there."""
    for blind in outcome.result.coverage.unknown[:BLIND]:
        yield f"{blind.path}:{blind.line} is not known to be safe: {blind.reason}"


def _mentions(outcome: Outcome) -> Iterator[str]:
    """Files of the change that still say a migration's old name: nobody else can know it."""
    tree, changes = outcome.draft.change_set().tree, outcome.draft.change_set().changes
    names = {Path(old).stem: Path(new).stem for old, new in outcome.draft.moved.items()}
    texts = tree.read(path for path in changes if path in tree) if names else {}
    for path, content in sorted(texts.items()):
        for old, new in names.items():
            if old.encode() in content:
                yield f"{path} still says {old}, which is now {new}"
