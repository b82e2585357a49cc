"""Results for tests of what shows them: one like a real pull request's, and hostile names to fill one with."""

from miglint.changeset import Revision
from miglint.effects import Access, Effect, Work
from miglint.finding import (
    DiagramNode,
    Edit,
    Finding,
    Fix,
    Location,
    Problem,
    Related,
    Severity,
    Span,
    Suppressed,
)
from miglint.history import Confidence, Key, Migration, Statement
from miglint.result import Blind, CheckedMigration, CheckedStatement, Coverage, Result
from miglint.rule import Kind, Rule

PATH = "shop/migrations/0003_order_total.py"
DOCS = "https://example.org/rules/"
HOSTILE = {
    "workflow command": "\n::set-output name=pwned::1\n::add-mask::e\r##[error]pwned %0A::error::x",
    "workflow properties": "a,line=1::pwned",
    "markdown": "](javascript:x) **bold** `code` ``` ~~~ | cell | # heading\n- item\n> quote",
    "fence": "```\n</details>\n````\n<script>alert(1)</script>",
    "html": "<img src=x onerror=alert(1)></code></details><!-- --><b>",
    "mention": "@octocat closes #1 GH-1 https://evil.example www.evil.example a@evil.example",
    "terminal": "\x1b[31mred\x1b]8;;https://evil.example\x07 \x9b1m \x00 \x08",
    "bidi": "\u202egnp.exe \u2066\u200f\u061c\u2028\u2029\ufeff\u200b",
    "marker": "<!-- miglint: sticky --> --> ]]> ]]&gt;",
    "xml": "&amp; &lt; ]]> <![CDATA[ \ufffe \ud800",
    "mermaid": 'x"]; click n0 "javascript:alert(1)"\nn1["%%{init: {}}%%',
    "percent": "%0A::error file=x::pwned %0D%25 ##vso[task.setvariable]x section_start:1:x",
    "references": "!1 %1 &1 ~x $1 ^x *a* _b_ acme/shop#1 acme/shop!1 acme/shop@deadbeef [vulnerability:1] /close",
    "links": "<https://evil.example> <a@evil.example> [x]: javascript:alert(1) [x] ![i](https://evil.example/i.png) "
    "[j](data:text/html;base64,x) xmpp:a@evil.example ftp://evil.example mailto:a@evil.example HTTPS://EVIL.EXAMPLE",
    "entities": "&#64;octocat &commat;octocat &lt;b&gt; &#x3c;script&#62; &NewLine;",
    "blocks": "# a\n===\n---\n***\n> [!WARNING]\n> x\n- [x] y\n1) z\n| a |\n|---|\n[^1]: n\n<details open>\n$$x$$\n\tx",
    "backslashes": "\\` \\| \\< \\[ \\\\",
    "suggestion": "```suggestion\nrm -rf /\n```\n~~~\n```",
    "yaml": "!!python/object:x {{ a }} ${{ secrets.TOKEN }} %YAML 1.2\n--- &a *a : - ? |",
    "bytes": "caf\udce9 \udcff\udc80",
    "homoglyphs": "\u217fain \u0430dmin \u00ad\u034f\u115f\u3164\ufe0f\U000e0041\ue000",
    "long": "x" * 100_000,
    "long markup": "`|<@a&*_[" * 12_000,
}


def finding(
    rule: str = "blocking-index-build",
    severity: Severity = Severity.ERROR,
    message: str = "the index order_status_idx is built while writes to shop_order wait",
    help: str = "build it concurrently:\n\n    atomic = False\n    operations = [AddIndexConcurrently(...)]",  # noqa: A002 (the field's name)
    path: str = PATH,
    line: int = 12,
    *,
    identity: str = "1",
    fix: Fix | None = None,
    related: tuple[Related, ...] = (),
    suppressed: Suppressed | None = None,
    diagram: tuple[DiagramNode, ...] = (),
) -> Finding:
    problem = Problem(
        at=Location(path, Span(line, 9, line, 40)),
        message=message,
        help=help,
        identity=(identity,),
        related=related,
        fix=fix,
        source="django",
        app="shop",
        migration="0003_order_total",
        operation=0,
        diagram=diagram,
    )
    return Finding(rule, severity, problem, f"{DOCS}{rule}", f"{rule}-{path}-{identity}", suppressed)


