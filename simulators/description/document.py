"""YAML text to a tree with lines. Scalars are those of YAML 1.2 core only: `14:00`, `on` and `off` are text.

The twin reads its plant files by the same rules with a reader of its own: nothing here may import it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from simulators.description.mistake import Mistake, shown

if TYPE_CHECKING:
    from yaml import BaseLoader
else:
    BaseLoader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml where PyYAML was built with it

Scalar = str | int | float | bool | None

LARGEST = 1_000_000
"""Characters of a file; the packaging line has 8,000."""
DEEPEST = 30
"""A description nests less than 10 deep."""

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("null", re.compile(r"null|Null|NULL|~|")),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE")),
    ("int", re.compile(r"[-+]?[0-9]{1,30}|0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}")),
    (
        "float",
        re.compile(
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
        ),
    ),
)


class Entry(NamedTuple):
    """One `key: value` of a mapping. line: of the key."""

    line: int
    value: Node


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list or a mapping. line: from 1. begin, end: where it stands in the text, in characters.

    text: a scalar as it is written, without quotes.
    """

    file: str
    line: int
    begin: int
    end: int
    value: Scalar | tuple[Node, ...] | Mapping[str, Entry]
    text: str = ""

    def wrong(self, fact: str) -> Mistake:
        """A mistake at this place."""
        return Mistake(self.file, self.line, fact)

    @property
    def shape(self) -> str:
        """What it is, for people."""
        match self.value:
            case str():
                return f"the text {shown(self.value)}"
            case None:
                return "nothing"
            case bool() | int() | float():
                return shown(self.text)
            case tuple():
                return "a list"
            case _:
                return "a mapping"


def read_file(path: Path) -> Node:
    """The root mapping of a file. Raises Mistake for a file that cannot be read or is no YAML mapping."""
    try:
        with path.open("rb") as file:
            content = file.read(4 * LARGEST + 1)
    except OSError as error:
        raise Mistake(str(path), 1, f"cannot be read ({error.strerror or error}); name a YAML file") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Mistake(str(path), line, "is not UTF-8 text; save it as UTF-8") from error
    return read_text(text, str(path))


def read_text(text: str, file: str) -> Node:
    """The root mapping of a text. Raises Mistake where it is no YAML mapping."""
    if len(text) > LARGEST:
        raise Mistake(file, 1, f"has more than {LARGEST:,} characters; a description is shorter")
    strange = re.search(r"[\ud800-\udfff]", text)
    if strange is not None:
        raise Mistake(file, text.count("\n", 0, strange.start()) + 1, "holds half a character; save it as UTF-8")
    try:
        loader = BaseLoader(text)
        try:
            root = _Tree(loader, file).root()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _syntax(error, text, file) from None
    if root is None or not isinstance(root.value, dict):
        raise Mistake(file, 1, "is no description: it holds no `key: value` lines; see docs/how-to/simulate.md")
    return root


class _Open:
    """A list or mapping that is being read. key: of the value that comes next, in a mapping."""

    def __init__(self, event: yaml.CollectionStartEvent) -> None:
        self.event = event
        self.mapping = isinstance(event, yaml.MappingStartEvent)
        self.items: list[Node] = []
        self.entries: dict[str, Entry] = {}
        self.key: Node | None = None


class _Tree:
    """Makes nodes of the events of a parser, without recursion: a file can be no deeper than it may."""

    def __init__(self, loader: BaseLoader, file: str) -> None:
        self._loader = loader
        self._file = file
        self._open: list[_Open] = []
        self._root: Node | None = None

    def root(self) -> Node | None:
        """The only document of the text; None when there is none."""
        while True:
            event = self._loader.get_event()
            if event is None or isinstance(event, yaml.StreamEndEvent):
                return self._root
            self._take(event)

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent) and self._root is not None:
            raise self._wrong(event, "a second document begins here; write one file for each")
        if isinstance(event, yaml.NodeEvent):
            self._check(event)
        if isinstance(event, yaml.ScalarEvent):
            self._put(_scalar(event, self._file))
        elif isinstance(event, yaml.CollectionStartEvent):
            if len(self._open) >= DEEPEST:
                raise self._wrong(event, f"nested deeper than {DEEPEST}; a description is flatter")
            if self._open and self._open[-1].mapping and self._open[-1].key is None:
                raise self._wrong(event, "a list or mapping stands where a key belongs; write a word before the colon")
            self._open.append(_Open(event))
        elif isinstance(event, yaml.CollectionEndEvent):
            done = self._open.pop()
            start = done.event.start_mark
            value = done.entries if done.mapping else tuple(done.items)
            self._put(Node(self._file, start.line + 1, start.index, event.end_mark.index, value))

    def _check(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            raise self._wrong(event, "anchors and aliases (&name, *name) are not read; write it out")
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            raise self._wrong(event, f"the YAML tag {shown(str(tag))} is not read; remove it")

    def _put(self, node: Node) -> None:
        if not self._open:
            self._root = node
            return
        into = self._open[-1]
        if not into.mapping:
            into.items.append(node)
        elif into.key is None:
            if node.text in into.entries:
                first = into.entries[node.text].line
                raise node.wrong(f"{shown(node.text)} stands twice, first in line {first}; remove one of them")
            into.key = node
        else:
            into.entries[into.key.text] = Entry(into.key.line, node)
            into.key = None

    def _wrong(self, event: yaml.Event, fact: str) -> Mistake:
        return Mistake(self._file, event.start_mark.line + 1, fact)


def _scalar(event: yaml.ScalarEvent, file: str) -> Node:
    text: str = event.value
    value = _resolved(text) if event.implicit[0] and event.style in {None, ""} else text
    return Node(file, event.start_mark.line + 1, event.start_mark.index, event.end_mark.index, value, text)


def _resolved(text: str) -> Scalar:
    """The value of a plain scalar by YAML 1.2 core (10.3.2)."""
    kind = next((name for name, pattern in _PATTERNS if pattern.fullmatch(text)), "str")
    match kind:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
        case "float":
            return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
        case _:
            return text


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        return Mistake(file, line, "is not YAML: it holds a control character; remove it")
    fact = " ".join(str(getattr(error, "problem", None) or "it cannot be read").split())
    lines = text.split("\n")
    tab = mark.line < len(lines) and re.match(r"\s*\t", lines[mark.line])
    fix = "indent with spaces, not tabs" if tab else f"look at column {mark.column + 1} and before"
    return Mistake(file, mark.line + 1, f"is not YAML: {fact}; {fix}")
