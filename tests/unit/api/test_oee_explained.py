"""explain=1: every figure comes out again from the parts, and the pieces from the samples they were counted of."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.recompute import recomputed, told
from tests.unit.api.running import FILLER, PACKER, PLANT, Api, instant, row, running
from twin.core.instant import from_text

PLANT_FILE = (
    PLANT.replace(
        "connections:",
        """shifts: {late: "Mon-Sun 13:00-21:00", breaks: ["Mon-Sun 13:20-13:27"]}
products:
  cola: {code: 17, ideal: {filler: 2/s, packer: 7/min}}
  lemon: {code: 18, ideal: {filler: 1.3/s, packer: 5/min}}
  water: {code: 19}
connections:""",
        1,
    )
    .replace("recipe: {node: .recipe, type: text}", "recipe: {node: .recipe}")
    .replace("  packaging/line1:\n", "  packaging/line1:\n    product: {tag: filler/recipe}\n")
)


async def lived(api: Api, seed: int, codes: list[int]) -> None:
    """An hour of states, counts and products as chance has it."""
    chance = random.Random(seed)
    rows: list[dict[str, Any]] = []
    at = 0.0
    while at < 3600:
        rows.append(row(f"{FILLER}/st", at, chance.choice([1, 1, 2, 3, 7])))
        rows.append(row(f"{PACKER}/st", at + 0.5, chance.choice([1, 2])))
        at += chance.choice([3, 17.25, 61, 200])
    rows += [row(f"{FILLER}/recipe", place * 900, code) for place, code in enumerate(codes)]
    total, reject, cases = 65_000, 0, 0
    for second in range(0, 3600, 7):
        total = (total + chance.randrange(12)) % 65_536
        reject += chance.random() < 0.2
        cases += chance.random() < 0.8
        rows += [row(f"{FILLER}/total", second, total), row(f"{FILLER}/reject", second, reject)]
        rows.append(row(f"{PACKER}/total", second + 0.25, cases))
    api.clock.at(3600)
    await api.post(rows)
    await api.move(3700)


@pytest.mark.parametrize("codes", [[17], [17, 18, 17, 18], [17, 19, 18], [18, 99, 17]])
async def test_every_figure_comes_out_again(tmp_path: Path, codes: list[int]) -> None:
    async with running(tmp_path, plant_file=PLANT_FILE) as api:
        await lived(api, sum(codes), codes)
        for query in ({"from_": instant(600), "to": instant(3060)}, {"by": "shift"}, {"by": "hour"}, {"by": "day"}):
            found = (await api.get("/oee", explain=1, **query))["results"]
            assert [one["level"] for one in found[:1]] == ["line"]
            for one in found:
                assert recomputed(one) == told(one)
        plain = (await api.get("/oee", from_=instant(600), to=instant(3060)))["results"]
        assert all(one["explain"] is None for one in plain)


async def test_parts_cover_the_period_without_gap_or_overlap(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=PLANT_FILE.replace("13:00-21:00", "13:05-21:00")) as api:
        await lived(api, 1, [17, 18])
        found = (await api.get("/oee", explain=1, from_=instant(-600), to=instant(3600), asset=FILLER))["results"][0]
        assert found["from"] == instant(0)  # where the record begins
        for parts in (found["explain"][name] for name in ("calendar", "states", "products")):
            assert parts[0]["from"] == found["from"]
            assert parts[-1]["to"] == found["to"]
            assert [one["to"] for one in parts[:-1]] == [one["from"] for one in parts[1:]]
        assert {one["kind"] for one in found["explain"]["calendar"]} == {"outside", "busy", "break"}
        assert {one["element"] for one in found["explain"]["states"]} >= {"outside", "pdot", "apt", "unknown"}
        assert found["explain"]["micro_stop_s"] == 60


async def test_pieces_come_out_again_from_the_samples(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=PLANT_FILE) as api:
        await lived(api, 2, [17, 18, 17])
        (found,) = (await api.get("/oee", explain=1, from_=instant(0), to=instant(3600), asset=FILLER))["results"]
        for counter in found["explain"]["counters"]:
            (samples,) = (await api.get("/samples", tag=counter["tag"], from_=instant(-10), to=instant(3600)))[
                "samples"
            ]
            inside = [time for time in samples["time"] if found["from"] <= time < found["to"]]
            assert (counter["first"], counter["last"]) == (inside[0], inside[-1])
            wraps = 65_536 if counter["role"] == "total" else 10**9
            steps = [(b - a) % wraps for a, b in zip(samples["value"], samples["value"][1:], strict=False)]
            times = [from_text(time) for time in samples["time"][1:]]
            for part in counter["counted"]:
                start, end = from_text(part["from"]), from_text(part["to"])
                pieces = sum(step for step, time in zip(steps, times, strict=True) if start <= time < end)
                assert (part["pieces"], part["jumps"]) == (pieces, 0)
        assert sum(part["pieces"] for part in found["explain"]["counters"][0]["counted"]) > 2000


async def test_too_much_is_not_opened_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, plant_file=PLANT_FILE) as api:
        await api.move(3600)
        answer = await api.get("/oee", 413, explain=1, by="hour", from_="2026-11-01T00:00:00Z")
        assert "or without explain" in answer["detail"]
