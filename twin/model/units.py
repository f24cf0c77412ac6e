"""Units of re-fold (folds.md R4): what late data folds again together, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from twin.model.plant import Line, Machine, Plant
from twin.model.rule import tags_of


@dataclass(frozen=True, slots=True)
class Unit:
    """A connected component of tag dependencies.

    name: path of its line, several joined by `+`; `tags/<connection>` for tags that no line reads. tags, machines:
    full paths in file order. wait: the longest of its connections, ns.
    """

    name: str
    tags: tuple[str, ...]
    machines: tuple[str, ...]
    connections: tuple[str, ...]
    wait: int


def units(plant: Plant) -> tuple[Unit, ...]:
    """All units of a plant: every tag is in exactly one, every machine too. Lines first, in file order."""
    reads = {line.path: dict.fromkeys(_reads_of(line)) for line in plant.lines}
    first = _joined(reads)
    members: dict[str, list[Line]] = {}
    for line in plant.lines:
        members.setdefault(first[line.path], []).append(line)
    unit_of = {tag: first[path] for path, tags in reads.items() for tag in tags}
    tags: dict[str, list[str]] = {root: [] for root in members}
    for path, tag in plant.tags.items():
        tags.setdefault(unit_of.get(path, f"tags/{tag.connection}"), []).append(path)
    return tuple(_unit(plant, name, paths, members.get(name, [])) for name, paths in tags.items())


def _unit(plant: Plant, name: str, tags: list[str], lines: list[Line]) -> Unit:
    connections = tuple(dict.fromkeys(plant.tags[path].connection for path in tags))
    return Unit(
        name="+".join(line.path for line in lines) or name,
        tags=tuple(tags),
        machines=tuple(machine.path for line in lines for machine in line.machines),
        connections=connections,
        wait=max((plant.connections[connection].wait for connection in connections), default=0),
    )


def _reads_of(line: Line) -> Iterator[str]:
    """All tags that the results of a line depend on."""
    if line.product:
        yield line.product
    for machine in line.machines:
        yield from machine.tags.values()
        yield from machine.counts.values()
        yield from _state_reads(machine)
        for model in machine.health:
            yield from cast(Sequence[str], model["tags"])


def _state_reads(machine: Machine) -> Iterator[str]:
    if machine.state is None:
        return
    if machine.state.value:
        yield machine.state.value
    for rule, _ in machine.state.rules:
        yield from tags_of(rule) if rule is not None else ()


def _joined(reads: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Line -> the first line of its unit; lines that read one tag belong together."""
    lines = list(reads)
    owner = list(range(len(lines)))
    reader: dict[str, int] = {}
    for line, tags in enumerate(reads.values()):
        for tag in tags:
            one, other = _root(owner, reader.setdefault(tag, line)), _root(owner, line)
            owner[max(one, other)] = min(one, other)
    return {name: lines[_root(owner, line)] for line, name in enumerate(lines)}


def _root(owner: Sequence[int], line: int) -> int:
    while owner[line] != line:
        line = owner[line]
    return line
