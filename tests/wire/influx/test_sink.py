"""The outlet against the contract sink (a server of ours, no InfluxDB): every answer, every way for a link to end."""

from __future__ import annotations

import asyncio
import gzip
import logging
import math
import ssl

import numpy as np
import pytest

from connectors.influx.link import MOST_BYTES, Link
from connectors.influx.sender import Pace
from connectors.influx.settings import destination_of
from tests.wire.influx.sides import arrived, outlet_to, sink_side
from tests.wire.influx.sink import Reply, Sink, sink
from tests.wire.influx.spec import spec_of
from tests.wire.mqtt.certificates import authority
from twin.core.batch import batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.history import Slice
from twin.core.rows import samples_of
from twin.core.tags import TagTable
from twin.runtime.ports import free_ports
from twin.testing import check_outlet

BEGIN = 1_700_000_000_000_000_000
TABLE = TagTable()
TABLE.ids_of(["a/temp", "a/total"])


def piece(first: int, last: int) -> Slice:
    n = np.arange(first, last)
    return Slice(samples_of([(BEGIN + first, batch("s", n % 2, BEGIN + n, n / 4))]), [])


async def sent(to: Sink, *pieces: Slice, tags: TagTable = TABLE, **settings: object):
    async with outlet_to(to.url, tags, **settings).open() as sender:
        return [refusal for one in pieces for refusal in await sender.send(one)]


@pytest.fixture
def there():
    with sink() as one:
        yield one


@pytest.mark.parametrize(
    ("style", "settings"),
    [pytest.param("1", {"version": "1"}, marks=pytest.mark.slow), ("3", {}), ("all", {})],
)
def test_the_outlet_keeps_the_contract(style, settings) -> None:
    check_outlet(sink_side(style, **settings))


async def test_what_goes_over_the_wire(there) -> None:
    await sent(there, piece(0, 3), token="t0ken", measurement="my table")
    (one,) = there.requests
    assert one.path == "/api/v2/write"
    assert one.query == {"org": "acme", "bucket": "plant", "precision": "ns"}
    assert one.headers["authorization"] == "Token t0ken"
    assert one.headers["user-agent"].startswith("linetwin/")
    assert one.headers["content-type"] == "text/plain; charset=utf-8"
    assert one.body.startswith(b"my\\ table,tag=a/temp v=0,q=0i 1700000000000000000\n")


async def test_a_server_of_version_1_is_written_to_in_its_own_way(there) -> None:
    there.style = "1"
    await sent(there, piece(0, 3), user="joe", password="secret", bucket="plant/a_year")
    (one,) = there.requests
    assert (one.path, one.query) == ("/write", {"db": "plant", "rp": "a_year", "precision": "ns"})
    assert one.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("ping", "settings", "path"),
    [
        (Reply(204, {"X-Influxdb-Version": "1.6.7"}), {}, "/write"),
        (Reply(204, {"X-Influxdb-Version": "v2.7.6, v2.7.6"}), {}, "/api/v2/write"),
        (Reply(200, {}, b'{"version": "3.1.0"}'), {}, "/api/v2/write"),
        (Reply(404, {}, b"404 page not found"), {}, "/api/v2/write"),
        (Reply(404, {}, b"404 page not found"), {"org": ""}, "/write"),
        (Reply(401), {"token": "t"}, "/api/v2/write"),
        (Reply(503), {"version": "2"}, "/api/v2/write"),
    ],
)
async def test_the_version_is_asked_once_and_only_when_it_is_not_given(there, ping, settings, path) -> None:
    there.ping = ping
    await sent(there, piece(0, 3), **settings)
    assert [one.path for one in there.requests] == [path]


async def test_version_2_without_an_organization_is_named(there) -> None:
    with pytest.raises(Misconfigured, match="org is missing"):
        await sent(there, piece(0, 3), org="")


