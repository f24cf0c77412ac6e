"""A file of `twin incident export` as a test."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from tests.unit.runtime.incident.a_life import START, TICK, Life
from twin.core.errors import Misconfigured
from twin.core.event import ALARM_ACKNOWLEDGED
from twin.core.instant import FAR_FUTURE, MINUTE, Span
from twin.runtime.incident.export import export
from twin.testing import Incident, twin_incident

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """Six minutes of a packer that jams in the third of them; the filler's bearing wears."""
    folder = tmp_path_factory.mktemp("jam")
    life = Life(folder / "data", seed=3)
    life.run_of_line.fault("filler.bearing:4m", START)
    life.live(5)
    life.run_of_line.fault("packer.jam", START + 5 * MINUTE + TICK)
    life.live(3)
    assert life.acknowledge()
    life.live(1)
    life.stop()
    export(folder / "data", Span(START + 3 * MINUTE, START + 9 * MINUTE), folder / "jam.twin", lambda *_: None)
    return folder / "jam.twin"


@pytest.fixture(scope="module")
def incident(file) -> Incident:
    one = twin_incident(file)
    yield one
    one.close()


def test_it_is_as_it_was(incident):
    assert incident.replayed == incident.exported
    assert not incident.differences
    assert not incident.may_differ
    assert repr(incident) == "<incident of demo/plant1 from 2026-11-22 06:33:00 to 06:39:00 CET>"
    assert incident.now - incident.start == timedelta(minutes=6)


def test_what_the_machines_were_in(incident):
    assert incident.at("1m").state("packer") == "running"
    assert incident.at("4m").state("packer") == "down"
    down = incident.stops("packer").where(lambda stop: stop.state == "down").first
    assert timedelta(minutes=2) < down.time - incident.start < timedelta(minutes=3)
    assert incident.states("packer").last.end is None
    assert incident.counts("filler").total > 100
    assert incident.oee("packer").availability < 1


def test_what_tags_held(incident):
    values = incident.tag("filler/vibration")
    at = incident.at("2m30s")
    before = values.value[values.time < START + 3 * MINUTE + 150 * 10**9]
    assert at.value("filler/vibration") == before[-1]
    assert at.time == incident.start + timedelta(minutes=2, seconds=30)
    assert incident.at("0s").value("filler/vibration") is not None  # from before the span


def test_alarms_and_what_people_did(incident):
    alarm = incident.alarms("filler").first
    assert (alarm.by, alarm.note) == ("anna", "seen")
    assert alarm.id in {one.id for one in incident.at("4m59s").alarms()}
    assert alarm.acknowledged - incident.start == timedelta(minutes=5)
    assert incident.at("4m59s").alarms().first.acknowledged is None
    assert incident.twin.reader.events(0, FAR_FUTURE, (ALARM_ACKNOWLEDGED,))


def test_an_instant_that_is_not_in_it(incident):
    with pytest.raises(Misconfigured, match=r"at\('7m'\): the incident is from 2026-11-22 06:33:00"):
        incident.at("7m")
    with pytest.raises(Misconfigured, match="no machine 'press9'; there are: filler"):
        incident.state("press9")


def test_the_fixture(pytester, file):
    shutil.copy(file, pytester.path / "jam.twin")
    pytester.makepyfile(
        """
        def test_the_jam(twin_incident):
            incident = twin_incident("jam.twin")
            assert incident.replayed == incident.exported
            assert incident.at("4m").state("packer") == "down"
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_file_that_was_changed(tmp_path, file):
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    (tmp_path / "x.twin").write_bytes(whole)
    with pytest.raises(Misconfigured, match=r"part (entries|records)/.* is not as it was exported"):
        twin_incident(tmp_path / "x.twin")
