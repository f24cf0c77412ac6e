"""A plant file of one's own, fed by a simulated line or by a recording."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from tests.contract.stores import SetClock
from twin.core.errors import Misconfigured
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.store.export import write_csv, write_parquet
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.testing import Line, twin_line

OWN = """
linetwin: 1
plant: acme/brno
timezone: Europe/Prague
connections: {s7: {opcua: "opc.tcp://10.0.1.10:4840", ns: "urn:line", user: twin, password: "${NOT_SET_IN_A_TEST}"}}
lines:
  packaging/line1:
    machines:
      filler:
        from: s7
        tags:
          st: {node: .st}
          total: {node: .total, counter: {}}
          vibration: {node: .v, unit: m/s, raw: [0, 1000], range: [0, 1],
                      alarms: [{high: 0.0045, delay: 10s, deadband: 0.0005}]}
          level: {node: .level}
        counts: {total: total}
        state: {table: packml, value: st}
"""


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "PLANT.yaml"
    file.write_text(OWN, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def simulated(plant: Path) -> Line:
    line = twin_line(plant=plant, source="packaging", seed=7, behind="5m")
    line.fault("filler.bearing:15m", at="5m")
    return line.run("40m")


@pytest.fixture(scope="module")
def recordings(simulated: Line, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same life as `twin export` writes it, as CSV and as Parquet."""
    folder = tmp_path_factory.mktemp("recorded")
    clock = SetClock(simulated.twin.now)
    log, reader = SqliteLog(folder / "data", clock), LogReader(folder / "data")
    log.tags.ids_of(simulated.twin.tags.names())
    for _, item in simulated.twin.reader.entries:
        log.submit(item).result()
    text = io.StringIO()
    write_csv(reader, text, FAR_PAST, FAR_FUTURE, "*")
    (folder / "day.csv").write_text(text.getvalue(), encoding="utf-8")
    write_parquet(reader, folder / "day.parquet", FAR_PAST, FAR_FUTURE, "*")
    reader.close()
    log.close()
    return folder


def test_a_simulated_line_feeds_the_tags_of_the_same_path(simulated: Line) -> None:
    assert simulated.plant.path == "acme/brno"
    truth = simulated.truth().states("filler").where(lambda one: one.end > simulated.start)
    told = [(one.state, one.time) for one in simulated.states("filler")]
    # without the two flags a machine that waits is just that
    assert [time for _, time in told][:2] == [one.time for one in truth][:2]
    assert simulated.counts("filler").total == simulated.truth().count("filler")
    assert simulated.tag("filler/vibration").value.max() < 0.1
    assert len(simulated.tag("filler/level")) == 0
    assert simulated.alarms("filler").first.time < simulated.truth("filler.bearing").failure


@pytest.mark.parametrize("file", ["day.csv", "day.parquet"])
def test_a_recording_of_it_says_the_same(simulated: Line, recordings: Path, plant: Path, file: str) -> None:
    line = twin_line(plant=plant, source=recordings / file, behind="5m")
    assert line.start == simulated.start
    line.run("15m").run("25m")
    assert line.now == simulated.now
    assert line.states() == simulated.states()
    assert line.alarms() == simulated.alarms()
    assert line.counts("filler") == simulated.counts("filler")
    assert line.tag("filler/vibration").value.tolist() == simulated.tag("filler/vibration").value.tolist()
    line.run("1h")  # it is over: nothing comes any more
    assert len(line.tag("filler/vibration")) == len(simulated.tag("filler/vibration"))


async def test_a_recording_can_be_read_inside_an_event_loop(recordings: Path, plant: Path) -> None:
    await asyncio.sleep(0)
    line = twin_line(plant=plant, source=recordings / "day.csv").run("1m")
    assert line.start.isoformat() == "2025-11-10T05:55:00+01:00"


def test_nobody_knows_the_truth_of_a_recording(recordings: Path, plant: Path) -> None:
    line = twin_line(plant=plant, source=recordings / "day.csv").run("1m")
    for wrong in (lambda: line.fault("filler.bearing"), lambda: line.mend("filler.bearing"), line.truth):
        with pytest.raises(Misconfigured, match=r"day.csv is a recording"):
            wrong()


def test_a_plant_file_that_nothing_feeds_is_refused(plant: Path, recordings: Path, tmp_path: Path) -> None:
    other = tmp_path / "OTHER.yaml"
    other.write_text(OWN.replace("packaging/line1", "bottling/line9"), encoding="utf-8")
    with pytest.raises(
        Misconfigured, match=r"OTHER.yaml: none of its tags comes from packaging; it has acme/brno/bott"
    ):
        twin_line(plant=other, source="packaging")
    with pytest.raises(Misconfigured, match=r"OTHER.yaml: none of its tags comes from day.csv"):
        twin_line(plant=other, source=recordings / "day.csv")
    with pytest.raises(Misconfigured, match=r"nowhere.csv': no such file"):
        twin_line(plant=plant, source="nowhere.csv")
    broken = tmp_path / "broken.csv"
    broken.write_text(
        "time,tag,value\n2025-11-10T05:00:00Z,acme/brno/packaging/line1/filler/st,six\n", encoding="utf-8"
    )
    with pytest.raises(Misconfigured, match=r"broken.csv:2"):
        twin_line(plant=plant, source=broken)
    wrong = tmp_path / "WRONG.yaml"
    wrong.write_text(OWN.replace("counter: {}", "counter: x"), encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"WRONG.yaml:\d+"):
        twin_line(plant=wrong, source="packaging")
