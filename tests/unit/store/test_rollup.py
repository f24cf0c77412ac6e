"""Rollups beside sealed files: what is read from them, with the rest read as rows, is what all rows say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.store.test_seal_law import Plant
from twin.core.batch import batch
from twin.core.errors import Corrupt
from twin.core.instant import DAY, FAR_FUTURE, HOUR, MILLISECOND, MINUTE
from twin.core.rollup import ROLLUP, joined, no_rollups, rolled_up
from twin.core.rows import Samples, in_order
from twin.core.status import BAD, UNCERTAIN
from twin.store.files import rollup_path
from twin.store.inspect import damage, stats
from twin.store.rollup_bytes import packed, to_blocks, unpacked

START = 20_000 * DAY - 2 * HOUR
"""The rows lie on both sides of a midnight: in two files at least."""
ROWS = st.tuples(
    st.integers(0, 2),
    st.integers(0, 239).map(lambda minute: START + minute * MINUTE),
    st.sampled_from([float("nan"), -0.0, 1.5, 0.1, 1e300, float("inf"), 7.0]),
    st.sampled_from([0, 0, 0, BAD, UNCERTAIN]),
    st.none(),
)
BATCHES = st.lists(ROWS, min_size=1, max_size=40).map(
    lambda found: batch("s", *[list(column) for column in zip(*found, strict=True)])
)
STEPS = st.lists(BATCHES | BATCHES | st.sampled_from(["seal", "seal", "merge", "restart", "begin"]), max_size=10)
SUMS = ("total", "m2", "area", "sloped")


def by_tag(samples):
    ordered = in_order(samples)
    return ordered.take(ordered.by_tag)


def rows_of(samples):
    columns = (samples.tag, samples.time, samples.value.view(np.int64), samples.status, samples.recorded)
    return sorted(zip(*[column.tolist() for column in columns], strict=True))


def assert_same(mine, theirs):
    assert len(mine) == len(theirs)
    size = np.maximum(np.abs(np.nan_to_num(theirs["least"])), np.abs(np.nan_to_num(theirs["greatest"])))
    with np.errstate(over="ignore"):
        bounds = {"total": size * 4000, "m2": size**2 * 4000, "area": size * 3600, "sloped": size * 3600}
    for name in ROLLUP.names:
        if name not in SUMS:
            np.testing.assert_array_equal(mine[name], theirs[name], name)
            continue
        huge = ~np.isfinite(theirs[name]) | ~np.isfinite(bounds[name])
        off = np.abs(mine[name][~huge] - theirs[name][~huge])
        assert (off <= 1e-12 * bounds[name][~huge]).all(), name


@settings(max_examples=25)
@given(
    STEPS,
    st.integers(1, 60),
    st.integers(0, 250),
    st.integers(0, 250),
    st.sampled_from([FAR_FUTURE, 20_000 * DAY + 2]),
    st.lists(st.booleans(), min_size=12, max_size=12),
)
def test_rollups_and_rows_say_what_all_rows_say(tmp_path_factory, steps, rows, start, length, known, fits):
    plant = Plant(tmp_path_factory.mktemp("rolled"), rows, rolled=1)
    try:
        for step in steps:
            plant.do(step)
        a, b = START + start * MINUTE, START + (start + length) * MINUTE
        tags = np.array([2, 0], dtype=np.int32)

        def fit(found):
            inside = (found["first"] >= a) & (found["last"] < b)
            return inside & np.array(fits)[found["tag"] * 4 + (found["hour"] - START) // HOUR]

        found = plant.reader.read_rolled(tags, a, b, known, fit)
        mine = joined([found.rollups, rolled_up(by_tag(found.samples))])
        theirs = rolled_up(by_tag(plant.memory.read_tags(tags, a, b, known).samples))
        of_hours = {(int(one["tag"]), int(one["hour"])) for one in found.rollups}
        apart = [(int(t), int(s) - int(s) % HOUR) for t, s in zip(found.samples.tag, found.samples.time, strict=True)]
        if of_hours.isdisjoint(apart):
            assert_same(mine.rollups, theirs)
        else:  # rows of other files beside a rollup: before its first, after its last row, or both
            rows_beside = by_tag(found.samples)
            alone = [rolled_up(rows_beside.take(slice(n, n + 1))) for n in range(len(rows_beside))]
            mine = joined([found.rollups, *alone])
            assert mine.whole.all()
            for name in ("good", "uncertain", "bad", "odd", "first", "last", "least", "greatest"):
                np.testing.assert_array_equal(mine.rollups[name], theirs[name], name)
        for of, instant, bound in (("before", b, a), ("after", a, b)):
            near, true = (getattr(one, of)(tags, instant, known, bound) for one in (plant.reader, plant.memory))
            assert rows_of(near) == rows_of(true), of
        assert damage(plant.reader, lambda _share: None) == []
    finally:
        plant.close()


NUMBERS = (
    st.floats(-1e9, 1e9) | st.integers(-100, 100).map(lambda n: n / 100) | st.sampled_from([0.1, -0.0, 1e308, 5e-324])
)
SERIES = st.lists(
    st.tuples(st.integers(0, 4 * HOUR // MILLISECOND), NUMBERS, st.sampled_from([0, 0, UNCERTAIN, BAD])),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[0],
)


@given(SERIES, st.sampled_from([1, MILLISECOND]), st.integers(0, 40))
def test_records_come_back_from_bytes(rows, unit, cut):
    time, value, status = (np.array(column) for column in zip(*sorted(rows), strict=True))
    none = np.zeros(len(time), np.int32)
    samples = Samples(none, time * unit, value.astype(float), status.astype(np.uint32), time.astype(np.int64))
    records = rolled_up(samples)
    cuts = sorted({0, min(cut, len(records)), len(records)})
    back = unpacked([packed(one) for one in to_blocks(records, cuts)])
    assert_same(back, records)


def filled(folder):
    plant = Plant(folder, 2_000_000, rolled=4)
    for tag in range(3):
        time = START + np.arange(240) * MINUTE
        plant.do(batch("s", np.full(240, tag), time, np.arange(240) / 10))
    plant.do("seal")
    return plant


def test_rollups_are_listed_checked_counted_and_go_with_their_file(tmp_path):
    plant = filled(tmp_path)
    try:
        paths = [path for (path,) in plant.reader.rows("SELECT file FROM rollup ORDER BY file")]
        assert len(paths) == 2
        assert stats(plant.reader)["rollup_bytes"] == sum(
            (tmp_path / rollup_path(path)).stat().st_size for path in paths
        )
        (tmp_path / rollup_path(paths[0])).with_name("00000099.rollup").write_bytes(b"begun")
        plant.do("begin")
        assert [path.name for path in sorted((tmp_path / "rollup").rglob("*.rollup"))] == [
            "00000001.rollup",
            "00000002.rollup",
        ]
        plant.do(batch("s", [0], [START + 5], [1.0]))
        plant.do("seal")
        plant.do("merge")
        plant.do("sweep")
        assert [path for (path,) in plant.reader.rows("SELECT file FROM rollup ORDER BY file")] != paths
        assert not (tmp_path / rollup_path(paths[0])).exists()
    finally:
        plant.close()


def test_a_flipped_bit_is_named_and_never_served(tmp_path):
    plant = filled(tmp_path)
    try:
        ((path,), _) = plant.reader.rows("SELECT file FROM rollup ORDER BY file")
        full = tmp_path / rollup_path(path)
        body = bytearray(full.read_bytes())
        body[len(body) // 2] ^= 1
        full.write_bytes(body)
        everything = lambda found: np.ones(len(found), np.bool_)  # noqa: E731
        with pytest.raises(Corrupt, match=r"\.rollup: bytes 0 to"):
            plant.reader.read_rolled(np.array([1], np.int32), START, START + HOUR, FAR_FUTURE, everything)
        (told,) = damage(plant.reader, lambda _share: None)
        assert str(full) in told
    finally:
        plant.close()


def test_without_a_rollup_there_are_rows(tmp_path):
    plant = filled(tmp_path)
    try:
        nothing = lambda found: np.zeros(len(found), np.bool_)  # noqa: E731
        found = plant.reader.read_rolled(np.array([1], np.int32), START, START + HOUR, FAR_FUTURE, nothing)
        assert (len(found.rollups), len(found.samples)) == (0, 60)
        empty = plant.reader.read_rolled(np.array([77], np.int32), START, START + HOUR, FAR_FUTURE, nothing)
        assert (len(empty.rollups), len(empty.samples), len(no_rollups())) == (0, 0, 0)
    finally:
        plant.close()
