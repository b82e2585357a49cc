"""Methods of text, numbers and containers, and the builtins that compute with them: those that cannot do harm."""

from __future__ import annotations

import inspect
import itertools
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from miglint.sources.django.evaluator import bounded
from miglint.sources.django.evaluator.bounded import MAX_BITS, MAX_ITEMS, MAX_TEXT, check_size, weigh
from miglint.sources.django.evaluator.frames import GaveUp

_TEXT = frozenset(
    (
        "capitalize casefold count encode endswith find format index isalnum isalpha isascii isdecimal "
        "isdigit isidentifier islower isnumeric isspace istitle isupper join lower lstrip partition "
        "removeprefix removesuffix replace rfind rindex rpartition rsplit rstrip split splitlines startswith "
        "strip swapcase title upper zfill ljust rjust center"
    ).split()
)
METHODS: dict[type, frozenset[str]] = {
    str: _TEXT,
    bytes: frozenset("decode endswith join lower lstrip replace rstrip split startswith strip upper hex".split()),
    list: frozenset("append clear copy count extend index insert pop remove reverse sort".split()),
    tuple: frozenset(["count", "index"]),
    dict: frozenset("clear copy get items keys pop popitem setdefault update values".split()),
    set: frozenset("add clear copy difference discard intersection issubset issuperset remove union update".split()),
    frozenset: frozenset(["copy", "difference", "intersection", "issubset", "issuperset", "union"]),
    int: frozenset(["bit_length"]),
    float: frozenset(["is_integer"]),
}
_PADDING = frozenset(["zfill", "ljust", "rjust", "center"])
_COMPARING = frozenset("count index remove add discard update setdefault difference intersection union sort".split())


def has_method(value: Any, name: str) -> bool:
    """True if the method of this value can be called here."""
    return name in METHODS.get(type(value), ())


def call_method(value: Any, name: str, args: list[Any], kwargs: dict[str, Any]) -> Any:
    """`value.name(*args, **kwargs)`. Views of a dict come back as lists."""
    if isinstance(value, str) and name == "format":
        return bounded.format_text(value, args, kwargs)
    if isinstance(value, str | bytes):
        _check_text_method(value, name, args)
    elif name in _COMPARING:
        for item in (value, *args):
            weigh(item)
    if name in ("extend", "update", "union"):
        args = [materialise(item) if not isinstance(item, dict) else item for item in args]
    result = getattr(value, name)(*args, **kwargs)
    check_size(value)
    if name in ("items", "keys", "values"):
        result = list(result)
    return check_size(result)


def _check_text_method(value: str | bytes, name: str, args: list[Any]) -> None:
    if name in _PADDING and args and isinstance(args[0], int) and args[0] > MAX_TEXT:
        raise GaveUp("a text is too long")
    if name == "replace" and len(args) >= 2 and isinstance(args[1], str | bytes):
        count = value.count(args[0]) if args[0] else len(value) + 1
        if count * len(args[1]) > MAX_TEXT:
            raise GaveUp("a text is too long")
    if name == "join" and args:
        args[0] = materialise(args[0])
        total = sum(len(item) + len(value) for item in args[0] if isinstance(item, str | bytes))
        if total > MAX_TEXT:
            raise GaveUp("a text is too long")


def materialise(value: Any) -> list[Any]:
    """The items of something that can be iterated, as a list. Raises TypeError, or GaveUp if there are too many."""
    if isinstance(value, range) and len(value) > MAX_ITEMS:
        raise GaveUp("a range is too long")
    if isinstance(value, (*bounded.CONTAINERS, str, bytes)):
        return list(check_size(value))
    raise TypeError("not iterable")


def _sequence(make: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def build(items: Any = ()) -> Any:
        values = materialise(items)
        if make in (set, frozenset, sorted, sum, min, max):
            weigh(values)
        return make(values)

    return build


def _dict(items: Any = (), **more: Any) -> dict[Any, Any]:
    weigh(items)
    return dict(items, **more)


def _range(*bounds: int) -> range:
    return range(*bounds)


def _text(value: Any = "") -> str:
    weigh(value)
    return str(value)


def _number(make: Callable[..., Any]) -> Callable[..., Any]:
    def build(value: Any = 0, *rest: Any) -> Any:
        if isinstance(value, str | bytes) and len(value) > MAX_BITS:
            raise GaveUp("a number is too big")
        return make(value, *rest)

    return build


def _extreme(choose: Callable[[Iterable[Any]], Any]) -> Callable[..., Any]:
    def build(*values: Any) -> Any:
        items = materialise(values[0]) if len(values) == 1 else list(values)
        weigh(items)
        return choose(items)

    return build


def _sorted(items: Any, *, reverse: bool = False) -> list[Any]:
    values = materialise(items)
    weigh(values)
    return sorted(values, reverse=bool(reverse))


def _zip(*sequences: Any) -> list[Any]:
    return list(zip(*(materialise(item) for item in sequences), strict=False))


def _chain(*sequences: Any) -> list[Any]:
    return check_size(list(itertools.chain.from_iterable(materialise(item) for item in sequences)))  # type: ignore[no-any-return]


def _product(*sequences: Any) -> list[Any]:
    total = 1
    parts = [materialise(item) for item in sequences]
    for part in parts:
        total *= len(part)
        if total > MAX_ITEMS:
            raise GaveUp("a product is too long")
    return list(itertools.product(*parts))


def _dedent(text: str) -> str:
    return textwrap.dedent(text)


def _indent(text: str, prefix: str) -> str:
    if text.count("\n") * len(prefix) > MAX_TEXT:
        raise GaveUp("a text is too long")
    return textwrap.indent(text, prefix)


BUILTINS: dict[str, Callable[..., Any]] = {
    "abs": abs,
    "all": lambda items: all(materialise(items)),
    "any": lambda items: any(materialise(items)),
    "bool": bool,
    "chr": chr,
    "dict": _dict,
    "divmod": divmod,
    "enumerate": lambda items, start=0: list(enumerate(materialise(items), start)),
    "float": _number(float),
    "frozenset": _sequence(frozenset),
    "int": _number(int),
    "iter": materialise,
    "len": len,
    "list": _sequence(list),
    "max": _extreme(max),
    "min": _extreme(min),
    "ord": ord,
    "print": lambda *_args, **_kwargs: None,
    "range": _range,
    "repr": lambda value: repr((weigh(value), value)[1]),
    "reversed": lambda items: materialise(items)[::-1],
    "round": round,
    "set": _sequence(set),
    "sorted": _sorted,
    "str": _text,
    "sum": lambda items, start=0: check_size(sum(materialise(items), start)),
    "tuple": _sequence(tuple),
    "zip": _zip,
}
LIBRARY: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _dict,
    "copy.copy": lambda value: value.copy() if isinstance(value, list | dict | set) else value,
    "inspect.cleandoc": inspect.cleandoc,
    "swapper.get_model_name": lambda app, model: f"{app}.{model}",
    "swapper.is_swapped": lambda app, model: False,
    "swapper.split": lambda label: tuple(label.split(".")),
    "swapper.swappable_setting": lambda app, model: f"{app}_{model}_MODEL".upper(),
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": lambda items: _chain(*materialise(items)),
    "itertools.product": _product,
    "textwrap.dedent": _dedent,
    "textwrap.indent": _indent,
}
"""Functions that only compute with plain data; the swapper's as of models that are not swapped."""
