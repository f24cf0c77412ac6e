"""Entry: one value of the plant file with its place, and the ways to look into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from twin.core.plugin import Key
from twin.model.report import Report, suggestion
from twin.model.yaml_text import FilledIn, Scalar, scalar

DEEPEST = 20
"""Free-form data (alarm texts, plug-in maps) may nest this deep."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A node and its place. path: as written, `types.filler.state[1]`; line: counts from 1."""

    node: yaml.Node
    path: str
    line: int
    report: Report

    @property
    def place(self) -> str:
        """`plant.yaml:20`."""
        return f"{self.report.file}:{self.line}"

    def seen_from(self, other: Entry) -> str:
        """Where it stands, for a message about another entry: `line 9`, or `types.yaml:9` in another file."""
        return f"line {self.line}" if self.report.file == other.report.file else self.place

    def problem(self, fact: str) -> None:
        """Report what is wrong here; of what came from the environment only its name is shown."""
        if isinstance(self.node, FilledIn) and self.node.value:
            fact = fact.replace(self.node.value, self.node.written)
        self.report.add(self.line, f"{self.path}: {fact}" if self.path else fact)

    def children(self) -> dict[str, Entry]:
        """The values of a mapping by their keys, whatever these are; reports what is no mapping and double keys."""
        if self.is_empty:
            return {}
        if not isinstance(self.node, yaml.MappingNode):
            self.problem(f"is {described(self.node)}, not a mapping (write `key: value`)")
            return {}
        found: dict[str, Entry] = {}
        for key, value in self.node.value:
            self._add(found, key, value)
        return found

    def _add(self, found: dict[str, Entry], key: yaml.Node, value: yaml.Node) -> None:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            self.report.add(line, f"{self.path or 'the file'}: a key is {described(key)}, not text")
            return
        name: str = key.value
        if name in found:
            self.report.add(line, f"{self._before}key '{name}' stands twice (first in line {found[name].line})")
            return
        found[name] = Entry(value, f"{self.path}.{name}" if self.path else name, line, self.report)

    @property
    def _before(self) -> str:
        return f"{self.path}: " if self.path else ""

    def fields(self, keys: Sequence[Key], also: Iterable[str] = ()) -> dict[str, Entry]:
        """The values of a mapping that has these keys. also: keys to let through, for someone else to read.

        Reports unknown keys with the one that was probably meant, and missing ones that are required.
        """
        found = self.children()
        known = [key.name for key in keys] + list(also)
        for name in [name for name in found if name not in known]:
            unknown = found.pop(name)
            self.report.add(unknown.line, f"{self._before}unknown key '{name}'{suggestion(name, known)}")
        for key in keys if self.is_mapping else ():
            if key.required and key.name not in found:
                self.problem(f"key '{key.name}' is missing ({key.doc})")
        return found

    def items(self) -> list[Entry]:
        """The values of a list; reports what is none."""
        if self.is_empty:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            self.problem(f"is {described(self.node)}, not a list (write `[a, b]`)")
            return []
        return [self._item(i, node) for i, node in enumerate(self.node.value)]

    def _item(self, index: int, node: yaml.Node) -> Entry:
        return Entry(node, f"{self.path}[{index}]", node.start_mark.line + 1, self.report)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands after the colon."""
        return isinstance(self.node, yaml.ScalarNode) and scalar(self.node) is None

    @property
    def is_list(self) -> bool:
        """Whether it is written as a list."""
        return isinstance(self.node, yaml.SequenceNode)

    @property
    def is_mapping(self) -> bool:
        """Whether it is written as a mapping."""
        return isinstance(self.node, yaml.MappingNode)

    def scalar(self) -> Scalar:
        """The value; raises ValueError for a list or a mapping."""
        if not isinstance(self.node, yaml.ScalarNode):
            raise ValueError(f"is {described(self.node)}, not one value")
        return scalar(self.node)

    def written(self) -> str:
        """The characters of a value as they stand in the file; raises ValueError for a list, a mapping or nothing."""
        if self.scalar() is None:
            raise ValueError("is empty")
        return self.node.value

    def plain(self, deep: int = 0) -> Any:
        """The whole value as dict, list and scalars; raises ValueError when it nests too deep."""
        if deep > DEEPEST:
            raise ValueError(f"nests deeper than {DEEPEST}")
        if isinstance(self.node, yaml.MappingNode):
            return {name: child.plain(deep + 1) for name, child in self.children().items()}
        if isinstance(self.node, yaml.SequenceNode):
            return [child.plain(deep + 1) for child in self.items()]
        return self.scalar()


def described(node: yaml.Node) -> str:
    """What a value is, in words."""
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    value = scalar(node) if isinstance(node, yaml.ScalarNode) else None
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case int() | float():
            return "a number"
        case _:
            return "text"
