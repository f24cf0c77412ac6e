"""A twin that takes batches, seals and merges as fast as it can, and kills itself (SIGKILL) at a step it is told.

`python -m tests.faults.sealing_victim FOLDER FIRST STEP NTH` writes the number of each acknowledged batch to stdout,
from FIRST on. It ends when stdin does. With STEP `none` it lives until then.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from twin.core.batch import Batch, batch
from twin.core.instant import DAY, MILLISECOND, SECOND
from twin.model.load import load
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.sealing import Sealing
from twin.runtime.twin import Twin, open_twin
from twin.store.seal import Bounds

MACHINES = 8
PLANT = f"""
linetwin: 1
plant: faults/plant
connections:
  gw: {{mqtt: "mqtt://127.0.0.1:1", wait: 200ms}}
types:
  counting:
    tags: {{total: {{topic: "{{machine}}/total", counter: {{}}}}}}
    counts: {{total: total}}
    state: [{{when: "rate(total, 5s) > 0", is: running}}, {{is: idle}}]
lines:
  line1: {{machines: {{"m[1..{MACHINES}]": {{type: counting, from: gw}}}}}}
"""
TAGS = (*(f"faults/plant/line1/m{number}/total" for number in range(1, MACHINES + 1)), "old/a", "old/b")
"""The last two come a day late: their files are of a past day, so they are merged."""
BOUNDS = Bounds(rows=300, age=SECOND // 5, leave=20 * MILLISECOND, grace=200 * MILLISECOND, settle=0, pause_s=0.01)
LONGEST_WRITE_S = 0.01
"""A kill while a file is being written comes within so long."""


def one_batch(number: int, now: int) -> Batch:
    """Ten rows that say which batch they are of."""
    times = np.full(len(TAGS), now)
    times[-2:] -= DAY
    return batch("victim", np.arange(len(TAGS)), times, np.full(len(TAGS), float(number)))


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


async def feed(twin: Twin, first: int, end: threading.Event) -> None:
    """Batches without a pause but the wait for each acknowledgement."""
    ids = twin.tags.ids_of(TAGS)
    number, last = first, 0
    while not end.is_set():
        last = max(time.time_ns(), last + 1)
        one = one_batch(number, last)
        await twin.append(Batch(one.source, ids[one.tag], one.time, one.value, one.status))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1
        await asyncio.sleep(0.001)


async def main(folder: Path, first: int, step: str, nth: int) -> None:
    end, clock = threading.Event(), WallClock()
    threading.Thread(target=lambda: (sys.stdin.read(), end.set()), daemon=True).start()
    plant = load(PLANT, "plant.yaml", connectors(), {})
    death = Death(step, nth)
    async with open_twin(
        plant, folder, clock, connect=False, sealing=lambda log, reader: Sealing(log, reader, clock, BOUNDS, death)
    ) as twin:
        await feed(twin, first, end)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
