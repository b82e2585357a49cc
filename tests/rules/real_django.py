"""Run as a program: what real Django makes of the migrations of an example, on a real server.

    python real_django.py ENGINE FOLDER HOST PORT USER DATABASE BASE_NAME…

ENGINE is one of Django's backends: `postgresql`, or `mysql` through PyMySQL.

Applies every migration of the app `shop` under FOLDER for real, one after the other, and prints as JSON the statements
that `sqlmigrate` gives for each of them just before, those that were sent, and the columns of the models of the base.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main(engine: str, folder: str, host: str, port: str, user: str, database: str, *base: str) -> None:
    """Configure Django for the folder, migrate step by step, print."""
    sys.path.insert(0, folder)
    if engine == "mysql":
        import pymysql

        pymysql.version_info = (2, 2, 1, "final", 0)  # Django asks for this version of mysqlclient
        pymysql.install_as_MySQLdb()
    import django
    from django.conf import settings

    place = {"NAME": database, "HOST": host, "PORT": port, "USER": user}
    connection = {"ENGINE": f"django.db.backends.{engine}", **place}
    settings.configure(
        DATABASES={"default": connection},
        INSTALLED_APPS=["shop"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    json.dump(migrated(set(base)), sys.stdout)


def migrated(base: set[str]) -> dict[str, Any]:
    """Every migration with its statements, in the order of the plan, and the base's columns by table."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    graph = executor.loader.graph
    plan = executor.migration_plan(graph.leaf_nodes("shop"), clean_start=True)
    state = executor._create_project_state(with_applied_migrations=False)
    migrations, columns = [], {}
    for migration, _ in plan:
        statements = executor.loader.collect_sql([(migration, False)])
        migrations.append(
            {
                "name": migration.name,
                "atomic": migration.atomic,
                "statements": [line for line in statements if line and not line.startswith("--")],
            }
        )
        sent: list[str] = []
        with connection.execute_wrapper(noting(sent)):
            state = executor.apply_migration(state, migration)
        migrations[-1]["sent"] = sent
        if migration.name in base:
            models = state.apps.get_models()
            columns = {model._meta.db_table: [field.column for field in model._meta.local_fields] for model in models}
    return {"migrations": migrations, "columns": columns}


def noting(sent: list[str]) -> Any:
    """A wrapper of Django's cursors that keeps what is sent, RunPython's statements too."""

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        sent.append(str(sql))
        return execute(sql, params, many, context)

    return note


if __name__ == "__main__":
    main(*sys.argv[1:])
