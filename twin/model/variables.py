"""Fills `${S7_PW}` in from the environment: a plant file is shared, a password is not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import yaml

from twin.model.entry import Entry
from twin.model.yaml_text import FilledIn

_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def with_variables(entry: Entry, environment: Mapping[str, str]) -> Entry:
    """The same mapping with the variables of all its texts filled in; reports those that are not set.

    What is filled in is text, whatever it looks like: a password may be `1234`.
    """
    if not isinstance(entry.node, yaml.MappingNode):
        return entry

    def pair(key: yaml.Node, value: yaml.Node) -> tuple[yaml.Node, yaml.Node]:
        def missing(name: str) -> None:
            fix = f"set the environment variable {name}" if name else "write a name between the braces"
            entry.report.add(value.start_mark.line + 1, f"{entry.path}.{key.value}: ${{{name}}} is not set ({fix})")

        return key, _filled(value, environment, missing)

    pairs = [pair(key, value) for key, value in entry.node.value]
    return Entry(_copy(entry.node, pairs), entry.path, entry.line, entry.report)


def _filled(node: yaml.Node, environment: Mapping[str, str], missing: Callable[[str], None]) -> yaml.Node:
    if isinstance(node, yaml.MappingNode):
        return _copy(node, [(key, _filled(value, environment, missing)) for key, value in node.value])
    if isinstance(node, yaml.SequenceNode):
        parts = [_filled(value, environment, missing) for value in node.value]
        return yaml.SequenceNode(node.tag, parts, node.start_mark, node.end_mark)
    if not isinstance(node, yaml.ScalarNode) or "${" not in node.value:
        return node

    def value(match: re.Match[str]) -> str:
        if match[1] not in environment:
            missing(match[1])
        return environment.get(match[1], "")

    return FilledIn(node, _VARIABLE.sub(value, node.value))


def _copy(node: yaml.MappingNode, pairs: list[tuple[yaml.Node, yaml.Node]]) -> yaml.MappingNode:
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)
