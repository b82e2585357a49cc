"""What mends findings: the edits that they carry, and the two ways out of a conflict of leaf nodes, rebase and merge.

Everything here works on contents by path and returns new ones; nothing in here writes a file.
"""

from miglint.fixes.edits import Applied, Refused, apply

__all__ = ["Applied", "Refused", "apply"]
