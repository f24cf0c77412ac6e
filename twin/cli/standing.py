"""A data folder as something to read from, whether a twin runs on it or not: what GET /samples asks of a twin."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from twin.core.errors import Misconfigured
from twin.core.scales import UNSCALED, Scales
from twin.core.tags import TagTable
from twin.model.plant import Plant
from twin.runtime.archive import Past
from twin.runtime.clock import WallClock
from twin.runtime.editions import loads_of
from twin.runtime.live import Meaning
from twin.runtime.plant_file import stored_plant
from twin.runtime.scaling import scales_of
from twin.store.reader import LogReader


@dataclass(frozen=True, slots=True)
class Known:
    """Rows are known up to as_of, ns."""

    as_of: int


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What is in the folder now. plant: as it was last run, empty for a folder of imported files alone."""

    reader: LogReader
    plant: Plant
    tags: TagTable
    meaning: Meaning
    clock: WallClock
    scales: Scales

    @property
    def past(self) -> Past:
        """What is here; no archive is asked."""
        now = self.live().as_of
        return Past(self.reader, self.reader.complete_from, self.tags, (), self.plant, lambda: now, self.scales)

    def live(self) -> Known:
        """Everything is known up to the last entry."""
        return Known(self.reader.last() + 1)


def standing(folder: Path, reader: LogReader, scaled: bool) -> Standing:
    """The folder of a reader. scaled: values in the tags' units; else the numbers of the wire."""
    try:
        plant = stored_plant(folder)
    except Misconfigured:
        plant = Plant("", "UTC", {}, {}, ())
    tags = reader.tags()
    scales = scales_of(loads_of(reader), tags)
    meaning = Meaning(plant, tags.names(), scales if scaled else UNSCALED)
    return Standing(reader, plant, tags, meaning, WallClock(), scales)
