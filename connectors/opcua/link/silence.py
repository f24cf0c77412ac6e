"""Is a subscription that says nothing quiet, or dead? What a Read shows beside what came tells. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from connectors.opcua.items import Items
from connectors.opcua.link.resent import LastRows
from twin.core.batch import Batch
from twin.core.status import BAD
from twin.core.tags import TagType

LOOK_AT = 20
"""Items whose values are read to know it: enough that one of them moves, few enough for any PLC."""


def sample(items: Items, handles: Sequence[int], start: int) -> list[int]:
    """A few items whose values can be compared, from a place in their order on and round."""
    turned = [*handles[start % len(handles) :], *handles[: start % len(handles)]] if handles else []
    return [handle for handle in turned if comparable(items, handle)][:LOOK_AT]


def comparable(items: Items, handle: int) -> bool:
    """Whether each change of the item makes a row: whole numbers and numbers, not parts of arrays."""
    targets = items.all[handle].targets
    return bool(targets) and all(not target.pick and target.type is TagType.NUMBER for target in targets)


def moved(read: Batch, last: LastRows, by_time: bool) -> NDArray[np.bool_]:
    """Which rows that were read are newer than what came last of their tags, with another value; or nothing ever came.

    by_time: rows carry a time of the source or server, so that an older one is not newer.
    """
    last.make_room(read)
    other = (read.value != last.value[read.tag]) & ~np.isnan(read.value)
    later = read.time > last.time[read.tag] if by_time else np.ones(len(read), dtype=np.bool_)
    never = ~last.known[read.tag]
    return ((read.status & np.uint32(BAD)) == 0) & (never | (other & later))


def still(tags: Sequence[int], before: LastRows, now: LastRows) -> list[int]:
    """Those of the tags of which nothing came between two looks at their last rows."""

    def same(tag: int) -> bool:
        if tag >= len(now.known) or not now.known[tag]:
            return True
        return bool(tag < len(before.known) and before.known[tag] and before.time[tag] == now.time[tag])

    return [tag for tag in tags if same(tag)]
