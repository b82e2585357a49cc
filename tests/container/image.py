"""Build the unmodified Dockerfile and run its image as GitHub's runner does, with no Docker engine.

The base image cannot be pulled everywhere; a Debian with the same Python, made from the machine's own package sources,
stands in for it under the name that the Dockerfile uses.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
TOOLS = ("buildah", "podman", "mmdebstrap", "unshare")
IMAGE = "localhost/miglint"
CERTIFICATES = "/etc/ssl/certs"
SUITE = "trixie"
"""The Debian that has Python 3.13."""
ARCHIVE = "MIGLINT_BASE_ARCHIVE"
"""Names a file to keep the base image in between runs."""


class Unavailable(Exception):
    """What is missing to build or run an image here."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a run."""

    status: int
    stdout: str
    stderr: str


def check_tools() -> None:
    """Raise Unavailable if something is missing."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise Unavailable(f"not installed: {', '.join(missing)}")
    if os.geteuid() != 0:
        raise Unavailable("images are built as root")


def build(folder: Path) -> None:
    """The base image, then the Dockerfile on top of it."""
    archive = Path(os.environ.get(ARCHIVE) or folder / "base.tar")
    if not archive.exists():
        _bootstrap(archive)
    name = re.search(r"^FROM (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert name is not None
    _run(["podman", "import", str(archive), f"docker.io/library/{name[1]}"])
    certificates = f"{CERTIFICATES}:{CERTIFICATES}:ro"
    _run(
        [
            *("buildah", "bud", "--isolation", "chroot", "--network", "host", "--pull-never"),
            *("--volume", certificates, "--env", f"PIP_CERT={CERTIFICATES}/ca-certificates.crt"),
            *("--tag", IMAGE, str(ROOT)),
        ]
    )


def _bootstrap(archive: Path) -> None:
    hook = 'rm -f "$1"/usr/lib/python3.*/EXTERNALLY-MANAGED'
    source = f"deb [trusted=yes] {_mirror()} {SUITE} main"
    packages = "--include=python3,python3-pip,ca-certificates"
    partial = archive.with_suffix(".part.tar")
    _run(["mmdebstrap", "--variant=apt", packages, f"--customize-hook={hook}", SUITE, str(partial), source])
    partial.rename(archive)


def _mirror() -> str:
    """Where this machine's own packages come from."""
    sources = [*Path("/etc/apt").glob("sources.list"), *Path("/etc/apt/sources.list.d").glob("*.sources")]
    text = "\n".join(path.read_text() for path in sources)
    found = re.search(r"^(?:URIs:|deb(?: \[.*?\])?) *(\S*/debian/?)(?:\s|$)", text, re.MULTILINE)
    if found is None:
        raise Unavailable("no Debian package source is configured")
    return found[1]


def entrypoint() -> list[str]:
    """The image's ENTRYPOINT, which `buildah run` does not use by itself."""
    output = _run(["buildah", "inspect", "--type", "image", IMAGE])
    found: list[str] = json.loads(output)["OCIv1"]["config"]["Entrypoint"]
    return found


def size() -> int:
    """The image's size in bytes."""
    output = _run(["buildah", "inspect", "--type", "image", IMAGE])
    return sum(layer["size"] for layer in json.loads(json.loads(output)["Manifest"])["layers"])


class Container:
    """A container of the image, as long as it is needed."""

    def __init__(self) -> None:
        self.name = f"miglint-{uuid.uuid4().hex}"

    def __enter__(self) -> Self:
        _run(["buildah", "from", "--pull-never", "--name", self.name, IMAGE])
        return self

    def __exit__(self, *exception: object) -> None:
        _run(["buildah", "rm", self.name])

    def run(
        self,
        command: Sequence[str],
        *,
        variables: Mapping[str, str],
        volumes: Mapping[Path, str],
        folder: str = "/",
        network: bool = True,
    ) -> Ran:
        """Run a command in the container; without network not even loopback is there."""
        options = [option for name, value in variables.items() for option in ("--env", f"{name}={value}")]
        options += [option for path, inside in volumes.items() for option in ("--volume", f"{path}:{inside}")]
        isolated = [] if network else ["unshare", "--net"]
        done = subprocess.run(
            [
                *isolated,
                "buildah",
                "run",
                "--isolation",
                "chroot",
                *options,
                "--workingdir",
                folder,
                self.name,
                "--",
                *command,
            ],
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout, done.stderr)


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=1_200)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout
