"""How the wire numbers of all tags read over time, as the models say that were loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.scales import AS_ON_THE_WIRE, Scale, Scales
from twin.core.tags import TagTable
from twin.model.plant import DatedScale, TagSpec
from twin.runtime.loaded import Loaded


def scales_of(loads: Sequence[Loaded], tags: TagTable) -> Scales:
    """What the newest of these models says, and those before it of their own time.

    A scale without a date counts from the load of its model on (that of the first model always did); a dated one of the
    newest model that has the tag counts for its dates, whenever that model was loaded.
    """
    said: dict[int, list[tuple[int, TagSpec]]] = {}
    for place, load in enumerate(loads):
        for path, spec in load.plant.tags.items():
            tag = tags.get(load.names.get(path, path))
            if tag is not None and (tag in said or _says(spec)):
                said.setdefault(tag, _silent(loads[:place], path)).append((load.since if place else FAR_PAST, spec))
    return Scales({tag: _together(specs) for tag, specs in said.items()})


def _says(spec: TagSpec) -> bool:
    return bool(spec.scales or spec.bad) or (spec.factor, spec.offset) != (1.0, 0.0)


def _silent(before: Sequence[Loaded], path: str) -> list[tuple[int, TagSpec]]:
    """The time of models that had the tag and said nothing of its scale."""
    for place, load in enumerate(before):
        if path in load.plant.tags:
            return [(load.since if place else FAR_PAST, load.plant.tags[path])]
    return []


def _together(specs: Sequence[tuple[int, TagSpec]]) -> list[Scale]:
    """The scales of one tag by start, each unlike the one before it. specs: by the instant from which they count."""
    first = specs[0][1]
    undated = [Scale(FAR_PAST, first.factor, first.offset, first.bad)]
    undated += [Scale(since, spec.factor, spec.offset, spec.bad) for since, spec in specs[1:]]
    found: list[Scale] = []
    for scale in _overlaid(undated, specs[-1][1].scales):
        if not found or (found[-1].factor, found[-1].offset, found[-1].bad) != (scale.factor, scale.offset, scale.bad):
            found.append(scale)
    return found


def _overlaid(undated: Sequence[Scale], dated: Sequence[DatedScale]) -> Iterator[Scale]:
    starts = {scale.start for scale in undated} | {d.start for d in dated} | {d.end for d in dated}
    for start in sorted(starts - {FAR_FUTURE}):
        over = next((d for d in dated if d.start <= start < d.end), None)
        if over is not None:
            yield Scale(start, over.factor, over.offset, over.bad)
            continue
        under = AS_ON_THE_WIRE
        for scale in undated:
            under = scale if scale.start <= start else under
        yield Scale(start, under.factor, under.offset, under.bad)
