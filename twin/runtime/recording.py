"""Recordings: a CSV or Parquet file, read with the connector that `twin import` uses."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from twin.core.batch import Batch, concatenate
from twin.core.errors import Misconfigured
from twin.core.event import Event
from twin.core.plugin import ConnectionSpec, Surroundings
from twin.core.ports import Connector
from twin.core.simulated import SimulatedLine
from twin.core.tags import TagTable
from twin.runtime import plugins
from twin.runtime.clock import WallClock
from twin.runtime.report import ConnectionReport

ENDINGS = {".csv", ".tsv", ".txt", ".parquet"}


def is_recording(name: str | Path) -> bool:
    """Whether a source is a file of samples, by its ending."""
    return Path(name).suffix.lower() in ENDINGS


def read_recording(file: Path, tags: TagTable) -> Batch:
    """All samples of a file in the order of time; its tags are added to the table. Raises Misconfigured."""
    report = ConnectionReport("recording", "file", str(file), WallClock(), _nothing)
    spec = ConnectionSpec("recording", "file", str(file), {}, place=str(file))
    source = plugins.connector("file").build(spec, (), Surroundings(tags, WallClock(), report, file.parent))
    with ThreadPoolExecutor(1) as apart:  # the caller itself may stand in an event loop
        batches = apart.submit(lambda: asyncio.run(_all(source))).result()
    for letter in report.letters():
        raise Misconfigured(f"{letter.place}: {letter.cause}: {letter.payload.decode(errors='replace')}")
    if not batches:
        raise Misconfigured(f"{file}: no samples in it")
    return replace(concatenate(batches), source="recording").in_time_order()


def recorded_line(file: Path, rounds: bool = False) -> tuple[SimulatedLine, int]:
    """A line that gives the samples of a file again, and the instant (ns) of the first. Raises Misconfigured."""
    if not file.is_file():
        raise Misconfigured(f"{file}: no such file")
    tags = TagTable()
    samples = read_recording(file, tags)
    present, index = np.unique(samples.tag, return_inverse=True)
    names = [tags[tag].name for tag in present.tolist()]
    columns = names, samples.time, index.astype(np.int32), samples.value, samples.status
    return plugins.recorded_line(file.name, columns, samples.text, rounds), int(samples.time[0])


async def _all(source: Connector) -> list[Batch]:
    async with source.open() as batches:
        return [batch async for batch in batches]


def _nothing(_event: Event) -> None:
    """Notices are for those who import into a data folder."""
