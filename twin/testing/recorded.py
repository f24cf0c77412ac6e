"""Recordings: a CSV or Parquet file, read with the connector that `twin import` uses."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from twin.core.batch import Batch
from twin.core.errors import Misconfigured
from twin.core.event import Event
from twin.core.plugin import ConnectionSpec, Surroundings
from twin.core.ports import Connector
from twin.core.tags import TagTable
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connector
from twin.runtime.report import ConnectionReport
from twin.testing.source import Recorded

ENDINGS = {".csv", ".tsv", ".txt", ".parquet"}


def is_recording(name: str | Path) -> bool:
    """Whether a source is a file of samples, by its ending."""
    return Path(name).suffix.lower() in ENDINGS


def recorded(file: Path, tags: TagTable) -> tuple[Recorded, Sequence[str]]:
    """A recording and the tags in it; new ones are added to the table. Raises Misconfigured."""
    if not file.is_file():
        raise Misconfigured(f"source {str(file)!r}: no such file")
    report = ConnectionReport("recording", "file", str(file), WallClock(), _nothing)
    spec = ConnectionSpec("recording", "file", str(file), {}, place=str(file))
    source = connector("file").build(spec, (), Surroundings(tags, WallClock(), report, file.parent))
    with ThreadPoolExecutor(1) as apart:  # the test itself may stand in an event loop
        batches = apart.submit(lambda: asyncio.run(_all(source))).result()
    for letter in report.letters():
        raise Misconfigured(f"{letter.place}: {letter.cause}: {letter.payload.decode(errors='replace')}")
    if not batches:
        raise Misconfigured(f"{file}: no samples in it")
    whole = _joined(batches)
    return Recorded(file.name, whole), [tags[tag].name for tag in np.unique(whole.tag).tolist()]


async def _all(source: Connector) -> list[Batch]:
    async with source.open() as batches:
        return [batch async for batch in batches]


def _joined(batches: Sequence[Batch]) -> Batch:
    text = None
    if any(one.text is not None for one in batches):
        text = np.concatenate([np.full(len(one), None, object) if one.text is None else one.text for one in batches])
    tag, time = np.concatenate([one.tag for one in batches]), np.concatenate([one.time for one in batches])
    value = np.concatenate([one.value for one in batches])
    status = np.concatenate([one.status for one in batches])
    return Batch("recording", tag, time, value, status, text).in_time_order()


def _nothing(_event: Event) -> None:
    """Notices are for those who import into a data folder."""
