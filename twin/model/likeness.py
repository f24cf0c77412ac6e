"""Which folders of tags are machines of one kind: they hold the same tags, found below one node each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from twin.model.lines import RESERVED
from twin.model.naming import Taken
from twin.model.yaml_writing import Setting, flow

_HEAD = re.compile(r"(?:(?:nsu=[^;]+|ns=\d+);[sgb]=)?")
"""Begins a whole node id; a number is not cut into a machine's part and a tag's."""
_ABBREVIATED = re.compile(r"(?:(?:nsu=[^;]+|ns=\d+);)?i=|[sgb]=")
"""Begins a node that no machine's node may stand before."""
_SEPARATOR = re.compile(r"[./|:\[]")
FEWEST = 2
"""Tags of a machine, and machines of a kind: less is chance."""


class Tag(Protocol):
    """What of a tag is looked at: a TagDraft."""

    @property
    def path(self) -> str:
        """Within the plant."""
        ...

    @property
    def connection(self) -> str:
        """Name of its connection."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Comments."""
        ...

    @property
    def was(self) -> str:
        """Former path."""
        ...

    def meaning(self) -> dict[str, Setting]:
        """All keys but `from`."""
        ...


AnyTag = TypeVar("AnyTag", bound=Tag)
Keys = tuple[str, Mapping[str, Setting], tuple[str, ...]]
"""A tag of a type: local name, keys with the node after the machine's, comments."""


@dataclass(frozen=True, slots=True)
class Same:
    """One machine of a kind: where it stands, its connection, and what stands before the nodes of its tags."""

    folder: str
    connection: str
    node: str

    @property
    def line(self) -> str:
        """Path of its line."""
        return self.folder.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Its name in the line."""
        return self.folder.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Kind:
    """Machines that have the same tags."""

    name: str
    tags: tuple[Keys, ...]
    machines: tuple[Same, ...]


def alike(tags: Sequence[AnyTag]) -> tuple[list[Kind], list[AnyTag]]:
    """Machines by their kinds, and the tags that are of none. Order is that of first sight."""
    folders: dict[str, list[AnyTag]] = {}
    for tag in tags:
        folders.setdefault(tag.path.rpartition("/")[0], []).append(tag)
    paths = {tag.path for tag in tags}
    looks: dict[str, list[Same]] = {}
    for folder, inside in folders.items():
        machine = None if folder in paths else _machine(folder, inside)
        if machine is not None:
            looks.setdefault(_look(inside, machine.node), []).append(machine)
    taken = Taken()
    kinds = [
        Kind(taken.free(_stem(m.name for m in same)), _shared([(folders[m.folder], m.node) for m in same]), same)
        for same in _outermost(looks.values())
    ]
    typed = {machine.folder for kind in kinds for machine in kind.machines}
    return kinds, [tag for tag in tags if tag.path.rpartition("/")[0] not in typed]


def _outermost(groups: Iterable[Sequence[Same]]) -> list[tuple[Same, ...]]:
    """The groups that are large enough, without machines inside of machines: no line stands below a machine."""
    large = [group for group in groups if len(group) >= FEWEST]
    folders = {machine.folder for group in large for machine in group}

    def is_inside(folder: str) -> bool:
        above = folder.rpartition("/")[0]
        return bool(above) and (above in folders or is_inside(above))

    left = [tuple(machine for machine in group if not is_inside(machine.folder)) for group in large]
    return [group for group in left if len(group) >= FEWEST]


def _machine(folder: str, inside: Sequence[Tag]) -> Same | None:
    """The machine that a folder would be, None when it cannot be one."""
    line = folder.rpartition("/")[0]
    connections = {tag.connection for tag in inside}
    if not line or line.split("/")[0] == RESERVED or len(inside) < FEWEST or len(connections) > 1:
        return None
    node = _common_node(inside)
    return Same(folder, connections.pop(), node) if node else None


def _common_node(inside: Sequence[Tag]) -> str:
    """What the nodes of all tags begin with, up to a separator; '' when a machine's node cannot stand before them."""
    nodes = [tag.meaning().get("node", "") for tag in inside]
    texts = [node for node in nodes if isinstance(node, str) and node and not _ABBREVIATED.match(node)]
    if len(texts) < len(inside) or any(tag.was for tag in inside):
        return ""
    head = _HEAD.match(texts[0])
    common = _common(texts)
    begin = head.end() if head is not None else 0
    cuts = [match.start() for match in _SEPARATOR.finditer(common, begin) if match.start() > begin]
    return common[: cuts[-1]] if cuts else ""


def _common(texts: Sequence[str]) -> str:
    """The beginning that all texts share."""
    first, last = min(texts), max(texts)
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]


def _look(inside: Sequence[Tag], node: str) -> str:
    """What machines of one kind have in common."""
    return "\n".join(sorted(flow([local, keys]) for local, keys, _ in _without_node(inside, node)))


def _without_node(inside: Sequence[Tag], node: str) -> tuple[Keys, ...]:
    """The tags as their type has them."""
    found: list[Keys] = []
    for tag in inside:
        keys = tag.meaning()
        after: dict[str, Setting] = {**keys, "node": str(keys["node"]).removeprefix(node)}
        found.append((tag.path.rpartition("/")[2], after, tag.notes))
    return tuple(found)


def _shared(machines: Sequence[tuple[Sequence[Tag], str]]) -> tuple[Keys, ...]:
    """The tags of a type: those of its first machine, with the comments that all of them have."""
    each = [_without_node(inside, node) for inside, node in machines]
    notes: dict[str, set[tuple[str, ...]]] = {}
    for tags in each:
        for name, _, said in tags:
            notes.setdefault(name, set()).add(said)
    return tuple((name, keys, said if len(notes[name]) == 1 else ()) for name, keys, said in each[0])


def _stem(names: Iterable[str]) -> str:
    """What names of machines have in common: packer of packer1 and packer2; else the first."""
    all_names = list(names)
    return _common(all_names).rstrip("_-0123456789") or all_names[0]
