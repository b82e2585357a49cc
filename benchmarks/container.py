"""Measure the action's image: its size, and how long a container takes from its start to the first annotation.

    python benchmarks/container.py [--repeats 5] [--build]

Next to `python3 -c pass` in the same container by turns, so that what remains is miglint's own. The image is the one
that tests/container builds (`--build` makes it anew); the time to create a container is in neither figure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from generate import generate  # noqa: E402 (found by the path above)

from tests.container import image  # noqa: E402
from tests.github.workflow import environment, pull_request_payload  # noqa: E402

REPOSITORY = "/github/workspace"
FILES = "/github/files"


def first_line(container: image.Container, options: Sequence[str], command: Sequence[str], starts: bytes) -> float:
    """Seconds until the command has printed its first line, which must start as it should."""
    start = time.perf_counter()
    with subprocess.Popen(
        ["buildah", "run", "--isolation", "chroot", *options, container.name, "--", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdout.read()
    assert line.startswith(starts), f"{command} printed {line!r}"
    return seconds


def as_the_runner(repository: Path, files: Path) -> list[str]:
    """The options of a run for the generated branch's pull request; no token, so nothing waits for GitHub."""
    head, base = (
        subprocess.run(
            ["git", "rev-parse", name], cwd=repository, check=True, capture_output=True, text=True
        ).stdout.strip()
        for name in ("change", "main")
    )
    body = pull_request_payload(1, head, base)
    variables = environment(
        files, "pull_request", body, sha=head, ref="refs/pull/1/head", api="http://127.0.0.1:9", github_token=""
    )
    given = [f"{name}={value.replace(str(files), FILES)}" for name, value in variables.items()]
    volumes = [f"{repository}:{REPOSITORY}", f"{files}:{FILES}"]
    return [
        *("--workingdir", REPOSITORY),
        *(word for volume in volumes for word in ("--volume", volume)),
        *(word for variable in given for word in ("--env", variable)),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--build", action="store_true")
    arguments = parser.parse_args()
    image.check_tools()
    with tempfile.TemporaryDirectory() as name:
        if arguments.build:
            image.build(Path(name))
        folder = Path(name) / "repository"
        generate(folder)
        options = as_the_runner(folder, Path(name) / "files")
        commands = {
            "python3 -c pass": (["python3", "-c", "print()"], b"\n"),
            "first annotation": (image.entrypoint(), b"::error file="),
        }
        seconds: dict[str, list[float]] = {title: [] for title in commands}
        with image.Container() as container:
            for _ in range(arguments.repeats):
                for title, (command, starts) in commands.items():
                    seconds[title].append(first_line(container, options, command, starts))
    print(f"image: {image.size() / 1e6:.0f} MB")
    for title, measured in seconds.items():
        print(f"{title}: {statistics.median(measured):.2f} s (minimum {min(measured):.2f})")
    medians = [statistics.median(measured) for measured in seconds.values()]
    print(json.dumps({"start": medians[0], "first_annotation": medians[1], "ratio": medians[1] / medians[0]}))


if __name__ == "__main__":
    main()
