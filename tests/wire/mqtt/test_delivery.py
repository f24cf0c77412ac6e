import asyncio
import signal

import pytest

from tests.wire.mqtt.brokers import mosquitto
from tests.wire.mqtt.plant import Bench, numbers, publisher, pull, stamped, tag, times, until
from twin.core.errors import Unreachable
from twin.core.event import GAP, TAGS_COVERED


async def test_messages_come_as_batches_with_their_own_time(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"))
    async with bench.connector().open() as batches:
        with publisher(broker) as publish:
            await asyncio.to_thread(publish, *stamped(0, 100))
        taken = await pull(batches, 100)
    assert numbers(taken) == list(range(100))
    assert times(taken) == [(1_700_000_000_000 + n) * 10**6 for n in range(100)]
    assert bench.kept.counts["messages"] == bench.kept.counts["values"] == 100
    assert bench.kept.events == []


async def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"))
    with publisher(broker) as publish:
        async with bench.connector().open() as batches:
            await asyncio.to_thread(publish, *stamped(0, 10))
            first = await pull(batches, 10)
            await asyncio.to_thread(publish, *stamped(10, 20))
            await until(lambda: bench.kept.counts["messages"] == 20)
            second = await pull(batches, 10)  # acknowledges the first ten, and nothing more
    assert numbers(first + second) == list(range(20))
    async with bench.connector().open() as batches:
        again = await pull(batches, 10)
    assert numbers(again) == list(range(10, 20))
    assert bench.kept.counts["duplicates"] in {0, 10}  # rumqttd redelivers without the DUP flag
    assert [event.kind for event in bench.kept.events] == [TAGS_COVERED]


async def test_redelivered_rows_equal_the_rows_of_the_first_delivery(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"))
    same_instant = [b'{"ts": 1700000000000, "v": %d}' % n for n in range(5)]
    with publisher(broker) as publish:
        async with bench.connector().open() as batches:
            await asyncio.to_thread(publish, *same_instant)
            await until(lambda: bench.kept.counts["messages"] == 5)
            first = await pull(batches, 5)
    async with bench.connector().open() as batches:
        again = await pull(batches, 5)
    assert times(first) == times(again)


async def test_a_reader_cut_off_mid_stream_loses_nothing(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"))
    durable: set[float] = set()

    async def forward(reached, more):
        async with bench.connector().open() as batches:
            async for one in batches:
                durable.update(one.value.tolist())
                if len(durable) >= more:
                    reached.set()

    async def cut_off_once(more):
        reached = asyncio.Event()
        reading = asyncio.create_task(forward(reached, more))
        await asyncio.wait_for(reached.wait(), 30)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)

    async with bench.connector().open():
        pass  # the session exists before the first message is sent
    with publisher(broker) as publish:
        publishing = asyncio.create_task(asyncio.to_thread(publish, *stamped(0, 4000)))
        for more in (300, 1200, 2500, 4000):
            await cut_off_once(more)
        await publishing
    assert durable == set(map(float, range(4000)))


async def test_messages_sent_while_away_wait_in_the_session(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"))
    async with bench.connector().open():
        pass
    with publisher(broker) as publish:
        await asyncio.to_thread(publish, *stamped(0, 1000))
    async with bench.connector().open() as batches:
        assert numbers(await pull(batches, 1000)) == list(range(1000))
    (covered,) = bench.kept.events
    assert (covered.kind, covered.body["by"], covered.body["resumed"]) == (TAGS_COVERED, "messages", True)
    assert covered.body["tags"] == [bench.table.get("x")]
    assert covered.body["since"] < covered.time


async def test_poison_is_acknowledged_between_good_neighbours(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"), receive_maximum=10)
    poison = [b"{", b"", b"\xff", b'{"v": NaN, "ts": 1}', b"[" * 5000]
    with publisher(broker) as publish:
        async with bench.connector().open() as batches:
            sending = asyncio.create_task(asyncio.to_thread(publish, *(poison * 10), *stamped(0, 5), *poison))
            assert numbers(await pull(batches, 5)) == list(range(5))
            await sending
            await asyncio.to_thread(publish, *stamped(5, 6))
            assert numbers(await pull(batches, 1)) == [5]
        async with bench.connector().open() as batches:
            assert numbers(await pull(batches, 1)) == [5]
    assert {cause for cause, _, _ in bench.kept.dead} >= {"not JSON", "empty payload", "not UTF-8"}
    assert len(bench.kept.dead) == 55


@pytest.mark.mosquitto
async def test_receive_maximum_holds_the_broker_back(tmp_path, only_mosquitto):
    bench = Bench(tmp_path, only_mosquitto, tag("x"), receive_maximum=20)
    with publisher(only_mosquitto) as publish:
        async with bench.connector().open() as batches:
            await asyncio.to_thread(publish, *stamped(0, 200))
            first = await pull(batches, 20)
            await asyncio.to_thread(publish, b"1", topic="line/marker")  # the broker has dealt with all before
            acknowledged = len(numbers(first[:-1]))
            assert bench.kept.counts["messages"] <= acknowledged + 20
            assert numbers(first + await pull(batches, 200 - len(numbers(first)))) == list(range(200))


@pytest.mark.mosquitto
async def test_a_broker_that_forgot_our_session_is_a_gap(tmp_path, port):
    bench = Bench(tmp_path, port, tag("x"))
    connector = bench.connector()
    with mosquitto(tmp_path, port) as process, publisher(port) as publish:
        async with connector.open() as batches:
            await asyncio.to_thread(publish, *stamped(0, 3))
            await pull(batches, 3)
            process.kill()
            with pytest.raises(Unreachable, match=r":\d+: connection lost$"):
                await anext(batches)
    with mosquitto(tmp_path, port):
        async with connector.open():
            (gap,) = bench.kept.events
    assert (gap.kind, gap.subject, gap.body["cause"]) == (GAP, "gw", "the broker had no session for us")
    assert gap.body["from"] < gap.body["to"] == gap.time


@pytest.mark.mosquitto
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs SIGSTOP, which Windows has not")
async def test_a_broker_that_falls_silent_is_noticed_by_keepalive(tmp_path, port):
    bench = Bench(tmp_path, port, tag("x"), keepalive=10**9)
    with mosquitto(tmp_path, port) as process:
        async with bench.connector().open() as batches:
            process.send_signal(signal.SIGSTOP)
            try:
                with pytest.raises(Unreachable, match=r"silent|connection lost"):
                    await pull(batches, 1)
            finally:
                process.send_signal(signal.SIGCONT)


@pytest.mark.mosquitto
async def test_a_restarted_process_knows_of_its_session_too(tmp_path, port):
    with mosquitto(tmp_path, port):
        async with Bench(tmp_path, port, tag("x")).connector().open():
            pass
    bench = Bench(tmp_path, port, tag("x"))
    with mosquitto(tmp_path, port):
        async with bench.connector().open():
            assert [event.kind for event in bench.kept.events] == [GAP]


async def test_tags_subscribed_at_qos_0_have_a_gap_of_their_own(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"), tag("loose", "line/loose", qos=0))
    async with bench.connector().open():
        assert bench.kept.events == []
    async with bench.connector().open():
        covered, gap = bench.kept.events
    assert (covered.kind, covered.body["tags"]) == (TAGS_COVERED, [bench.table.get("x")])
    assert (gap.kind, gap.body["tags"]) == (GAP, [bench.table.get("loose")])


@pytest.mark.mosquitto
async def test_topics_no_longer_in_the_plant_file_are_given_up(tmp_path, only_mosquitto):
    broker = only_mosquitto
    async with Bench(tmp_path, broker, tag("x"), tag("y", "line/y")).connector().open():
        pass
    bench = Bench(tmp_path, broker, tag("x"))
    async with bench.connector().open():
        pass  # on leaving, the broker has dealt with all we sent
    with publisher(broker) as publish:
        async with bench.connector().open() as batches:
            await asyncio.to_thread(publish, *stamped(0, 3), topic="line/y")
            await asyncio.to_thread(publish, *stamped(3, 4))
            assert numbers(await pull(batches, 1)) == [3]
    assert bench.kept.counts["unmapped"] == 0


@pytest.mark.mosquitto
async def test_a_retained_value_comes_once_and_uncertain(tmp_path, only_mosquitto):
    bench = Bench(tmp_path, only_mosquitto, tag("x", timestamp=None))
    with publisher(only_mosquitto) as publish:
        await asyncio.to_thread(publish, b'{"v": 7}', retain=True)
        async with bench.connector().open() as batches:
            (one,) = await pull(batches, 1)
            assert one.status.tolist() == [0x40900000]
            await asyncio.to_thread(publish, b'{"v": 8}')
            assert numbers(await pull(batches, 1)) == [8]
        async with bench.connector().open() as batches:
            assert numbers(await pull(batches, 1)) == [8]  # redelivered; the retained one is not sent again
    assert bench.kept.counts["retained"] == 1


async def test_probe_says_for_each_tag_what_came(tmp_path, broker):
    bench = Bench(tmp_path, broker, tag("x"), tag("silent", "line/silent"), tag("text", value="$.w"))
    probing = asyncio.create_task(bench.connector().probe())
    with publisher(broker) as publish:
        while not probing.done():
            await asyncio.to_thread(publish, b'{"ts": 1700000000000, "v": 5}')
            await asyncio.sleep(0.05)
    found = {one.tag: (one.value, one.problem) for one in await probing}
    assert found["x"] == ("5", "")
    assert found["silent"] == ("", "no message within 3 s (topic line/silent)")
