"""Migration files, worked out now or in an earlier run."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from miglint.crew import ALONE, Crew
from miglint.history import Dependency, Key, NotUnderstood, Unreadable
from miglint.sources.django.memo import Facts, facts_from, facts_to
from miglint.sources.django.migration import Body, Header, MigrationFile
from miglint.sources.django.modules import Modules
from miglint.sources.django.plain_head import Edge, PlainHead
from miglint.sources.django.projects import Project, Projects
from miglint.sources.django.records import body_from, body_to, header_from, header_to, place_from, span_to
from miglint.sources.django.remains import dependencies_of
from miglint.sources.django.source import START, Unparsable

_HEADER, _BODY = "django-header", "django-body"
_MIGRATION = "django.db.migrations.Migration"


class StoredFile:
    """A migration file: its header, and its operations when somebody asks."""

    def __init__(self, path: str, header: Header, modules: Modules, project: Project) -> None:
        self.header = header
        self._path = path
        self._modules = modules
        self._project = project
        self._parsed: tuple[MigrationFile, Facts] | None = None

    def parsed(self, file: MigrationFile, facts: Facts) -> None:
        """Keep what was parsed for the header until the operations are asked for."""
        self._parsed = file, facts

    def body(self) -> Body:
        """The operations, from the cache if what they rest on is unchanged."""
        memo, key = self._project.memo, _key(self._path, self._modules)
        kept = None if self._parsed else memo.recall(_BODY, key, body_from)
        if kept is not None:
            return kept[0]
        file, earlier = self._parsed or (None, {})
        self._parsed = None
        with self._modules.trail.record() as facts:
            body = self._evaluated(file)
        memo.keep(_BODY, key, {**earlier, **facts}, body, body_to)
        return body

    def _evaluated(self, file: MigrationFile | None) -> Body:
        try:
            return (file or MigrationFile(self._modules.source(self._path), self._project)).body()
        except Unparsable as error:  # its header was plain, and nobody looked at the rest until now
            return Body(not_understood=(NotUnderstood(error.reason, error.span),))
        except RecursionError:
            return Body(not_understood=(NotUnderstood("the code is nested too deeply", START),))


Outcome = StoredFile | Unreadable | None
"""None: the file holds no migration."""
_Found = Header | Unreadable | None
"""What of an outcome is the same in every tree."""


def read_files(
    paths: Iterable[str],
    modules: Modules,
    projects: Projects,
    crew: Crew = ALONE,
    heads: Mapping[str, PlainHead] | None = None,
) -> dict[str, Outcome]:
    """What each file holds. All that must be parsed are read in one batch, and shared out among a crew.

    `heads` are plain headers, of files of which that is enough.
    """
    outcomes: dict[str, Outcome] = {}
    missing: list[str] = []
    for path in paths:
        project = projects.of(path)
        kept = project.memo.recall(_HEADER, _key(path, modules), partial(_found_from, path))
        if kept is None:
            missing.append(path)
            continue
        found = kept[0]
        outcomes[path] = StoredFile(path, found, modules, project) if isinstance(found, Header) else found
    modules.prefetch(missing)
    if heads:
        plain = _PlainHeaders(modules, projects, heads)
        headers = {path: header for path in missing if (header := plain.of(path))}
        outcomes |= {path: StoredFile(path, header, modules, projects.of(path)) for path, header in headers.items()}
        missing = [path for path in missing if path not in headers]

    def work(paths: Sequence[str]) -> list[Any]:
        return [_worked_out(path, modules, projects.of(path)) for path in paths]

    for path, answer in zip(missing, crew.answers(work, missing, Any), strict=True):
        outcomes[path] = _outcome_of(path, answer, modules, projects.of(path))
    return outcomes


class _PlainHeaders:
    """Headers that stand in their files as Django writes them. They are not kept: reading them again is as quick."""

    def __init__(self, modules: Modules, projects: Projects, heads: Mapping[str, PlainHead]) -> None:
        self._modules = modules
        self._projects = projects
        self._heads = heads
        self._user_models: dict[str, str | None] = {}

    def of(self, path: str) -> Header | None:
        """A header that is plain; None for any other, which the evaluator has to read."""
        head = self._heads.get(path)
        if head is None or self._modules.locate(_MIGRATION, path) is not None:
            return None
        user_model = self._user_model(self._projects.of(path)) if head.swappable else ""
        return None if user_model is None else _plain_header(head, user_model)

    def _user_model(self, project: Project) -> str | None:
        """The label of the user model's app, if it is known."""
        if project.root not in self._user_models:
            value = project.setting("AUTH_USER_MODEL")
            label = value.partition(".")[0] if isinstance(value, str) and value.count(".") == 1 else None
            self._user_models[project.root] = label
        return self._user_models[project.root]


