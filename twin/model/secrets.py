"""A plant file without what nobody else shall read: passwords written out, and those in addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import yaml

from twin.core.errors import Problems
from twin.model.yaml_text import compose

REMOVED = "${REMOVED}"
_VARIABLES = re.compile(r"(?:\$\{[^}]*\})*\Z")
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@\"'\\]+(?=@)")
"""`user:password` of a URL."""


def without_secrets(text: str, secret: Collection[str]) -> tuple[str, list[int]]:
    """The text with values of these keys and users in addresses taken out, and the lines (from 1) where that was.

    A plant file should name secrets (`password: ${S7_PW}`); such ones stay. secret: names of keys, `password`.
    """
    try:
        found = sorted(_scalars(compose(text, ""), secret), key=lambda node: -node.start_mark.index)
    except Problems:  # no plant file at all: nothing but its addresses can be known
        found = []
    lines = {node.start_mark.line + 1 for node in found}
    for node in found:
        first, last = node.start_mark.index, node.end_mark.index
        text = f'{text[:first]}"{REMOVED}"{_rest(text[first:last])}{text[last:]}'
    lines |= {text.count("\n", 0, match.start()) + 1 for match in _IN_ADDRESS.finditer(text) if _says(match[0])}
    return without_users(text), sorted(lines)


def without_users(text: str) -> str:
    """A text without the `user:password@` of the addresses in it; `${NAME}` stays."""
    return _IN_ADDRESS.sub(lambda match: REMOVED if _says(match[0]) else match[0], text)


def _says(text: str) -> bool:
    """Whether more is there than names of variables."""
    return not all(_VARIABLES.match(part) for part in text.split(":"))


def _rest(written: str) -> str:
    """Line ends that belong to a block scalar."""
    return written[len(written.rstrip("\n")) :]


def _scalars(node: yaml.Node, secret: Collection[str]) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(value, yaml.ScalarNode) and key.value in secret and not _VARIABLES.match(value.value):
                yield value
            yield from _scalars(value, secret)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _scalars(value, secret)
