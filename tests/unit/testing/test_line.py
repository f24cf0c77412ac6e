"""What a line inside a test says, and what it does."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from twin.core.errors import Misconfigured
from twin.core.instant import MINUTE
from twin.testing import Line, NotThere, twin_line


@pytest.fixture(scope="module")
def shift() -> Line:
    line = twin_line("packaging", seed=7)
    line.fault("filler.bearing:45m", at="10m")
    line.fault("packer.jam", at=timedelta(hours=2))
    return line.run("3h")


def test_an_alert_comes_before_the_failure_it_tells_of(shift: Line) -> None:
    alert, fault = shift.alerts("filler").first, shift.truth("filler.bearing")
    assert fault.start == shift.start + timedelta(minutes=10)
    assert fault.start < alert.time < fault.failure < shift.now
    assert alert.machine == "packaging/line1/filler"
    assert alert.tags[0][0] == "packaging/line1/filler/vibration"
    assert len(shift.alerts()) == 1


def test_time_begins_on_a_monday_at_six(shift: Line) -> None:
    assert shift.start.isoformat() == "2025-11-10T06:00:00+01:00"
    assert shift.now - shift.start == timedelta(hours=3)


def test_states_are_the_true_ones(shift: Line) -> None:
    for machine in ("filler", "capper", "labeller", "packer", "palletiser"):
        told = [(one.state, one.time, one.end) for one in shift.states(machine) if one.end]
        true = [(one.state, one.time, one.end) for one in shift.truth().states(machine) if one.end > shift.start]
        assert told == true[: len(told)]
        assert len(true) - len(told) <= 1  # the open one


def test_states_follow_each_other_and_reach_to_now(shift: Line) -> None:
    told = shift.states("filler")
    assert all(one.end == other.time for one, other in pairwise(told))
    assert told.last.end is None
    assert told.last.time + told.last.duration == shift.now
    assert shift.state("filler") == told.last.state


def test_stops_can_be_cut_out_and_counted(shift: Line) -> None:
    down = shift.stops("filler").where(lambda one: one.state == "down")
    assert down.first.time == shift.truth("filler.bearing").failure
    assert down.between("40m", down.first.end or shift.now) == down[:1]
    assert len(shift.stops("filler", micro=True)) > len(shift.stops("filler"))
    assert {one.machine for one in shift.stops()} > {"packaging/line1/filler"}


def test_counts_are_the_true_ones(shift: Line) -> None:
    for machine in ("filler", "packer"):
        told, truth = shift.counts(machine), shift.truth()
        assert (told.total, told.reject) == (truth.count(machine), truth.count(machine, "reject"))
        assert (told.start, told.end) == (shift.start, shift.now)
    assert shift.counts("palletiser").reject is None
    hours = [shift.counts("filler", f"{hour}h", f"{hour + 1}h").total or 0 for hour in range(3)]
    assert sum(hours) == shift.counts("filler").total


def test_oee_is_that_of_the_period(shift: Line) -> None:
    filler = shift.oee("filler")
    assert filler.availability is not None
    assert 0.4 < filler.availability < 0.95
    assert (filler.produced, filler.reject) == (shift.counts("filler").total, shift.counts("filler").reject)
    assert (filler.start, filler.end) == (shift.start, shift.now)
    assert shift.oee("line1") == shift.oee()
    hours = shift.oee_by("hour", "filler")
    assert len(hours) == 3
    assert sum(one.apt or 0 for one in hours) == pytest.approx(filler.apt)
    assert [one.name for one in shift.oee_by("shift", "filler")] == ["early"]


def test_alarms_can_be_acknowledged() -> None:
    line = twin_line(seed=7)
    line.fault("filler.bearing:20m")
    line.run("30m")
    alarm = line.alarms("filler").first
    assert (alarm.name, alarm.text, alarm.acknowledged) == ("high", "bearing wears", None)
    line.acknowledge(alarm, note="seen", by="Eva")
    line.run("5s")
    seen = line.alarms("filler").first
    assert (seen.by, seen.note, seen.acknowledged) == ("Eva", "seen", line.start + timedelta(minutes=30))
    with pytest.raises(Misconfigured, match="was acknowledged"):
        line.acknowledge(seen)


def test_values_are_columns_in_the_unit_of_the_tag(shift: Line) -> None:
    values = shift.tag("filler/vibration")
    assert values.unit == "mm/s"
    assert len(values.time) == len(values.value) == len(values.status) == len(values) > 10_000
    assert (values.time[1:] > values.time[:-1]).all()
    assert values.between("10m", shift.truth("filler.bearing").failure).value.max() > 4.5
    assert values.at(shift.now) == values.last
    assert len(values.good) == len(values)
    assert values.times[0].isoformat().startswith("2025-11-10T06:00:00")
    assert len(shift.tag("filler/vibration", "-2h")) > len(values)


def test_condition_says_how_a_machine_is(shift: Line) -> None:
    assert shift.condition("capper").state == "watching"
    fresh = twin_line(behind="10m")
    assert fresh.condition("capper").state == "learning"
    assert 0 < fresh.condition("capper").learnt < 0.2


def test_a_fault_can_be_mended() -> None:
    line = twin_line(seed=3)
    line.fault("filler.jam")
    line.run("5s")
    assert line.state("filler") == "down"
    line.mend("filler.jam")
    line.run("2m")
    assert line.truth("filler.jam").end == line.start + timedelta(seconds=5)


def test_the_same_life_however_it_is_cut(shift: Line) -> None:
    line = twin_line("packaging", seed=7)
    line.fault("packer.jam", at="2h")
    line.run("7m").fault("filler.bearing:45m", at="10m")
    while line.now < shift.now:
        line.run(min(1477.3, (shift.now - line.now).total_seconds()))
    for said in (Line.states, Line.stops, Line.alarms, Line.alerts):
        assert said(line) == said(shift)
    assert line.oee() == shift.oee()
    assert line.oee("filler") == shift.oee("filler")
    assert line.truth().records == shift.truth().records
    assert line.tag("filler/vibration").value.tobytes() == shift.tag("filler/vibration").value.tobytes()


def test_another_seed_is_another_life(shift: Line) -> None:
    other = twin_line(seed=8).run("1h")
    assert other.tag("filler/vibration").first != shift.tag("filler/vibration").first


def test_a_length_may_be_text_seconds_or_a_timedelta() -> None:
    line = twin_line(behind=0)
    line.run("1m").run(30).run(timedelta(seconds=30))
    assert line.now - line.start == timedelta(minutes=2)
    assert isinstance(line.now, datetime)
    assert line.twin.now - line.twin.start == 2 * MINUTE


def test_asking_for_what_did_not_happen_fails_the_test(shift: Line) -> None:
    with pytest.raises(NotThere, match=r"no alerts of capper until 09:00:00"):
        _ = shift.alerts("capper").first
    with pytest.raises(NotThere, match=r"nothing broke capper.bearing; broken were: filler.bearing.*, packer.jam"):
        shift.truth("capper.bearing")
    line = twin_line(behind="1m")
    line.fault("filler.bearing")
    line.run("1m")
    with pytest.raises(NotThere, match=r"filler.bearing.*: has not failed until 06:01:00"):
        _ = line.truth("filler.bearing").failure
    assert issubclass(NotThere, AssertionError)


def test_the_truth_knows_the_life_that_is_left() -> None:
    line = twin_line(behind="10m")
    line.fault("filler.bearing:2h", at="10m")
    line.run("1h")
    before, after = line.truth().left("filler.bearing", "0m"), line.truth().left("filler.bearing")
    assert before is not None
    assert after is not None
    assert before > timedelta(hours=100)
    assert timedelta(hours=1) <= after <= timedelta(hours=2)
    with pytest.raises(NotThere, match=r"no component filler.wing; there are: filler.bearing"):
        line.truth().left("filler.wing")
    assert line.truth().stops("filler").first.cause == "start"
    assert line.truth().orders()


def test_a_description_of_a_line_is_a_line(tmp_path: Path) -> None:
    text = (Path(__file__).parents[3] / "simulators" / "plants" / "packaging" / "line.yaml").read_text(encoding="utf-8")
    (tmp_path / "my-line.yaml").write_text(text, encoding="utf-8")
    line = twin_line(tmp_path / "my-line.yaml", behind=0).run("5m")
    assert line.counts("filler").total == line.truth().count("filler") > 100
