"""What is asked of a server follows from few keys."""

from __future__ import annotations

import pytest

from connectors.opcua import CONNECTION_KEYS, check
from connectors.opcua.group import Group
from connectors.opcua.settings import Settings, settings_of
from twin.core.errors import Misconfigured
from twin.core.instant import MILLISECOND, SECOND
from twin.core.plugin import ConnectionSpec, TagAddress

DEFAULTS = {key.name: key.default for key in CONNECTION_KEYS}


def settings(**given: object) -> Settings:
    return settings_of(ConnectionSpec("s7", "opcua", "opc.tcp://plc:4840", DEFAULTS | given))


@pytest.mark.parametrize(
    ("given", "publishing", "sampling", "queue"),
    [
        ({}, 1000, 500, 100),
        ({"every": SECOND}, 250, 1000, 100),
        ({"every": 100 * MILLISECOND}, 100, 100, 300),
        ({"every": 10 * MILLISECOND}, 50, 10, 1000),
        ({"publishing": 500 * MILLISECOND}, 500, 250, 120),
        ({"sampling": 0}, 1000, 0, 1000),
        ({"queue": 7}, 1000, 500, 7),
        ({"poll": True}, 1000, 1000, 100),
        ({"poll": True, "every": 5 * SECOND}, 250, 5000, 100),
    ],
)
def test_intervals_and_queue(given: dict[str, int], publishing: int, sampling: int, queue: int) -> None:
    made = settings(**given).common
    assert (made.publishing, made.sampling, made.queue) == (publishing * MILLISECOND, sampling * MILLISECOND, queue)
    assert made.polled == bool(given.get("poll"))


@pytest.mark.parametrize("sampling", [10, 33, 100, 500, 1000, 60_000])
def test_a_queue_holds_30_s_of_samples_or_what_servers_grant(sampling: int) -> None:
    made = settings(sampling=sampling * MILLISECOND).common
    assert made.queue == 1000 or made.queue * sampling >= 30_000 - sampling


@pytest.mark.parametrize("publishing", [50, 100, 250, 1000, 10_000, 60_000])
def test_keep_alive_shows_a_dead_link_and_lifetime_outlasts_it(publishing: int) -> None:
    made = settings(publishing=publishing * MILLISECOND).common
    assert made.keep_alive_count * publishing <= max(5000, publishing)
    assert made.lifetime_count >= 3 * made.keep_alive_count
    assert made.lifetime_count * publishing >= 600_000 or made.lifetime_count == 3 * made.keep_alive_count


@pytest.mark.parametrize("port", ["", ":", ":0", ":99999", ":plc"])
def test_an_address_without_a_port_is_told(port: str) -> None:
    with pytest.raises(Misconfigured, match="names no port"):
        settings_of(ConnectionSpec("s7", "opcua", f"opc.tcp://plc{port}", DEFAULTS))


def test_both_spellings_of_a_policy() -> None:
    assert settings(security="Aes256_Sha256_RsaPss").policy == "Aes256Sha256RsaPss"


GROUPS = {
    "fast": {"publishing": 100 * MILLISECOND, "place": "plant.yaml:5"},
    "calm": {"deadband_percent": 2.0, "trigger": "status_value_timestamp", "queue": 20, "place": "plant.yaml:6"},
    "read": {"mode": "poll", "sampling": 2 * SECOND, "place": "plant.yaml:7"},
}


def test_a_tag_is_followed_as_its_group_says_and_as_it_says_itself() -> None:
    made = settings(every=SECOND, groups=GROUPS)
    assert made.group_of({}) == made.common
    fast = made.group_of({"group": "fast"})
    assert (fast.publishing, fast.sampling, fast.queue) == (100 * MILLISECOND, 50 * MILLISECOND, 600)
    calm = made.group_of({"group": "calm"})
    assert calm == Group(250 * MILLISECOND, SECOND, 20, deadband_percent=2.0, trigger="status_value_timestamp")
    assert made.group_of({"group": "calm", "deadband": 0.5}).deadband_percent == 0
    own = made.group_of({"group": "fast", "sampling": 10 * MILLISECOND})
    assert (own.publishing, own.sampling, own.queue) == (100 * MILLISECOND, 10 * MILLISECOND, 1000)
    assert made.group_of({"group": "read"}).polled
    assert made.group_of({"group": "read"}).sampling == 2 * SECOND


def test_a_group_that_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(Misconfigured, match=r"no group 'fats' in connection 's7' \(did you mean 'fast'\?\)"):
        settings(groups=GROUPS).group_of({"group": "fats"})
    with pytest.raises(Misconfigured, match=r"\(it has no `groups`\)"):
        settings().group_of({"group": "fast"})


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"queue": 0}, "queue 0 is not in 1..1000"),
        ({"items_per_subscription": -1}, "items_per_subscription -1 is not in 1..10000"),
    ],
)
def test_what_a_connection_cannot_ask_for_is_told(given: dict[str, object], text: str) -> None:
    spec = ConnectionSpec("s7", "opcua", "opc.tcp://plc:4840", DEFAULTS | given, place="plant.yaml:3")
    assert check(spec, []) == [("plant.yaml:3", f"connection 's7': {text}")]


@pytest.mark.parametrize(
    ("group", "text"),
    [
        ({"queue": 1001}, "queue 1001 is not in 1..1000"),
        ({"deadband": -1.0}, "deadband -1 is below 0"),
        ({"deadband_percent": 101.0}, "deadband_percent 101 is not in 0..100"),
        ({"deadband": 1.0, "deadband_percent": 1.0}, "has both deadband and deadband_percent; write one of them"),
        (
            {"deadband": 1.0, "trigger": "status"},
            "trigger status tells no value, so a deadband means nothing; remove one of them",
        ),
    ],
)
def test_what_a_group_cannot_ask_for_is_told_where_it_stands(group: dict[str, object], text: str) -> None:
    groups = {"a": group | {"place": "plant.yaml:5"}}
    spec = ConnectionSpec("s7", "opcua", "opc.tcp://plc:4840", DEFAULTS | {"groups": groups}, place="plant.yaml:3")
    assert check(spec, []) == [("plant.yaml:5", f"group 'a' of connection 's7': {text}")]


def test_what_no_tag_can_ask_for_is_told() -> None:
    spec = ConnectionSpec("s7", "opcua", "opc.tcp://plc:4840", DEFAULTS | {"groups": GROUPS}, place="plant.yaml:3")
    tags = [
        TagAddress("a", {"node": "i=1", "group": "calmm"}, place="plant.yaml:9"),
        TagAddress("b", {"node": "i=2", "deadband": -2.0}, place="plant.yaml:10"),
        TagAddress("c", {"node": "i=3", "group": "read", "deadband": 1.0}, place="plant.yaml:11"),
    ]
    assert check(spec, tags) == [
        ("plant.yaml:9", "tag 'a': no group 'calmm' in connection 's7' (did you mean 'calm'?)"),
        ("plant.yaml:10", "tag 'b': deadband -2 is below 0"),
        (
            "plant.yaml:11",
            "tag 'c': a deadband is the server's work; with `mode: poll` every change that is seen is kept",
        ),
    ]
