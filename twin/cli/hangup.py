"""SIGHUP: a running twin reads its plant file again (`systemctl reload`)."""

from __future__ import annotations

import asyncio
import logging
import signal

from twin.core.errors import LinetwinError
from twin.runtime.plant_file import read_plant
from twin.runtime.twin import Twin

_log = logging.getLogger("linetwin")


def load_on_hangup(twin: Twin, file: str) -> None:
    """From now on SIGHUP loads the file; one that is wrong is told and changes nothing. Windows has no such signal."""
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is None:
        return
    tasks: set[asyncio.Task[None]] = set()

    def begin() -> None:
        task = asyncio.ensure_future(_load(twin, file))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    asyncio.get_running_loop().add_signal_handler(hangup, begin)


async def _load(twin: Twin, file: str) -> None:
    try:
        await twin.load(await asyncio.to_thread(read_plant, file), why="SIGHUP")
    except LinetwinError as error:
        _log.error("not loaded, the model before goes on: %s", error)
