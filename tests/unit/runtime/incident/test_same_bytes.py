"""An incident exported in one folder and run in another has the same results, whatever the span held."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.runtime.incident.a_life import START, Life
from twin.core.batch import batch
from twin.core.errors import Misconfigured
from twin.core.history import Publication
from twin.core.instant import FAR_FUTURE, FAR_PAST, MINUTE, SECOND, Span
from twin.core.state import snapshot
from twin.runtime.clock import StandingClock
from twin.runtime.incident.export import Exported, export
from twin.runtime.incident.replay import IncidentFile, Replayed, replay
from twin.store.log import SqliteLog
from twin.store.reader import LogReader
from twin.store.results import SqliteResults

NUMBER = itertools.count()


def quiet(_share: float, _note: str) -> None:
    pass


def span(first: float, last: float) -> Span:
    """Minutes of the life."""
    return Span(START + round(first * MINUTE), START + round(last * MINUTE))


def exported(life: Life, asked: Span, folder: Path, **more) -> tuple[Path, Exported]:
    file = folder / f"{next(NUMBER)}.twin"
    return file, export(life.folder, asked, file, quiet, **more)


def replayed(file: Path, folder: Path | None = None, **more) -> Replayed:
    target = folder or file.with_suffix(".data")
    incident = IncidentFile(file)
    try:
        return replay(incident, target, **more)
    finally:
        incident.close()
        if folder is None:
            shutil.rmtree(target, ignore_errors=True)


def test_the_life_has_what_makes_it_hard(life):
    reader = LogReader(life.folder)
    results = SqliteResults(reader, [unit.name for unit in life.assembly.units], life.assembly.editions.codes)
    kinds = {r.kind for unit in range(len(life.assembly.units)) for r in results.current(unit, FAR_PAST, FAR_FUTURE)}
    assert {"state", "count", "outage", "alarm"} <= kinds
    assert len(results.lateness(0, 0, FAR_FUTURE)) > 20
    assert reader.counts()["samples"] > 20_000
    assert reader.rows("SELECT count(*) FROM record WHERE known_to IS NOT NULL")[0][0] > 0
    assert reader.rows("SELECT count(*) FROM file")[0][0] > 0
    reader.close()


def test_all_of_it(life, tmp_path):
    file, made = exported(life, span(0, 60), tmp_path)
    found = replayed(file, tmp_path / "again")
    assert found.equal
    assert found.results == made.manifest.results
    assert not made.manifest.shown
    assert found.records > 50
    assert made.manifest.end == made.manifest.known


@given(st.floats(0.2, 20), st.floats(0.05, 12))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_span(life, tmp_path, first, length):
    file, made = exported(life, span(first, first + length), tmp_path)
    assert replayed(file).results == made.manifest.results


def test_two_exports_are_the_same_bytes(life, tmp_path):
    (one, _), (other, _) = (exported(life, span(7, 12), tmp_path) for _ in range(2))
    assert one.read_bytes() == other.read_bytes()


def test_as_it_was_known_then(life, tmp_path):
    """Late rows make two answers, and each replays."""
    digests = set()
    for known in (span(0, 12).end, None):
        file, made = exported(life, span(6, 11), tmp_path, known=known)
        digests.add(made.manifest.results.digest)
        assert replayed(file).equal
    assert len(digests) == 2


def test_what_was_believed_when_is_in_the_other_folder(life, tmp_path):
    """The replayed twin answers `known_at` as the first one, states and records, before late rows and after."""
    file, made = exported(life, span(6, 14), tmp_path)
    replayed(file, tmp_path / "again")
    assert made.manifest.basis_known <= made.manifest.start
    answers = []
    for folder in (life.folder, tmp_path / "again"):
        reader = LogReader(folder)
        results = SqliteResults(reader, [unit.name for unit in life.assembly.units], life.assembly.editions.codes)
        engine = life.assembly.engine(reader, results)
        for time, known in itertools.product((7, 10, 14), (8, 12, 14, 60)):
            asked = span(time, known)
            views = engine.at(asked.start, max(asked.start, asked.end))
            answers.append((folder, time, known, [fold.state for view in views for fold in view.folds]))
            rows = results.as_known(0, span(6, 0).start, asked.start, asked.end)
            answers.append((folder, time, known, sorted(rows)))
        reader.close()
    half = len(answers) // 2
    for one, other in zip(answers[:half], answers[half:], strict=True):
        assert one[1:3] == other[1:3]
        if isinstance(one[3][0], dict):
            assert [snapshot(state) for state in one[3]] == [snapshot(state) for state in other[3]]
        else:
            assert one[3] == other[3]


def test_another_result_is_told(life, tmp_path):
    """A twin that had shown something else than the log says exports what the log says, and says so."""
    folder = tmp_path / "changed"
    shutil.copytree(life.folder, folder)
    log, reader = SqliteLog(folder, StandingClock(0)), LogReader(folder)
    results = SqliteResults(reader, [unit.name for unit in life.assembly.units], life.assembly.editions.codes, log)
    (one, *_) = sorted(results.current(0, *(span(7, 9).start, span(7, 9).end)))
    results.publish(Publication(log.last, removed=[one]))
    results.current(0, 0, 1)
    log.close()
    reader.close()
    made = export(folder, span(6, 12), tmp_path / "x.twin", quiet)
    (line,) = made.manifest.shown
    assert line.startswith("one pass made, live did not: ")
    assert replayed(tmp_path / "x.twin").equal


def test_refused_spans(life, tmp_path):
    with pytest.raises(Misconfigured, match=r"nothing is known after 2026-11-22T05:5.*; begin before it"):
        exported(life, span(100, 101), tmp_path)
    with pytest.raises(Misconfigured, match="--asset nosuch: is no line or machine of this plant"):
        exported(life, span(6, 7), tmp_path, asset="nosuch")
    with pytest.raises(Misconfigured, match="no plant was loaded up to"):
        exported(life, span(-9, -8), tmp_path, known=START - MINUTE)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_something_is_left_alone(life, tmp_path):
    file, _ = exported(life, span(6, 7), tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    with pytest.raises(Misconfigured, match="is there already"):
        replayed(file, tmp_path / "full")


def test_rows_of_one_batch_on_both_sides_of_a_cut(life, tmp_path):
    """A gateway's batch of half an hour is one entry again."""
    folder = tmp_path / "gateway"
    shutil.copytree(life.folder, folder)
    log = SqliteLog(folder, StandingClock(START + 40 * MINUTE))
    (tag, *_) = [number for number, name in enumerate(log.tags.names()) if name in life.plant.tags]
    times = [START + minute * MINUTE + 7 * SECOND for minute in range(5, 40)]
    log.submit(batch("gw", [tag] * len(times), times, range(len(times)))).result(10)
    log.close()
    file = tmp_path / "x.twin"
    made = export(folder, span(4, 60), file, quiet)
    assert replayed(file, tmp_path / "again").results == made.manifest.results
    readers = [LogReader(one) for one in (folder, tmp_path / "again")]
    last = [reader.since(START + 40 * MINUTE - 1, FAR_FUTURE).samples for reader in readers]
    assert last[0].time.tolist() == last[1].time.tolist() == times
    for reader in readers:
        reader.close()
