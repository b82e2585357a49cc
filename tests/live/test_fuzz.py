"""The fuzzer for some seconds: nothing that it makes of SQL kills, hangs or confuses the analysis."""

from evaluation.locks.fuzz import fuzz


def test_broken_sql_is_survived() -> None:
    failures, fates = fuzz(20, seed=20)
    assert [(failure.seed, failure.problem, failure.text[:200]) for failure in failures] == []
    assert fates["understood"]
    assert fates["not understood"]
