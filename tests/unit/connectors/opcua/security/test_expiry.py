"""What is told of certificates that end: in time, with what to do, in new words only at 30, 7 and 1 day."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.opcua.security.expiry import own_words, server_words, tell
from tests.unit.connectors.opcua.certificates import issued
from tests.wire.opcua.plant import Record
from twin.core.instant import DAY
from twin.core.ports import Certificate

ENDS = 20_000 * DAY
OURS = Certificate("AA:BB", "CN=us", 0, ENDS, Path("own.der"))
NEXT = Certificate("CC:DD", "CN=us", 0, ENDS + 3650 * DAY, Path("next.der"))


@pytest.mark.parametrize(
    ("days", "words"),
    [(31, ""), (29, "less than 30 days"), (8, "less than 30 days"), (6, "less than 7 days"), (0.5, "less than 1 day:")],
)
def test_a_servers_certificate(days: float, words: str) -> None:
    text = server_words("4F:1A", ENDS, int(ENDS - days * DAY))
    assert bool(text) == bool(words)
    assert words in text


def test_words_change_three_times() -> None:
    told = {server_words("4F:1A", ENDS, ENDS - hour * DAY // 24) for hour in range(1, 40 * 24)}
    assert len(told) == 4


def test_ours_is_told_as_soon_as_the_next_one_is_there() -> None:
    assert own_words(OURS, None, ENDS - 80 * DAY) == ""
    text = own_words(OURS, NEXT, ENDS - 80 * DAY)
    assert text == (
        "our certificate AA:BB ends on 2024-10-04; trust the next one in the server before that day: CC:DD (next.der)"
    )
    assert "in less than 7 days; trust the next one" in own_words(OURS, NEXT, ENDS - 6 * DAY)
    assert "in less than 7 days: put a new one in its place (own.der)" in own_words(OURS, None, ENDS - 6 * DAY)


def test_gauges_and_notices_of_one_look() -> None:
    record = Record()
    server = issued("urn:test:server").certificate
    now = int(server.not_valid_after_utc.timestamp()) * 10**9 - 3 * DAY
    tell(server, OURS, None, now, record)
    assert record.gauges["certificate_days"] == pytest.approx(3)
    assert record.gauges["own_certificate_days"] == pytest.approx((ENDS - now) / DAY)
    assert "less than 7 days" in record.notices["certificate"]
