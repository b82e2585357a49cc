"""Write a repository like a large Django project: 1,400 migrations in 60 apps among 5,000 other files.

    python benchmarks/generate.py FOLDER [--migrations 1400] [--seed 1]

The same arguments give the same commits. `main` is the base. The branch `change`, which is checked out, left it some
commits ago; it adds four migrations, one of which conflicts with a migration that `main` got meanwhile, and edits one.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

WORDS = Path(__file__).with_name("words.txt").read_text(encoding="utf-8").split()


@dataclass(slots=True)
class Model:
    """What a model has so far; `fields` are those that may still be altered."""

    name: str
    fields: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Body:
    """What stands in a migration."""

    links: list[str]
    functions: list[str]
    operations: list[str]


@dataclass(slots=True)
class App:
    """An app, the names of its migrations so far, and what the first ones hold."""

    label: str
    models: list[Model] = field(default_factory=list)
    migrations: list[str] = field(default_factory=list)
    bodies: list[Body] = field(default_factory=list)

    @property
    def folder(self) -> str:
        return f"project/{self.label}/migrations"


FIELDS = (
    "models.CharField(max_length={number})",
    "models.CharField(blank=True, default='', max_length={number}, verbose_name='{word}')",
    "models.TextField(blank=True, null=True)",
    "models.IntegerField(default={number})",
    "models.PositiveIntegerField(null=True)",
    "models.BooleanField(default=False, help_text='Whether the {word} is shown to the {other}.')",
    "models.DateTimeField(auto_now_add=True)",
    "models.DecimalField(decimal_places=2, default=Decimal('0.00'), max_digits=12)",
    "models.JSONField(default=dict)",
    "models.SlugField(max_length={number}, unique=True)",
    "models.UUIDField(default=uuid.uuid4, editable=False)",
    "models.CharField(choices=[('{word}', '{word}'), ('{other}', '{other}')], default='{word}', max_length=32)",
)

HEADER = """import uuid
from decimal import Decimal

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

