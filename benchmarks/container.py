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

REPOSITORY = "/github/workspace"


def first_line(container: image.Container, folder: Path, command: Sequence[str]) -> float:
    """Seconds until the command has printed its first line."""
    options = ("--isolation", "chroot", "--volume", f"{folder}:{REPOSITORY}", "--workingdir", REPOSITORY)
    start = time.perf_counter()
    with subprocess.Popen(
        ["buildah", "run", *options, container.name, "--", *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = time.perf_counter() - start
        process.stdout.read()
    assert line, f"{command} printed nothing"
    return seconds


def check_command() -> list[str]:
    """The command of the image, checking the generated change; its first line is an annotation if it finds anything."""
    return [image.entrypoint()[0], "check", "--base", "main", "--format", "github"]


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
        commands = {"python3 -c pass": ["python3", "-c", "print()"], "first annotation": check_command()}
        seconds: dict[str, list[float]] = {title: [] for title in commands}
        with image.Container() as container:
            for _ in range(arguments.repeats):
                for title, command in commands.items():
                    seconds[title].append(first_line(container, folder, command))
    print(f"image: {image.size() / 1e6:.0f} MB")
    for title, measured in seconds.items():
        print(f"{title}: {statistics.median(measured):.2f} s (minimum {min(measured):.2f})")
    medians = [statistics.median(measured) for measured in seconds.values()]
    print(json.dumps({"start": medians[0], "first_annotation": medians[1], "ratio": medians[1] / medians[0]}))


if __name__ == "__main__":
    main()
