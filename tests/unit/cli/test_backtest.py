"""`twin backtest`: its difference is that of a full run under the other plant file, to the record."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.api.running import FILLER, PLANT, START, HandClock, row, running
from twin.cli.main import main
from twin.core.fold import Record
from twin.core.instant import MINUTE, Span, to_text
from twin.runtime.assembly import assemble_all
from twin.runtime.backtest import backtest
from twin.runtime.difference import Difference
from twin.runtime.editions import stored_loads
from twin.runtime.plant_file import read_plant
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

COMPUTED = """tags:
  above: {compute: "packaging/line1/filler/temp - 70", unit: K, alarms: [{high: 15, delay: 10s}]}
"""
OLD = PLANT + COMPUTED + 'shifts: {late: "Mon-Sun 13:00-13:30", next: "Mon-Sun 13:30-14:30"}\n'
LOWERED = OLD.replace("high: 80,", "high: 72,").replace("3: idle}", "3: stopped}")
ST, TOTAL, TEMP = (f"{FILLER}/{name}" for name in ("st", "total", "temp"))
MINUTES = 36
SPAN = Span(START + 5 * MINUTE, START + 35 * MINUTE)
TEMPS = (60, 74, 71, 66, 83, 91, 76, 70)
STATES = (1, 1, 3, 1, 2, 1, 1)


async def lived(folder: Path, plant: str) -> None:
    """A filler that gets warm and stops, over more than half an hour, with late samples."""
    clock = HandClock()
    async with running(folder, clock, plant_file=plant) as api:
        for third in range(0, MINUTES, 3):
            rows: list[dict[str, object]] = []
            for minute in range(third, third + 3):
                rows += [
                    row(ST, minute * 60 + 5, STATES[minute % 7]),
                    row(TOTAL, minute * 60 + 6, minute * 40),
                    row(TEMP, minute * 60 + 7, TEMPS[minute % 8]),
                ]
            clock.at(third * 60 + 170)
            await api.post([*rows, *([row(ST, third * 60 - 200, 2)] if third % 9 == 6 else [])])
        await api.move(MINUTES * 60 + 30)
        shown = await api.get("/oee", from_=to_text(START), to=to_text(SPAN.end), by="shift")
        folder.with_suffix(".json").write_text(json.dumps(shown))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One that ran under the old plant file, one that ran under the new one, and the new one."""
    where = tmp_path_factory.mktemp("backtest")
    asyncio.run(lived(where / "old", OLD))
    asyncio.run(lived(where / "new", LOWERED))
    (where / "new.yaml").write_text(LOWERED)
    return where


def stored(folder: Path, span: Span) -> list[Record]:
    """What a folder's twin believes of the records that ended in a span."""
    reader = LogReader(folder)
    assembly = assemble_all(stored_loads(folder, reader), reader.tags())
    results = SqliteResults(reader, assembly.names, assembly.editions.codes)
    found = [one for unit in range(len(assembly.units)) for one in results.current(unit, span.start, span.end)]
    reader.close()
    return sorted(replace(one, unit=0) for one in found)


def put_right(before: list[Record], found: Difference) -> list[Record]:
    """The records of before as the difference says they would be; what stands open at the end is left out."""
    pairs = [*found.moved, *found.changed]
    gone = [*found.removed, *(one for one, _ in pairs)]
    come = [*found.added, *(other for _, other in pairs)]
    closed = [[one for one in side if "open" not in dict(one.data)] for side in (gone, come)]
    assert set(closed[0]) <= set(before)
    return sorted([*(one for one in before if one not in closed[0]), *closed[1]], key=repr)


@pytest.mark.parametrize("span", [SPAN, Span(START - MINUTE, SPAN.end)])
def test_the_difference_of_a_lowered_limit_is_that_of_a_full_run(folder, span):
    before, after = stored(folder / "old", span), stored(folder / "new", span)
    reader = LogReader(folder / "old")
    plant = read_plant(str(folder / "new.yaml"))
    found = backtest(plant, stored_loads(folder / "old", reader), reader, span, lambda _share: None)
    reader.close()
    assert found.difference.added
    assert found.difference.removed
    assert found.difference.moved or found.difference.changed
    assert put_right(before, found.difference) == sorted(after, key=repr)
    for side, records in ((found.before, before), (found.after, after)):
        assert sum(side.ended.values()) == len(records)


def asked(folder: Path, *more: str, model: str = "new.yaml", span: Span = SPAN) -> list[str]:
    times = ("--from", to_text(span.start), "--to", to_text(span.end))
    return ["backtest", "--model", str(folder / model), *times, "--data", str(folder / "old"), *more]


def test_the_same_model_differs_in_nothing(folder, capsys):
    (folder / "old.yaml").write_text(OLD)
    assert main(asked(folder, "--json", model="old.yaml")) == 0
    found = json.loads(capsys.readouterr().out)
    names = ("added", "removed", "moved", "changed", "oee")
    assert [found[name] for name in names] == [[], [], [], [], []]
    assert found["before"] == found["after"]
    assert found["before"]["ended"]["state"] > 5


def test_what_is_said_and_nothing_is_written(folder, capsys):
    def hashes() -> dict[str, str]:
        reader = LogReader(folder / "old")
        found = {"tags": repr(reader.tags().names()), "last": str(reader.last())}
        reader.close()
        return found

    before = hashes()
    assert main(asked(folder)) == 0
    told = capsys.readouterr().out
    assert hashes() == before
    assert "(the beginning of the log)" in told
    assert "\nalarm: " in told
    assert f"~ alarm {TEMP}~high" in told
    assert f"OEE {FILLER} " in told
    assert "alarms a shift: " in told
    assert "failures warned of: " in told


def test_a_renamed_tag_is_compared_under_its_new_name(folder, capsys):
    text = LOWERED.replace("      temp:\n", "      warm:\n        was: temp\n").replace(
        "filler/temp -", "filler/warm -"
    )
    (folder / "renamed.yaml").write_text(text)
    told: list[dict[str, object]] = []
    for model in ("new.yaml", "renamed.yaml"):
        assert main(asked(folder, "--json", model=model)) == 0
        told.append(json.loads(capsys.readouterr().out.replace("filler/warm~", "filler/temp~")))
    assert told[0] == told[1]
    assert told[0]["added"]


def test_the_figures_of_a_shift_are_those_that_each_twin_shows(folder, capsys):
    assert main(asked(folder, "--json", span=Span(START, SPAN.end))) == 0
    changed = {(one["asset"], one["name"]): one for one in json.loads(capsys.readouterr().out)["oee"]}
    figures = ("availability", "effectiveness", "quality", "oee", "throughput_per_h")
    for side, name in (("before", "old"), ("after", "new")):
        shown = json.loads((folder / f"{name}.json").read_text())["results"]
        (one,) = (one for one in shown if (one["asset"], one["name"]) == (FILLER, "late"))
        told = changed[FILLER, "late"][side]
        assert [told[figure] for figure in figures] == [one[figure] for figure in figures]
        assert told["availability"] is not None


def test_a_short_warm_up_and_a_span_without_a_log(folder, capsys):
    assert main(asked(folder, "--json", "--warm-up", "2m")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["begins"] == to_text(SPAN.start - 2 * MINUTE)
    long_ago = Span(START - 1000 * MINUTE, START - 900 * MINUTE)
    assert main(asked(folder, span=long_ago)) == 2
    assert "nothing between --from and --to" in capsys.readouterr().err
