"""What is asked of a server follows from few keys."""

from __future__ import annotations

import pytest

from connectors.opcua import CONNECTION_KEYS
from connectors.opcua.settings import Settings, settings_of
from twin.core.instant import MILLISECOND, SECOND
from twin.core.plugin import ConnectionSpec


def settings(**given: object) -> Settings:
    defaults = {key.name: key.default for key in CONNECTION_KEYS}
    return settings_of(ConnectionSpec("s7", "opcua", "opc.tcp://plc:4840", defaults | given))


@pytest.mark.parametrize(
    ("given", "publishing", "sampling", "queue"),
    [
        ({}, 250, 125, 240),
        ({"every": SECOND}, 250, 1000, 100),
        ({"every": 100 * MILLISECOND}, 100, 100, 300),
        ({"every": 10 * MILLISECOND}, 50, 10, 1000),
        ({"publishing": 500 * MILLISECOND}, 500, 250, 120),
        ({"sampling": 0}, 250, 0, 1000),
        ({"queue": 7}, 250, 125, 7),
    ],
)
def test_intervals_and_queue(given: dict[str, int], publishing: int, sampling: int, queue: int) -> None:
    made = settings(**given)
    assert (made.publishing, made.sampling, made.queue) == (publishing * MILLISECOND, sampling * MILLISECOND, queue)


@pytest.mark.parametrize("publishing", [50, 100, 250, 1000, 10_000, 60_000])
def test_keep_alive_shows_a_dead_link_and_lifetime_outlasts_it(publishing: int) -> None:
    made = settings(publishing=publishing * MILLISECOND)
    assert made.keep_alive_count * publishing <= max(5000, publishing)
    assert made.lifetime_count >= 3 * made.keep_alive_count
    assert made.lifetime_count * publishing >= 600_000 or made.lifetime_count == 3 * made.keep_alive_count


def test_both_spellings_of_a_policy() -> None:
    assert settings(security="Aes256_Sha256_RsaPss").policy == "Aes256Sha256RsaPss"
