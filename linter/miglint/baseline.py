"""The baseline: findings that were there when miglint was taken up, kept in a file and shown as suppressed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from miglint import escape
from miglint.config_origin import DISK, Files
from miglint.errors import MiglintError
from miglint.finding import Finding

VERSION = 1


def read_baseline(path: Path, files: Files = DISK) -> frozenset[str]:
    """The fingerprints in a baseline file."""
    try:
        document = json.loads(files.read(path).decode("utf-8"))
        if document["schema_version"] != VERSION:
            raise MiglintError(f"the baseline {path} has schema_version {document['schema_version']}, not {VERSION}")
        return frozenset(str(entry["fingerprint"]) for entry in document["findings"])
    except FileNotFoundError:
        raise MiglintError(
            f"there is no baseline {path}: write it with `miglint check --all --write-baseline`"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise MiglintError(f"the baseline {path} cannot be read: {type(error).__name__}: {error}") from error


def baseline_text(findings: Iterable[Finding]) -> str:
    """A baseline file that holds these findings; what they say stands beside the fingerprint for whoever reviews it."""
    entries = [
        {
            "fingerprint": finding.fingerprint,
            "rule": finding.rule,
            "path": finding.problem.at.path,
            "message": finding.problem.message,
        }
        for first in findings
        for finding in (first, *first.others)
    ]
    entries.sort(key=lambda entry: (entry["path"], entry["rule"], entry["fingerprint"]))
    return json.dumps(escape.plain({"schema_version": VERSION, "findings": entries}), indent=2) + "\n"
