"""A served line on real wires: every sample arrives once, in order, with its own time."""

import asyncio
import time

import pytest
from asyncua import Client, ua

from simulators.packaging import LINE as PACKAGING
from simulators.packaging.wiring import WIRING
from simulators.wire.mqtt import messages
from simulators.wire.serve import free_ports, mqtt_values, opcua_values, rows
from tests.unit.simulators.start import START
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.proxy import proxy
from tests.wire.simulators.readers import mqtt_reader, opcua_reader, until

SECOND = 10**9
FAULTS = [("filler.jam", START + 12 * SECOND), ("packer.jam", START + 15 * SECOND)]


def lived(end):
    """All samples before an instant, from a second life with the same seed."""
    return list(rows(PACKAGING.build(3, START, FAULTS).step(end)))


def sent_by_mqtt(end):
    values = mqtt_values(WIRING)
    return messages([sample for sample in lived(end) if sample[0] in values], values)


def of_name(samples, name):
    return [(t, value) for n, t, value in samples if n == name]


@pytest.mark.parametrize("speed", [10, 20])
async def test_opcua_clients_get_every_sample_with_its_source_time(speed):
    clock = ClockWithEnd(START, START + 6 * speed * SECOND, speed)
    samples = lived(clock.end)
    names = opcua_values(WIRING, "opcua_a") | opcua_values(WIRING, "opcua_b")
    last = {name: of_name(samples, name)[-1] for name in names}
    async with PACKAGING.build(3, START, FAULTS).serve(clock) as addresses, opcua_reader(addresses) as reader:
        await until(lambda: {name: seen[-1] for name, seen in reader.seen.items()} == last)
    for name in names:
        seen, all_ = reader.seen[name], of_name(samples, name)
        assert seen == all_[all_.index(seen[0]) :]
    assert len(reader.seen["packaging/line1/filler/motor_temp"]) > 20
    assert len(reader.seen["packaging/line1/filler/st"]) > 1


async def test_mqtt_machines_say_everything_from_the_first_instant(broker_port):
    clock = ClockWithEnd(START, START + 60 * SECOND, speed=20)
    expected = sent_by_mqtt(clock.end)
    run = PACKAGING.build(3, START, FAULTS)
    async with mqtt_reader(broker_port) as seen, run.serve(clock, mqtt=f"127.0.0.1:{broker_port}") as addresses:
        assert addresses["mqtt"] == f"mqtt://127.0.0.1:{broker_port}"
        await until(lambda: len(seen) >= len(expected))
    assert seen == expected


async def test_a_cut_wire_to_the_broker_loses_no_message_and_no_order(broker_port):
    clock = ClockWithEnd(START, START + 120 * SECOND, speed=20)
    expected = sent_by_mqtt(clock.end)
    async with (
        mqtt_reader(broker_port) as seen,
        proxy(broker_port) as wire,
        PACKAGING.build(3, START, FAULTS).serve(clock, mqtt=f"127.0.0.1:{wire.port}"),
    ):
        await until(lambda: len(seen) > 20)
        wire.cut()
        cut_at = clock.now()
        await until(lambda: clock.now() > cut_at + 20 * SECOND)
        wire.mend()
        await until(lambda: set(seen) >= set(expected))
    assert list(dict.fromkeys(seen)) == expected  # QoS 1: a message may come twice


async def test_a_line_that_has_lived_before_starts_with_its_newest_values():
    run = PACKAGING.build(3, START, FAULTS)
    run.step(START + 600 * SECOND)
    newest = run.newest
    clock = ClockWithEnd(START, START + 600 * SECOND, speed=1000)
    await until(lambda: clock.now() == clock.end)
    async with run.serve(clock) as addresses, opcua_reader(addresses) as reader:
        await until(lambda: len(reader.seen) == len(opcua_values(WIRING, "opcua_a") | opcua_values(WIRING, "opcua_b")))
    assert {name: seen for name, seen in reader.seen.items() if seen != [newest[name]]} == {}


async def test_nobody_may_write_to_a_simulated_machine():
    clock = ClockWithEnd(START, START + SECOND, speed=1)
    async with PACKAGING.build(3, START).serve(clock) as addresses, Client(addresses["opcua_b"]) as client:
        index = await client.get_namespace_index("urn:CX-5140:BeckhoffAutomation:Ua:PLC1")
        node = client.get_node(ua.NodeId("GVL.stCapper.eState", index))
        with pytest.raises(ua.UaStatusCodeError, match="BadUserAccessDenied|BadNotWritable"):
            await node.write_value(ua.Variant(6, ua.VariantType.Int32))


async def test_values_are_found_by_browsing_as_in_the_controllers():
    clock = ClockWithEnd(START, START + SECOND, speed=1)
    async with PACKAGING.build(3, START).serve(clock) as addresses, Client(addresses["opcua_a"]) as client:
        index = await client.get_namespace_index("http://www.siemens.com/simatic-s7-opcua")
        path = [f"{index}:{name}" for name in ("PLC_1", "DataBlocksGlobal", "DB_Filler", "Stat", "eState")]
        node = await client.nodes.objects.get_child(path)
        assert node.nodeid.Identifier == '"DB_Filler"."Stat"."eState"'


async def test_given_ports_are_used_in_a_row_and_a_taken_one_is_named():
    clock = ClockWithEnd(START, START + SECOND, speed=1)
    first = free_pair()
    async with PACKAGING.build(3, START).serve(clock, opcua_port=first) as addresses:
        assert addresses == {
            "opcua_a": f"opc.tcp://127.0.0.1:{first}",
            "opcua_b": f"opc.tcp://127.0.0.1:{first + 1}",
        }
        with pytest.raises(OSError, match=f"port {first} is taken on 127.0.0.1"):
            async with PACKAGING.build(3, START).serve(clock, opcua_port=first):
                pass


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
        await until(lambda: len(reader.seen) > 10)
        began = time.monotonic()
        await serving.__aexit__(None, None, None)
        assert time.monotonic() - began < 2.0


async def test_a_line_that_breaks_down_stops_whoever_serves_it():
    """An error of ours must not leave a silent line behind."""

    class Broken:
        def now(self):
            if time.monotonic() > self.good_until:
                raise RuntimeError("clock broke")
            return START + SECOND

        good_until = float("inf")

    clock = Broken()
    with pytest.raises(RuntimeError, match="clock broke"):
        async with PACKAGING.build(3, START).serve(clock):
            clock.good_until = 0.0
            await asyncio.Event().wait()


def free_pair():
    """A free port whose neighbour is free too."""
    for first in range(42_000, 43_000, 2):
        try:
            return free_ports(first, 2)[0]
        except OSError:
            continue
    raise RuntimeError("no two free ports side by side")
