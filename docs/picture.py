"""Draw the comment on the example's pull request as GitHub shows it, in light and dark, for the README.

    npm install --no-save marked github-markdown-css mermaid
    python docs/picture.py [FOLDER]    needs Chromium; writes docs/pictures/comment-{light,dark}.png

The page's title becomes `ready` and its height once every diagram is drawn; a picture is only taken then.
"""

from __future__ import annotations

import functools
import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "examples"), str(ROOT / "linter"), str(ROOT / "rules")]

PAGE = """<!doctype html><meta charset="utf-8"><title>drawing</title>
<link rel="stylesheet" href="/node_modules/github-markdown-css/github-markdown-{theme}.css">
<style>
body {{ margin: 0; background: {background} }}
.markdown-body {{ box-sizing: border-box; width: 900px; padding: 24px 32px }}
.mermaid svg {{ max-width: 520px }}
</style>
<article class="markdown-body"></article>
<script src="/node_modules/mermaid/dist/mermaid.min.js"></script>
<script type="module">
import {{ marked }} from "/node_modules/marked/lib/marked.esm.js"
const article = document.querySelector("article")
article.innerHTML = marked.parse({text}, {{ gfm: true }})
for (const block of article.querySelectorAll("code.language-mermaid")) {{
  const holder = document.createElement("div")
  holder.className = "mermaid"
  holder.textContent = block.textContent
  block.parentElement.replaceWith(holder)
}}
mermaid.initialize({{ startOnLoad: false, theme: "{mermaid}", securityLevel: "strict" }})
await mermaid.run()
document.title = `ready ${{article.scrollHeight}}`
</script>
"""
THEMES = {"light": ("#ffffff", "default"), "dark": ("#0d1117", "dark")}
CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"),
)


def comment() -> str:
    """The comment for the example: a conflict and a blocking index."""
    from make_conflict import build

    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        command = [sys.executable, "-m", "miglint", "check", "--base", "main", "--format", "markdown"]
        path = {"PYTHONPATH": f"{ROOT / 'linter'}:{ROOT / 'rules'}", "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, cwd=folder, env=path, stdout=subprocess.PIPE, text=True).stdout


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder over HTTP on loopback: modules are not loaded from files."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves without talking about it."""

    def log_message(self, *arguments: object) -> None:
        pass


def browse(*arguments: str) -> str:
    """What headless Chromium prints."""
    with tempfile.TemporaryDirectory() as profile:
        command = [*CHROMIUM, f"--user-data-dir={profile}", "--virtual-time-budget=15000", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def main(modules: Path, target: Path) -> None:
    text = json.dumps(comment()).replace("</", "<\\/")
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "node_modules").symlink_to(modules)
        with served(Path(name)) as address:
            for theme, (background, mermaid) in THEMES.items():
                page = PAGE.format(theme=theme, background=background, mermaid=mermaid, text=text)
                (Path(name) / f"{theme}.html").write_text(page)
                url = f"{address}/{theme}.html"
                ready = re.search(r"<title>ready (\d+)</title>", browse("--dump-dom", url))
                assert ready, f"{theme}: the page was not drawn"
                browse(f"--screenshot={target / f'comment-{theme}.png'}", f"--window-size=900,{ready[1]}", url)


if __name__ == "__main__":
    main(ROOT / "node_modules", Path(sys.argv[1]) if sys.argv[1:] else ROOT / "docs" / "pictures")
