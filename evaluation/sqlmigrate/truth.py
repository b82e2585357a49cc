"""Write what a real Django prints for each migration of an installed project, against a real server.

Runs in the project's own environment, where its packages are installed and the project itself can be imported:

    DJANGO_SETTINGS_MODULE=shop.settings python truth.py postgresql truth.jsonl --host /tmp --user postgres

The database (`--name`) is dropped and made anew. Migrations are taken in the loader's plan; the SQL of each is
collected from the schema editor first, as `sqlmigrate` does, and then the migration is applied for real, so that the
names which the editor looks up are there. One line of JSON a migration: app, name, sql (without comments), error, and
`refused` if the server would not have it (a cast that does not exist): with `--go-on` the plan goes on without it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from pathlib import Path


class AnyRelation:
    """A router that lets data migrations relate what they read from a replica."""

    def allow_relation(self, *objects: object, **hints: object) -> bool:
        return True


def settings_of(arguments: argparse.Namespace) -> dict[str, object]:
    engine = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql", "sqlite": "sqlite3"}[arguments.database]
    if engine == "sqlite3":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": arguments.file}
    return {
        "ENGINE": f"django.db.backends.{engine}",
        "NAME": arguments.name,
        "HOST": arguments.host,
        "PORT": arguments.port,
        "USER": arguments.user,
        "PASSWORD": arguments.password,
    }


def bring_in_mysql() -> None:
    """Have PyMySQL stand in for mysqlclient where that is not installed: Django takes it if it says that it is new."""
    try:
        import MySQLdb  # noqa: F401 only whether it is there
    except ImportError:
        import pymysql

        pymysql.version_info, pymysql.__version__ = (2, 2, 8, "final", 0), "2.2.8"
        pymysql.install_as_MySQLdb()


def recreate(database: str, settings: dict[str, object]) -> None:
    """Drop and create the database."""
    if database == "sqlite":
        Path(str(settings["NAME"])).unlink(missing_ok=True)
    elif database == "postgresql":
        try:
            import psycopg
        except ImportError:  # a project on the older driver is measured with that
            import psycopg2 as psycopg

        place = {"host": settings["HOST"], "port": settings["PORT"] or None, "user": settings["USER"]}
        connection = psycopg.connect(dbname="postgres", **place)
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(f"DROP DATABASE IF EXISTS {settings['NAME']} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {settings['NAME']} TEMPLATE template0 ENCODING 'UTF8'")
        connection.close()
    else:
        import MySQLdb

        socket = {"unix_socket": settings["HOST"]} if str(settings["HOST"]).startswith("/") else {}
        with MySQLdb.connect(user=settings["USER"], **socket).cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {settings['NAME']}")
            cursor.execute(f"CREATE DATABASE {settings['NAME']} CHARACTER SET utf8mb4")


def leave_transaction(connection) -> None:
    """Give up a transaction that an editor has not ended: it does not where one of its deferred statements fails."""
    if connection.in_atomic_block:
        connection.in_atomic_block, connection.needs_rollback, connection.savepoint_ids = False, False, []
        connection.close()


def record(migration, state, connection) -> tuple[list[str], str]:
    """What the editor collects; and the error, if it raised one."""
    error, collected = "", []
    try:
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            collected = editor.collected_sql
            migration.apply(state.clone(), editor, collect_sql=True)
    except Exception:
        error = traceback.format_exc(limit=-1).strip().splitlines()[-1]
        leave_transaction(connection)
    return [sql for sql in collected if not sql.startswith("--")], error


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", choices=["postgresql", "mysql", "mariadb", "sqlite"])
    parser.add_argument("output", type=Path)
    for name in ("host", "port", "user", "password"):
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--name", default="miglint_truth")
    parser.add_argument("--file", default="truth.sqlite3")
    parser.add_argument("--go-on", action="store_true", help="after a migration that the server refuses")
    arguments = parser.parse_args()
    sys.path.insert(0, str(Path.cwd()))

    import django
    from django.conf import settings

    if arguments.database in {"mysql", "mariadb"}:
        bring_in_mysql()
    database = settings_of(arguments)
    settings.DATABASES = {alias: dict(database) for alias in {"default", *settings.DATABASES}}
    settings.DATABASE_ROUTERS = [AnyRelation()]
    recreate(arguments.database, database)
    django.setup()
    from django.db import connection, connections

    for alias in settings.DATABASES:  # a replica that is not one would not see what a migration has just done
        connections[alias] = connections["default"]
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.recorder.ensure_schema()
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state = executor._create_project_state(with_applied_migrations=True)
    started = time.monotonic()
    with arguments.output.open("w") as output:
        for number, (migration, _) in enumerate(plan):
            sql, error = record(migration, state, connection)
            before, refused = state.clone(), False
            try:
                with connection.schema_editor(atomic=migration.atomic) as editor:
                    state = migration.apply(state, editor)
            except Exception:
                if not arguments.go_on:
                    raise
                state, refused = before, True
                leave_transaction(connection)
            line = {"app": migration.app_label, "name": migration.name, "sql": sql, "error": error, "refused": refused}
            output.write(json.dumps(line) + "\n")
            output.flush()
            if number % 100 == 0:
                print(f"{number}/{len(plan)} {time.monotonic() - started:.0f} s", file=sys.stderr)
    print(f"{len(plan)} migrations, Django {django.get_version()}, {arguments.database}", file=sys.stderr)


if __name__ == "__main__":
    main()