"""


class Project:
    """Grows a project migration by migration, with one source of chance."""

    def __init__(self, seed: int, apps: int) -> None:
        self.random = random.Random(seed)
        labels = [word + "s" for word in WORDS][:apps]
        labels += [f"{word}_extra" for word in WORDS][: apps - len(labels)]
        self.apps = [App(label) for label in labels]

    def migration(self, app: App) -> tuple[str, str]:
        """The next migration of an app: its path and text."""
        number = len(app.migrations) + 1
        body = Body([], [], [])
        if number == 1:
            name = "0001_initial"
            body.operations.extend(self._create(self._model(app)) for _ in range(self.random.randint(2, 6)))
        else:
            name = f"{number:04}_{self.random.choice(WORDS)}_{self.random.choice(WORDS)}"
            for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 5))):
                body.operations.append(self._operation(app, body.functions))
        if number == 1 or self.random.random() < 0.15:
            body.links.extend(self._links(app))
        parent = [f'("{app.label}", "{app.migrations[-1]}"),'] if app.migrations else []
        app.migrations.append(name)
        app.bodies.append(body)
        return f"{app.folder}/{name}.py", text_of([*parent, *body.links], body, initial=number == 1)

    def squash(self, app: App) -> tuple[str, str]:
        """A squash of an app's migrations so far, kept beside them."""
        links = list(dict.fromkeys(link for body in app.bodies for link in body.links))
        functions = [function for body in app.bodies for function in body.functions]
        operations = [operation for body in app.bodies for operation in body.operations]
        replaced = "".join(f'        ("{app.label}", "{name}"),\n' for name in app.migrations)
        text = text_of(links, Body([], functions, operations), initial=True)
        text = text.replace("    dependencies", f"    replaces = [\n{replaced}    ]\n\n    dependencies", 1)
        return f"{app.folder}/0001_squashed_{app.migrations[-1]}.py", text

    def _links(self, app: App) -> list[str]:
        others = [other for other in self.apps if other.migrations and other is not app]
        chosen = self.random.sample(others, min(len(others), self.random.randint(0, 2)))
        links = [f'("{other.label}", "{self.random.choice(other.migrations)}"),' for other in chosen]
        return [*links, "migrations.swappable_dependency(settings.AUTH_USER_MODEL),"]

    def _model(self, app: App) -> Model:
        taken = {model.name for model in app.models}
        names = (a.title() + b.title() for a in self.random.sample(WORDS, 12) for b in self.random.sample(WORDS, 12))
        model = Model(next(name for name in names if name not in taken))
        app.models.append(model)
        return model

    def _create(self, model: Model) -> str:
        id_field = "models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')"
        fields = [("id", id_field)]
        fields += [(self._new_field(model), self._field()) for _ in range(self.random.randint(3, 9))]
        rows = "".join(f'                ("{name}", {definition}),\n' for name, definition in fields)
        ordering = '            options={"ordering": ["id"]},\n'
        start = f'        migrations.CreateModel(\n            name="{model.name}",\n            fields=[\n'
        return f"{start}{rows}            ],\n{ordering}        ),\n"

    def _new_field(self, model: Model) -> str:
        name = f"{self.random.choice(WORDS)}_{self.random.choice(WORDS)}"
        while name in model.fields:
            name += "_2"
        model.fields.append(name)
        return name

    def _field(self) -> str:
        word, other = self.random.sample(WORDS, 2)
        return self.random.choice(FIELDS).format(number=self.random.randint(8, 255), word=word, other=other)

    def _operation(self, app: App, functions: list[str]) -> str:
        model = self.random.choice(app.models)
        known = self.random.choice(model.fields)
        model_name = model.name.lower()
        match self.random.choices(
            ("add", "alter", "create", "key", "index", "data", "sql", "options"), (40, 25, 8, 9, 7, 6, 3, 2)
        )[0]:
            case "add":
                return _call("AddField", model_name=model_name, name=self._new_field(model), field=self._field())
            case "alter":
                return _call("AlterField", model_name=model_name, name=known, field=self._field())
            case "create":
                return self._create(self._model(app))
            case "key":
                target = self.random.choice(app.models).name.lower()
                key = (
                    "models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, "
                    f"related_name='+', to='{app.label}.{target}')"
                )
                return _call("AddField", model_name=model_name, name=self._new_field(model), field=key)
            case "index":
                name = f"{model_name[:12]}_{self.random.randrange(16**6):06x}_idx"
                return _call(
                    "AddIndex", model_name=model_name, index=f"models.Index(fields=['{known}'], name='{name}')"
                )
            case "data":
                function = f"fill_{known}_{len(app.migrations)}_{len(functions)}"
                functions.append(
                    f"\ndef {function}(apps, schema_editor):\n"
                    f'    {model.name} = apps.get_model("{app.label}", "{model.name}")\n'
                    f"    for row in {model.name}.objects.using(schema_editor.connection.alias).iterator():\n"
                    f'        row.save(update_fields=["{known}"])\n\n'
                )
                return f"        migrations.RunPython({function}, migrations.RunPython.noop),\n"
            case "sql":
                table = f"{app.label}_{model_name}"
                return (
                    f'        migrations.RunSQL("UPDATE {table} SET {known} = {known} WHERE id < 0", '
                    "migrations.RunSQL.noop),\n"
                )
            case _:
                return _call("AlterModelOptions", name=model_name, options='{"ordering": ["-id"]}')


def text_of(dependencies: list[str], body: Body, *, initial: bool) -> str:
    """The text of a migration."""
    lines = [HEADER, *body.functions, "\nclass Migration(migrations.Migration):\n"]
    lines += ["    initial = True\n\n"] if initial else []
    lines += ["    dependencies = [\n", *(f"        {entry}\n" for entry in dependencies), "    ]\n\n"]
    lines += ["    operations = [\n", *body.operations, "    ]\n"]
    return "".join(lines)


def _call(operation: str, **arguments: str) -> str:
    texts = {"model_name", "name"}
    lines = (
        f"            {name}={f'{chr(34)}{value}{chr(34)}' if name in texts else value},\n"
        for name, value in arguments.items()
    )
    return f"        migrations.{operation}(\n{''.join(lines)}        ),\n"


