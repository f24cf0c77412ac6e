"""A recording gives its own samples, moved in time and not otherwise, however it is stepped."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.line import RecordedLine
from simulators.replay.recording import recording_of
from simulators.replay.run import WAITING
from simulators.samples import NS_PER_MS
from simulators.wire.serve import mqtt_values
from tests.unit.simulators.start import SECOND, START
from twin.cli.main import main
from twin.core.errors import Misconfigured
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.runtime.recording import recorded_line

BAD = 0x808C_0000
UNCERTAIN = 0x4000_0000
ROWS = [
    (0, "hall/press/force", 1.5, 0, None),
    (0, "hall/press/recipe", np.nan, 0, "lids A"),
    (SECOND // 2, "hall/press/force", 1.75, UNCERTAIN, None),
    (SECOND, "hall/press/force", np.nan, BAD, None),
    (3 * SECOND, "hall/press/force", 2.0, 0, None),
    (3 * SECOND, "hall/press/Oil Temp #1", 41.0, 0, None),
    (7 * SECOND // 2, "hall/press/recipe", np.nan, 0, "lids B"),
]
NAMES = ["hall/press/force", "hall/press/recipe", "hall/press/Oil Temp #1"]
FILE = """time,tag,value,status,text
2026-11-23T05:00:00Z,hall/press/force,1.5,Good,
2026-11-23T05:00:00Z,hall/press/recipe,,Good,lids A
2026-11-23T05:00:02Z,hall/press/force,,0x808C0000,
"""


def recorded(rounds=False):
    time, name, value, status, text = zip(*ROWS, strict=True)
    texts = np.array(text, dtype=object)
    columns = (
        NAMES,
        np.array(time, dtype=np.int64) + START,
        np.array([NAMES.index(one) for one in name], dtype=np.int32),
        np.array(value),
        np.array(status, dtype=np.uint32),
    )
    return RecordedLine("press.csv", recording_of(columns, texts), rounds)


def samples(columns):
    names, time, tag, value, status = columns
    return [
        (t, names[n], None if np.isnan(v) else v, s)
        for t, n, v, s in zip(time.tolist(), tag.tolist(), value.tolist(), status.tolist(), strict=True)
    ]


def expected(begin):
    return [(begin + t, name, None if np.isnan(v) else v, status) for t, name, v, status, _ in ROWS]


def test_it_gives_every_sample_with_its_status_and_the_gaps_between():
    assert samples(recorded().build(1, 5 * SECOND).step(20 * SECOND)) == expected(5 * SECOND)


def test_it_is_over_when_it_is_over():
    run = recorded().build(1, START)
    run.step(START + 60 * SECOND)
    assert samples(run.step(START + 600 * SECOND)) == []


def test_in_rounds_the_next_begins_the_usual_distance_after_the_last_sample():
    """Its instants lie 0.5, 0.5, 2 and 0.5 s apart, so a round takes 4 s."""
    run = recorded(rounds=True).build(1, START)
    assert samples(run.step(START + 12 * SECOND)) == [
        *expected(START),
        *expected(START + 4 * SECOND),
        *expected(START + 8 * SECOND),
    ]


@given(st.lists(st.integers(0, 20 * SECOND), max_size=12), st.booleans())
def test_however_it_is_stepped_it_gives_the_same(cuts, rounds):
    whole = samples(recorded(rounds).build(1, START).step(START + 20 * SECOND))
    run = recorded(rounds).build(1, START)
    parts = [one for cut in [*cuts, 20 * SECOND] for one in samples(run.step(START + cut))]
    assert parts == whole[: len(parts)]
    assert parts == whole


def test_before_its_first_sample_a_tag_waits_for_data():
    run = recorded().build(1, START)
    run.step(START + NS_PER_MS)
    assert run.newest["hall/press/force"] == (START, 1.5, 0)
    assert run.newest["hall/press/Oil Temp #1"][2] == WAITING


def test_the_plant_file_has_every_tag_under_a_name_that_it_may_have():
    plant = load(recorded().plant_file({"replay": "opc.tcp://127.0.0.1:4999"}), "made", connectors(), os.environ)
    assert list(plant.tags) == ["hall/press/force", "hall/press/recipe", "hall/press/oil_temp_1"]
    assert plant.connections["replay"].url == "opc.tcp://127.0.0.1:4999"


def test_topics_leave_out_what_mqtt_keeps_for_itself():
    wiring = recorded().build(1, START).wiring
    assert [value.topic for value in mqtt_values(wiring).values()] == [*NAMES[:2], "hall/press/Oil Temp _1"]


def test_a_file_becomes_a_line_that_begins_with_its_first_sample(tmp_path):
    (tmp_path / "press.csv").write_text(FILE, encoding="utf-8")
    line, begins = recorded_line(tmp_path / "press.csv")
    assert begins == 1_795_410_000 * SECOND
    assert samples(line.build(1, START).step(START + 60 * SECOND)) == [
        (START, "hall/press/force", 1.5, 0),
        (START, "hall/press/recipe", None, 0),
        (START + 2 * SECOND, "hall/press/force", None, BAD),
    ]


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(Misconfigured, match=r"x.parquet: no such file"):
        recorded_line(tmp_path / "x.parquet")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.csv"], "nowhere.csv: no such file"),
        (
            ["press.csv", "--keep-time", "--start", "2026-11-23T05:00:00Z"],
            "--start and --keep-time both say when it begins",
        ),
        (["press.csv", "--out", "x.csv"], "--out: press.csv is a file of samples already"),
        (["packaging", "--loop"], "--loop is about recordings, and packaging is none"),
        (["packaging", "--keep-time"], "--keep-time is about recordings, and packaging is none"),
        (["press.csv", "--speed", "0"], "--speed 0: a line only goes forward"),
        (["broken.csv"], "broken.csv:2: not a number in 'value'"),
        (["empty.csv"], "empty.csv: the file is empty"),
    ],
)
def test_what_cannot_be_played_is_told_in_one_line_before_anything_starts(
    arguments, says, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "press.csv").write_text(FILE, encoding="utf-8")
    (tmp_path / "broken.csv").write_text(FILE.replace("1.5", "much"), encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    assert main(["simulate", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    [line] = told.err.splitlines()
    assert says in line
