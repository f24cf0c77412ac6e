"""Tags that nobody lists: what of an address space is meant, and what it is called. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from connectors.opcua.address import literal_but_star, split_path

MOST = 1000
"""Tags that one pattern makes where it names no limit: a glob that is too wide shall not flood a small PLC."""
WORDS = ("name", "parent", "grandparent", "path")
_WORD = re.compile(r"\{([^{}]*)\}")
_SEGMENT = re.compile(r"[a-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Pattern:
    """An entry of `subscribe`. An empty match, type or node means any. limit: tags at most. place: `plant.yaml:7`."""

    match: str
    type: str
    node: str
    name: str
    group: str
    limit: int
    place: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A variable of the server, as patterns see it. nodes: its id with URI and with index; types: names of its data
    type, its type definition and that of its parent.
    """

    path: str
    nodes: tuple[str, str]
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tag that a pattern made. tag: below the plant. node: `nsu=URI;...`."""

    tag: str
    node: str
    path: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Choices:
    """What patterns made. refused: node -> why it gave no tag. beyond: patterns that found more than their limit."""

    chosen: tuple[Chosen, ...]
    refused: Mapping[str, str]
    beyond: Mapping[Pattern, int]


def patterns_of(entries: Sequence[Mapping[str, Any]]) -> tuple[Pattern, ...]:
    """The patterns of a connection, in the order of the file."""
    return tuple(
        Pattern(
            match=entry.get("match") or "",
            type=entry.get("type") or "",
            node=entry.get("node") or "",
            name=entry.get("name") or "{path}",
            group=entry.get("group") or "",
            limit=entry.get("limit") or MOST,
            place=str(entry.get("place") or ""),
        )
        for entry in entries
    )


def pattern_problems(pattern: Pattern) -> Iterator[str]:
    """What a pattern says that cannot be meant."""
    if not (pattern.match or pattern.type or pattern.node):
        yield 'has none of match, type and node; `match: "/Objects/*"` means all variables'
    if pattern.limit < 0:
        yield f"limit {pattern.limit} is below 0"
    unknown = [word for word in _WORD.findall(pattern.name) if word not in WORDS]
    if unknown:
        yield f"name {pattern.name!r} has {{{unknown[0]}}}; there are {', '.join(f'{{{word}}}' for word in WORDS)}"
    fixed = [s for s in _WORD.sub("x", pattern.name).split("/") if not _SEGMENT.fullmatch(s)]
    if fixed and not unknown:
        yield f"name {pattern.name!r}: {fixed[0]!r} is no part of a path; it is made of a-z, 0-9, _ and -"


def fits(pattern: Pattern, one: Offered) -> bool:
    """Whether a pattern means a variable."""
    glob = literal_but_star(pattern.node)
    return (
        (not pattern.match or fnmatchcase(one.path, pattern.match) or fnmatchcase(one.path, f"*/{pattern.match}"))
        and (not pattern.type or pattern.type in one.types)
        and (not pattern.node or any(fnmatchcase(node, glob) for node in one.nodes))
    )


def choose(
    patterns: Sequence[Pattern], offered: Sequence[Offered], taken: Mapping[str, str], known: frozenset[str]
) -> Choices:
    """The tags of the patterns; the first pattern that means a variable has it.

    taken: tag -> node of what has its name already, which it keeps. known: nodes that the plant file names by
    themselves. The result does not depend on the order of `offered`: two that would get one name get none, because
    which of them is meant cannot be told, and would change with what the server has tomorrow.
    """
    wanted: dict[str, list[Chosen]] = {}
    refused: dict[str, str] = {}
    beyond: dict[Pattern, int] = {}
    counts = dict.fromkeys(patterns, 0)
    for one in sorted(offered, key=lambda o: (o.path, o.nodes)):
        pattern = next((p for p in patterns if fits(p, one)), None)
        if pattern is None or one.nodes[0] in known:
            continue
        counts[pattern] += 1
        if counts[pattern] > pattern.limit:
            beyond[pattern] = counts[pattern]
            continue
        tag = named(pattern.name, one.path)
        if tag is None:
            refused[one.nodes[0]] = f"{one.path}: no name can be made of it by {pattern.name!r}"
            continue
        wanted.setdefault(tag, []).append(Chosen(tag, one.nodes[0], one.path, pattern))
    chosen = [found for tag, same in wanted.items() for found in agreed(tag, same, taken.get(tag), refused)]
    return Choices(tuple(chosen), refused, beyond)


def agreed(tag: str, same: Sequence[Chosen], owner: str | None, refused: dict[str, str]) -> Iterator[Chosen]:
    """The one that has a name; the others are refused."""
    if owner is None and len(same) == 1:
        yield same[0]
        return
    for one in same:
        if one.node == owner:
            yield one
            continue
        others = [o.path for o in same if o is not one] or ["a tag of the plant file"]
        refused[one.node] = f"{one.path}: would be {tag}, as would {others[0]}; put more into `name`, or narrow `match`"


def named(template: str, path: str) -> str | None:
    """The tag of a browse path below Objects; None where a part of it leaves nothing.

    >>> named("{parent}/{name}", "/Objects/Line/Filler 1/Motor Temp (°C)")
    'filler_1/motor_temp_c'
    >>> named("{path}", "/Objects/Line/Füller")
    'line/fuller'
    """
    names = split_path(path)[1:]
    segments = [segment(name) for name in names]
    back = ["", "", *segments]
    words = {"name": back[-1], "parent": back[-2], "grandparent": back[-3], "path": "/".join(segments)}
    tag = _WORD.sub(lambda match: words.get(match[1], ""), template)
    return tag if all(_SEGMENT.fullmatch(part) for part in tag.split("/")) else None


def segment(name: str) -> str:
    """A path segment of [a-z0-9_-] for a name; empty where nothing of it can stand there."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "_", plain.lower()).strip("_")
