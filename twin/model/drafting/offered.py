"""What a server offers, as tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from twin.core.ports import Node
from twin.model.drafting.drafts import UNITS, Drafts, namer, with_common_namespace
from twin.model.naming import Taken
from twin.model.plant_text import ConnectionDraft, TagDraft, unsayable
from twin.model.yaml_writing import Setting, number

TYPES = {
    **dict.fromkeys(
        ("String", "LocalizedText", "QualifiedName", "NodeId", "ExpandedNodeId", "Guid", "XmlElement"), "text"
    ),
    "ByteString": "bytes",
}
"""Type of a variable -> type of its tag; all others are numbers."""
STRUCTURES = ("ExtensionObject", "Variant", "DataValue", "DiagnosticInfo")
"""Values that are not one number or text."""
LONGEST_ARRAY = 100
"""A longer array is written as a comment: nobody wants a tag for each element of a buffer of curves."""


def names_of(path: str) -> list[str]:
    """The names of a browse path, without its root.

    >>> names_of("/Objects/Pump &/ 3/Flow")
    ['Pump / 3', 'Flow']
    """
    names = [re.sub(r"&([&/])", r"\1", name) for name in re.split(r"(?<!&)/", path.strip("/"))]
    return names[1:] if names[:1] == ["Objects"] and len(names) > 1 else names


def from_offer(nodes: Sequence[Node], connection: ConnectionDraft, template: str = "{path}") -> Drafts:
    """Drafts of the variables of one server. template: as `namer` takes it; raises Misconfigured for a wrong one."""
    name = namer(template)
    taken = Taken()
    tags: list[TagDraft] = []
    left_out: list[str] = []
    for node in nodes:
        reason = _reason(node)
        if reason:
            left_out.append(f"{node.path}: {reason}")
        else:
            names = names_of(node.path)
            tags += _tags(node, name(names, node.display), node.display or names[-1], connection.name, taken)
    whole, shorter = with_common_namespace(connection, tags)
    return Drafts((whole,), tuple(shorter), tuple(left_out))


def _reason(node: Node) -> str:
    """Why a variable cannot be a tag, '' when it can."""
    if node.access and "r" not in node.access:
        return "this user may not read it"
    return unsayable(node.address)


def _tags(node: Node, path: str, display: str, connection: str, taken: Taken) -> Iterator[TagDraft]:
    """The tag of a variable: as a comment where a person has to decide first."""
    type_ = node.type.removesuffix("[]")
    keys: dict[str, Setting] = {"node": node.address}
    unit = UNITS.get(node.unit, node.unit)
    shown = "" if unsayable(display) else display
    draft = TagDraft(path, connection, keys, TYPES.get(type_, "number"), "" if unsayable(unit) else unit)
    if type_ in STRUCTURES:
        note = (
            f"{'an array of structures' if node.shape is not None else 'a structure'}; a tag for one of its fields is"
        )
        pick = "[0].Field" if node.shape is not None else ".Field"
        draft = replace(draft, keys={**keys, "pick": pick}, notes=(note,), is_open=True)
        yield replace(draft, path=taken.free(f"{path}_field"))
    elif node.shape is not None:
        yield _array(node, draft, taken)
    else:
        free = taken.free(path)
        is_said = free.rpartition("/")[2] == shown
        yield replace(draft, path=free, display="" if is_said else shown, notes=_notes(node, unit))


def _array(node: Node, draft: TagDraft, taken: Taken) -> TagDraft:
    """A tag for each element of a short array, else one as an example."""
    shape = node.shape or ()
    length = shape[0] if len(shape) == 1 else 0
    is_short = 0 < length <= LONGEST_ARRAY
    free = taken.free_row(f"{draft.path}_", length if is_short else 1)
    if is_short:
        path = f"{free}[0..{length - 1}]"
        return replace(draft, path=path, keys={**draft.keys, "pick": "[{i}]"}, notes=_notes(node, draft.unit))
    size = " x ".join(map(str, shape)) or "unknown length"
    pick = "[0]" * max(1, len(shape))
    note = f"an array of {size}; a tag for one of its elements is"
    return replace(draft, path=f"{free}0", keys={**draft.keys, "pick": pick}, notes=(note,), is_open=True)


def _notes(node: Node, unit: str) -> tuple[str, ...]:
    if node.range is None:
        return ()
    low, high = map(number, node.range)
    return (f"usual range {low} to {high} {unit}".rstrip(),)
