"""A small interpreter for the part of Python that migrations are written in: it computes with plain data only.

Nothing is imported, called or opened: a name from outside stays a `Reference`, a call of one a `Call`. Steps, sizes and
depth are bounded, so that no source can make it slow or big.
"""
