"""Servers for tests that need one, started when the first such test asks, one a worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

import pytest

from evaluation import servers


@pytest.fixture(scope="session")
def postgresql() -> Iterator[servers.PostgreSQL]:
    yield from _started(servers.postgresql)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[servers.MariaDB]:
    yield from _started(servers.mariadb)


Server = TypeVar("Server")


def _started(start: Callable[[], AbstractContextManager[Server]]) -> Iterator[Server]:
    """The server; without its binaries tests skip, except under CI, where what is not tested must be seen."""
    try:
        context = start()
        server = context.__enter__()
    except servers.ServerUnavailable as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    try:
        yield server
    finally:
        context.__exit__(None, None, None)
