"""Incidents of a plant whose model changed before, within and after the span."""

from __future__ import annotations

import pytest

from tests.unit.runtime.incident.a_life import START, Life
from tests.unit.runtime.incident.test_same_bytes import exported, replayed, span
from twin.core.errors import Misconfigured
from twin.core.event import PLANT_LOADED
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE
from twin.runtime.incident import replay as replaying
from twin.runtime.incident.export import models
from twin.store.reader import LogReader

OTHER_LIMIT = ("high: 4.5, delay: 10s", "high: 1, delay: 10s")
"""Of vibration: passed by every machine that runs."""


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> Life:
    """Ten minutes: another limit from the fourth on, and from the eighth on the first one again."""
    life = Life(tmp_path_factory.mktemp("changed") / "data")
    first = life.text
    life.live(4)
    life.late_share = 0.05
    life.load(first.replace(*OTHER_LIMIT))
    life.live(4)
    life.load(first)
    life.late_share = 0.0
    life.live(2)
    life.stop()
    return life


@pytest.mark.parametrize(("first", "last"), [(1, 3), (2, 6), (2, 10), (5, 7), (8.5, 10)])
def test_results_are_those_of_each_edition(changed, tmp_path, first, last):
    file, made = exported(changed, span(first, last), tmp_path)
    found = replayed(file)
    assert found.results == made.manifest.results
    assert not made.manifest.shown
    alarmed = last > 4.5
    assert ("alarm" in str(found.results.states)) or alarmed is False
    is_other = OTHER_LIMIT[1] in found.plant.text
    assert is_other == (4 < last <= 8)


def test_every_model_that_was_known_is_in_the_file(changed, tmp_path):
    file, _ = exported(changed, span(1, 3), tmp_path)
    assert replayed(file, tmp_path / "again").equal
    reader = LogReader(tmp_path / "again")
    assert len(reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,))) == 3
    reader.close()


def test_as_known_before_the_model_changed(changed, tmp_path):
    known = START + 3 * MINUTE
    file, made = exported(changed, span(1, 3), tmp_path, known=known)
    assert replayed(file).results == made.manifest.results
    reader = LogReader(changed.folder)
    assert len(models(reader, known)[1]) == 1
    reader.close()


def test_another_version_of_a_fold_is_refused_or_run_without_its_state(changed, tmp_path, monkeypatch):
    file, _ = exported(changed, span(5, 7), tmp_path)
    here = replaying.versions
    monkeypatch.setattr(replaying, "versions", lambda assembly: here(assembly) | {"counts": 99})
    with pytest.raises(Misconfigured, match=r"fold counts: version \d+ there, 99 here: the results would be others"):
        replayed(file, tmp_path / "again")
    assert not list((tmp_path / "again").glob("log.db*"))
    found = replayed(file, tmp_path / "anyway", anyway=True)
    assert not found.equal
    assert found.may_differ[0].startswith("fold counts: version")
    assert any("count" in line for line in found.differences)
