"""Every commit of a repository that touched migrations: what the graph rules say of it, against what is true.

    python -m evaluation.projects.mine GIT_DIR [--commits N] [--merges]

For ordinary commits the base is the first parent and the head the commit. For each merge migration that was ever
added, the conflict that it mended is made again: the files of one branch are on the base, those of the other in the
change, and the merge migration nowhere; the rule must name the merge's own dependencies as the leaf nodes.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from evaluation.projects.trees import Project, around, findings, histories, scopes
from miglint.graph import Graph


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("git_dir", type=Path)
    parser.add_argument("--commits", type=int, default=400)
    parser.add_argument("--merges", action="store_true")
    given = parser.parse_args()
    project = Project(given.git_dir)
    started = time.monotonic()
    for record in merges(project) if given.merges else ordinary(project, given.commits):
        print(json.dumps(record), flush=True)
    print(json.dumps({"seconds": round(time.monotonic() - started)}))


def touching(project: Project, count: int) -> list[str]:
    """The last commits of the main line that touched a file in a folder called migrations."""
    log = project.git("log", "--first-parent", "-m", f"-{count}", "--format=%H", "HEAD", "--", "*migrations/*.py")
    return list(dict.fromkeys(log.split()))


def ordinary(project: Project, count: int) -> Iterator[dict[str, object]]:
    tally: Counter[str] = Counter()
    for commit in touching(project, count):
        parents = project.git("log", "-1", "--format=%P", commit).split()
        if not parents:
            continue
        tally["commits"] += 1
        base, head = project.listing(parents[0]), project.listing(commit)
        touched = {path for path in base.keys() | head.keys() if base.get(path) != head.get(path)}
        folders = {path.rpartition("/")[0] for path in touched if "migrations/" in path and path.endswith(".py")}
        for scope in scopes(project, around(base, folders), around(head, folders)):
            tally["migrations"] += len(scope.introduced)
            for name, problem in findings(scope):
                if name == "undeclared-dependency":  # not to be judged without the other apps
                    continue
                tally[name] += 1
                where = f"{problem.at.path}:{problem.at.span.line}"
                yield {"commit": commit[:12], "rule": name, "at": where, "message": problem.message}
    yield {"tally": dict(tally)}


def merges(project: Project) -> Iterator[dict[str, object]]:
    tally: Counter[str] = Counter()
    log = project.git(
        "log",
        "--diff-filter=A",
        "--no-renames",
        "-m",
        "--first-parent",
        "--format=@%H",
        "--name-only",
        "HEAD",
        "--",
        "*migrations/*.py",
    )
    commit = ""
    seen: set[str] = set()
    for line in log.splitlines():
        if line.startswith("@"):
            commit = line[1:]
        elif line.strip() and line not in seen:
            seen.add(line)
            content = project.git("cat-file", "-p", f"{commit}:{line}")
            if content.count('("') + content.count("('") >= 2 and "Migration(" in content:
                yield from merge(project, commit, line, tally)
    yield {"tally": dict(tally)}


def merge(project: Project, commit: str, path: str, tally: Counter[str]) -> Iterator[dict[str, object]]:
    files = around(project.listing(commit), [path.rpartition("/")[0]])
    for history in histories(project.tree(files)):
        found = next((one for one in history.migrations.values() if one.path == path), None)
        if found is None or found.replaces:
            continue
        wanted = sorted({one.key for one in found.dependencies if one.key.app == found.key.app})
        graph = Graph.of(history)
        wanted = sorted({node for node in map(graph.node, wanted) if node is not None})
        if len(wanted) < 2 or any(graph.is_ancestor(a, b) for a in wanted for b in wanted):
            continue
        tally["merge migrations"] += 1
        line = {key for leaf in wanted for key in graph.branch(leaf, None)}
        line |= {member for key in line for member in graph.squashes.get(key, ())}
        others_path = {one.path for key, one in history.migrations.items() if key not in line}
        last = set(graph.branch(wanted[-1], None))
        own = last.difference(*(graph.branch(leaf, None) for leaf in wanted[:-1]))
        moved = {history.migrations[key].path for key in own}
        united = {name: blob for name, blob in files.items() if name not in others_path}
        base = {name: blob for name, blob in united.items() if name not in moved}
        parent = graph.common_parent(wanted)
        said = [one for scope in scopes(project, base, united) for one in findings(scope)]
        leaf_problems = [problem for name, problem in said if name == "multiple-leaf-nodes"]
        others = [
            (name, problem.message)
            for name, problem in said
            if name not in ("multiple-leaf-nodes", "undeclared-dependency", "unconventional-migration-name")
        ]
        words = [key.name for key in wanted] + ([parent.name] if parent else [])
        right = len(leaf_problems) == 1 and all(word in leaf_problems[0].message for word in words)
        right = right and leaf_problems[0].at.path in moved
        tally["named"] += right
        if not right or others:
            yield {
                "commit": commit[:12],
                "merge": path,
                "wanted": words,
                "said": [p.message for p in leaf_problems],
                "others": others,
            }


if __name__ == "__main__":
    main()
