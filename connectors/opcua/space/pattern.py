"""Tags that nobody lists: what of an address space is meant, and what it is called. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from connectors.opcua.address import literal_but_star, split_path
from connectors.opcua.settings import meant
from twin.core.plugin import ConnectionSpec

MOST = 1000
"""Tags that one pattern makes where it names no limit: a glob that is too wide shall not flood a small PLC."""
WORDS = ("name", "parent", "grandparent", "path")
_WORD = re.compile(r"\{([^{}]*)\}")
_SEGMENT = re.compile(r"[a-z0-9_-]+")
_NODE = re.compile(r"\*|nsu?=")


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
    """A variable of the server, as patterns see it. nodes: its id with URI and with index; types: of its values, by the
    names that count for it.
    """

    path: str
    nodes: tuple[str, str]
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A tag that a pattern makes. tag: below the plant. node: `nsu=URI;...`."""

    tag: str
    node: str
    path: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Choices:
    """What patterns make. refused: path -> why it gives no tag. meant: how many variables each pattern means."""

    chosen: tuple[Chosen, ...]
    refused: Mapping[str, str]
    meant: Mapping[Pattern, int]


def patterns_of(entries: Sequence[Mapping[str, Any]]) -> tuple[Pattern, ...]:
    """The patterns of a connection, in the order of the file."""
    return tuple(
        Pattern(
            match=entry.get("match") or "",
            type=entry.get("type") or "",
            node=entry.get("node") or "",
            name=entry.get("name") or "{path}",
            group=entry.get("group") or "",
            limit=entry.get("limit", MOST),
            place=str(entry.get("place") or ""),
        )
        for entry in entries
    )


def problems_of(spec: ConnectionSpec) -> Iterator[tuple[str, str]]:
    """What is wrong with the patterns of a connection, as (place, message)."""
    groups = spec.settings.get("groups") or {}
    for pattern in patterns_of(spec.settings.get("subscribe") or ()):
        for text in pattern_problems(pattern):
            yield pattern.place, f"subscribe of connection {spec.id!r}: {text}"
        if pattern.group and pattern.group not in groups:
            missing = f"no group {pattern.group!r}{meant(pattern.group, groups)}"
            yield pattern.place, f"subscribe of connection {spec.id!r}: {missing}"


def pattern_problems(pattern: Pattern) -> Iterator[str]:
    """What a pattern says that cannot be meant."""
    if not (pattern.match or pattern.type or pattern.node):
        yield 'has none of match, type and node; `match: "/Objects/*"` means all variables'
    if pattern.node and not _NODE.match(pattern.node):
        yield f"node {pattern.node!r} is no node id; write `ns=3;s={pattern.node}` or `nsu=URI;s={pattern.node}`"
    if pattern.limit < 1:
        yield f"limit {pattern.limit} is below 1"
    unknown = [word for word in _WORD.findall(pattern.name) if word not in WORDS]
    if unknown:
        yield f"name {pattern.name!r} has {{{unknown[0]}}}; there are {', '.join(f'{{{word}}}' for word in WORDS)}"
    fixed = [s for s in _WORD.sub("x", pattern.name).split("/") if not _SEGMENT.fullmatch(s)]
    if fixed and not unknown:
        yield f"name {pattern.name!r}: {fixed[0]!r} is no part of a path; it is made of a-z, 0-9, _ and -"


def fits(pattern: Pattern, one: Offered) -> bool:
    """Whether a pattern means a variable."""
    return fits_place(pattern, one) and (not pattern.type or pattern.type in one.types)


def fits_place(pattern: Pattern, one: Offered) -> bool:
    """The same for all but its type."""
    path, node = literal_but_star(pattern.match), literal_but_star(pattern.node)
    return (not path or fnmatchcase(one.path, path) or fnmatchcase(one.path, f"*/{path}")) and (
        not node or any(fnmatchcase(text, node) for text in one.nodes)
    )


def choose(
    patterns: Sequence[Pattern], offered: Sequence[Offered], taken: Mapping[str, str], known: frozenset[str]
) -> Choices:
    """The tags that patterns make beside those which are there; the first pattern that means a variable has it.

    taken: tag -> node of what has its name already and keeps it; an empty node for what no pattern made. known: nodes
    that the plant file names by themselves. The result does not depend on the order of `offered`: two that would get
    one name get none, because which of them is meant cannot be told.
    """
    wanted: dict[str, list[Chosen]] = {}
    refused: dict[str, str] = {}
    counts = dict.fromkeys(patterns, 0)
    here = set(taken.values())
    for one in sorted(offered, key=lambda o: (o.nodes[0] not in here, o.path, o.nodes)):
        pattern = next((p for p in patterns if fits(p, one)), None)
        if pattern is None:
            continue
        if one.nodes[0] in known and one.nodes[0] not in here:
            continue
        counts[pattern] += 1
        if one.nodes[0] in here or counts[pattern] > pattern.limit:
            continue
        tag = named(pattern.name, one.path)
        if tag is None:
            refused[one.path] = f"{pattern.name!r} makes no name of it"
        else:
            wanted.setdefault(tag, []).append(Chosen(tag, one.nodes[0], one.path, pattern))
    chosen = [one for tag, same in wanted.items() for one in agreed(tag, same, taken, refused)]
    return Choices(tuple(chosen), refused, counts)


def agreed(tag: str, same: Sequence[Chosen], taken: Mapping[str, str], refused: dict[str, str]) -> Iterator[Chosen]:
    """The one that gets a name; where there are several, or it is taken, none does."""
    if tag not in taken and len(same) == 1:
        yield same[0]
        return
    for one in same:
        other = next((o.path for o in same if o is not one), "") or taken.get(tag) or "a tag that is there already"
        refused[one.path] = f"would be {tag}, as {other}; put more into `name`, or narrow the pattern"


def named(template: str, path: str) -> str | None:
    """The tag of a browse path below Objects; None where a part of it leaves nothing.

    >>> named("{parent}/{name}", "/Objects/Line/Filler 1/Motor Temp (°C)")
    'filler_1/motor_temp_c'
    >>> named("{path}", "/Objects/Line/Füller")
    'line/fuller'
    """
    segments = [segment(name) for name in split_path(path)[1:]]
    back = ["", "", *segments]
    words = {"name": back[-1], "parent": back[-2], "grandparent": back[-3], "path": "/".join(segments)}
    tag = _WORD.sub(lambda match: words.get(match[1], ""), template)
    return tag if all(_SEGMENT.fullmatch(part) for part in tag.split("/")) else None


def segment(name: str) -> str:
    """A path segment of [a-z0-9_-] for a name; empty where nothing of it can stand there."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_-]+", "_", plain.lower()).strip("_")
