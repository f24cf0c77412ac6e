"""Units of re-fold (folds.md R4): what late data folds again together, and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from twin.model.computed import behind, inputs
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
    reads = {line.path: dict.fromkeys(_with_inputs(plant, _reads_of(line))) for line in plant.lines}
    reads |= _loose(plant, {path for tags in reads.values() for path in tags})
    first = _joined(reads)
    members: dict[str, list[Line]] = {}
    for line in plant.lines:
        members.setdefault(first[line.path], []).append(line)
    unit_of = {tag: first[path] for path, tags in reads.items() for tag in tags}
    tags: dict[str, list[str]] = {root: [] for root in members}
    for path in plant.tags:
        tags.setdefault(unit_of[path], []).append(path)
    return tuple(_unit(plant, name, paths, members.get(name, [])) for name, paths in tags.items())


def _loose(plant: Plant, read: Collection[str]) -> dict[str, dict[str, None]]:
    """Tags that no line reads, by their connection, and then computed ones, each with all that it is made of."""
    by_connection: dict[str, dict[str, None]] = {}
    computed: dict[str, dict[str, None]] = {}
    for path, tag in plant.tags.items():
        if path in read:
            continue
        if tag.compute is None:
            by_connection.setdefault(f"tags/{tag.connection}", {})[path] = None
        else:
            computed[f"tags/{path}"] = dict.fromkeys(_with_inputs(plant, [path]))
    return by_connection | computed


def _with_inputs(plant: Plant, paths: Iterable[str]) -> Iterator[str]:
    """The tags, and all that computed ones among them are made of."""
    for path in paths:
        yield path
        if path in plant.tags and plant.tags[path].compute is not None:
            for made in behind(plant.tags, [path]):
                yield from inputs(plant.tags, made)


def _unit(plant: Plant, name: str, tags: list[str], lines: list[Line]) -> Unit:
    connections = tuple(dict.fromkeys(plant.tags[path].connection for path in tags if plant.tags[path].connection))
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
