"""From folders of migrations to histories: one for each universe of app labels in the repository.

A repository can hold several Django projects, whose labels may be the same and mean different apps. Folders under one
manage.py belong together; projects are joined where one depends on migrations of another and no label stands for two
folders. Of two folders with one label in one project, the usual one is the app and the other a history of its own.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct, field
from msgspec.structs import replace

from miglint.history import App, History, Key, Migration, Unreadable
from miglint.lazy import LazySequence
from miglint.sources.django.migration import Body
from miglint.sources.django.modules import Modules
from miglint.sources.django.packages import Package
from miglint.sources.django.projects import Project, Projects
from miglint.sources.django.stored import StoredFile

SOURCE = "django"
CONTRIB = frozenset(
    "admin auth contenttypes flatpages gis humanize messages postgres redirects sessions sites staticfiles".split()
)
_SIMILAR = 0.8


class _Universe(Struct):
    """Apps whose labels are each other's."""

    root: str
    apps: dict[str, Package] = field(default_factory=dict)
    lead: str | None = None
    """The root of the project whose settings hold for all of them, where that is not simply the one at `root`."""

    def needs(self) -> Iterator[tuple[str, str]]:
        """The migrations that its own depend on and that it does not hold."""
        for package in self.apps.values():
            for file in package.files.values():
                for edge in file.header.dependencies:
                    if edge.key.app not in self.apps:
                        yield edge.key.app, edge.key.name


def histories(found: Iterable[Package], modules: Modules, projects: Projects) -> list[History]:
    """The histories of a repository, in the order of their roots."""
    universes = _join(_universes(found, projects), projects)
    return [
        _history(universe, modules, projects.at(universe.root if universe.lead is None else universe.lead))
        for universe in sorted(universes, key=lambda universe: universe.root)
    ]


def _universes(found: Iterable[Package], projects: Projects) -> list[_Universe]:
    universes: dict[str, _Universe] = {}
    for package in sorted(found, key=_usual_first):
        project = projects.of(f"{package.folder}/x")
        label = _label(package, projects)
        universe = universes.setdefault(project.root, _Universe(project.root))
        if label in universe.apps:
            universe = universes.setdefault(package.folder, _Universe(package.folder))
        universe.apps[label] = package
    return list(universes.values())


def _usual_first(package: Package) -> tuple[bool, int, str]:
    return posixpath.basename(package.folder) != "migrations", package.folder.count("/"), package.folder


def _label(package: Package, projects: Projects) -> str:
    """What the project says; else what the migrations call each other; else the package's name."""
    label, said = projects.of(f"{package.folder}/x").labels.of(package.folder)
    if said:
        return label
    names = {_name(path) for path in package.files}
    votes = Counter(
        edge.key.app for file in package.files.values() for edge in file.header.dependencies if edge.key.name in names
    )
    if votes and label not in votes and len(votes) == 1:
        ((voted, count),) = votes.items()
        if count > 1 or posixpath.basename(package.folder) != "migrations":
            return voted
    return label


def _name(path: str) -> str:
    return posixpath.basename(path).removesuffix(".py")


def _join(universes: list[_Universe], projects: Projects) -> list[_Universe]:
    """Join universes where one names a migration that another holds and their labels do not collide.

    What has a manage.py and is built upon leads: the others are its plugins.
    """
    joined = True
    while joined:
        joined = False
        for one in universes:
            other = _provider(one, universes)
            if other is not None:
                one.apps.update(other.apps)
                leading = other.root if other.lead is None else other.lead
                one.lead = leading if projects.is_run(leading) else one.lead
                one.root = posixpath.commonpath([one.root, other.root]) if one.root and other.root else ""
                universes.remove(other)
                joined = True
                break
    return universes


def _provider(one: _Universe, universes: list[_Universe]) -> _Universe | None:
    for label, name in one.needs():
        for other in universes:
            package = other.apps.get(label)
            if package is None or other is one or other.apps.keys() & one.apps.keys():
                continue
            if name.startswith("__") or name in {_name(path) for path in package.files}:
                return other
    return None


def _history(universe: _Universe, modules: Modules, project: Project) -> History:
    migrations: dict[Key, Migration] = {}
    unreadable: list[Unreadable] = []
    for label, package in sorted(universe.apps.items()):
        for path, file in sorted(package.files.items()):
            key = Key(label, _name(path))
            migrations[key] = _migration(key, path, modules.tree.blob(path), file)
        unreadable += [replace(item, app=label) for item in package.unreadable]
    apps = {label: App(label, SOURCE, package.folder) for label, package in sorted(universe.apps.items())}
    external = _external(migrations.values(), set(apps), project.installed_apps())
    return History(SOURCE, universe.root, apps, migrations, tuple(unreadable), external, project.facts())


def _migration(key: Key, path: str, blob: str, file: StoredFile) -> Migration:
    header = file.header
    body: list[Body] = []

    def evaluated() -> Body:
        if not body:
            body.append(file.body())
        return body[0]

    return Migration(
        key=key,
        source=SOURCE,
        path=path,
        blob=blob,
        span=header.span,
        dependencies=header.dependencies,
        run_before=header.run_before,
        replaces=header.replaces,
        operations=LazySequence(lambda: evaluated().operations),
        atomic=header.atomic,
        initial=header.initial,
        dependencies_span=header.dependencies_span,
        dependencies_incomplete=header.dependencies_incomplete,
        not_understood=LazySequence(lambda: (*header.not_understood, *evaluated().not_understood)),
    )


def _external(migrations: Iterable[Migration], own: set[str], installed: list[str]) -> frozenset[str]:
    """Labels that are named but not here. Nearly an own label, and nowhere installed: that is a slip of the pen."""
    labels = {
        edge.key.app
        for migration in migrations
        for edge in (*migration.dependencies, *migration.run_before, *migration.replaces)
    }
    squeezed = [entry.replace(".", "").replace("_", "").lower() for entry in installed]
    foreign = set()
    for label in labels - own:
        known = label in CONTRIB or any(label.replace("_", "").lower() in entry for entry in squeezed)
        if known or not _is_like_one(label, own):
            foreign.add(label)
    return frozenset(foreign)


def _is_like_one(label: str, own: set[str]) -> bool:
    import difflib

    return bool(difflib.get_close_matches(label, own, n=1, cutoff=_SIMILAR))
