"""`twin run` as it is, which seals, merges, forgets all the time, and kills itself (SIGKILL) at a step it is told.

It backs itself up, again and again, when the step is one of that.

`python -m tests.faults.service PLANT.yaml --data DIR --port P --step STEP --nth N`. With STEP `none` it lives on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import shutil
import signal
import sqlite3
import sys
import threading
from dataclasses import replace
from pathlib import Path

from twin.api.access import Access
from twin.cli.serving import serve
from twin.core.instant import DAY, MILLISECOND, SECOND
from twin.runtime.clock import WallClock
from twin.runtime.plant_file import read_plant
from twin.runtime.sealing import Sealing
from twin.runtime.twin import open_twin
from twin.store import log
from twin.store.backup import back_up
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.retention import Limits, forget_before
from twin.store.seal import Bounds

SEALING = (
    "writing", "written", "synced", "renamed", "folder synced", "committing", "sealed", "deleted", "merged", "unlinked",
)  # fmt: skip
"""Between `renamed` and `sealed` the file is there and does not count; between `sealed` and `deleted` rows are twice on
disk and count once."""
BACKUP = ("others copied", "log copied", "files copied", "synced copy", "named")
FORGETTING = ("marked", "records forgotten", "entries forgotten")
STEPS = (*SEALING, *FORGETTING, *BACKUP)
BOUNDS = Bounds(rows=3000, age=SECOND // 4, leave=20 * MILLISECOND, grace=2 * SECOND, settle=0, pause_s=0.05)
KEEP = 90 * DAY
LONGEST_WRITE_S = 0.01
"""A kill while a file is being written comes within so long."""


class Death:
    """Kills this process at the nth time that a step is done."""

    def __init__(self, step: str, nth: int) -> None:
        self._step, self._left = step, nth

    def __call__(self, step: str) -> None:
        if step != self._step:
            return
        self._left -= 1
        if self._left:
            return
        if step == "writing":  # somewhere inside of it
            threading.Timer(random.uniform(0, LONGEST_WRITE_S), os.kill, (os.getpid(), signal.SIGKILL)).start()
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def lie() -> None:
    """Let commits return before they are on disk, to see that this is found out. A checkpoint makes them durable, about
    once in a hundred.
    """

    def without_fsync(folder: Path) -> sqlite3.Connection:
        connection = opened(folder)
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    opened, log.open_writer = log.open_writer, without_fsync


async def main(arguments: argparse.Namespace) -> None:
    death, clock, logs = Death(arguments.step, arguments.nth), WallClock(), []
    # No file may go for a commit that can be undone: a start would miss it, and nothing more could be counted.
    bounds = replace(BOUNDS, grace=DAY) if arguments.lie else BOUNDS

    def sealing(writer: SqliteLog, reader: LogReader) -> Sealing:
        logs.append(writer)
        return Sealing(writer, reader, clock, bounds, death)

    async def started() -> None:
        pass

    async def maintain() -> None:
        while not arguments.lie:
            await asyncio.to_thread(forget_before, logs[0], Limits(clock.now() - KEEP), death)
            await asyncio.sleep(0.5)

    def copied(step: str) -> None:
        death("synced copy" if step == "synced" else step)

    async def copy() -> None:
        """A copy with its name is whole; whoever killed us looks at it. One without is begun anew."""
        target = Path(arguments.data).with_name("backup")
        while arguments.step in BACKUP:
            shutil.rmtree(target, ignore_errors=True)
            await asyncio.to_thread(back_up, Path(arguments.data), target, lambda _: None, on_step=copied)

    url = f"http://127.0.0.1:{arguments.port}"
    async with open_twin(read_plant(arguments.plant), Path(arguments.data), clock, url=url, sealing=sealing) as twin:
        upkeep = asyncio.gather(maintain(), copy())
        await serve(twin, Access(), "127.0.0.1", arguments.port, None, started)
        upkeep.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("plant")
    parser.add_argument("--data", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--step", default="none")
    parser.add_argument("--nth", type=int, default=1)
    parser.add_argument("--lie", action="store_true")
    if parser.parse_args().lie:
        lie()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    asyncio.run(main(parser.parse_args()))
