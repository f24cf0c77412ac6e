"""A line that a file describes, as `linetwin.lines` offers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from simulators.description.addresses import with_addresses
from simulators.description.document import read_file
from simulators.description.line import Described, read_line
from simulators.description.plant_file import plant_file
from simulators.line import LineRun

USUAL = "line.yaml"


class DescribedLine:
    """One line. name: as people call it, else the name of its file. Its file is read anew for each life."""

    def __init__(self, file: Path, name: str | None = None) -> None:
        self.file = file
        self.name = file.stem if name is None else name

    @property
    def plant(self) -> Path:
        """Where its own plant file is, if it has one: plant.yaml beside line.yaml, X.plant.yaml beside X.yaml."""
        return self.file.with_name("plant.yaml" if self.file.name == USUAL else f"{self.file.stem}.plant.yaml")

    def described(self, seed: int) -> Described:
        """What its file says for a seed. Raises ValueError for a negative one, or a mistake in the file."""
        return read_line(read_file(self.file), seed)

    def build(self, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()) -> LineRun:
        """The line at its start instant (ns since 1970, rounded up to a whole ms).

        faults: (what, instant), `filler.jam` or `filler.bearing` and so for every machine; more may come while it
        runs. Raises ValueError for an unknown one, one that lies before the start, a negative seed, or a mistake in
        the file, with its line.
        """
        described = self.described(seed)
        return LineRun(described.spec, described.wiring, seed, start, faults)

    def plant_file(self, addresses: Mapping[str, Any]) -> str:
        """PLANT.yaml with the addresses that `serve` gave, by the names of the servers and `mqtt`.

        wait, every: durations as text for all connections, where given. A line without a plant file of its own gets
        one that is made from its description.
        """
        if self.plant.is_file():
            text = self.plant.read_text(encoding="utf-8")
        else:
            text = plant_file(self.described(0), self.file.name)
        return with_addresses(text, str(self.plant), addresses)
