"""From the names that tests write to the machines, lines and tags of a plant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import TypeVar

from twin.core.errors import Misconfigured
from twin.core.tags import TagTable
from twin.model.plant import Line, Machine, Plant

MOST = 12
"""An error lists so many names."""

Asset = TypeVar("Asset", Machine, Line, Line | Machine)


class Names:
    """Finds assets and tags by as much of their path as makes them one: `filler`, `line1/filler`, the full path.

    Every method raises Misconfigured for a name that means nothing or several things, saying what there is.
    """

    def __init__(self, plant: Plant, tags: TagTable) -> None:
        self._plant = plant
        self._tags = tags

    def machine(self, name: str) -> Machine:
        """One machine."""
        return _one("machine", name, self._plant.machines())

    def machines(self, asset: str) -> list[Machine]:
        """All for '', those of a line, or the one machine."""
        if not asset:
            return list(self._plant.machines())
        found = self.asset(asset)
        return [found] if isinstance(found, Machine) else list(found.machines)

    def asset(self, name: str) -> Line | Machine:
        """One line or machine; '' is the line of a plant that has one only."""
        if not name and len(self._plant.lines) == 1:
            return self._plant.lines[0]
        every: list[Line | Machine] = [*self._plant.lines, *self._plant.machines()]
        return _one("line or machine", name, every)

    def tag(self, name: str) -> str:
        """The full path of a tag: `filler/vibration`."""
        every = list(dict.fromkeys((*self._plant.tags, *self._tags.names())))
        found = _matching(name, every)
        if len(found) == 1:
            return found[0]
        if found:
            raise Misconfigured(f"tag {name!r} may be {listed(found)}; write more of its path")
        near = difflib.get_close_matches(name, dict.fromkeys(path.split("/", 1)[-1] for path in every), n=1)
        near = near or difflib.get_close_matches(name, ["/".join(path.split("/")[-2:]) for path in every], n=1)
        machine = next((m for m in self._plant.machines() if name.startswith(f"{m.name}/")), None)
        there = listed(list(machine.tags)) if machine else listed(["/".join(path.split("/")[-2:]) for path in every])
        raise Misconfigured(
            f"no tag {name!r}" + (f", did you mean {near[0]}" if near else "") + f"; there are: {there}"
        )


def _one(kind: str, name: str, among: Sequence[Asset]) -> Asset:
    paths = {one.path: one for one in among}
    found = _matching(name.strip("/"), paths)
    if len(found) == 1:
        return paths[found[0]]
    if found:
        raise Misconfigured(f"{kind} {name!r} may be {listed(found)}; write more of its path")
    raise Misconfigured(f"no {kind} {name!r}; there are: {listed([one.name for one in among])}")


def _matching(name: str, paths: Iterable[str]) -> list[str]:
    """The path itself, or every path that ends with this name."""
    every = list(paths)
    return [name] if name in every else [path for path in every if name and path.endswith(f"/{name}")]


def listed(names: Sequence[str]) -> str:
    """Names for an error, not too many."""
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return (", ".join(names[:MOST]) or "none") + more