@pytest.mark.parametrize(
    ("reply", "kind", "said", "wait"),
    [
        (Reply(429, {"Retry-After": "7"}), Unreachable, "429", 7.0),
        (Reply(503, {"Retry-After": "2.5"}, b'{"message": "busy"}'), Unreachable, "503: busy", 2.5),
        (
            Reply(503, {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}),
            Unreachable,
            "503",
            30.0,
        ),
        (Reply(503, {"Retry-After": "soon"}), Unreachable, "503", 0.0),
        (Reply(503, {"Retry-After": "-5"}), Unreachable, "503", 0.0),
        (Reply(503, {"Retry-After": "nan"}), Unreachable, "503", 0.0),
        (Reply(503, {"Retry-After": "9e99"}), Unreachable, "503", 3600.0),
        (Reply(500, {}, b"\xff\xfe" * 10_000), Unreachable, "500: ", 0.0),
        (Reply(500, {}, b"[" * 100_000), Unreachable, "500: ", 0.0),
        (Reply(204, how="reset"), Unreachable, "reset", 0.0),
        (Reply(503, {}, b"half", how="cut"), Unreachable, "reset|more expected", 0.0),
        (Reply(401, {}, b'{"message": "unauthorized access"}'), Misconfigured, "unauthorized access; check token", 0.0),
        (Reply(403), Misconfigured, "check token", 0.0),
        (
            Reply(404, {}, b'{"message": "bucket \\"plant\\" not found"}'),
            Misconfigured,
            "check bucket \\(plant\\)",
            0.0,
        ),
        (Reply(404, {}, b'{"message": "organization name \\"acme\\" not found"}'), Misconfigured, "check org", 0.0),
        (Reply(404, {}, b"404 page not found"), Misconfigured, "check version", 0.0),
        (Reply(200, {}, b"<html>sign in</html>"), Misconfigured, "is this an InfluxDB", 0.0),
        (Reply(302, {"Location": "http://elsewhere/"}), Misconfigured, "http://elsewhere/", 0.0),
        (Reply(405), Misconfigured, "check address", 0.0),
    ],
)
async def test_an_answer_is_judged_and_nothing_is_settled(there, reply, kind, said, wait) -> None:
    there.replies.append(reply)
    with pytest.raises(kind, match=said) as raised:
        await sent(there, piece(0, 3), token="t0ken")
    assert getattr(raised.value, "retry_after", 0.0) == wait
    text = str(raised.value)
    assert text.startswith(f"outlet historian: {there.url}: ")
    assert "\n" not in text
    assert len(text) < 600
    assert "t0ken" not in text
    assert await sent(there, piece(0, 3)) == []
    assert len(there.held) == 3


async def test_an_answer_without_end_is_read_up_to_a_bound(there) -> None:
    there.replies.append(Reply(503, {"Retry-After": "3"}, b" " * (MOST_BYTES * 4)))
    link = Link(destination_of(spec_of(there.url, "plant", version="2", org="acme")))
    try:
        answer = await asyncio.to_thread(link.write, b"m v=1 1\n")
        assert (answer.status, len(answer.body)) == (503, MOST_BYTES)
        assert (await asyncio.to_thread(link.write, b"m v=1 1\n")).status == 204
    finally:
        link.close()


async def test_an_answer_that_was_lost_is_no_loss_and_nothing_twice(there) -> None:
    there.replies.append(Reply(204, taken=True, how="reset"))
    with pytest.raises(Unreachable):
        await sent(there, piece(0, 100))
    assert len(there.held) == 100
    assert await sent(there, piece(0, 100)) == []
    assert len(arrived(there.held.values())) == 100


@pytest.mark.parametrize("how", ["stall", "dribble"])
async def test_a_server_that_does_not_come_to_an_end_is_unreachable(there, how) -> None:
    there.replies.append(Reply(503, how=how))
    with pytest.raises(Unreachable, match="answer in"):
        await sent(there, piece(0, 3), timeout=200_000_000)
    assert await sent(there, piece(0, 3)) == []


async def test_a_request_that_is_given_up_ends_with_its_thread(there) -> None:
    there.replies.append(Reply(204, how="stall"))
    sending = asyncio.create_task(sent(there, piece(0, 3)))
    while not there.requests:  # noqa: ASYNC110 - the sink's thread has no way to tell this loop
        await asyncio.sleep(0.01)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    assert loop.time() - begun < 9, "it waited for the time-out"


async def test_nobody_there_is_unreachable() -> None:
    (port,) = free_ports(1)
    outlet = outlet_to(f"http://127.0.0.1:{port}", TABLE)
    with pytest.raises(Unreachable, match="Connection refused"):
        async with outlet.open():
            pass


async def test_too_large_is_halved_until_it_goes(there) -> None:
    there.largest = 5_000
    assert await sent(there, piece(0, 1_000)) == []
    assert len(there.held) == 1_000


async def test_one_row_that_is_too_large_is_named(there) -> None:
    there.largest = 5_000
    big = samples_of([(7, batch("s", [0, 1, 1], [1, 2, 3], [math.nan, 1.0, 2.0], 0, ["x" * 9_000, None, None]))])
    (refusal,) = await sent(there, Slice(big, []))
    assert (refusal.recorded, refusal.tag, refusal.time) == (7, 0, 1)
    assert "too large" in refusal.cause
    assert len(there.held) == 2


