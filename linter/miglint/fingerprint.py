"""The identity of a finding across moves of its line, rewordings and runs."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

LENGTH = 32


def fingerprints(identities: Iterable[tuple[str, ...]]) -> list[str]:
    """A fingerprint for each identity, in order; the second of two equal ones differs from the first."""
    seen: Counter[tuple[str, ...]] = Counter()
    made = []
    for identity in identities:
        ordinal = (str(seen[identity]),) if seen[identity] else ()
        seen[identity] += 1
        # The length before each part keeps ("a", "bc") apart from ("ab", "c").
        text = "".join([f"{len(part)}:{part}" for part in identity + ordinal])
        made.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:LENGTH])
    return made
