"""For the operations of Django's documentation, in many variants: what is predicted is what a live server does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evaluation import servers
from evaluation.locks.django import DjangoCase, Shop, read_cases, rendered
from evaluation.locks.postgresql import Lab
from miglint.history import Target
from miglint.sources.django.catalogue import OPERATIONS, POSTGRES_OPERATIONS

CASES = [*read_cases()]


@pytest.fixture(scope="module")
def shop(postgresql: servers.PostgreSQL) -> Iterator[Shop]:
    lab = Lab(postgresql)
    yield Shop(lab)
    lab.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_effects_are_those_that_the_server_shows(
    case: DjangoCase, shop: Shop, postgresql: servers.PostgreSQL
) -> None:
    target = Target("postgresql", postgresql.version)
    trial = rendered(case, target)
    measured = shop.measure(trial)
    assert not measured.error
    assert measured.differences(trial.predicted(target)) == {}


def test_every_operation_is_among_the_cases() -> None:
    names = " ".join(case.name for case in CASES)
    assert {name for name in (*OPERATIONS, *POSTGRES_OPERATIONS) if f"{name}(" not in names} == set()
