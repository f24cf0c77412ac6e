"""The live channel over real sockets."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.unit.api.running import FILLER, PACKER, SECOND, START, instant, row
from tests.wire.api.served import EVERYTHING, Served, served
from twin.api.access import Access
from twin.api.live import LEAD_S, Pace
from twin.core.batch import batch
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, CONNECTION_UP, Event
from twin.runtime.report import ConnectionReport

TEMP = f"{FILLER}/temp"


async def test_a_snapshot_comes_first_then_only_what_changed(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        twin.api.clock.at(5)
        await twin.api.post([row(TEMP, 1, 20.5), row(f"{FILLER}/st", 2, 1), row(f"{FILLER}/recipe", 2, text="cola")])
        async with twin.viewer() as viewer:
            snapshot = await viewer.next()
            assert snapshot["type"] == "snapshot"
            assert snapshot["tags"][TEMP] == {
                "value": 20.5, "status": "Good", "quality": "good", "time": instant(1), "stale": False,
            }  # fmt: skip
            assert snapshot["tags"][f"{FILLER}/recipe"]["text"] == "cola"
            assert snapshot["tags"][f"{PACKER}/st"]["quality"] == "none"
            assert snapshot["machines"][FILLER] == {"state": "running", "since": instant(2)}
            assert snapshot["connections"]["s7"]["state"] == "off"
            twin.api.clock.at(6)
            await twin.api.post([row(TEMP, 5.5, 21.0)])
            delta = await viewer.until(lambda message: message["type"] == "delta")
            assert delta["tags"] == {
                TEMP: {"value": 21.0, "status": "Good", "quality": "good", "time": instant(5.5), "stale": False}
            }
            assert "machines" not in delta
            assert [message["seq"] for message in viewer.seen] == list(
                range(snapshot["seq"], snapshot["seq"] + len(viewer.seen))
            )


async def test_good_numbers_come_as_columns_to_who_asks_for_it(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        twin.api.clock.at(5)
        st = f"{FILLER}/st"
        await twin.api.post([row(TEMP, 1, 20.5), row(st, 2, 1), row(f"{FILLER}/recipe", 2, text="cola")])
        async with twin.viewer({"tags": [FILLER], "columns": True}) as viewer:
            snapshot = await viewer.next()
            good, names = snapshot["good"], snapshot["names"]
            assert {names[tag]: value for tag, value in zip(good["tag"], good["value"], strict=True)} == {
                TEMP: 20.5,
                st: 1,
            }
            assert dict(zip(good["tag"], good["age_ms"], strict=True))[names.index(TEMP)] == 4000
            assert snapshot["tags"][f"{FILLER}/recipe"]["text"] == "cola"
            twin.api.clock.at(6)
            await twin.api.post([row(TEMP, 5.5, 21.0), row(f"{FILLER}/total", 5, 7)])
            delta = await viewer.until(lambda message: message["type"] == "delta")
            changed = [delta.get("names", names)[tag] for tag in delta["good"]["tag"]]
            assert dict(zip(changed, delta["good"]["value"], strict=True)) == {TEMP: 21.0, f"{FILLER}/total": 7}
            twin.api.clock.at(8)
            await twin.api.twin.note(Event(START + 7 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
            stale = await viewer.until(lambda message: TEMP in message.get("tags", {}))
            assert (stale["tags"][TEMP]["stale"], stale["tags"][TEMP]["value"]) == (True, 21.0)


async def test_alarms_come_change_and_go(tmp_path: Path) -> None:
    everything = {"tags": [], "alarms": True}
    async with served(tmp_path) as twin, twin.viewer(everything) as viewer, twin.viewer({"tags": []}) as other:
        assert (await viewer.next())["alarms"] == {}
        id = f"{TEMP}~high@{instant(1)}"
        twin.api.clock.at(5)
        await twin.api.post([row(TEMP, 1, 88)])
        came = await viewer.until(lambda message: message["type"] == "delta")
        assert set(came["alarms"]) == {id}
        assert (came["alarms"][id]["state"], came["alarms"][id]["value"]) == ("B", 88)
        await twin.api.twin.note(Event(START + 5 * SECOND, ALARM_ACKNOWLEDGED, TEMP, {"id": id, "note": ""}, "eva"))
        twin.api.clock.at(6)
        acked = await viewer.until(lambda message: "alarms" in message)
        assert (acked["alarms"][id]["state"], acked["alarms"][id]["acknowledged"]["who"]) == ("C", "eva")
        async with twin.viewer(everything) as late:
            assert (await late.next())["alarms"] == acked["alarms"]
        twin.api.clock.at(8)
        await twin.api.post([row(TEMP, 7, 82), row(TEMP, 7.5, 83)])  # within the dead-band: nothing happens
        twin.api.clock.at(10)
        await twin.api.post([row(TEMP, 9, 60)])
        gone = await viewer.until(lambda message: "alarms" in message)
        assert gone["alarms"] == {id: None}
        beat = await other.until(lambda message: message["as_of"] == gone["as_of"])
        assert "alarms" not in beat
        assert all("alarms" not in message for message in other.seen)


async def test_a_heartbeat_comes_while_nothing_changes_and_tells_the_time(tmp_path: Path) -> None:
    async with served(tmp_path, pace=Pace(heartbeat_s=0.3)) as twin, twin.viewer() as viewer:
        await viewer.until(lambda message: message["type"] == "heartbeat")
        twin.api.clock.at(9)
        beat = await viewer.until(lambda message: message["as_of"] == instant(9))
        assert beat["type"] == "heartbeat"
        assert {message["type"] for message in viewer.seen} == {"snapshot", "heartbeat"}


async def test_deltas_come_at_most_so_often(tmp_path: Path) -> None:
    async with served(tmp_path, pace=Pace(delta_s=0.8)) as twin, twin.viewer({"tags": [TEMP]}) as viewer:
        first = twin.api.twin.live().number
        begun = time.monotonic()
        for number in range(12):
            twin.api.clock.at(number + 1)
            await twin.api.post([row(TEMP, number + 0.5, number)])
        await viewer.until(lambda message: message.get("tags", {}).get(TEMP, {}).get("value") == 11)
        passed = time.monotonic() - begun
        deltas = sum(message["type"] == "delta" for message in viewer.seen)
        assert deltas <= passed / (0.8 - LEAD_S) + 1
        assert deltas < twin.api.twin.live().number - first


async def test_a_changed_state_and_a_lost_connection_are_told(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        report = ConnectionReport("s7", "opcua", "", twin.api.clock, lambda _event: None)
        report.turned("up")
        twin.api.twin.reports = {"s7": report}
        twin.api.clock.at(5)
        await twin.api.post([row(f"{FILLER}/st", 2, 1)])
        async with twin.viewer({"assets": ["packaging/line1/filler"]}) as viewer:
            snapshot = await viewer.next()
            assert (snapshot["tags"], list(snapshot["machines"])) == ({}, [FILLER])
            twin.api.clock.at(10)
            report.turned("down", "cable")
            await twin.api.twin.note(Event(START + 8 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
            told: dict[str, Any] = {}
            while "machines" not in told or "connections" not in told:
                told |= await viewer.next()
            assert told["machines"] == {FILLER: {"state": "unknown", "since": instant(8)}}
            assert (told["connections"]["s7"]["state"], told["connections"]["s7"]["cause"]) == ("down", "cable")


async def test_values_of_a_lost_connection_are_stale_and_then_fresh_again(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        twin.api.clock.at(5)
        await twin.api.post([row(TEMP, 2, 1)])
        async with twin.viewer({"tags": [TEMP]}) as viewer:
            assert (await viewer.next())["tags"][TEMP]["stale"] is False
            twin.api.clock.at(10)
            await twin.api.twin.note(Event(START + 8 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
            assert (await viewer.until(lambda m: TEMP in m.get("tags", {})))["tags"][TEMP]["stale"] is True
            twin.api.clock.at(12)
            await twin.api.twin.note(Event(START + 12 * SECOND, CONNECTION_UP, "s7", {}))
            twin.api.clock.at(13)
            assert (await viewer.until(lambda m: TEMP in m.get("tags", {})))["tags"][TEMP]["stale"] is False


async def test_corrections_are_told_as_they_come(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        st = f"{FILLER}/st"
        for seconds, value in ((10, 1), (100, 2), (200, 1)):
            twin.api.clock.at(seconds)
            await twin.api.post([row(st, seconds, value)])
        await twin.api.move(300)
        async with twin.viewer({"assets": [FILLER]}) as viewer:
            await viewer.next()
            await twin.api.post([row(st, 50, 3)])
            message = await viewer.until(lambda one: one["type"] == "corrections")
            added = [(one["added"] or {}).get("data", {}).get("state") for one in message["corrections"]]
            assert "idle" in added


async def test_another_subscription_takes_the_place_of_the_first(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        twin.api.clock.at(5)
        await twin.api.post([row(TEMP, 1, 1), row(f"{PACKER}/st", 1, 1)])
        async with twin.viewer({"tags": [TEMP]}) as viewer:
            assert list((await viewer.next())["tags"]) == [TEMP]
            await viewer.socket.send(json.dumps({"subscribe": {"tags": ["*/packer/st"]}}))
            snapshot = await viewer.until(lambda message: message["type"] == "snapshot")
            assert list(snapshot["tags"]) == [f"{PACKER}/st"]


async def test_one_message_is_made_for_all_viewers_of_a_subscription(tmp_path: Path) -> None:
    async with served(tmp_path) as twin, AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(twin.viewer()) for _ in range(8)]
        for viewer in viewers:
            await viewer.next()
        before = twin.app.state.live.figures()["live_messages_total"]
        twin.api.clock.at(5)
        await twin.api.post([row(TEMP, 4, 20.5)])
        deltas = [await viewer.until(lambda message: "tags" in message) for viewer in viewers]
        assert [delta["tags"][TEMP]["value"] for delta in deltas] == [20.5] * 8
        assert twin.app.state.live.figures()["live_viewers"] == 8
        assert twin.app.state.live.figures()["live_messages_total"] - before < 8
    assert twin.app.state.live.figures()["live_viewers"] == 0


@pytest.mark.parametrize(
    "text",
    ["hello", "[]", "{}", '{"subscribe": 1}', '{"subscribe": {"tags": "a"}}', '{"subscribe": {"alarms": []}}',
     '{"subscribe": {"tags": [1]}}', json.dumps({"subscribe": {"tags": ["x"] * 101}}),
     json.dumps({"subscribe": {"tags": ["*" * 401]}})],
)  # fmt: skip
async def test_what_is_not_understood_closes_with_a_reason(tmp_path: Path, text: str) -> None:
    async with served(tmp_path) as twin, twin.viewer() as viewer:
        await viewer.next()
        await viewer.socket.send(text)
        with pytest.raises(ConnectionClosed) as closed:
            await viewer.until(lambda _message: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1007
        assert closed.value.rcvd.reason


async def test_a_message_past_64_kb_is_not_read(tmp_path: Path) -> None:
    async with served(tmp_path) as twin, twin.viewer() as viewer:
        await viewer.socket.send(" " * (64 * 1024 + 1))
        with pytest.raises(ConnectionClosed) as closed:
            await viewer.until(lambda _message: False)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://evil.example", 403), ("null", 403), ("http://127.0.0.1:1", 403), ("http://{own}", None), (None, None)],
)
async def test_only_our_own_page_may_watch(tmp_path: Path, origin: str | None, status: int | None) -> None:
    async with served(tmp_path) as twin:
        sent: Any = None if origin is None else origin.format(own=twin.address)
        if status is None:
            async with twin.viewer(origin=sent) as viewer:
                assert (await viewer.next())["type"] == "snapshot"
            return
        with pytest.raises(InvalidStatus) as refused:
            async with twin.viewer(origin=sent):
                pass
        assert refused.value.response.status_code == status


async def test_a_foreign_host_name_may_not_watch(tmp_path: Path) -> None:
    async with served(tmp_path) as twin:
        with pytest.raises((InvalidStatus, ConnectionClosed)):
            async with twin.viewer(additional_headers={"Host": "evil.example"}) as viewer:
                await viewer.next()


async def test_a_token_opens_the_channel_and_a_wrong_one_does_not(tmp_path: Path) -> None:
    access = Access.parse(f"anna view {hashlib.sha256(b's3cret').hexdigest()}")
    async with served(tmp_path, access) as twin:
        own = twin.live
        for suffix, headers, lets_in in (
            ("", {"Authorization": "Bearer s3cret"}, True),
            ("", {"Cookie": "linetwin=s3cret"}, True),
            ("?token=s3cret", {}, True),
            ("?token=wrong", {}, False),
            ("", {"X-Forwarded-For": "10.0.0.7"}, False),
        ):
            twin.live = own + suffix
            if lets_in:
                async with twin.viewer(additional_headers=headers) as viewer:
                    assert (await viewer.next())["type"] == "snapshot"
                continue
            with pytest.raises(InvalidStatus) as refused:
                async with twin.viewer(additional_headers=headers):
                    pass
            assert refused.value.response.status_code == 403


async def handshake(twin: Served) -> socket.socket:
    """A viewer that has asked for everything and reads no more, with as little room as the system allows."""
    loop = asyncio.get_running_loop()
    raw = socket.socket()
    raw.setblocking(False)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    await loop.sock_connect(raw, ("127.0.0.1", twin.port))
    key = base64.b64encode(b"0123456789abcdef").decode()
    await loop.sock_sendall(
        raw,
        f"GET /api/v1/live HTTP/1.1\r\nHost: {twin.address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode(),
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await loop.sock_recv(raw, 1024)
    text = json.dumps({"subscribe": EVERYTHING}).encode()
    await loop.sock_sendall(raw, bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
    return raw


async def flood(twin: Served, number: int) -> None:
    """Make every delta large: a long text that is another one each time, one second of the line after the last."""
    twin.api.clock.at(number + 1)
    tag = twin.api.twin.tags.get(f"{FILLER}/recipe")
    assert tag is not None
    text = f"{number:06d}" + "x" * 900_000
    await twin.api.twin.append(batch("s7", [tag], [START + number * SECOND], [float("nan")], 0, [text]))


async def test_a_viewer_that_takes_nothing_is_closed_and_costs_the_others_nothing(tmp_path: Path) -> None:
    async with served(tmp_path, pace=Pace(slow_s=0.5)) as twin:
        await twin.api.post([row(f"{FILLER}/recipe", -1, text="a")])
        slow = await handshake(twin)
        try:
            async with twin.viewer({"tags": [TEMP]}) as good:
                await good.next()
                number = 0
                while not twin.app.state.live.figures()["live_closed_slow_total"]:
                    number += 1
                    await flood(twin, number)
                    await twin.api.post([row(TEMP, number + 0.5, number)])
                    told = await good.until(lambda message: "tags" in message)
                    assert told["tags"][TEMP]["value"] == number
                while twin.app.state.live.figures()["live_viewers"] > 1:
                    await good.next()
        finally:
            slow.close()


async def test_a_viewer_that_reads_again_is_told_why_it_was_closed(tmp_path: Path) -> None:
    async with served(tmp_path, pace=Pace(slow_s=0.5)) as twin:
        await twin.api.post([row(f"{FILLER}/recipe", -1, text="a")])
        loop = asyncio.get_running_loop()
        slow = await handshake(twin)
        try:
            number = 0
            while not twin.app.state.live.figures()["live_closed_slow_total"]:
                number += 1
                await flood(twin, number)
                await twin.api.twin.next_view(twin.api.twin.live().number)
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
            tail = b""
            while part := await loop.sock_recv(slow, 65536):
                tail = (tail + part)[-200:]
        finally:
            slow.close()
        assert (1013).to_bytes(2, "big") + b"took nothing for 0.5 s" in tail


MESSAGES = 24
"""So many large messages fill every buffer between the twin and a viewer that does not read."""


async def test_a_viewer_that_fell_behind_gets_a_fresh_snapshot(tmp_path: Path) -> None:
    async with served(tmp_path, pace=Pace(slow_s=60.0)) as twin:
        await twin.api.post([row(f"{FILLER}/recipe", -1, text="a")])
        async with twin.viewer({"tags": [f"{FILLER}/recipe"]}, max_queue=1, max_size=None) as viewer:
            await viewer.next()
            for number in range(1, MESSAGES + 1):
                await flood(twin, number)
                await twin.api.seen(twin.api.twin.reader.last())

            def is_last(message: dict[str, Any]) -> bool:
                text = message.get("tags", {}).get(f"{FILLER}/recipe", {}).get("text", "")
                return text.startswith(f"{MESSAGES:06d}")

            viewer.seen.clear()
            await viewer.until(is_last)
            assert "snapshot" in {message["type"] for message in viewer.seen}
            assert twin.app.state.live.figures()["live_snapshots_total"] >= 1
            assert len(viewer.seen) < MESSAGES, "what could not be sent was let go"
