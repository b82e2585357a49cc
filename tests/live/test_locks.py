"""A sample of the lab: live servers do what is predicted."""

from collections.abc import Iterator

import pytest

from evaluation import servers
from evaluation.locks import mariadb as mariadb_lab
from evaluation.locks import postgresql as postgresql_lab
from evaluation.locks.campaign import trials
from evaluation.locks.cases import CASES, Case, read_cases
from evaluation.locks.mariadb_watch import Watch
from evaluation.locks.outcome import recorded
from evaluation.locks.prediction import predict
from evaluation.locks.truth_mariadb import disagreements
from evaluation.locks.truth_mariadb import predict as predict_mariadb
from miglint.history import Target

MARIADB_CASES = [*read_cases(CASES / "mariadb.jsonl")]
WATCHED_ON_MARIADB = [*read_cases(CASES / "mariadb_watched.jsonl")]
POSTGRESQL_CASES = [*read_cases(CASES / "postgresql.jsonl")]
SEEN_ON_POSTGRESQL = [*read_cases(CASES / "postgresql_seen.jsonl")]


def name(case: Case) -> str:
    return f"{case.id}: {case.statement[:60]}"


@pytest.fixture(scope="module")
def on_postgresql(postgresql: servers.PostgreSQL) -> Iterator[postgresql_lab.Lab]:
    lab = postgresql_lab.Lab(postgresql)
    lab.provide()
    yield lab
    lab.close()


@pytest.fixture(scope="module")
def on_mariadb(mariadb: servers.MariaDB) -> Iterator[mariadb_lab.Lab]:
    lab = mariadb_lab.Lab(mariadb)
    yield lab
    lab.close()


@pytest.mark.parametrize("case", POSTGRESQL_CASES, ids=name)
def test_postgresql_does_what_is_predicted(case: Case, on_postgresql: postgresql_lab.Lab) -> None:
    target = Target("postgresql", on_postgresql.server.version)
    predicted = predict(case.setup, postgresql_lab.split(case.statement), target)
    assert on_postgresql.measure(case).differences(predicted) == {}


def test_what_postgresql_was_seen_to_do_is_predicted() -> None:
    """All but what a note explains. Of a statement outside of a transaction the watcher may miss brief locks."""
    differences = {}
    for case in SEEN_ON_POSTGRESQL:
        statements = postgresql_lab.split(case.statement)
        target = Target("postgresql", (case.expect["major"],))
        predicted = predict(case.setup, statements, target, session=case.session, atomic=case.in_transaction)
        aspects = recorded(case.expect).differences(predicted).keys()
        differences[case] = aspects - (set() if case.in_transaction else {"locks", "dangerous"})
    assert {name(case) for case in differences if bool(case.note) is not bool(differences[case])} == set()


SAMPLE = [case for case in SEEN_ON_POSTGRESQL if case.in_transaction and not case.majors and not case.note][::35]


@pytest.mark.parametrize("case", SAMPLE, ids=name)
def test_postgresql_does_what_was_seen(case: Case, on_postgresql: postgresql_lab.Lab) -> None:
    target = Target("postgresql", on_postgresql.server.version)
    predicted = predict(case.setup, postgresql_lab.split(case.statement), target, session=case.session)
    assert on_postgresql.measure(case).differences(predicted) == {}


def test_generated_transactions_do_what_is_predicted(on_postgresql: postgresql_lab.Lab) -> None:
    target = Target("postgresql", on_postgresql.server.version)
    made = [trial for trial in trials(on_postgresql, 1, target) if not trial.refused]
    assert len(made) > 25
    assert {trial.statements: trial.differences() for trial in made if trial.differences()} == {}


@pytest.mark.parametrize("case", MARIADB_CASES[::12], ids=name)
def test_mariadb_does_what_is_recorded(case: Case, on_mariadb: mariadb_lab.Lab) -> None:
    answer = on_mariadb.ask(case.setup, case.statement, case.session)
    assert {
        "cheapest_algorithm": answer.cheapest,
        "least_lock": answer.lock,
        "effective_algorithm": answer.effective,
    } == case.expect


KNOWN_DIFFERENCES = {"DROP INDEX u, ADD PRIMARY KEY (a)"}
"""A unique key over NOT NULL columns that becomes the primary key is only renamed; predicted is a rebuild."""


@pytest.mark.parametrize("case", MARIADB_CASES, ids=name)
def test_what_mariadb_was_seen_to_do_is_predicted(case: Case) -> None:
    if case.expect["effective_algorithm"] is None or any(each in case.statement for each in KNOWN_DIFFERENCES):
        return
    predicted = predict_mariadb(case)
    assert not predicted.reason
    assert (predicted.algorithm, predicted.lock) == (case.expect["effective_algorithm"], case.expect["least_lock"])


@pytest.mark.parametrize("case", WATCHED_ON_MARIADB, ids=name)
def test_who_was_seen_to_wait_on_mariadb_is_predicted(case: Case) -> None:
    assert bool(disagreements(case)) is bool(case.note)


WAITING = {"w001", "w008", "w017", "w052", "w079"}


@pytest.mark.parametrize("case", [case for case in WATCHED_ON_MARIADB if case.id in WAITING], ids=name)
def test_mariadb_makes_wait_who_was_seen_to(case: Case, mariadb: servers.MariaDB) -> None:
    watch = Watch(mariadb)
    assert watch.see(case.setup, case.statement).waits == case.expect["waits"]
    watch.close()
