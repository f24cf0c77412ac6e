"""Plants that do not exist, a folder each: line.yaml is the line as it lives, plant.yaml the plant file that fits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from simulators.description.described import DescribedLine
from simulators.description.scenario import Scenario, read_scenario
from simulators.replay.line import RecordedLine
from simulators.replay.recording import recording_of
from simulators.samples import Columns


def named(name: str) -> DescribedLine:
    """The line of a folder here."""
    return DescribedLine(Path(__file__).parent / name / "line.yaml", name)


PACKAGING = named("packaging")
CNC = named("cnc")
PUMPS = named("pumps")
BOTTLING = named("bottling")
PLANTS = (PACKAGING, CNC, PUMPS, BOTTLING)
"""All of them, each also an entry point of `linetwin.lines`."""


class Files:
    """Lines and scenarios in files, as `linetwin.line_files` offers them."""

    def line(self, file: str) -> DescribedLine:
        """The line that a file describes. Raises ValueError with file and line for a mistake in it."""
        found = DescribedLine(Path(file))
        found.described(0)
        return found

    def scenario(self, file: str, line: Callable[[str], Any]) -> Scenario:
        """The scenario of a file. line: gives the line of a name. Raises ValueError with file and line of a mistake."""
        return read_scenario(Path(file), line)

    def recording(self, name: str, columns: Columns, texts: Any = None, rounds: bool = False) -> RecordedLine:
        """The line that gives these samples again. columns: as `step` gives them. texts: of each row, or None."""
        return RecordedLine(name, recording_of(columns, texts), rounds)


FILES = Files()
