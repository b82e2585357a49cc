"""Which report goes where: `--format` and `--output`, both given as often as one likes.

An output gets the format that it names (`sarif=results.json`); else the first unclaimed `--format` that is written to
files with such an ending; else the format whose ending it has. A `--format` that no output claims is printed; with no
`--format` at all, `text` is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from miglint.errors import MiglintError

STDOUT = "-"


class Output(Struct, frozen=True):
    """A format and the file it is written to; None: standard output."""

    format: str
    file: Path | None


def outputs(formats: Sequence[str], files: Sequence[str], suffixes: Mapping[str, Sequence[str]]) -> list[Output]:
    """Pair formats with files. `suffixes` are those of every format there is."""
    unclaimed = list(formats)
    paired = [_paired(file, unclaimed, suffixes) for file in files]
    printed = [output for output in paired if output.file is None]
    printed += [Output(name, None) for name in unclaimed]
    if len(printed) > 1:
        names = " and ".join(output.format for output in printed)
        raise MiglintError(f"{names} would both be printed: give all but one a file with --output FORMAT=FILE")
    if not formats and not printed:
        printed = [Output("text", None)]
    return [*(output for output in paired if output.file is not None), *printed]


def _paired(file: str, unclaimed: list[str], suffixes: Mapping[str, Sequence[str]]) -> Output:
    named, separator, rest = file.partition("=")
    if separator and named in suffixes:
        return Output(named, _path(rest))
    ending = Path(file).suffix
    writing = [name for name, ends in suffixes.items() if any(Path(f"x{end}").suffix == ending for end in ends)]
    for name in unclaimed:
        if not writing or name in writing:
            unclaimed.remove(name)
            return Output(name, _path(file))
    standing = [(len(end), name) for name, ends in suffixes.items() for end in ends if file.endswith(end)]
    if not standing:
        known = ", ".join(suffixes)
        raise MiglintError(f"the format of --output {file} is not known: write FORMAT={file} with one of {known}")
    return Output(max(standing)[1], _path(file))


def _path(file: str) -> Path | None:
    return None if file == STDOUT else Path(file)
