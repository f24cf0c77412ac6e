"""The plant, its connections, tags, events and figures."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.unit.api.running import FILLER, START, instant, row, running
from twin.api.figures import FIGURES
from twin.api.figures_links import GAUGES
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.instant import SECOND
from twin.runtime.report import ConnectionReport


async def test_the_plant_is_told_in_the_order_of_the_flow(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        plant = await api.get("/plant")
        (line,) = plant["lines"]
        assert [machine["name"] for machine in line["machines"]] == ["filler", "packer"]
        assert [(station["capacity"], station["machines"][:1]) for station in line["flow"]][1] == (200, [])
        assert line["machines"][0]["display"] == "Füller <1>"
        assert (plant["path"], plant["timezone"], plant["tags"]) == ("acme/brno", "Europe/Prague", 9)


async def test_connections_tell_link_cause_and_counters(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        report = ConnectionReport("s7", "opcua", "opc.tcp://127.0.0.1:4840", api.clock, lambda _event: None)
        api.twin.reports = {"s7": report}
        api.clock.at(5)
        report.turned("down", "no answer in 4 s")
        report.count("values", 7)
        report.problem("acme/x", "BadNodeIdUnknown")
        report.dead_letter("not JSON", "topic a", b"\xff\x00")
        report.dead_letter("not JSON", "topic b", b"plain")
        s7, gw = (await api.get("/connections"))["connections"]
        assert (s7["state"], s7["since"], s7["cause"]) == ("down", instant(5), "no answer in 4 s")
        assert (s7["counters"], s7["problems"]) == ({"values": 7, "dead_letters": 2}, {"acme/x": "BadNodeIdUnknown"})
        assert (gw["state"], gw["url"]) == ("off", "mqtt://127.0.0.1:1883")
        letters = await api.get("/connections/s7/dead-letters")
        assert letters["causes"] == {"not JSON": 2}
        assert [(one["payload"], one["encoding"]) for one in letters["letters"]] == [
            ("ff00", "hex"),
            ("plain", "utf-8"),
        ]
        await api.get("/connections/nothing/dead-letters", 404)


@pytest.mark.parametrize(
    ("match", "names"),
    [
        ("", 9),
        ("*", 9),
        ("*/total", 2),
        ("packaging/line1/*/st", 2),
        ("acme/brno/packaging/line1/filler", 7),
        ("packaging/line1/packer", 2),
        ("*temp", 2),
        ("filler", 0),
    ],
)
async def test_tags_are_found_by_path_prefix_or_glob(tmp_path: Path, match: str, names: int) -> None:
    async with running(tmp_path) as api:
        assert len((await api.get("/tags", match=match))["tags"]) == names


async def test_tags_tell_value_status_and_age(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(10)
        await api.post([row(f"{FILLER}/temp", 4, 20.5), row(f"{FILLER}/total", 4, status=0x808C0000)])
        tags = {one["tag"].rpartition("/")[2]: one for one in (await api.get("/tags", match=FILLER))["tags"]}
        assert (tags["temp"]["value"], tags["temp"]["age_s"], tags["temp"]["quality"]) == (20.5, 6.0, "good")
        assert (tags["total"]["value"], tags["total"]["status"], tags["total"]["quality"]) == (
            None,
            "BadSensorFailure",
            "bad",
        )
        assert (tags["reject"]["quality"], tags["reject"]["age_s"]) == ("none", None)


async def test_tags_come_in_pages(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        first = await api.get("/tags", limit=5)
        second = await api.get("/tags", limit=5, cursor=first["cursor"])
        whole = await api.get("/tags")
        assert first["tags"] + second["tags"] == whole["tags"]
        assert (len(first["tags"]), second["cursor"]) == (5, None)


async def test_events_are_told_newest_first_in_pages_even_of_one_instant(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(10)
        for number in range(7):
            await api.twin.note(Event(START, CONNECTION_LOST, "s7", {"cause": str(number)}))
        await api.twin.note(Event(START + 1, CONNECTION_UP, "s7", {}))
        told: list[str] = []
        cursor = ""
        while cursor is not None:
            page = await api.get("/events", kind="connection", limit=3, cursor=cursor)
            told += [one["body"].get("cause", "up") for one in page["events"]]
            cursor = page["cursor"]
        assert told == ["up", "6", "5", "4", "3", "2", "1", "0"]
        assert [one["kind"] for one in (await api.get("/events", kind="connection.up"))["events"]] == ["connection.up"]
        await api.get("/events", 422, cursor="x")


async def test_the_text_of_the_plant_file_is_not_told(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(1)
        (loaded,) = (await api.get("/events", kind="plant.loaded"))["events"]
        assert "digest" in loaded["body"]
        assert "text" not in loaded["body"]


async def test_health_and_readiness(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        assert (await api.client.get("/healthz")).json()["status"] == "ok"
        assert (await api.client.get("/readyz")).json()["status"] == "ready"
        report = ConnectionReport("s7", "opcua", "", api.clock, lambda _event: None)
        api.twin.reports = {"s7": report}
        answer = await api.client.get("/readyz")
        assert (answer.status_code, answer.json()["detail"]) == (503, "connecting: s7")


async def test_connections_tell_flow_notices_and_gauges(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        report = ConnectionReport("s7", "opcua", "opc.tcp://x", api.clock, lambda _event: None)
        api.twin.reports = {"s7": report}
        api.clock.at(0)
        report.turned("up")
        api.clock.at(10)
        report.flowed(np.full(20, api.clock.now() - SECOND // 2))
        report.notice("clock", "the clock of the server is 6 s ahead of ours")
        report.gauge("certificate_days", 2.0)
        report.gauge("clock_offset_s", 6.0)
        report.gauge("mystery", 1.5)
        report.gauge("broken", float("nan"))
        api.clock.at(11)
        s7, gw = (await api.get("/connections"))["connections"]
        assert (s7["rate_10s"], s7["rate_60s"]) == (2.0, pytest.approx(1 / 3))
        assert s7["lag_p50_s"] == s7["lag_p99_s"] == pytest.approx(0.5, rel=0.13)
        assert s7["notices"] == {"clock": "the clock of the server is 6 s ahead of ours"}
        assert (gw["rate_10s"], gw["lag_p50_s"]) == (0, None)
        text = (await api.client.get("/metrics")).text
        for line in (
            'linetwin_connection_values_per_second{connection="s7",over="10s"} 2',
            'linetwin_connection_notice{connection="s7",about="clock"} 1',
            'linetwin_connection_certificate_remaining_seconds{connection="s7"} 172800',
            'linetwin_connection_clock_offset_seconds{connection="s7"} 6',
            'linetwin_connection_gauge{connection="s7",what="mystery"} 1.5',
        ):
            assert f"{line}\n" in text
        assert 'linetwin_connection_lag_quantile_seconds{connection="s7",quantile="0.99"} 0.5' in text
        assert "broken" not in text


LINE = re.compile(r'linetwin_[a-z_]+(\{([a-z]+="(\\.|[^"\\])*",?)+\})? -?[0-9.e+-]+')


async def test_metrics_follow_the_format_and_the_table(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        report = ConnectionReport('odd"id\\', "opcua", "", api.clock, lambda _event: None)
        report.count("values", 3)
        for what in (*GAUGES, "mystery"):
            report.gauge(what, 1.5)
        report.notice("clock", "wrong")
        api.clock.at(0)
        report.turned("up")
        for second in range(3, 703, 5):
            api.clock.at(second)
            report.arrived(np.full(1, api.clock.now()))
        report.flowed(np.full(1, api.clock.now()))
        api.twin.reports = {report.id: report}
        answer = await api.client.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = answer.text.splitlines()
        assert [line for line in lines if not line.startswith("#") and not LINE.fullmatch(line)] == []
        assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == [
            f"linetwin_{f.name}" for f in FIGURES
        ]
        told = {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")}
        assert told == {f"linetwin_{f.name}" for f in FIGURES if not f.name.startswith("outlet_")}  # it has none
        assert set(api.twin.health()) <= {f.name for f in FIGURES}


async def test_the_description_names_its_shapes(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        described = (await api.client.get("/openapi.json")).json()
        for path, methods in described["paths"].items():
            for method, one in methods.items():
                answers = one["responses"]
                assert one["description"], (method, path)
                assert "application/problem+json" in answers["4XX"]["content"], (method, path)
                if path != "/metrics":
                    done = next(code for code in ("200", "202") if code in answers)
                    reference = answers[done]["content"]["application/json"]["schema"]["$ref"]
                    shape = described["components"]["schemas"][reference.rpartition("/")[2]]
                    assert "as_of" in shape["required"], (method, path)