def atomic_fix(path: str = PATH, line: int = 5) -> Fix:
    return Fix("run outside a transaction", True, (Edit(path, Span(line, 1, line, 1), "    atomic = False\n"),))


def conflict(path: str = PATH) -> Finding:
    return finding(
        "multiple-leaf-nodes",
        message="shop will have two leaf nodes, 0003_coupon on main and 0003_order_total here",
        help="put this migration after the other: miglint fix",
        path=path,
        line=7,
        related=(Related("shop/migrations/0003_coupon.py", 6, "the leaf node on main"),),
        diagram=(
            DiagramNode("0002_customer", "main"),
            DiagramNode("0003_coupon", "main", ("0002_customer",)),
            DiagramNode("0003_order_total", "this change", ("0002_customer",)),
        ),
    )


def rule(name: str = "blocking-index-build", severity: Severity = Severity.ERROR) -> Rule:
    page = "An index is built while writes wait.\n\nCREATE INDEX takes a SHARE lock.\n\n## Bad\n\n## Good"
    summary = page.partition("\n")[0].rstrip(".")
    return Rule(
        name,
        summary,
        page,
        Kind.STATEMENT,
        severity,
        operations=frozenset(),
        default=True,
        explains_work=False,
        fallback=False,
        check=print,
        docs=f"{DOCS}{name}",
    )


def migration(app: str = "shop", name: str = "0003_order_total", path: str = PATH) -> Migration:
    return Migration(Key(app, name), "django", path, "0" * 40, Span(4, 1, 4, 10))


def checked(sql: str = "CREATE INDEX order_status_idx ON shop_order (status)", **names: str) -> CheckedMigration:
    effect = Effect(
        names.pop("relation", "shop_order"),
        "ShareLock",
        frozenset({Work.INDEX_BUILD}),
        frozenset({Access.INSERT, Access.UPDATE, Access.DELETE}),
        dangerous=True,
    )
    statement = CheckedStatement(Statement(sql, Span(12, 9, 14, 10), 0), (effect,))
    opaque = Statement("", Span(20, 1, 20, 2), 1, Confidence.UNKNOWN, opaque="RunPython(fill_totals)")
    return CheckedMigration(migration(**names), "postgresql", True, (statement, CheckedStatement(opaque)))


def result(*findings: Finding, **others: object) -> Result:
    given: dict[str, object] = {
        "head": Revision("refs/pull/7/merge", "b" * 40),
        "base": Revision("main", "a" * 40),
        "findings": findings,
        "migrations": (checked(),),
        "coverage": Coverage(1, 2, 1, 2, 1, (Blind(PATH, 20, "RunPython(fill_totals) can do anything"),)),
        "rules": (rule(), rule("multiple-leaf-nodes")),
    }
    return Result(**{**given, **others})  # type: ignore[arg-type]


def typical() -> Result:
    """A conflict, a blocking index with a fix, a warning, a notice and a new suppression."""
    return result(
        conflict(),
        finding(fix=atomic_fix()),
        finding("missing-lock-timeout", Severity.WARNING, "shop_order is locked with no lock_timeout", line=14),
        finding("integer-primary-key", Severity.NOTICE, "shop_order.id is an integer", line=16),
        finding(line=30, identity="2", suppressed=Suppressed("comment", "the table is empty", "2027-01-31")),
    )


def hostile(text: str) -> Result:
    """A result where everything that a change's author chooses is the given text."""
    found = finding(
        message=f"{text} loses {text}",
        help=f"write {text}\n\n    {text}",
        path=f"{text}.py",
        related=(Related(text, 1, text),),
        fix=Fix(text, False, (Edit(f"{text}.py", Span(1, 1, 1, 1), text),)),
        diagram=(DiagramNode(text, text), DiagramNode("x", text, (text,))),
        identity="h",
    )
    silenced = finding(path=f"{text}.py", identity="s", suppressed=Suppressed("comment", text, text))
    return result(
        found,
        silenced,
        head=Revision(text, "b" * 40),
        base=Revision(text, "a" * 40),
        migrations=(checked(f"SELECT '{text}'", relation=text, app=text, name=text, path=f"{text}.sql"),),
        coverage=Coverage(1, 1, 0, 1, 0, (Blind(text, 1, text),)),
        sources={f"{text}.py": f"{text}\n" * 3},
        notes=(text,),
    )
