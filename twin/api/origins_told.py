"""How the values of an answer came (twin.runtime.origins), where that is asked for or costs little."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np
from fastapi import Query

from twin.api.readable import Named
from twin.runtime.live import LiveView
from twin.runtime.origins import COMPUTED, of_last
from twin.runtime.twin import Twin

MOST_ORIGINS = 500
"""Of so many tags it is looked up how their values came, unless somebody asks for more."""

AskedOrigin = Annotated[
    bool | None,
    Query(description=f"with how each value came; without it: where there are at most {MOST_ORIGINS} tags"),
]


async def origins_told(
    twin: Twin, heavy: asyncio.Semaphore, model: Named, view: LiveView, tags: Sequence[str], asked: bool | None
) -> Mapping[str, str]:
    """By path: how the value of a tag in a view came; none where that was not asked for. model: of the view."""
    if not (asked or (asked is None and len(tags) <= MOST_ORIGINS)):
        return {}
    async with heavy:
        return await asyncio.to_thread(_origins, twin, model, view, tags)


def _origins(twin: Twin, model: Named, view: LiveView, tags: Sequence[str]) -> dict[str, str]:
    computed = {path for path in tags if path in model.plant.tags and model.plant.tags[path].compute is not None}
    ids = {id_: path for path in tags if path not in computed and (id_ := model.tags.get(path)) is not None}
    there = np.array([id_ for id_ in ids if id_ < len(view.tags.time) and view.tags.time[id_]], dtype=np.int32)
    came = of_last(twin.reader, there, view.tags.time[there], view.known)
    return {**{ids[id_]: origin for id_, origin in came.items()}, **dict.fromkeys(computed, COMPUTED)}
