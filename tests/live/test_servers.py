from pathlib import Path

import pytest

from evaluation import servers


def test_postgresql_answers_and_can_be_restarted_empty(postgresql: servers.PostgreSQL) -> None:
    with postgresql.connect() as connection:
        row = connection.execute("SELECT current_setting('server_version_num')::int / 10000").fetchone()
    assert row == (postgresql.version[0],)


def test_mariadb_answers(mariadb: servers.MariaDB) -> None:
    with mariadb.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT version()")
        row = cursor.fetchone()
    assert row is not None
    assert row[0].startswith(".".join(map(str, mariadb.version)))


def test_a_server_leaves_nothing_behind() -> None:
    with servers.postgresql() as server:
        folder = Path(server.host)
        assert folder.is_dir()
    assert not folder.exists()


def test_a_major_without_binaries_is_said_to_be_missing() -> None:
    with pytest.raises(servers.ServerUnavailable, match="PostgreSQL 7"), servers.postgresql(7):
        pass
