"""Sampling settings of single nodes, as the groups of a connection that they are here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from twin.model.plant_text import ConnectionDraft, TagDraft
from twin.model.yaml_writing import Setting, flow

OF_A_CONNECTION = ("publishing", "sampling", "queue")
"""What all tags of a connection share is said there once."""


def grouped(
    connection: ConnectionDraft, tags: Sequence[tuple[TagDraft, Mapping[str, Setting]]]
) -> tuple[ConnectionDraft, list[TagDraft]]:
    """The connection and its tags, each given with its own sampling settings: what all share is the connection's, what
    only some have are groups, the same settings one group.
    """
    shared = _shared([own for _, own in tags])
    groups: dict[str, tuple[str, Mapping[str, Setting]]] = {}
    made: list[TagDraft] = []
    for tag, own in tags:
        rest = {key: value for key, value in own.items() if key not in shared}
        if not rest:
            made.append(tag)
            continue
        name, _ = groups.setdefault(flow(rest), (f"group{len(groups) + 1}", rest))
        made.append(replace(tag, keys={**tag.keys, "group": name}))
    settings = {**connection.settings, **shared}
    if groups:
        settings["groups"] = dict(groups.values())
    return replace(connection, settings=settings), made


def _shared(each: Sequence[Mapping[str, Setting]]) -> dict[str, Setting]:
    first = each[0] if each else {}
    return {
        key: first[key] for key in OF_A_CONNECTION if key in first and all(own.get(key) == first[key] for own in each)
    }
