"""An exam of our MQTT connector: it reads a simulated line by the plant file; what the log would keep stays here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from simulators.plants import PACKAGING
from simulators.wire.message import messages
from simulators.wire.nasty import SWITCHES
from simulators.wire.nasty.chain import Chain
from simulators.wire.serve import mqtt_values, rows
from tests.unit.simulators.start import START
from tests.wire.mqtt.plant import Kept
from twin.core.plugin import Surroundings
from twin.core.tags import TagTable
from twin.model.load import load
from twin.runtime.intake import Intake
from twin.runtime.plugins import connectors
from twin.state.source_clock import SourceClock

SEED = 3
VALUES = mqtt_values(PACKAGING.described(1).wiring)


def lived(end):
    """What the machines on MQTT said before an instant: name -> time -> value."""
    truth = {}
    for name, time, value, _ in _samples(end):
        truth.setdefault(name, {})[time] = value
    return truth


def sent(end, *names):
    """The messages of a wire with these switches, from a second life: while it is open, and as it closes."""
    chain = Chain([one for one in SWITCHES.values() if one.wire == "mqtt"], SEED)
    for name in names:
        chain.on(name)
    return chain.take(messages(_samples(end), VALUES)), chain.close()


def _samples(end):
    return [sample for sample in rows(PACKAGING.build(SEED, START).step(end)) if sample[0] in VALUES]


class Sheet:
    """What came of it. stored: name -> time -> (value, status), the later one counts; events: of the intake.

    jumps: of the source's clock.
    """

    def __init__(self, kept):
        self.kept = kept
        self.stored = {}
        self.events = []
        self.clock = SourceClock()
        self.jumps = []
        self.counters = {}
        self.rows = 0
        self.came = 0

    def is_whole(self):
        """Whether all that the connector has taken has come out of it: it counts before it hands over."""
        return self.came >= self.kept.counts["values"]

    @property
    def causes(self):
        """Cause of dead letters -> how many."""
        found = {}
        for cause, _, _ in self.kept.dead:
            found[cause] = found.get(cause, 0) + 1
        return found

    def good(self):
        """name -> time -> value of what is Good."""
        return {
            name: {time: value for time, (value, status) in found.items() if status == 0}
            for name, found in self.stored.items()
        }


def sitting(port, folder, clock, change=lambda text: text):
    """Our connector on a broker, with the plant file of the line. change: of its text."""
    text = change(PACKAGING.plant_file({"mqtt": f"mqtt://127.0.0.1:{port}"}))
    return reading(text, "cell", folder, clock)


@asynccontextmanager
async def reading(text, connection, folder, clock) -> AsyncIterator[Sheet]:
    """One connection of a plant file, read as the twin reads it."""
    plant = load(text, "plant.yaml", connectors(), os.environ)
    spec, tags, sheet = plant.connections[connection], TagTable(), Sheet(Kept())
    plugin = connectors()[spec.protocol]
    connector = plugin.build(spec, plant.addresses(connection), Surroundings(tags, clock, sheet.kept, folder))
    intake = Intake(connection, clock)

    async def read_on(batches):
        async for came in batches:
            jump = sheet.clock.look(came.time, clock.now())
            sheet.jumps += [] if jump is None else [jump]
            batch, event = intake.admit(came)
            sheet.came += len(came)
            sheet.rows += len(batch)
            if event is not None:
                sheet.events.append(event)
            for id_, time, value, status in zip(
                batch.tag.tolist(), batch.time.tolist(), batch.value.tolist(), batch.status.tolist(), strict=True
            ):
                name = tags[id_].name.removeprefix(f"{plant.path}/")
                sheet.stored.setdefault(name, {})[time] = value, status

    async with connector.open() as batches:
        reading = asyncio.create_task(read_on(batches))
        try:
            yield sheet
        finally:
            sheet.counters = intake.counters
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
