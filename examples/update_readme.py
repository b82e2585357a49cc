"""Write what miglint prints about the example shop into the README: errors in full, the rest as `…`.

Long lines are wrapped as a terminal does.
"""

from __future__ import annotations

import re
import sys
import tempfile
import textwrap
from pathlib import Path

from make_conflict import build, check

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
WIDTH = 108


def console(output: str) -> str:
    """The output as the README shows it: paragraphs of findings that are no errors become one `…`."""
    shown: list[str] = []
    for part in re.split(r"\n(?=\w+\[|\d+ of )", output):
        if not part.startswith(("warning[", "notice[")):
            shown.append(part.strip("\n"))
        elif shown[-1] != "…":
            shown.append("…")
    lines = "\n\n".join(shown).splitlines()
    return "\n".join(piece for line in lines for piece in wrapped(line))


def wrapped(line: str) -> list[str]:
    """The lines that a terminal shows; code is narrow enough."""
    return textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) if len(line) > WIDTH else [line]


def main() -> None:
    """Run the example and put its output into the README."""
    with tempfile.TemporaryDirectory() as name:
        build(Path(name, "shop"))
        checked = check(Path(name, "shop"), capture=True)
    if checked.returncode != 1:
        sys.exit(f"the example should have findings, but miglint exited with {checked.returncode}")
    text = f"$ miglint check --base main\n{console(checked.stdout)}\n"
    README.write_text(BLOCK.sub(lambda _: text, README.read_text(encoding="utf-8"), count=1), encoding="utf-8")


if __name__ == "__main__":
    main()
