"""Samples go in, are durable, and come back the same."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.api.running import FILLER, PACKER, SECOND, START, Api, HandClock, instant, row, running
from twin.api.columns import SampleRow, batch_of, json_texts, json_values
from twin.core.batch import batch
from twin.core.event import CONNECTION_LOST, CONNECTION_UP, GAP, Event
from twin.core.instant import from_text, to_text
from twin.core.status import BAD_SENSOR_FAILURE
from twin.core.tags import Tag, TagTable, TagType
from twin.core.time_text import times_text
from twin.model.plant import Plant

TEMP = f"{FILLER}/temp"


async def test_values_come_back_to_the_bit(tmp_path: Path) -> None:
    values = [0.1, -0.0, 5e-324, 1.7976931348623157e308, 1 / 3, 2**53, -273.15, 1e21]
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([row(TEMP, number, value) for number, value in enumerate(values)])
        found = (await api.get("/samples", tag=TEMP))["samples"][0]
        assert [struct.pack("<d", value) for value in found["value"]] == [struct.pack("<d", value) for value in values]
        assert found["time"] == [instant(number) for number in range(len(values))]
        assert found["status"] == [0] * len(values)
        assert (found["text"], found["decimated"], found["unit"], found["gaps"]) == (None, False, "degC", [])


async def test_what_no_double_holds_comes_back_as_text(tmp_path: Path) -> None:
    sent: list[dict[str, Any]] = [
        {"value": 2**63},
        {"text": str(2**64 - 1)},
        {"value": -(2**53) - 1, "status": 5},
        {"text": "Infinity"},
        {"text": "-Infinity"},
        {"status": BAD_SENSOR_FAILURE},
        {"value": 7, "status": 0x40000000},
    ]
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([row(TEMP, number, **one) for number, one in enumerate(sent)])
        found = (await api.get("/samples", tag="packaging/line1/filler/temp"))["samples"][0]
        assert found["text"] == [str(2**63), str(2**64 - 1), str(-(2**53) - 1), "Infinity", "-Infinity", None, None]
        assert found["value"] == [2.0**63, 2.0**64, -(2.0**53), None, None, None, 7]
        assert found["status"] == [0, 0, 5, 0, 0, BAD_SENSOR_FAILURE, 0x40000000]


async def test_a_tag_alone_has_the_rows_that_it_has_among_others(tmp_path: Path) -> None:
    tags = [TEMP, f"{FILLER}/raw_temp", f"{FILLER}/total"]
    rows = [row(tag, second, 500 + second) for tag in tags for second in range(3)]
    bad = [row(tag, 3 + n, 7, status=status) for tag in tags for n, status in enumerate((BAD_SENSOR_FAILURE, 1 << 30))]
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([*rows, *bad])
        together = (await api.get("/samples", tag=tags))["samples"]
        assert [(await api.get("/samples", tag=tag))["samples"][0] for tag in tags] == together
        assert together[0]["value"] == [500, 501, 502, None, 7]
        assert together[1]["value"][:2] == [50, 50.1]


async def test_texts_and_bytes_come_back(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post(
            [
                row(f"{FILLER}/recipe", 1, text="Pšenice \U0001f37a \u0000 \n"),
                row(f"{FILLER}/recipe", 2, text=""),
                row(f"{FILLER}/code", 1, text="00fF"),
                row(TEMP, 1, 3),
            ]
        )
        recipe, code, temp = (await api.get("/samples", tag=[f"{FILLER}/recipe", f"{FILLER}/code", TEMP]))["samples"]
        assert (recipe["text"], recipe["value"], recipe["type"]) == (
            ["Pšenice \U0001f37a \u0000 \n", ""],
            [None, None],
            "text",
        )
        assert (code["text"], code["type"]) == (["00ff"], "bytes")
        assert (temp["text"], temp["value"]) == (None, [3])


@given(
    st.lists(st.one_of(st.floats(), st.integers(-(2**70), 2**70)), min_size=1, max_size=20), st.integers(0, 2**62 - 100)
)
def test_any_number_survives_the_columns(values: list[float], start: int) -> None:
    tags = TagTable([Tag("a")])
    rows = [SampleRow(tag="a", time=to_text(start + n), **_as_sent(value)) for n, value in enumerate(values)]
    taken = batch_of(rows, "api", Plant("", "UTC", {}, {}, ()), tags, 0)
    assert [from_text(text) for text in times_text(taken.time)] == list(range(start, start + len(values)))
    shown = json_values(taken.value)
    texts = json_texts(taken.value, taken.text) or [None] * len(values)
    for value, number, text in zip(values, shown, texts, strict=True):
        assert _read_back(number, text) == value or (math.isnan(value) and number is None)


def _as_sent(value: float) -> dict[str, Any]:
    if math.isnan(value):
        return {"status": BAD_SENSOR_FAILURE}
    return {"value": value} if math.isfinite(value) else {"text": "Infinity" if value > 0 else "-Infinity"}


def _read_back(number: float | None, text: str | None) -> float | None:
    if text is None:
        return number
    return math.inf * (-1 if text.startswith("-") else 1) if text.endswith("y") else int(text)


async def test_values_are_scaled_on_the_way_out_only(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(10)
        await api.post([row(f"{FILLER}/raw_temp", 1, 500)])
        found = await api.get("/samples", tag=f"{FILLER}/raw_temp")
        assert found["samples"][0]["value"] == [50.0]
        stored = api.twin.reader.read(START, START + 10 * SECOND, 2**62).samples
        assert stored.value.tolist() == [500.0]


async def test_repeats_in_one_message_go_one_ns_apart(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(10)
        await api.post([row(TEMP, 1, 1), row(TEMP, 1, 2), row(TEMP, 1, 3)])
        found = (await api.get("/samples", tag=TEMP))["samples"][0]
        assert found["value"] == [1, 2, 3]
        assert [from_text(time) - START for time in found["time"]] == [SECOND, SECOND + 1, SECOND + 2]


async def test_known_at_shows_what_was_known(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(10)
        await api.post([row(TEMP, 1, 1)])
        api.clock.at(20)
        await api.post([row(TEMP, 1, 2), row(TEMP, 2, 5)])
        now = await api.get("/samples", tag=TEMP)
        then = await api.get("/samples", tag=TEMP, known_at=instant(15))
        assert now["samples"][0]["value"] == [2, 5]
        assert then["samples"][0]["value"] == [1]
        assert then["known_at"] == instant(15)


async def test_sent_again_after_a_restart_it_is_still_there(tmp_path: Path) -> None:
    clock = HandClock()
    async with running(tmp_path, clock) as api:
        clock.at(10)
        sent = await api.post([row(TEMP, 1, 1.5)])
        assert sent["rows"] == 1
    async with running(tmp_path, clock) as api:
        assert (await api.get("/samples", tag=TEMP))["samples"][0]["value"] == [1.5]


@pytest.mark.parametrize(
    ("sent", "status", "detail"),
    [
        (
            {"tag": "acme/brno/packaging/line1/filler/tempp", "value": 1},
            404,
            "did you mean packaging/line1/filler/temp?",
        ),
        ({"value": "12"}, 422, "samples"),
        ({"value": True}, 422, "samples"),
        ({}, 422, "has no value; give a status that says why"),
        ({"text": "warm"}, 422, "text 'warm' is no integer"),
        ({"value": 1, "text": str(2**60)}, 422, "not the same number"),
        ({"tag": f"{FILLER}/recipe", "value": 1}, 422, "is a text tag; its value goes into `text`"),
        ({"tag": f"{FILLER}/code", "text": "xyz"}, 422, "is not hex"),
        ({"value": 1, "status": 2**32}, 422, "status"),
        ({"value": 1, "status": -1}, 422, "status"),
        ({"value": 1, "time": "12:00"}, 422, "samples[1].time: '12:00' is not a time"),
        ({"value": 1, "time": "9999-01-01T00:00:00Z"}, 422, "outside 1970"),
        ({"value": 10**400}, 422, "the number does not fit into a double"),
    ],
)
async def test_one_wrong_row_keeps_all_out(tmp_path: Path, sent: dict[str, Any], status: int, detail: str) -> None:
    async with running(tmp_path) as api:
        api.clock.at(10)
        before = api.twin.reader.last()
        answer = await api.post([row(TEMP, 1, 1), {"tag": TEMP, "time": instant(2)} | sent], status)
        assert detail in answer["detail"]
        assert api.twin.reader.last() == before


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "1e400", '"\\ud800"'])
async def test_what_is_no_json_number_is_refused(tmp_path: Path, literal: str) -> None:
    async with running(tmp_path) as api:
        body = f'{{"samples": [{{"tag": "{TEMP}", "time": "now", "value": {literal}}}]}}'
        answer = await api.client.post("/api/v1/samples", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


async def test_half_a_character_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        body = f'{{"samples": [{{"tag": "{FILLER}/recipe", "time": "now", "text": "\\ud800"}}]}}'
        answer = await api.client.post("/api/v1/samples", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 422


async def test_a_long_series_is_decimated_and_says_so(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        api.clock.at(4000)
        tag = api.twin.tags.get(TEMP)
        assert tag is not None
        time = START + np.arange(3600, dtype=np.int64) * SECOND
        value = np.where(np.arange(3600) == 1234, 99.0, 20.0)
        await api.twin.append(batch("s7", np.full(3600, tag), time, value))
        found = (await api.get("/samples", tag=TEMP, from_=instant(0), to=instant(3600), max_points=60))["samples"][0]
        assert found["decimated"] is True
        assert len(found["time"]) <= 60
        assert found["value"][found["time"].index(instant(1234))] == 99.0


async def test_gaps_and_outages_of_the_own_connection_are_told(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        tag = api.twin.tags.get(TEMP)
        await _told(api, 10, Event(START + 10 * SECOND, CONNECTION_UP, "s7"))
        await _told(api, 20, Event(START + 20 * SECOND, CONNECTION_LOST, "s7", {"cause": "cable"}))
        await _told(api, 30, Event(START + 30 * SECOND, CONNECTION_UP, "s7"))
        body = {"from": START + 40 * SECOND, "to": START + 45 * SECOND, "cause": "queue", "tags": [tag]}
        await _told(api, 45, Event(START + 45 * SECOND, GAP, "s7", body))
        await _told(api, 50, Event(START + 50 * SECOND, CONNECTION_LOST, "s7", {"cause": "power"}))
        await api.move(60)
        temp, status, packer = (await api.get("/samples", tag=[TEMP, f"{FILLER}/st", f"{PACKER}/st"]))["samples"]
        assert temp["gaps"] == [
            {"from": instant(20), "to": instant(30), "cause": "cable"},
            {"from": instant(40), "to": instant(45), "cause": "queue"},
            {"from": instant(50), "to": instant(60), "cause": "power"},
        ]
        assert [gap["cause"] for gap in status["gaps"]] == ["cable", "power"]
        assert packer["gaps"] == []
        early = await api.get("/samples", tag=TEMP, from_=instant(0), to=instant(20))
        assert early["samples"][0]["gaps"] == []


async def _told(api: Api, seconds: float, event: Event) -> None:
    api.clock.at(seconds)
    await api.twin.note(event)


@pytest.mark.parametrize(
    ("query", "status", "detail"),
    [
        ({"tag": "nothing"}, 404, "tag 'nothing': no such tag"),
        ({}, 422, "query.tag"),
        ({"tag": [TEMP] * 51}, 422, "query.tag"),
        ({"tag": TEMP, "max_points": 5}, 422, "max_points"),
        ({"tag": TEMP, "from_": "now", "to": "now-1h"}, 422, "turn them round"),
    ],
)
async def test_what_cannot_be_answered_says_why(
    tmp_path: Path, query: dict[str, Any], status: int, detail: str
) -> None:
    async with running(tmp_path) as api:
        assert detail in (await api.get("/samples", status, **query))["detail"]


async def test_more_than_one_answer_holds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twin.api.series.MOST_ROWS", 10)
    monkeypatch.setattr("twin.api.series.MOST_SCANNED", 15)
    async with running(tmp_path) as api:
        api.clock.at(100)
        await api.post([row(TEMP, second, second) for second in range(11)])
        assert "max_points" in (await api.get("/samples", 413, tag=TEMP))["detail"]
        assert len((await api.get("/samples", tag=TEMP, max_points=6))["samples"][0]["time"]) <= 6
        await api.post([row(f"{FILLER}/st", second, second) for second in range(11)])
        assert "ask for a shorter" in (await api.get("/samples", 413, tag=TEMP, max_points=6))["detail"]


async def test_a_tag_of_the_model_without_samples_is_empty(tmp_path: Path) -> None:
    async with running(tmp_path) as api:
        found = (await api.get("/samples", tag=f"{FILLER}/recipe"))["samples"][0]
        assert (found["type"], found["time"], found["value"], found["text"]) == ("text", [], [], None)


def test_the_types_of_tags_are_those_of_the_log() -> None:
    assert {str(type_) for type_ in TagType} == {"number", "text", "bytes"}
