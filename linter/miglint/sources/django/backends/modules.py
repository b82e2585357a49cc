"""Modules that stand in the places of others while Django is imported."""

from __future__ import annotations

from types import ModuleType
from typing import Any


class StandIn(ModuleType):
    """A module whose every attribute is a class that can be subclassed, registered and compared, no more."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = type(name, (Anything,), {"__module__": self.__name__})
        setattr(self, name, value)
        return value


class Anything:
    """Made with any arguments, it does nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass
