"""Samples become one flat JSON object for each topic and instant, in order."""

import pytest

from simulators.wire.message import Message, messages
from simulators.wire.mqtt import host_and_port
from simulators.wiring import MqttValue

VALUES = {"p/st": MqttValue("p/state", "eState"), "p/n": MqttValue("p/state", "n"), "p/t": MqttValue("p/drive", "t")}


def decoded(samples):
    return [(one.topic, one.body) for one in messages(samples, VALUES)]


def test_values_of_one_instant_and_topic_travel_together():
    ms = 10**6
    assert decoded(
        [("p/st", 5 * ms, 3.0, 0), ("p/n", 5 * ms, 7.0, 0), ("p/t", 5 * ms, 21.5, 0), ("p/n", 6 * ms, 8.0, 0)]
    ) == [
        ("p/state", {"ts": 5, "eState": 3, "n": 7}),
        ("p/drive", {"ts": 5, "t": 21.5}),
        ("p/state", {"ts": 6, "n": 8}),
    ]


def test_whole_numbers_have_no_decimal_point():
    assert messages([("p/n", 0, 65535.0, 0)], VALUES) == [Message("p/state", b'{"ts": 0, "n": 65535}', 0)]


def test_nothing_is_said_when_nothing_changed():
    assert messages([], VALUES) == []


@pytest.mark.parametrize(
    ("text", "parts"), [("127.0.0.1:1883", ("127.0.0.1", 1883)), ("plant.local:8883", ("plant.local", 8883))]
)
def test_a_broker_is_host_and_port(text, parts):
    assert host_and_port(text) == parts


@pytest.mark.parametrize("text", ["", "1883", ":1883", "127.0.0.1", "127.0.0.1:", "mqtt://h:x"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"is not HOST:PORT, like 127\.0\.0\.1:1883"):
        host_and_port(text)


def test_a_bad_value_is_null_and_its_quality_is_said_where_the_wiring_names_a_key():
    values = VALUES | {"p/t": MqttValue("p/drive", "t", "q"), "p/v": MqttValue("p/drive", "v", "q")}
    bad, uncertain, nan = 0x808C0000, 0x40900000, float("nan")
    samples = [("p/t", 0, nan, bad), ("p/v", 0, 2.5, 0), ("p/n", 0, nan, bad)]
    samples += [("p/v", 10**6, 2.5, uncertain), ("p/t", 2 * 10**6, 1.0, 0)]
    assert [one.body for one in messages(samples, values)] == [
        {"ts": 0, "t": None, "q": 0, "v": 2.5},
        {"ts": 0, "n": None},
        {"ts": 1, "v": 2.5, "q": 64},
        {"ts": 2, "t": 1, "q": 192},
    ]
