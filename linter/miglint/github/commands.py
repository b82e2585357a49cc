"""What is said to GitHub's runner: workflow commands on standard output, and the file of a step's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from miglint import escape
from miglint.errors import MiglintError

MESSAGE = 4_096


def command(kind: str, message: str) -> str:
    """An annotation without a place (`kind` is error, warning or notice), in one line."""
    text = escape.line(" ".join(message.split()), MESSAGE).replace("%", "%25").replace("##[", "##\\x5b")
    return f"::{kind} title=miglint::{text}\n"


def write_outputs(file: str | None, outputs: Mapping[str, str]) -> None:
    """Set the outputs of the step, if GitHub asks for them."""
    if not file:
        return
    lines = "".join(f"{name}={escape.line(value)}\n" for name, value in outputs.items())
    try:
        with Path(file).open("a", encoding="utf-8") as target:
            target.write(lines)
    except OSError as error:
        raise MiglintError(f"the outputs of the step cannot be written: {error.strerror or error}") from error
