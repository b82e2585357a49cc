"""Workers: the same answers for any number of them, and none that outlives the command.

A process with threads does not fork, and the test runner has some, so each test is a process of its own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rules.running import commit

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="a process is not forked there")
HEAD = """
import os, signal, sys, threading, time
from miglint.crew import Crew, processors

def alone():
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False

def texts(share):
    return [str(item) for item in share]

items = list(range(450))
"""
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith(("GIT", "CI", "MIGLINT"))},
    "PYTHONPATH": os.pathsep.join(sys.path),
}


def script(body: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", HEAD + textwrap.dedent(body)]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)


def test_workers_answer_in_the_order_of_the_items_and_are_gone() -> None:
    ran = script("""
        for jobs in (2, 3, 4, 100):
            answers = Crew(jobs).answers(lambda share: [[item * 2, os.getpid()] for item in share], items, list[int])
            assert [answer[0] for answer in answers] == [item * 2 for item in items]
            processes = {answer[1] for answer in answers}
            assert len(processes) == min(jobs, 4) and os.getpid() not in processes
            assert alone()
    """)
    assert (ran.stderr, ran.returncode) == ("", 0)


def test_one_process_or_few_items_are_worked_out_here() -> None:
    ran = script("""
        assert Crew(1).answers(texts, items, str) == [None] * 450
        assert Crew(8).answers(texts, items[:199], str) == [None] * 199
        assert Crew(8).answers(texts, [], str) == []
        assert processors() >= 1
    """)
    assert (ran.stderr, ran.returncode) == ("", 0)


def test_a_process_with_threads_does_not_fork() -> None:
    ran = script("""
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        assert Crew(2).answers(texts, items, str) == [None] * 450
        stop.set()
        thread.join()
    """)
    assert (ran.stderr, ran.returncode) == ("", 0)


@pytest.mark.parametrize(
    "failing",
    [
        "os.kill(os.getpid(), signal.SIGKILL)",
        "os._exit(0)",
        "1 / 0",
        "sys.exit(3)",
        "return [object()] * len(share)",
        "return share[1:]",
        "return [str(item) for item in share]",
    ],
)
def test_what_a_worker_does_not_send_is_left_to_be_worked_out(failing: str) -> None:
    ran = script(f"""
        def work(share):
            if 7 in share:
                {failing}
            return share
        answers = Crew(2).answers(work, items, int)
        assert answers == [None if item % 2 else item for item in items], answers
        assert alone()
    """)
    assert (ran.stderr, ran.returncode) == ("", 0)


def test_what_fails_meanwhile_leaves_no_worker_behind() -> None:
    ran = script("""
        def meanwhile():
            raise KeyboardInterrupt
        start = time.monotonic()
        try:
            Crew(2, meanwhile).answers(lambda share: time.sleep(30), items, int)
        except KeyboardInterrupt:
            assert alone() and time.monotonic() - start < 20
        else:
            raise AssertionError
    """)
    assert (ran.stderr, ran.returncode) == ("", 0)


MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependency}]
    operations = [migrations.{operation}]
"""


def _migrations(count: int) -> dict[str, str]:
    files = {"shop/migrations/__init__.py": ""}
    fields = 'CreateModel("Order", [("id", models.BigAutoField(primary_key=True))])'
    for number in range(1, count + 1):
        operation = fields if number == 1 else f'AddField("order", "f{number}", models.IntegerField(null=True))'
        dependency = f'("shop", "{number - 1:04}_step")' if number > 1 else ""
        files[f"shop/migrations/{number:04}_step.py"] = MIGRATION.format(dependency=dependency, operation=operation)
    return files


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    base, dependency = _migrations(210), '("shop", "0210_step"), models.nothing'
    # So many that others look into them, too.
    base |= {f"parts/part_{number}.py": f"NUMBER = {number}\n" for number in range(1_000)}
    fork = MIGRATION.format(dependency='("shop", "0209_step")', operation='RemoveField("order", "f5")')
    odd = MIGRATION.format(dependency=dependency, operation='AddIndex("order", models.Index("f7", name="f7_idx"))')
    broken = "class Migration(:\n"
    head = {
        f"shop/migrations/{name}.py": text for name, text in (("0210_f", fork), ("0211_o", odd), ("0212_b", broken))
    }
    commit(folder, base, base | head)
    return folder


def miglint(folder: Path, *arguments: str) -> Callable[[], subprocess.Popen[str]]:
    command = [sys.executable, "-m", "miglint", "check", "--base", "main", "--head", "change", *arguments]

    def start() -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, text=True, start_new_session=True, **pipes)  # type: ignore[call-overload, no-any-return]  # of pipes alone

    return start


def test_the_report_is_the_same_for_any_number_of_jobs_and_from_the_cache(shop: Path, tmp_path: Path) -> None:
    kept = ("--cache-dir", str(tmp_path / "cache"))
    runs = [("--no-cache", "--jobs", "1"), ("--no-cache", "--jobs", "2"), ("--no-cache",), (*kept, "--jobs", "2"), kept]
    reports = set()
    for run in runs:
        output, error = miglint(shop, "--format", "json", *run)().communicate(timeout=120)
        assert error == ""
        reports.add(output)
    (report,) = reports
    found = {finding["rule"] for finding in json.loads(report)["findings"]}
    assert {"blocking-index-build", "dropped-column"} <= found
    assert json.loads(report)["coverage"]["unknown"]


def test_others_look_into_the_files_of_a_large_tree() -> None:
    ran = script("""
        from miglint import crew
        from miglint.cache import NullCache
        from miglint.changeset import MemoryTree
        from miglint.sources.django.looks import MIGRATION, SETTINGS, Look, looking

        plain = b"from django.db import migrations\\n\\n\\n"
        plain += b"class Migration(migrations.Migration):\\n    operations = []\\n"
        files = {f"shop/migrations/m{number}.py": plain + b"# %d\\n" % number for number in range(700)}
        files |= {f"parts/p{number}.py": b"N = %d\\n" % number for number in range(700)}
        files |= {"settings.py": b"INSTALLED_APPS = []\\n", "shop/apps.py": b"label = 1\\n"}
        files["huge.py"] = b"#" * 6_000_000
        hired = []
        hire = crew._hire
        crew._hire = lambda *given: hired.append(hire(*given)) or hired[-1]
        found = []
        for jobs in (1, 2):
            with looking(MemoryTree(files), NullCache(), Crew(jobs), frozenset()) as looks:
                found.append(looks())
        assert len(hired) == 2 and None not in hired and alone()
        assert found[0] == found[1] and found[0].keys() == files.keys()
        first = found[1]["shop/migrations/m1.py"]
        assert (first.interest, first.content) == (MIGRATION, files["shop/migrations/m1.py"])
        assert first.head is not None
        assert found[1]["parts/p1.py"] == Look()
        assert found[1]["settings.py"] == Look(SETTINGS, files["settings.py"])
        assert found[1]["shop/apps.py"] == Look(0, files["shop/apps.py"])
        assert found[1]["huge.py"].content is None and "larger than" in found[1]["huge.py"].lost
    """)
    assert (ran.stderr, ran.returncode) == ("", 0)


def test_a_number_of_jobs_that_is_none_is_bad_usage(shop: Path) -> None:
    process = miglint(shop, "--jobs", "0")()
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error.count("\n")) == (2, 1)
    assert "--jobs" in error


@pytest.mark.parametrize("whole_group", [True, False], ids=["Ctrl-C", "SIGINT"])
def test_an_interrupt_ends_the_workers_too(shop: Path, tmp_path: Path, whole_group: bool) -> None:
    """The workers take for ever here; as long as one lives, the pipe of standard output does not end."""
    body = f"""
        from miglint.cli import main
        from miglint.sources.django import stored
        from pathlib import Path
        os.chdir({str(shop)!r})
        signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background ignores it
        def stuck(*arguments):
            Path({str(tmp_path)!r}, str(os.getpid())).touch()
            time.sleep(60)
        stored._worked_out = stuck
        sys.exit(main(["check", "--base", "main", "--head", "change", "--no-cache", "--jobs", "2"]))
    """
    command = [sys.executable, "-c", HEAD + textwrap.dedent(body)]
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    (os.killpg if whole_group else os.kill)(process.pid, signal.SIGINT)
    output, error = process.communicate(timeout=30)
    assert (process.returncode, output, error.strip()) == (130, b"", b"")
    for worker in tmp_path.iterdir():
        with pytest.raises(ProcessLookupError):
            os.kill(int(worker.name), 0)
