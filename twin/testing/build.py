"""Makes lines: a simulated one or a recording, watched by its own plant file or by another."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, MINUTE
from twin.core.tags import TagTable
from twin.model.load import load
from twin.runtime import plugins
from twin.runtime.assembly import assemble
from twin.runtime.plant_file import read_plant
from twin.runtime.recording import is_recording
from twin.testing.line import Line
from twin.testing.recorded import recorded
from twin.testing.source import Simulated, check_names
from twin.testing.times import Length, Wall, length_ns, monday_at_six
from twin.testing.virtual import VirtualTwin

USUAL = "packaging"


def twin_line(
    line: str | Path | None = None,
    *,
    seed: int = 1,
    plant: str | Path | None = None,
    source: str | Path | None = None,
    behind: Length | None = None,
) -> Line:
    """A line and the twin that watches it.

    line: a simulated line by name (`packaging`) or description (`my-line.yaml`), watched by its own plant file.
    plant: a PLANT.yaml of yours instead; then source is what feeds it: such a line, or a recording (CSV or Parquet, as
    `twin export` writes it). seed: another seed is another life, the same one the same life to the byte. behind: how
    much of its life has passed as the test begins, so that the twin has learnt what is normal: two hours of a simulated
    line, which begins on a Monday at 06:00 of the plant; nothing of a recording, which begins with its first sample.

    Raises Misconfigured for a name that is not there, a file that is wrong, or a plant file that nothing feeds.
    """
    if plant is None:
        if line is not None and source is not None:
            raise Misconfigured(f"line {str(line)!r} and source {str(source)!r}: name one of them")
        line = source if line is None else line
        if line is not None and is_recording(line):
            raise Misconfigured(f"{line}: a recording needs the plant file that explains it: plant='PLANT.yaml'")
        return _simulated(str(line or USUAL), None, seed, behind)
    if line is not None:
        raise Misconfigured(f"line {str(line)!r} and plant {str(plant)!r}: say source={str(line)!r} for your own plant")
    if source is not None and is_recording(source):
        return _recorded(Path(source), Path(plant), behind)
    return _simulated(str(source or USUAL), Path(plant), seed, behind)


LineMaker = Callable[..., Line]
"""What the fixture `twin_line` gives: a function like `twin.testing.twin_line`; its lines are told of in failures."""


def _simulated(name: str, file: Path | None, seed: int, behind: Length | None) -> Line:
    simulator = plugins.line(name)
    if not isinstance(seed, int):  # pyright: ignore[reportUnnecessaryIsInstance] - tests are not always typed
        raise Misconfigured(f"seed {seed!r} must be a whole number, 0 or more")
    if file is None:
        plant = load(simulator.plant_file({}), f"plant file of {name}", plugins.connectors(), os.environ)
    else:
        plant = read_plant(str(file), secrets=False)
    past = _past(behind, 2 * HOUR)
    start = monday_at_six(plant.timezone)
    twin = VirtualTwin(plant, start - past)
    try:
        source = Simulated(lambda: simulator.build(seed, start - past, ()), name, plant, twin.tags)
    except ValueError as error:
        raise Misconfigured(f"{name}: {error}") from None
    if file is not None:
        check_names(plant, source.names(), name, str(file))
    return Line(twin, source, Wall(plant.timezone, start))


def _recorded(file: Path, plant_file: Path, behind: Length | None) -> Line:
    plant = read_plant(str(plant_file), secrets=False)
    past = _past(behind, 0)
    tags = TagTable()
    assemble(plant, tags)  # the plant's own tags stand first, as in the log of a running twin
    source, names = recorded(file, tags)
    check_names(plant, names, file.name, str(plant_file))
    begins = source.begins - source.begins % MINUTE
    return Line(VirtualTwin(plant, begins, tags), source, Wall(plant.timezone, begins + past))


def _past(behind: Length | None, usual: int) -> int:
    past = usual if behind is None else length_ns(behind, "behind")
    if past < 0:
        raise Misconfigured(f"behind={behind!r}: a line has lived for some time or for none; give a length like '2h'")
    return past
