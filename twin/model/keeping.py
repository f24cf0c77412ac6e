"""How long what is kept of a plant file: `history`, with groups of tags that are kept shorter or longer."""

from __future__ import annotations

from collections.abc import Collection

from twin.core.instant import DAY
from twin.core.routing import HORIZON
from twin.model.entry import Entry
from twin.model.globs import takes
from twin.model.keys import HISTORY_GROUP_KEYS, HISTORY_KEYS
from twin.model.kinds import settings
from twin.model.plant import Keeping, TagGroup

LEAST = HORIZON + DAY
"""Results of the last 7 days may be computed again: until then every sample must be there."""


def read_keeping(entry: Entry, plant: str, tags: Collection[str], is_closed: bool) -> Keeping:
    """The section `history`. tags: full paths; is_closed: there are no others, such as a connector names itself."""
    fields = entry.fields(HISTORY_KEYS)
    own = settings(fields, HISTORY_KEYS[:1])
    groups = [
        _read_group(name, child, plant, tags if is_closed else ())
        for name, child in (fields["groups"].children().items() if "groups" in fields else ())
    ]
    if own["keep"] is not None:
        _check_length(fields["keep"], own["keep"])
    return Keeping(own["keep"], tuple(groups), plant)


def _read_group(name: str, entry: Entry, plant: str, tags: Collection[str]) -> TagGroup:
    fields = entry.fields(HISTORY_GROUP_KEYS)
    keep: int = settings(fields, HISTORY_GROUP_KEYS[1:])["keep"] or LEAST
    globs: list[str] = []
    for item in _items(fields["tags"]) if "tags" in fields else ():
        globs.append(item.written())
        if tags and not any(map(takes((globs[-1],), plant), tags)):
            item.problem(
                f"no tag matches '{globs[-1]}' (globs over whole paths: */filler/*, with or without the plant)"
            )
    if "tags" in fields and not globs:
        fields["tags"].problem("names no tags")  # no globs at all would take every tag
    if "keep" in fields:
        _check_length(fields["keep"], keep)
    return TagGroup(name, tuple(globs), keep)


def _items(entry: Entry) -> list[Entry]:
    return list(entry.items()) if entry.is_list else [entry]


def _check_length(entry: Entry, keep: int) -> None:
    if keep < LEAST:
        entry.problem(f"is shorter than {LEAST // DAY}d: results of the last 7 days may be computed again from samples")
