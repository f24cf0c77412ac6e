"""YAML text to nodes with their lines, with the scalars of YAML 1.2 core only: `14:00`, `on` and `off` are text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from twin.core.errors import Problem, Problems

if TYPE_CHECKING:
    from yaml import BaseLoader
else:
    BaseLoader = getattr(
        yaml, "CBaseLoader", yaml.BaseLoader
    )  # libyaml where PyYAML was built with it: 8 times quicker

Scalar = str | int | float | bool | None

_TAG = "tag:yaml.org,2002:"
DEEPEST = 100
"""A plant file nests less than 20 deep; PyYAML composes by recursion in C and would end the process at 100,000."""

_BRACKET = re.compile(r"[\[\]{}]")
_CHAIN = re.compile(rf"(?:[-?:][ \t]+){{{DEEPEST}}}")


class FilledIn(yaml.ScalarNode):
    """A text whose variables are filled in. written: the text in the file, the only one to be shown."""

    def __init__(self, node: yaml.ScalarNode, value: str) -> None:
        super().__init__(f"{_TAG}str", value, node.start_mark, node.end_mark)
        self.written: str = node.value


class _CoreLoader(BaseLoader):
    """Resolves the scalars of YAML 1.2 (10.3.2) and nothing else."""


for _name, _pattern, _first in (
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,30}|0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


def compose(text: str, file: str) -> yaml.MappingNode:
    """The root mapping of a text; raises Problems with what makes it no YAML mapping."""
    try:
        if _may_be_deep(text):
            _check_depth(text, file)
        root = _root(text)
    except yaml.YAMLError as error:
        raise _problem(file, *_syntax(error, text)) from None
    if not isinstance(root, yaml.MappingNode):
        raise _problem(file, 1, "not a plant file: it holds no `key: value` lines (see `twin init`)")
    _check_tree(root, file)
    return root


def _problem(file: str, line: int, message: str) -> Problems:
    return Problems([Problem(file, line, message)])


def _may_be_deep(text: str) -> bool:
    """A quick look, which brackets in comments and texts may deceive to the safe side."""
    depth = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            return True
        depth = max(depth, 0)
    return _CHAIN.search(text) is not None


def _check_depth(text: str, file: str) -> None:
    """Raise Problems where the text nests deeper than any plant file does."""
    loader = _CoreLoader(text)
    try:
        depth = 0
        while (event := loader.get_event()) is not None and not isinstance(event, yaml.StreamEndEvent):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                raise _problem(file, event.start_mark.line + 1, f"nested deeper than {DEEPEST}: not a plant file")
    finally:
        loader.dispose()


def _root(text: str) -> yaml.Node | None:
    loader = _CoreLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _syntax(error: yaml.YAMLError, text: str) -> tuple[int, str]:
    """Line and message of what the YAML reader says."""
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        fact = getattr(error, "problem", None) or "not YAML"
        return mark.line + 1, f"not YAML: {fact} (column {mark.column + 1}{_fix(_line(text, mark.line))})"
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1, "not YAML: it holds a control character; remove it"


def _fix(line: str) -> str:
    """What is often the cause, judged by the line that could not be read."""
    causes = {
        r"^\s*\t": "indent with spaces, not tabs",
        r"\{.*[\w-]\[\d+\.\.\d+\]": "between braces a name with [1..4] needs quotes",
        r"\{.*[:,] *\$\{": "between braces ${NAME} needs quotes",
    }
    return next((f"; {fix}" for pattern, fix in causes.items() if re.search(pattern, line)), "")


def _line(text: str, index: int) -> str:
    lines = text.split("\n")
    return lines[index] if index < len(lines) else ""


def _check_tree(root: yaml.Node, file: str) -> None:
    """Raise Problems where a node stands twice: aliases could make the file grow without end; types do their work."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        line = node.start_mark.line + 1
        if id(node) in seen:
            raise _problem(file, line, "anchors and aliases (&name, *name) are not read: write a type instead")
        if not node.tag.startswith(_TAG):
            raise _problem(file, line, f"the YAML tag {node.tag} is not read: remove it")
        seen.add(id(node))
        waiting.extend(_parts(node))


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def scalar(node: yaml.ScalarNode) -> Scalar:
    """The value of a scalar node: text, number, bool or None."""
    text: str = node.value
    match node.tag.removeprefix(_TAG):
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
