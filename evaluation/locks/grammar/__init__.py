"""Random schemas and transactions from a grammar, wide rather than deep: whatever a migration may hold, in `schema.txt`
and `statements.txt`. The same for the same seed.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
HEADING = re.compile(r"\[(?P<name>[a-z ]+?)(?: (?P<probability>[\d.]+)(?: of (?P<needs>[a-z ]+))?)?\]")
COMMAND = re.compile(r"(?P<table>\w+): (?P<command>.*)")
INNERMOST = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the lines below it. `needs` names a section without which it is left out."""

    name: str
    probability: float
    needs: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A schema: the statements that make and fill it, and the sections of the grammar that it has."""

    setup: list[str]
    sections: list[Section] = field(default_factory=list)
    """Of `statements.txt`: what can be done to it."""


def schema(seed: int) -> Made:
    """A random schema."""
    chance = random.Random(seed)
    setup: list[str] = []
    present: set[str] = set()
    for section in _sections("schema.txt"):
        left_out = section.needs and section.needs not in present
        if chance.random() >= section.probability or left_out:
            continue
        present.add(section.name)
        for line in section.lines:
            setup += _expanded(line, chance).split(";; ")
    applicable = {*present, "sequences", "rows"}
    return Made(setup, [each for each in _sections("statements.txt") if each.name in applicable])


def transaction(chance: random.Random, made: Made) -> list[str]:
    """One to four statements, most often one or two; now and then with a savepoint among them."""
    count = chance.choices((1, 2, 3, 4), (6, 3, 2, 1))[0]
    statements = [_statement(chance, made, number) for number in range(count)]
    if count > 1 and chance.random() < 0.25:
        start = chance.randrange(count - 1)
        end = chance.randrange(start, count - 1) + 1
        ending = chance.choice(("ROLLBACK TO SAVEPOINT here", "ROLLBACK TO SAVEPOINT here", "RELEASE SAVEPOINT here"))
        statements = [*statements[:start], "SAVEPOINT here", *statements[start:end], ending, *statements[end:]]
    return statements


def _statement(chance: random.Random, made: Made, number: int) -> str:
    weights = [len(section.lines) ** 0.7 for section in made.sections]
    section = chance.choices(made.sections, weights)[0]
    line = chance.choice(section.lines)
    command = COMMAND.match(line)
    if command is None:
        return _expanded(line, chance, str(number))
    beside = [
        found["command"]
        for each in made.sections
        for other in each.lines
        if (found := COMMAND.match(other)) and found["table"] == command["table"]
    ]
    more = chance.choice((0, 0, 0, 1, 2))
    commands = [command["command"], *chance.sample(beside, min(more, len(beside)))]
    chance.shuffle(commands)
    texts = (_expanded(each, chance, f"{number}{position}") for position, each in enumerate(commands))
    return f"ALTER TABLE {command['table']} {', '.join(texts)}"


def _expanded(line: str, chance: random.Random, number: str = "") -> str:
    """The line with one of the alternatives in each pair of braces, the innermost first."""
    braces: list[str] = []

    def chosen(found: re.Match[str]) -> str:
        return chance.choice(found[1].split("|"))

    # Braces of JSON and of arrays stand in quotes and hold no bar: they are put aside.
    def aside(found: re.Match[str]) -> str:
        braces.append(found[0])
        return f"\0{len(braces) - 1}\0"

    line = re.sub(r"'\{[^|{}']*\}'", aside, line)
    while INNERMOST.search(line):
        line = INNERMOST.sub(chosen, line)
    line = line.replace("+++", "||").replace("$n", number)
    return re.sub("\0(\\d+)\0", lambda found: braces[int(found[1])], line)


@cache
def _sections(name: str) -> tuple[Section, ...]:
    return tuple(_read((HERE / name).read_text(encoding="utf-8")))


def _read(text: str) -> Iterator[Section]:
    heading: re.Match[str] | None = None
    lines: list[str] = []
    for line in [*text.splitlines(), "[end]"]:
        found = HEADING.fullmatch(line)
        if found is None:
            if line and not line.startswith("#"):
                lines.append(line)
            continue
        if heading is not None:
            yield Section(heading["name"], float(heading["probability"] or 1), heading["needs"] or "", tuple(lines))
        heading, lines = found, []
