"""A plant file without what nobody else shall read: passwords written out, and those in addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import yaml

from twin.core.errors import Problems
from twin.model.files import apart, together
from twin.model.yaml_text import compose

REMOVED = "${REMOVED}"
USER = "REMOVED"
"""In addresses: braces would end a mapping there."""
MAIN = "plant.yaml"
"""What a file is called whose name nobody kept."""
_VARIABLES = re.compile(r"(?:\$\{[^}]*\})*\Z")
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@\"'\\]+(?=@)")
"""`user:password` of a URL."""


def without_secrets(text: str, secret: Collection[str]) -> tuple[str, list[str]]:
    """The text with values of these keys and users in addresses taken out, and where that was: `plant.yaml:6`.

    A plant file should name secrets (`password: ${S7_PW}`); such ones stay. secret: names of keys, `password`. Of a
    plant of several files each is looked through.
    """
    _, files = apart(text, MAIN)
    cleaned = {name: _cleaned(one, secret) for name, one in files.items()}
    places = [f"{name}:{line}" for name, (_, lines) in cleaned.items() for line in lines]
    return (together({name: one for name, (one, _) in cleaned.items()}), places) if places else (text, [])


def _cleaned(text: str, secret: Collection[str]) -> tuple[str, list[int]]:
    """The text of one file, and lines from 1."""
    try:
        scalars = {node.start_mark.index: node for node in _scalars(compose(text, ""), secret)}
    except Problems:  # no plant file at all: nothing but its addresses can be known
        scalars = {}
    lines = {node.start_mark.line + 1 for node in scalars.values()}
    for first, node in sorted(scalars.items(), reverse=True):
        last = node.end_mark.index
        text = f'{text[:first]}"{REMOVED}"{_rest(text[first:last])}{text[last:]}'
    lines |= {text.count("\n", 0, match.start()) + 1 for match in _IN_ADDRESS.finditer(text) if _says(match[0])}
    return without_users(text), sorted(lines)


def without_users(text: str) -> str:
    """A text without the `user:password@` of the addresses in it; `${NAME}` stays."""
    return _IN_ADDRESS.sub(lambda match: USER if _says(match[0]) else match[0], text)


def _says(text: str) -> bool:
    """Whether more is there than names of variables."""
    return text != USER and not all(_VARIABLES.match(part) for part in text.split(":"))


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
