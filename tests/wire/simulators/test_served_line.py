"""A served line on real wires: every sample arrives once, in order, with its own time."""

import asyncio
import time

import pytest

from simulators.plants import PACKAGING
from simulators.wire.message import messages
from simulators.wire.serve import free_ports, mqtt_values, rows
from tests.unit.simulators.start import START
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.readers import ON_OPCUA, mqtt_reader, opcua_reader, until
from twin.testing import FaultProxy

SECOND = 10**9
FAULTS = [("filler.jam", START + 12 * SECOND), ("packer.jam", START + 15 * SECOND)]


def lived(end):
    """All samples before an instant, from a second life with the same seed."""
    return list(rows(PACKAGING.build(3, START, FAULTS).step(end)))


def sent_by_mqtt(end):
    values = mqtt_values(PACKAGING.described(1).wiring)
    sent = messages([sample for sample in lived(end) if sample[0] in values], values)
    return [(message.topic, message.payload) for message in sent]


def of_name(samples, name):
    return [(t, value) for n, t, value, _ in samples if n == name]


async def test_opcua_clients_get_every_sample_with_its_source_time():
    clock = ClockWithEnd(START, START + 100 * SECOND, speed=20)
    samples = lived(clock.end)
    last = {name: of_name(samples, name)[-1] for name in ON_OPCUA}
    async with PACKAGING.build(3, START, FAULTS).serve(clock) as addresses, opcua_reader(addresses) as reader:
        clock.go()
        await until(lambda: {name: seen[-1] for name, seen in reader.seen.items()} == last)
    assert reader.seen == {name: of_name(samples, name) for name in ON_OPCUA}


async def test_mqtt_machines_say_everything_from_the_first_instant(broker_port):
    clock = ClockWithEnd(START, START + 60 * SECOND, speed=20)
    expected = sent_by_mqtt(clock.end)
    run = PACKAGING.build(3, START, FAULTS)
    async with mqtt_reader(broker_port) as seen, run.serve(clock, mqtt=f"127.0.0.1:{broker_port}") as addresses:
        assert addresses["mqtt"] == f"mqtt://127.0.0.1:{broker_port}"
        clock.go()
        await until(lambda: len(seen) >= len(expected))
    assert seen == expected


async def test_a_cut_wire_to_the_broker_loses_no_message_and_no_order(broker_port):
    clock = ClockWithEnd(START, START + 120 * SECOND, speed=20)
    expected = sent_by_mqtt(clock.end)
    async with (
        mqtt_reader(broker_port) as seen,
        FaultProxy(broker_port) as wire,
        PACKAGING.build(3, START, FAULTS).serve(clock, mqtt=f"127.0.0.1:{wire.port}"),
    ):
        clock.go()
        await until(lambda: len(seen) > 100)
        wire.refuse()
        wire.cut()
        await until(lambda: clock.now() > START + 80 * SECOND)
        assert len(seen) < len(expected) / 2
        wire.mend()
        await until(lambda: set(seen) >= set(expected))
    assert list(dict.fromkeys(seen)) == expected  # QoS 1: a message may come twice


async def test_without_a_broker_it_says_so():
    [port] = free_ports(0, 1)
    clock = ClockWithEnd(START, START + SECOND, speed=1)
    with pytest.raises(OSError, match=f"no MQTT broker at 127.0.0.1:{port}"):
        async with PACKAGING.build(3, START).serve(clock, mqtt=f"127.0.0.1:{port}"):
            pass


async def test_it_stops_within_two_seconds_with_clients_connected():
    clock = ClockWithEnd(START, START + 3600 * SECOND, speed=20)
    serving = PACKAGING.build(3, START).serve(clock)
    addresses = await serving.__aenter__()
    async with opcua_reader(addresses) as reader:
        clock.go()
        await until(lambda: len(reader.seen["packaging/line1/filler/motor_temp"]) > 10)
        began = time.monotonic()
        await serving.__aexit__(None, None, None)
        assert time.monotonic() - began < 2.0


class ClockThatBreaks:
    """Stands still, and fails when it is told to."""

    broken = False

    def now(self) -> int:
        if self.broken:
            raise RuntimeError("clock broke")
        return START + SECOND


async def serve_until_it_breaks():
    clock = ClockThatBreaks()
    async with PACKAGING.build(3, START).serve(clock):
        clock.broken = True
        await asyncio.Event().wait()


async def test_a_line_that_breaks_down_ends_whoever_serves_it():
    """An error of ours must not leave a silent line behind."""
    with pytest.raises(RuntimeError, match="clock broke"):
        await serve_until_it_breaks()
