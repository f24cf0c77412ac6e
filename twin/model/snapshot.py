"""A server's variables as a file, and what a later look at them finds changed. Pure.

A PLC download may rename, move, retype or drop variables; a plant file that names them does not know. Nodes are told
apart by path and node id (by namespace URI): the same id elsewhere is the same variable for certain; else type, shape,
unit, parent, name and neighbours say how likely it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher

from twin.core.errors import Misconfigured
from twin.core.ports import Node

FORMAT = "linetwin address space"
LIKELY = 0.6
"""Less likeness than this is chance: it is one removed and one added."""


@dataclass(frozen=True, slots=True)
class Change:
    """One variable that is not as it was. kind: added, removed, renamed, moved (another path or another node id),
    retyped, or described (unit or access). before, after: None where it was not or is not there. likeness: 1 is sure.
    """

    kind: str
    before: Node | None
    after: Node | None
    likeness: float = 1.0

    def text(self) -> str:
        """The change for people, in one line."""
        old, new = self.before, self.after
        if old is None or new is None:
            one = new or old
            return f"{self.kind:<9} {one.path} ({one.type})" if one is not None else self.kind
        if self.kind == "retyped":
            return f"{self.kind:<9} {new.path}: {type_of(old)} is {type_of(new)} now"
        if self.kind == "described":
            return f"{self.kind:<9} {new.path}: {_description(old)} is {_description(new)} now"
        sure = "certain: the same node id" if self.likeness == 1 else f"likely: {self.likeness:.0%}"
        where = new.path if new.path != old.path else f"{new.path} ({old.address} is {new.address} now)"
        return f"{self.kind:<9} {old.path} -> {where} ({sure})" if new.path != old.path else f"{self.kind:<9} {where}"


def to_text(source: str, nodes: Sequence[Node]) -> str:
    """The file: the variables by path, without their values, so that equal address spaces are equal files."""
    kept = [_kept(node) for node in sorted(nodes, key=lambda node: (node.path, node.address))]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, sort_keys=True) for one in kept)
    return f'{{"format": {json.dumps(FORMAT)}, "version": 1, "source": {json.dumps(source)}, "nodes": [\n{lines}\n]}}\n'


def _kept(node: Node) -> dict[str, object]:
    found = asdict(replace(node, value=""))
    return {key: value for key, value in found.items() if value not in ("", None, False)}


def from_text(text: str, file: str) -> list[Node]:
    """The variables of a file. Raises Misconfigured for one that is none of ours."""
    try:
        found = json.loads(text)
        if found["format"] != FORMAT or found["version"] != 1:
            raise ValueError
        return [_node(one) for one in found["nodes"]]
    except (ValueError, TypeError, KeyError):
        raise Misconfigured(f"{file}: is not what `twin browse URL --save FILE.json` writes") from None


def _node(one: Mapping[str, object]) -> Node:
    lists = {key: tuple(one[key]) for key in ("range", "shape") if key in one}  # pyright: ignore[reportArgumentType]
    return Node(**{**one, **lists})  # pyright: ignore[reportArgumentType] - a wrong key or type is a TypeError


def changes(before: Sequence[Node], after: Sequence[Node]) -> list[Change]:
    """What is not as it was, by kind and path; nothing for equal address spaces."""
    old, new = {n.path: n for n in before}, {n.path: n for n in after}
    found = [c for path in old.keys() & new.keys() for c in _same_place(old[path], new[path])]
    gone = [n for path, n in old.items() if path not in new]
    come = [n for path, n in new.items() if path not in old]
    pairs = [*_same_id(gone, come)]
    taken = {id(node) for change in pairs for node in (change.before, change.after)}
    left = [n for n in gone if id(n) not in taken]
    right = [n for n in come if id(n) not in taken]
    pairs += _likely(left, right, _neighbours(before), _neighbours(after))
    taken |= {id(node) for change in pairs for node in (change.before, change.after)}
    found += pairs
    found += [
        Change("retyped", c.before, c.after)
        for c in pairs
        if c.before and c.after and type_of(c.before) != type_of(c.after)
    ]
    found += [Change("removed", n, None) for n in gone if id(n) not in taken]
    found += [Change("added", None, n) for n in come if id(n) not in taken]
    order = ("renamed", "moved", "retyped", "described", "removed", "added")
    return sorted(found, key=lambda c: (order.index(c.kind), (c.before or c.after or Node("", "")).path))


def _same_place(old: Node, new: Node) -> Iterator[Change]:
    if old.address != new.address:
        yield Change("moved", old, new)
    if type_of(old) != type_of(new):
        yield Change("retyped", old, new)
    if (old.unit, old.access) != (new.unit, new.access):
        yield Change("described", old, new)


def _same_id(gone: Sequence[Node], come: Sequence[Node]) -> Iterator[Change]:
    """Another path with the same node id: certain."""
    by_address = {n.address: n for n in come}
    for node in gone:
        if node.address in by_address:
            yield Change("renamed", node, by_address.pop(node.address))


def _likely(
    gone: Sequence[Node], come: Sequence[Node], before: Mapping[str, set[str]], after: Mapping[str, set[str]]
) -> list[Change]:
    """The most alike first, each once. Only variables of one type are compared, so large spaces stay quick."""
    by_type: dict[str, list[Node]] = {}
    for node in come:
        by_type.setdefault(type_of(node), []).append(node)
    scored = [
        (likeness(old, new, before, after), old, new)
        for old in gone
        for new in by_type.get(type_of(old), ())
        if parent(old.path) == parent(new.path) or name(old.path) == name(new.path)
    ]
    scored.sort(key=lambda one: (-one[0], one[1].path, one[2].path))
    taken: set[int] = set()
    pairs: list[Change] = []
    for score, old, new in scored:
        if score >= LIKELY and not {id(old), id(new)} & taken:
            taken |= {id(old), id(new)}
            pairs.append(Change("renamed", old, new, min(score, 0.99)))
    return pairs


def likeness(old: Node, new: Node, before: Mapping[str, set[str]], after: Mapping[str, set[str]]) -> float:
    """0 to 1: how much speaks for one variable with another name or parent. Type and shape are the same already."""
    same_parent = parent(old.path) == parent(new.path)
    similar = SequenceMatcher(None, name(old.path).lower(), name(new.path).lower(), autojunk=False).ratio()
    around, now = before.get(parent(old.path), set()), after.get(parent(new.path), set())
    shared = len(around & now) / max(1, len(around | now))
    same_unit = old.unit == new.unit and old.range == new.range
    return 0.2 * same_parent + 0.45 * similar + 0.2 * shared + 0.15 * same_unit


def _neighbours(nodes: Sequence[Node]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in nodes:
        found.setdefault(parent(node.path), set()).add(name(node.path))
    return found


def type_of(node: Node) -> str:
    """Type and lengths: `Float[3]`."""
    lengths = "" if node.shape is None else f"[{','.join(map(str, node.shape))}]"
    return node.type.removesuffix("[]") + lengths


def _description(node: Node) -> str:
    return ", ".join(filter(None, (node.unit or "no unit", node.access)))


def parent(path: str) -> str:
    """The path above."""
    return path.rpartition("/")[0]


def name(path: str) -> str:
    """The last name."""
    return path.rpartition("/")[2]
