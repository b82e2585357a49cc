"""Writes docs/rules and the README's table from the rule modules; `--check` fails where they are not up to date."""

from __future__ import annotations

import sys
from pathlib import Path

from miglint.registry import built_in_rules
from miglint.rule import Rule

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from rules.pages import SHOP, SHOP_PATH, SHOP_SQL, SHOP_SQL_PATH

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "rules"
README = ROOT / "README.md"
BEGIN, END = "<!-- rules -->\n", "<!-- end of rules -->"


def pages() -> dict[Path, str]:
    """Every generated file with its content."""
    rules = built_in_rules()
    written = {FOLDER / f"{rule.name}.md": page(rule) for rule in rules}
    return {**written, FOLDER / "README.md": index(rules), README: readme(rules)}


def page(rule: Rule) -> str:
    """A rule's page: its name, how severe it is, and the docstring of its module."""
    aside = "" if rule.default else " It is off unless it is selected or given a severity in the configuration."
    severity = f"*{rule.severity.value.capitalize()} by default.*{aside}"
    silence = (
        "## Suppress\n\nWhere the finding is accepted, say so on the line above, with the reason:\n\n"
        f"```python\n# miglint: ignore[{rule.name}] -- why this is fine here\n```\n"
    )
    return f"# {rule.name}\n\n{severity}\n\n{rule.page.strip()}\n\n{silence}"


def index(rules: list[Rule]) -> str:
    """The page that lists all rules and shows the history that examples continue."""
    return f"""\
# Rules

Every rule is a module of `miglint_rules`; these pages are written from their docstrings, and every example is a test.

{table(rules, "")}

## The history that examples continue

An example whose app `shop` has no migration of its own on the base comes after this one:

```python
# {SHOP_PATH}
{SHOP}```

One in SQL comes after this one:

```sql
-- {SHOP_SQL_PATH}
{SHOP_SQL}```
"""


def readme(rules: list[Rule]) -> str:
    """The README with its table of rules between the markers replaced."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table(rules, 'docs/rules/')}\n{END}{after}"


def table(rules: list[Rule], folder: str) -> str:
    """A Markdown table of rules that links to their pages."""
    rows = ["| Rule | Severity | What happens |", "|------|----------|--------------|"]
    for rule in rules:
        severity = rule.severity.value if rule.default else "off"
        rows.append(
            f"| [{rule.name}]({folder}{rule.name}.md) | {severity} | {rule.summary.replace('|', chr(92) + '|')} |"
        )
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    """Write the pages, or check them."""
    written = pages()
    stale = [path for path, text in written.items() if not path.is_file() or path.read_text("utf-8") != text]
    gone = [path for path in FOLDER.glob("*.md") if path not in written]
    if arguments == ["--check"]:
        for path in (*stale, *gone):
            sys.stderr.write(f"{path.relative_to(ROOT)} is not up to date: run `make docs`\n")
        return int(bool(stale or gone))
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in stale:
        path.write_text(written[path], encoding="utf-8")
    for path in gone:
        path.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
