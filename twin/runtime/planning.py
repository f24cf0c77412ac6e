"""What another plant file would do to a data folder: compared with all models that it was run with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.core.tags import TagTable
from twin.model.plan.change import MENDS, Change
from twin.model.plan.changes import changes
from twin.model.plan.scales import Readings
from twin.model.plant import Plant
from twin.runtime.editions import stored_loads
from twin.runtime.loaded import Loaded
from twin.runtime.renaming import renamed
from twin.runtime.scaling import scales_of
from twin.store.counted import counts
from twin.store.reader import LogReader


@dataclass(frozen=True, slots=True)
class Told:
    """A change, and how many samples of the folder it makes read otherwise."""

    change: Change
    samples: int = 0


def planned(folder: Path, new: Plant, now: int) -> list[Told]:
    """Changes against the model that a folder was last run with. Nothing is written."""
    reader = LogReader(folder)
    try:
        loads, tags = stored_loads(folder, reader), reader.tags()
        known = {tags[id_].name: str(tags[id_].type) for id_ in range(len(tags))}
        read = _readings(loads, new, tags, now)
        found = changes(loads[-1].plant, new, known, read, now)
        many = dict(_samples(reader, tags, found))
    finally:
        reader.close()
    return [Told(one, many.get(place, 0)) for place, one in enumerate(found)]


def _readings(loads: Sequence[Loaded], new: Plant, tags: TagTable, now: int) -> Readings:
    """How every series of the new plant reads before and after it. Renames the tags of the table."""
    before = scales_of(loads, tags)
    after = scales_of([*renamed(loads, new, tags), Loaded(new, now)], tags)
    ids = {path: id_ for path in new.tags if (id_ := tags.get(path)) is not None}
    return {path: (before.of_tag.get(id_, ()), after.of_tag.get(id_, ())) for path, id_ in ids.items()}


def _samples(reader: LogReader, tags: TagTable, found: Sequence[Change]) -> Iterator[tuple[int, int]]:
    """(place of the change, samples) of those that mend the past; each span is counted once for all its tags."""
    spans: dict[tuple[int, int], dict[int, int]] = {}
    for place, one in enumerate(found):
        if one.effect == MENDS and one.since is not None and one.until is not None:
            spans.setdefault((one.since, one.until), {})[tags.ids_of([one.tag])[0]] = place
    for (start, end), places in spans.items():
        ids = np.array(sorted(places), np.int32)
        rows = counts(reader, ids, start, end)
        left = rows.received - rows.repeats - rows.overwritten
        yield from ((places[id_], many) for id_, many in zip(ids.tolist(), left.tolist(), strict=True))