@lru_cache(maxsize=4_096)
def _plain_header(head: PlainHead, user_model: str) -> Header:
    """The header, with the label of the user model's app. The trees of base and head hold nearly the same files."""

    def dependencies(edges: tuple[Edge, ...]) -> tuple[Dependency, ...]:
        return tuple(
            Dependency(Key(edge.app, edge.name), edge.span)
            if edge.app
            else Dependency(Key(user_model, "__first__"), edge.span, "AUTH_USER_MODEL")
            for edge in edges
        )

    return Header(
        span=head.span,
        dependencies=dependencies(head.dependencies),
        run_before=dependencies(head.run_before),
        replaces=dependencies(head.replaces),
        atomic=head.atomic,
        initial=head.initial,
        dependencies_span=head.dependencies_span,
        dependencies_incomplete=False,
        not_understood=(),
        certain=True,
    )


def _worked_out(path: str, modules: Modules, project: Project) -> Any:
    """What a file holds and what that rests on, as data."""
    with modules.trail.record() as facts:
        outcome = _parse(path, modules, project, facts)
    return facts_to(facts), _found_to(_found(outcome))


def _outcome_of(path: str, answer: Any, modules: Modules, project: Project) -> Outcome:
    """What a file holds, by the answer of a worker; worked out here if there is none."""
    if answer is None:
        return _read(path, modules, project)
    facts, data = facts_from(answer[0]), answer[1]
    found = _found_from(path, data)
    project.memo.keep(_HEADER, _key(path, modules), facts, found, lambda _: data)
    return StoredFile(path, found, modules, project) if isinstance(found, Header) else found


def _key(path: str, modules: Modules) -> str:
    return f"{modules.tree.blob(path)}:{path}"


def _read(path: str, modules: Modules, project: Project) -> Outcome:
    with modules.trail.record() as facts:
        outcome = _parse(path, modules, project, facts)
    project.memo.keep(_HEADER, _key(path, modules), facts, _found(outcome), _found_to)
    return outcome


def _found(outcome: Outcome) -> _Found:
    return outcome.header if isinstance(outcome, StoredFile) else outcome


def _found_to(found: _Found) -> Any:
    match found:
        case Header():
            return ["header", header_to(found)]
        case Unreadable():
            named = None if found.dependencies is None else [[key.app, key.name] for key in found.dependencies]
            return ["unreadable", [found.reason, span_to(found.span), named]]
    return None


def _found_from(path: str, data: Any) -> _Found:
    if data is None:
        return None
    kind, content = data
    if kind == "unreadable":
        reason, place, named = content
        keys = None if named is None else tuple(Key(str(app), str(name)) for app, name in named)
        return Unreadable(path, str(reason), place_from(place), dependencies=keys)
    return header_from(content)


def _parse(path: str, modules: Modules, project: Project, facts: Facts) -> Outcome:
    try:
        source = modules.source(path)
        if not _binds_migration(source.tree):
            return None
        file = MigrationFile(source, project)
    except Unparsable as error:
        content = modules.content(path)
        named = None if content is None else dependencies_of(content, path)
        return Unreadable(path, error.reason, error.span, dependencies=named)
    except RecursionError:
        return Unreadable(path, "the code is nested too deeply", START)
    if file.header is None:
        return None
    stored = StoredFile(path, file.header, modules, project)
    stored.parsed(file, facts)
    return stored


def _binds_migration(tree: ast.Module) -> bool:
    """Whether the module's own level could define `Migration`, without evaluating it."""
    pending: list[ast.stmt] = list(tree.body)
    while pending:
        node = pending.pop()
        match node:
            case ast.ClassDef(name="Migration"):
                return True
            case ast.Assign(targets=targets) if any(_names_it(target) for target in targets):
                return True
            case ast.ImportFrom(names=names) if any(
                (alias.asname or alias.name) in ("Migration", "*") for alias in names
            ):
                return True
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While() | ast.TryStar():
                pending += [child for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
    return False


def _names_it(target: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "Migration" for node in ast.walk(target))