def project_files(project: Project, migrations: int) -> dict[str, str]:
    """All files of the project at the start, migrations included."""
    files = {f"{app.folder}/__init__.py": "" for app in project.apps}
    for number, app in enumerate(project.apps):
        files |= dict([project.migration(app)])
        if number % 15 == 0:  # at once, so that no other app depends on what is squashed: that would be a cycle
            files |= dict([project.migration(app), project.migration(app), project.squash(app)])
    weights = [project.random.paretovariate(1.2) for _ in project.apps]
    left = migrations - sum("/migrations/0" in name for name in files)
    for app in project.random.choices(project.apps, weights, k=left):
        files |= dict([project.migration(app)])
    for app in project.apps:
        files |= other_files(project, app)
    files["manage.py"] = "import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'project.settings')\n"
    installed = "".join(f'    "project.{app.label}",\n' for app in project.apps)
    files["project/settings.py"] = f'INSTALLED_APPS = [\n    "django.contrib.auth",\n{installed}]\n'
    files["requirements.txt"] = "Django==5.2.*\n"
    return files


def other_files(project: Project, app: App) -> dict[str, str]:
    """What else lies in an app: modules, tests, templates, translations."""
    label = app.label
    files = {f"project/{label}/__init__.py": "", f"project/{label}/apps.py": _app_config(label)}
    for name in project.random.sample(WORDS, 40):
        body = "".join(f"def {word}_{name}(value):\n    return value + {len(word)}\n\n\n" for word in WORDS[:12])
        files[f"project/{label}/{name}.py"] = f'"""The {name} of {label}."""\n\n\n{body}'
        files[f"project/{label}/templates/{label}/{name}.html"] = f"<p>{{{{ {name} }}}}</p>\n" * 20
    for language in ("de", "fr", "pl"):
        files[f"project/{label}/locale/{language}/LC_MESSAGES/django.po"] = f'msgid "{label}"\nmsgstr ""\n' * 50
    return files


def _app_config(label: str) -> str:
    config = f'class {label.title()}Config(AppConfig):\n    name = "project.{label}"\n'
    return f"from django.apps import AppConfig\n\n\n{config}"


class Repository:
    """A repository that is written commit by commit, with fixed names and dates."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = 1_767_225_600
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        clean |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for role in ("AUTHOR", "COMMITTER"):
            clean |= {f"GIT_{role}_NAME": "Ada", f"GIT_{role}_EMAIL": "ada@example.org"}
            clean[f"GIT_{role}_DATE"] = f"{self.clock} +0000"
        subprocess.run(["git", *arguments], cwd=self.path, env=clean, check=True)

    def commit(self, files: dict[str, str], message: str) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.clock += 3600
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)


def generate(path: Path, *, migrations: int = 1400, apps: int = 60, seed: int = 1) -> None:
    """Write the repository with its two branches."""
    project = Project(seed, apps)
    repository = Repository(path)
    repository.commit(project_files(project, migrations - 6), "Start")
    repository.git("branch", "change")
    first, second, third, fourth = project.apps[:4]
    parent = list(first.migrations)
    repository.commit(dict([project.migration(first)]), "Change what the branch changes too")
    repository.commit(dict([project.migration(fourth)]), "Change something else")
    repository.git("switch", "--quiet", "change")
    first.migrations = parent
    repository.commit(dict([project.migration(first)]), "Add a migration that conflicts")
    repository.commit(dict([project.migration(second), project.migration(second)]), "Add two more")
    repository.commit(dict([project.migration(third)]), "Add a fourth")
    last = f"{third.folder}/{third.migrations[-2]}.py"
    text = (path / last).read_text(encoding="utf-8")
    repository.commit(
        {last: text.replace("    operations = [", "    atomic = False\n\n    operations = [")}, "Edit one"
    )
    repository.git("gc", "--quiet")


def main() -> None:
    """Read the arguments and write the repository."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--migrations", type=int, default=1400)
    parser.add_argument("--apps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generate(arguments.folder, migrations=arguments.migrations, apps=arguments.apps, seed=arguments.seed)


if __name__ == "__main__":
    main()
