"""Twists of messages: the same seed is the same nastiness, in whatever pieces the line is stepped."""

import pytest

from simulators.plants import PACKAGING
from simulators.wire.message import messages
from simulators.wire.nasty import SWITCHES
from simulators.wire.nasty.chain import Chain
from simulators.wire.serve import mqtt_values, rows
from tests.unit.simulators.start import SECOND, START

MQTT = [switch for switch in SWITCHES.values() if switch.wire == "mqtt"]
VALUES = mqtt_values(PACKAGING.described(1).wiring)


def plain():
    samples = rows(PACKAGING.build(5, START).step(START + 130 * SECOND))
    return messages([sample for sample in samples if sample[0] in VALUES], VALUES)


LINE = plain()


def chain(seed, *names):
    made = Chain(MQTT, seed)
    for name in names:
        made.on(name)
    return made


@pytest.mark.parametrize("name", [switch.name for switch in MQTT])
def test_the_same_seed_is_the_same_nastiness_in_any_pieces(name):
    whole, cut = chain(5, name), chain(5, name)
    expected = [*whole.take(LINE), *whole.close()]
    pieces = [out for start in range(0, len(LINE), 7) for out in cut.take(LINE[start : start + 7])]
    assert [*pieces, *cut.close()] == expected


def test_another_seed_is_another_nastiness():
    assert chain(5, "mqtt-empty").take(LINE) != chain(6, "mqtt-empty").take(LINE)


def test_without_a_switch_nothing_changes():
    assert chain(5).take(LINE) == LINE


def test_what_a_switch_holds_back_goes_through_those_behind_it():
    both = chain(5, "mqtt-arrays", "mqtt-late")
    assert both.take(LINE[:25]) == []
    assert both.off("mqtt-arrays") == []
    points = [point for message in both.close() for point in message.body["points"]]
    assert sorted(points, key=str) == sorted((message.body for message in LINE[:25]), key=str)


def test_all_switches_at_once_lose_no_value_that_a_tolerant_reader_could_find():
    every = chain(5, *(switch.name for switch in MQTT))
    out = [*every.take(LINE), *every.close()]
    assert sum(len(message.body["points"]) for message in out if message.good) == len(LINE)


def test_one_that_is_on_stays_as_it_is_and_ends_once():
    one = chain(5, "mqtt-late")
    one.take(LINE[:5])
    one.on("mqtt-late")
    assert one.off("mqtt-late") == LINE[:5]
    assert one.off("mqtt-late") == []
