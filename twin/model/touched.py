"""What a changed address space means for a plant file: which tags, and what to write."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from twin.core.ports import Node
from twin.model.plant import Plant, TagSpec
from twin.model.snapshot import Change, type_of

_WHOLE = re.compile(r"(?:ns=\d+|nsu=[^;]+);|[igb]=")


def touched(plant: Plant, changes: Sequence[Change]) -> list[str]:
    """A line for each tag that a change concerns: its place in the file, what happened, what to write there.

    Nodes that the plant file names by a namespace index are not found: an index means nothing over a restart.
    """
    found = [
        (tag.address.place, text)
        for change in changes
        if change.before is not None
        for tag in _tags_at(plant, change.before)
        for text in _told(plant, tag, change)
    ]
    return [f"{place}: {text}" for place, text in dict.fromkeys(found)]


def _tags_at(plant: Plant, node: Node) -> Iterator[TagSpec]:
    for tag in plant.tags.values():
        path = str(tag.address.settings.get("browse_path") or "")
        if _without_indices(path) == node.path or (not path and _is_at(plant, tag, node.address)):
            yield tag


def _without_indices(path: str) -> str:
    return re.sub(r"/\d+:", "/", path)


def _is_at(plant: Plant, tag: TagSpec, address: str) -> bool:
    """Whether the node of a tag is this one; `*` of a namespace stands for any part."""
    text = tag.address.machine_node + str(tag.address.settings.get("node") or "")
    if not text or _WHOLE.match(text):
        return text == address
    given = tag.address.settings.get("ns") or plant.connections[tag.connection].settings.get("ns") or ""
    uri, _, identifier = address.removeprefix("nsu=").partition(";s=")
    return identifier in {text, text.removeprefix("s=")} and fnmatchcase(uri, str(given).replace("[", "[[]"))


def _told(plant: Plant, tag: TagSpec, change: Change) -> Iterator[str]:
    short, old, new = plant.short(tag.path), change.before, change.after
    if old is None:
        return
    if new is None:
        yield f"{short}: {old.path} is gone; its series ends, remove the tag or give it another node"
    elif change.kind == "retyped":
        text = f"{short}: {old.path} was {type_of(old)} and is {type_of(new)} now"
        yield f"{text}; a tag never changes between number and text: if this does, give it another name"
    elif change.kind in {"renamed", "moved"}:
        in_machine = any(tag.path.startswith(f"{machine.path}/") for machine in plant.machines())
        former = tag.path.rpartition("/")[2] if in_machine else short
        yield from _elsewhere(short, former, tag, old, new, change.likeness)


def _elsewhere(short: str, former: str, tag: TagSpec, old: Node, new: Node, likeness: float) -> Iterator[str]:
    sure = "" if likeness == 1 else f" (if it is the same: {likeness:.0%})"
    keeps = f"the series goes on; under another path write `was: {former}` beside it"
    if tag.address.settings.get("browse_path"):
        if old.path != new.path:
            yield f"{short}: write browse_path: '{new.path}'{sure}; {keeps}"
    elif old.address != new.address:
        yield f"{short}: write node: '{new.address}'{sure}; {keeps}"
