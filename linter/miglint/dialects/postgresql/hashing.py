"""To which hash partition a whole number goes: PostgreSQL's own arithmetic, the same on every machine and version.

`hash_bytes_uint32_extended` (common/hashfn.c, Bob Jenkins' final mix), `hashint8extended` (access/hash/hashfunc.c) and
`hash_combine64` with the seed of `partition/partbounds.c`. Texts are left alone: what of them is hashed depends on the
collation and the encoding.
"""

from __future__ import annotations

_SEED = 0x7A5B22367996DCFD
_COMBINED = 0x49A0F4DD15E5A8E3
_START = 0x9E3779B9 + 4 + 3923095
_32 = 0xFFFFFFFF
_64 = 0xFFFFFFFFFFFFFFFF
_BITS = {"int2": 16, "int4": 32, "int8": 64}


def hash_of_whole(number: int, kind: str) -> int | None:
    """The hash by which a row is put into a partition; None where the type does not hold the number, or is another."""
    bits = _BITS.get(kind)
    if bits is None or not -(1 << bits - 1) <= number < 1 << bits - 1:
        return None
    low, high = number & _32, number >> 32 & _32
    if kind == "int8":
        low ^= high if number >= 0 else ~high & _32
    return _mixed(low) + _COMBINED & _64


def _mixed(number: int) -> int:
    """The 64 bits that 32 are hashed to."""
    a, b, c = _START + (_SEED >> 32) & _32, _START + _SEED & _32, _START
    for turn in (4, 6, 8, 16, 19, 4):  # one round of mix(), its three names handed on
        a = (a - c & _32) ^ _turned(c, turn)
        a, b, c = b, c + b & _32, a
    a = a + number & _32
    for turn in (14, 11, 25, 16, 4, 14, 24):  # final()
        c = (c ^ b) - _turned(b, turn) & _32
        a, b, c = b, c, a
    return a << 32 | b


def _turned(number: int, bits: int) -> int:
    return (number << bits | number >> 32 - bits) & _32