async def test_requests_get_smaller_where_the_way_is_narrow_and_grow_again(there) -> None:
    outlet = outlet_to(there.url, TABLE, timeout=200_000_000)
    there.replies.append(Reply(204, how="stall"))
    with pytest.raises(Unreachable):
        async with outlet.open() as sender:
            await sender.send(piece(0, 4_000))
    there.released.set()
    async with outlet.open() as sender:
        await sender.send(piece(0, 4_000))
    assert [one.lines for one in there.requests[1:]] == [2_000, 2_000]
    assert len(there.held) == 4_000


def test_a_pace_has_bounds() -> None:
    pace = Pace()
    for _ in range(50):
        pace.slower(pace.rows)
    assert pace.rows == Pace.LEAST
    for _ in range(500):
        pace.went()
    assert pace.rows == Pace.MOST


@pytest.mark.parametrize("style", ["1", "2", "3", "all"])
async def test_refused_rows_are_found_among_many(there, style) -> None:
    there.style = style
    bad = {3, 50, 51, 119}
    there.refuses = lambda point: "field type conflict: v is float" if point.time - BEGIN in bad else None
    refused = await sent(there, piece(0, 120))
    assert {one.time - BEGIN for one in refused} == bad
    assert all("field type conflict" in one.cause for one in refused)
    assert len(there.held) == 120 - len(bad)


@pytest.mark.parametrize("style", ["1", "2"])
async def test_where_all_are_refused_one_request_is_enough(there, style) -> None:
    there.style = style
    there.refuses = lambda _: "points beyond retention policy"
    refused = await sent(there, piece(0, 2_000))
    assert len(refused) == 2_000
    assert len(there.requests) == 1


async def test_unknown_words_about_everything_are_a_wrong_setting(there) -> None:
    there.style = "odd"
    there.refuses = lambda _: "no"
    with pytest.raises(Misconfigured, match="computer says no; it takes no row at all"):
        await sent(there, piece(0, 2_000))
    assert len(there.requests) == 3


async def test_of_two_rows_of_one_instant_the_later_one_is_sent(there) -> None:
    both = samples_of([(1, batch("s", [0, 1], [5, 5], [1.0, 9.0])), (2, batch("s", [0], [5], [2.0]))])
    assert await sent(there, Slice(both, [])) == []
    assert sorted(arrived(there.held.values())) == [("a/temp", 5, 2.0, 0, None), ("a/total", 5, 9.0, 0, None)]


async def test_a_row_that_takes_the_value_away_takes_it_away_there(there) -> None:
    await sent(there, Slice(samples_of([(1, batch("s", [0], [5], [1.0]))]), []))
    await sent(there, Slice(samples_of([(2, batch("s", [0], [5], [math.nan], 0x80000000))]), []))
    ((_, _, value, status, _),) = arrived(there.held.values())
    assert math.isnan(value)
    assert status == 0x80000000


async def test_what_is_compressed_is_smaller_and_the_same(there) -> None:
    await sent(there, piece(0, 1_000), gzip="on")
    await sent(there, piece(0, 1_000))
    packed, plain = (one.body for one in there.requests)
    assert gzip.decompress(packed) == plain
    assert len(packed) * 3 < len(plain)


async def test_secrets_are_in_no_log(there, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    there.replies.append(Reply(401))
    with pytest.raises(Misconfigured):
        await sent(there, piece(0, 3), token="t0ken")
    assert "t0ken" not in caplog.text


async def test_certificates_are_checked(tmp_path) -> None:
    authority(tmp_path, "ours")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ours-server.pem", tmp_path / "ours-server.key")
    with sink(context) as there:
        by_number, there.url = there.url, there.url.replace("127.0.0.1", "localhost")
        assert await sent(there, piece(0, 3), ca=str(tmp_path / "ours.pem")) == []
        assert len(there.held) == 3
        with pytest.raises(Misconfigured, match=r"certificate is not trusted: .*; name the file of its signer as ca"):
            await sent(there, piece(3, 6))
        there.url = by_number
        with pytest.raises(Misconfigured, match=r"certificate is not trusted: .*mismatch.*; use a name"):
            await sent(there, piece(3, 6), ca=str(tmp_path / "ours.pem"))
        with pytest.raises(Misconfigured, match=r"cannot read ca .*none.pem"):
            await sent(there, piece(3, 6), ca=str(tmp_path / "none.pem"))
        assert len(there.held) == 3


async def test_a_server_that_speaks_no_tls_is_unreachable(there) -> None:
    there.url = there.url.replace("http:", "https:")
    with pytest.raises(Unreachable) as raised:
        await sent(there, piece(0, 3))
    assert "0x" not in str(raised.value)
