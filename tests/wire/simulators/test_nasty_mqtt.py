"""Every nasty switch of MQTT: a plain reader sees exactly that, and our connector makes of it what is promised."""

import asyncio
import json
import re
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulators.plants import PACKAGING
from simulators.wire.nasty import SWITCHES
from simulators.wire.nasty.order import BURST, MONTHS_MS
from tests.unit.simulators.start import SECOND, START
from tests.wire.mqtt.brokers import free_port, iotcore
from tests.wire.simulators.clock import ClockWithEnd
from tests.wire.simulators.exam import SEED, lived, sent, sitting
from tests.wire.simulators.readers import mqtt_reader, until
from twin.core.event import CLOCK_OFFSET

LIFE = 150 * SECOND
SPEED = 300
SUBSCRIBED = {"cell/packer/state", "cell/packer/drive", "cell/palletiser/drive", "cell/palletiser/contacts"}
SUBSCRIBED |= {"cell/packer/energy", "cell/palletiser/cycle"}
OFF = 2400 * SECOND


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """One broker for all: each test leaves it empty."""
    port = free_port()
    with iotcore(tmp_path_factory.mktemp("broker"), port):
        yield port


class Life:
    """A line from START on that tells when all of it was sent; and a clock that never gives an instant twice."""

    def __init__(self, life=LIFE, speed=SPEED):
        self.end = START + life
        self._clock = ClockWithEnd(START, self.end, speed)
        self._told = 0
        self._run = PACKAGING.build(SEED, START)
        self._sent = asyncio.Event()

    def go(self):
        self._clock.go()

    def now(self):
        self._told = max(self._clock.now(), self._told + 10**6)
        return self._told

    async def ended(self):
        await asyncio.wait_for(self._sent.wait(), 30)

    def serve(self, port, switches):
        step = self._run.step

        def observed(until):
            if self._run.until >= self.end:  # what came before has been written
                self._sent.set()
            return step(until)

        self._run.step = observed
        return self._run.serve(self._clock, mqtt=f"127.0.0.1:{port}", nasty=switches)


@asynccontextmanager
async def examined(port, folder, *switches, life=LIFE, speed=SPEED, change=lambda text: text, topics=SUBSCRIBED):
    """The sheet of our connector and what a plain reader saw, once a line with these switches has ended."""
    line = Life(life, speed)
    while_open, as_it_closes = sent(line.end, *switches)
    expected = while_open + as_it_closes
    ours = sum(message.topic in topics for message in expected)
    async with mqtt_reader(port) as seen, sitting(port, folder, line, change) as sheet:
        async with line.serve(port, switches):
            line.go()
            await line.ended()
            await until(lambda: len(seen) >= len(while_open))  # leaving waits a second for the broker, no longer
        await until(lambda: len(seen) >= len(expected) and sheet.kept.counts["messages"] >= ours)
        await until(sheet.is_whole)
        assert seen == [(message.topic, message.payload) for message in expected]
        yield sheet, expected


def plain(end):
    return sent(end)[0]


def added(expected):
    return [message for message in expected if not message.good]


def time_by_magnitude(text):
    return text.replace("timestamp: {path: $.ts, unit: ms}", "timestamp: $.ts")


def each_point(text):
    return re.sub(r'(topic: "cell/[^"]*"), ', r"\1, each: '$.points[*]', ", text)


def with_quality(text):
    return re.sub(r'(topic: "cell/[^"]*"), ', r"\1, quality: $.q, ", text)


async def test_without_a_switch_everything_is_stored_once(tmp_path, broker):
    async with examined(broker, tmp_path) as (sheet, _):
        assert sheet.good() == lived(START + LIFE)
    assert sheet.kept.dead == []


@pytest.mark.parametrize(
    ("switch", "cause"),
    [
        ("mqtt-broken-json", "not JSON"),
        ("mqtt-wrong-type", "text where a number is expected"),
        ("mqtt-nan", "NaN is not a number"),
        ("mqtt-huge", "no value at"),
        ("mqtt-encoding", "not UTF-8"),
        ("mqtt-missing-key", "no value at"),
        ("mqtt-empty", "empty payload"),
    ],
)
async def test_poison_is_counted_by_cause_and_its_neighbours_are_stored(tmp_path, broker, switch, cause):
    async with examined(broker, tmp_path, switch) as (sheet, expected):
        assert sheet.good() == lived(START + LIFE)
    assert len({place for _, place, _ in sheet.kept.dead}) > 1
    assert {found.startswith(cause) for found in sheet.causes} == {True}
    letters = {payload[:1000] for _, _, payload in sheet.kept.dead}
    assert letters == {message.payload[:1000] for message in added(expected)}
    assert len(added(expected)) > 10


