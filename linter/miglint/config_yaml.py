"""YAML as plain data in which every scalar is the text that was written, and the line of each value.

Text as written, because YAML 1.1 would read `off` as false and the version 10.10 as 10.1. Aliases are refused: they are
of no use here and are what YAML bombs are made of.
"""

from __future__ import annotations

from typing import Any

import yaml

Trail = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """Composes nodes and constructs nothing."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # types-PyYAML leaves it out
            raise yaml.composer.ComposerError(None, None, "aliases are not allowed here", event.start_mark)
        return super().compose_node(parent, index)


def plain(content: bytes) -> tuple[Any, dict[Trail, int]]:
    """The document's data and the line of each value. yaml.YAMLError if it is not one valid document."""
    loader = _Loader(content)
    lines: dict[Trail, int] = {}
    try:
        node = loader.get_single_node()
        return (None if node is None else _data(node, (), lines)), lines
    finally:
        loader.dispose()


def _data(node: yaml.Node, trail: Trail, lines: dict[Trail, int]) -> Any:
    lines[trail] = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_data(item, (*trail, index), lines) for index, item in enumerate(node.value)]
    entries: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key.start_mark)
        if key.value in entries:
            raise yaml.constructor.ConstructorError(None, None, f"{key.value} stands here twice", key.start_mark)
        entries[key.value] = _data(value, (*trail, key.value), lines)
        lines[*trail, key.value] = key.start_mark.line + 1
    return entries
