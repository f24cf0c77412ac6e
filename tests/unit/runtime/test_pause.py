"""What a twin says of the time in which it did not run."""

from __future__ import annotations

import os
from pathlib import Path

from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE, SECOND
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin

BEGIN = 1_700_000_000 * SECOND
PLANT = """linetwin: 1
plant: p
connections:
  plc: {opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:plc"}
types:
  press: {tags: {st: {node: .st}}, state: {table: {3: running}, value: st}}
lines:
  line1: {machines: {press: {type: press, from: plc, node: press}}}
"""


class HandClock:
    """Stands where it is put."""

    def __init__(self, instant: int) -> None:
        self.instant = instant

    def now(self) -> int:
        return self.instant


async def test_the_state_is_unknown_from_where_the_run_before_ended(tmp_path: Path) -> None:
    plant = load(PLANT, "plant.yaml", connectors(), os.environ)
    clock = HandClock(BEGIN)
    async with open_twin(plant, tmp_path, clock, connect=False) as twin:
        await twin.append(batch("test", [twin.tags.ids_of(["p/line1/press/st"])[0]], [BEGIN], [3.0]))
        assert not twin.reader.events(FAR_PAST, FAR_FUTURE, (CONNECTION_LOST,))
        clock.instant += 10 * SECOND
        await twin.next_view(twin.live().number + 1)
        assert twin.live().machines["p/line1/press"].state == "running"
    clock.instant = BEGIN + 5 * MINUTE
    async with open_twin(plant, tmp_path, clock, connect=False) as twin:
        press = twin.live().machines["p/line1/press"]
        ((_, lost),) = twin.reader.events(FAR_PAST, FAR_FUTURE, (CONNECTION_LOST,))
        assert (press.state, press.since) == ("unknown", lost.time)
        assert BEGIN < lost.time <= BEGIN + 11 * SECOND
        assert lost.body["cause"] == "linetwin was not running"
        assert bool(twin.live().tags.stale[twin.tags.ids_of(["p/line1/press/st"])[0]])