@pytest.mark.parametrize("switch", ["mqtt-duplicates", "mqtt-out-of-order", "mqtt-late"])
async def test_the_wrong_moment_changes_nothing_that_is_stored(tmp_path, broker, switch):
    async with examined(broker, tmp_path, switch) as (sheet, _):
        assert sheet.good() == lived(START + LIFE)
    assert sheet.kept.dead == []
    assert sheet.kept.notices == {}
    assert sent(START + LIFE, switch) != sent(START + LIFE)


async def test_null_is_a_bad_value_and_never_zero(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-null") as (sheet, _):
        truth, good = lived(START + LIFE), sheet.good()
        bad = {(n, t): found for n, at in sheet.stored.items() for t, found in at.items() if found[1] != 0}
    assert len(bad) > 10
    assert all(value != value and status == 0x809B0000 for value, status in bad.values())
    assert good == {n: {t: v for t, v in at.items() if (n, t) not in bad} for n, at in truth.items()}


async def test_without_a_time_stamp_it_is_stored_at_its_arrival(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-no-timestamp") as (sheet, expected):
        truth, good = lived(START + LIFE), sheet.good()
    timeless = [message for message in expected if "ts" not in json.loads(message.payload)]
    assert len(timeless) > 10
    for name, at in truth.items():
        assert sorted(good[name].values()) == sorted(at.values())
        assert len(set(at.items()) - set(good[name].items())) <= len(timeless)


async def test_seconds_among_ms_are_read_by_magnitude(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-seconds", change=time_by_magnitude) as (sheet, _):
        assert sheet.good() == lived(START + LIFE)


async def test_seconds_taken_for_ms_are_kept_and_named_as_too_old(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-seconds") as (sheet, _):
        truth, good = lived(START + LIFE), sheet.good()
    moved = sum(len(set(at.items()) - set(good[name].items())) for name, at in truth.items())
    assert sheet.counters["too_old"] == moved > 10


async def test_a_clock_behind_is_late_data_at_its_own_time_and_is_told_once(tmp_path, broker):
    # a window of 30 s is a second here, so that a loaded machine has time for one message in it
    async with examined(broker, tmp_path, "mqtt-clock-behind", life=200 * SECOND, speed=30) as (sheet, _):
        truth = lived(START + 200 * SECOND)
        assert sheet.good() == {name: {t - OFF: v for t, v in at.items()} for name, at in truth.items()}
    assert "is 40 min behind ours" in sheet.kept.notices["clock"]
    [told] = [event for event in sheet.kept.events if event.kind == CLOCK_OFFSET]
    assert abs(told.body["offset_ns"] + OFF) < 30 * SECOND


async def test_a_clock_ahead_is_restamped_uncertain_and_said_once(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-clock-ahead", speed=30) as (sheet, _):
        truth, stored = lived(START + LIFE), sheet.stored
    assert {name: [v for v, _ in at.values()] for name, at in stored.items()} == {
        name: list(at.values()) for name, at in truth.items()
    }
    assert all(
        t <= START + LIFE + SECOND and status >> 30 == 1 for at in stored.values() for t, (_, status) in at.items()
    )
    assert [event.kind for event in sheet.events] == ["clock.ahead"]


async def test_a_status_in_the_payload_makes_its_values_bad(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-status", change=with_quality) as (sheet, _):
        truth, good = lived(START + LIFE), sheet.good()
        bad = {(n, t) for n, at in sheet.stored.items() for t, (_, status) in at.items() if status >> 31}
    assert len(bad) > 10
    assert good == {n: {t: v for t, v in at.items() if (n, t) not in bad} for n, at in truth.items()}


async def test_arrays_are_read_element_by_element(tmp_path, broker):
    async with examined(broker, tmp_path, "mqtt-arrays", change=each_point) as (sheet, expected):
        assert sheet.good() == lived(START + LIFE)
    assert len(expected) < len(plain(START + LIFE)) / 5


async def test_a_storm_of_strange_topics_is_counted_and_harms_nobody(tmp_path, broker):
    def everything(text):
        return text.replace(
            "  packer:\n    makes: {case: 12 bottle}\n    tags:\n",
            "  packer:\n    makes: {case: 12 bottle}\n    tags:\n      any: {topic: 'cell/#', value: $.nowhere}\n",
        )

    life = 20 * SECOND
    strange = {message.topic for message in sent(START + life, "mqtt-storm")[0]}
    truth = lived(START + life)
    async with examined(broker, tmp_path, "mqtt-storm", life=life, change=everything, topics=strange) as (sheet, _):
        # a broker may send a message once for each subscription that takes it: the count does not say when all came
        await until(lambda: {name: at for name, at in sheet.good().items() if not name.endswith("any")} == truth)
    assert len(strange) > 500


async def test_a_flood_is_stored_to_the_last_value(tmp_path, broker):
    def traced(text):
        trace = "      trace: {topic: 'cell/+/trace', value: $.n, timestamp: {path: $.ts, unit: ms}}\n"
        head = "  packer:\n    makes: {case: 12 bottle}\n    tags:\n"
        return text.replace(head, head + trace)

    topics = SUBSCRIBED | {"cell/packer/trace", "cell/palletiser/trace"}
    life = 50 * SECOND
    async with examined(broker, tmp_path, "mqtt-flood", life=life, change=traced, topics=topics) as (sheet, _):
        good = sheet.good()
        trace = good.pop("packaging/line1/packer/trace")
        assert good == lived(START + life)
    assert list(trace.values()) == list(range(BURST))


async def test_old_retained_values_come_first_and_are_too_old_to_count(tmp_path, broker):
    line = Life()
    async with line.serve(broker, ["mqtt-retained"]):
        async with mqtt_reader(broker) as early:  # retained by now, whoever came first
            await until(lambda: len({topic for topic, _ in early}) == len(SUBSCRIBED))
        async with mqtt_reader(broker) as seen, sitting(broker, tmp_path, line) as sheet:
            await until(lambda: len(seen) >= 5 and sheet.kept.counts["retained"] == len(SUBSCRIBED))
            assert [json.loads(payload)["ts"] for _, payload in seen[:5]] == [START // 10**6 - MONTHS_MS] * 5
            line.go()
            newest = {name: max(at.items()) for name, at in lived(line.end).items()}
            await until(lambda: {name: max(at.items()) for name, at in sheet.good().items()} == newest)
    assert sheet.counters["too_old"] > 0
    async with mqtt_reader(broker) as seen:
        await until(lambda: not seen)


@pytest.mark.parametrize(
    ("switch", "word"), [("mqtt-will", "cell/packer/drive"), ("mqtt-takeover", "cell/packer/status")]
)
async def test_a_connection_that_breaks_costs_nothing(tmp_path, broker_port, switch, word):
    line = Life()
    messages = plain(line.end)
    async with (
        mqtt_reader(broker_port) as seen,
        sitting(broker_port, tmp_path, line) as sheet,
        line.serve(broker_port, [switch]),
    ):
        line.go()
        await line.ended()
        await until(lambda: {(one.topic, one.payload) for one in messages} <= set(seen))
        await until(lambda: (word, b"offline") in seen)
        truth = lived(line.end)
        await until(lambda: sheet.good() == truth)
    offline = seen.count((word, b"offline"))
    assert sheet.causes == ({"not JSON": offline} if switch == "mqtt-will" else {})
    said = [payload for topic, payload in seen if topic == word and payload in {b"online", b"offline"}]
    assert switch == "mqtt-will" or said[:3] == [b"online", b"offline", b"online"]


def test_every_switch_of_mqtt_has_an_exam():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name, switch in SWITCHES.items() if switch.wire == "mqtt" and f'"{name}"' not in text] == []


@pytest.mark.parametrize(("switch", "size"), [("mqtt-clock-behind@90s", -OFF), ("mqtt-late@90s", None)])
async def test_a_clock_that_jumps_is_named_once_and_a_gateway_that_holds_back_is_not(tmp_path, broker, switch, size):
    line = Life(life=330 * SECOND, speed=60)
    async with sitting(broker, tmp_path, line) as sheet, line.serve(broker, (switch,)):
        line.go()
        await line.ended()
    assert [round(one.size / OFF) * OFF for one in sheet.jumps] == ([] if size is None else [size])
    learnt = sheet.clock.learnt()
    assert learnt is not None
    assert abs(learnt.offset - (size or 0)) < 30 * SECOND
