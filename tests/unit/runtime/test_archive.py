"""Local history and what is older, from an archive: one answer, no row twice, a gap with a cause when it is away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from twin.core.batch import Batch, batch
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import FAR_FUTURE, FAR_PAST
from twin.core.plugin import OutletSpec
from twin.core.rows import Samples, in_order
from twin.core.tags import TagTable
from twin.model.plant import Feed
from twin.runtime.archive import AS_SENT, LOCAL, ON_THE_WIRE, Behind, Part, Past
from twin.store.memory import MemoryHistory
from twin.testing.reads import TAGS, rows_in
from twin.testing.sample_lists import NOON, READ_TAGS, drawn_batches


class Kept(MemoryHistory):
    """An archive in memory. away: what it raises instead of an answer."""

    away: Exception | None = None
    asked = 0
    closed = False

    def read(self, start, end, known):
        self.asked += 1
        assert known == FAR_FUTURE
        if self.away is not None:
            raise self.away
        return super().read(start, end, known)

    def close(self):
        self.closed = True


def feed(name: str = "historian", tags: tuple[str, ...] = (), **settings) -> Feed:
    return Feed(OutletSpec(name, "influx", "http://h", settings), tags)


def past_over(
    entries: list[tuple[int, Batch]], seam: int | None, *feeds: Feed, left: Callable[[Batch], np.ndarray] | None = None
) -> tuple[Past, list[Kept]]:
    """Everything was sent; the log has what is not older than the seam, and what of the rest `left` picks."""
    kept = [Kept(entries) for _ in feeds or [None]]
    local = MemoryHistory()
    for recorded, item in entries:
        stays = np.full(len(item), True) if seam is None else item.time >= seam
        stays |= left(item) if left else False
        if stays.any():
            local.append(recorded, item.take(stays))
    behind = [Behind(one, lambda k=k: k) for one, k in zip(feeds or [feed()], kept, strict=True)]
    return Past(local, lambda: seam, TagTable(READ_TAGS), behind), kept


def plain(samples: Samples) -> list[tuple]:
    return sorted((row[:5] for row in rows_in(samples)), key=repr)


@pytest.mark.parametrize("seed", range(25))
def test_a_log_that_was_forgotten_reads_as_if_it_had_not_been(seed: int) -> None:
    rng = np.random.default_rng(seed)
    entries = drawn_batches(rng)
    times = np.concatenate([item.time for _, item in entries])
    seam = int(rng.choice(times))
    past, _ = past_over(entries, seam, left=lambda item: item.time % 3 == 1)
    whole = MemoryHistory(entries)
    for _ in range(6):
        tags = rng.choice(TAGS, 3).astype(np.int32)
        start, at, end = sorted((rng.choice(times, 3) + rng.integers(-1, 2, 3)).tolist())
        got = past.read_tags(tags, start, end, FAR_FUTURE).samples
        assert plain(in_order(got)) == plain(in_order(whole.read_tags(tags, start, end, FAR_FUTURE).samples))
        assert plain(past.before(tags, at, FAR_FUTURE, start)) == plain(whole.before(tags, at, FAR_FUTURE, start))
        assert plain(past.after(tags, at, FAR_FUTURE, end)) == plain(whole.after(tags, at, FAR_FUTURE, end))


ENTRIES = [(10, batch("s", [0, 0, 0, 1], NOON + np.array([0, 10, 20, 0]), [1.0, 2.0, 3.0, 4.0]))]
BOTH = np.array([0, 1], np.int32)


def test_a_row_that_the_log_still_has_counts_once() -> None:
    past, _ = past_over(ENTRIES, NOON + 15, left=lambda item: item.time == NOON + 10)
    found = past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
    assert sorted(zip(found.time.tolist(), found.recorded.tolist(), strict=True)) == [
        (NOON, AS_SENT),
        (NOON, AS_SENT),
        (NOON + 10, 10),
        (NOON + 20, 10),
    ]


def test_archives_are_asked_for_what_is_older_and_for_nothing_else() -> None:
    past, (kept,) = past_over(ENTRIES, NOON + 15)
    past.read_tags(BOTH, NOON + 15, FAR_FUTURE, FAR_FUTURE)
    past.after(BOTH, NOON + 15, FAR_FUTURE)
    past.before(np.array([0], np.int32), NOON + 30, FAR_FUTURE)
    assert past.parts(BOTH, NOON + 15, NOON + 30, FAR_FUTURE) == []
    assert kept.asked == 0
    assert past.before(np.array([0], np.int32), NOON + 20, FAR_FUTURE).value.tolist() == [2.0]
    assert past.parts(BOTH, NOON, NOON + 30, FAR_FUTURE) == [
        Part("historian", NOON, NOON + 15),
        Part(LOCAL, NOON + 15, NOON + 30),
    ]
    past.close()
    assert kept.closed


def test_an_empty_log_is_all_archive() -> None:
    past, _ = past_over(ENTRIES, FAR_FUTURE)
    assert past.parts(BOTH, NOON, NOON + 30, FAR_FUTURE) == [Part("historian", NOON, NOON + 30)]
    assert len(past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples) == 4


def test_each_tag_is_read_where_its_outlet_sends_it() -> None:
    past, (lines, rest) = past_over(ENTRIES, NOON + 30, feed("lines", ("line",)), feed("rest", values="wire"))
    found = past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples
    assert {(tag, r) for tag, r in zip(found.tag.tolist(), found.recorded.tolist(), strict=True)} == {
        (0, AS_SENT),
        (1, ON_THE_WIRE),
    }
    assert [one.source for one in past.parts(BOTH, NOON, NOON + 30, FAR_FUTURE)] == ["lines", "rest"]
    assert [one.source for one in past.parts(BOTH[:1], NOON, NOON + 30, FAR_FUTURE)] == ["lines"]
    assert lines.asked == rest.asked == 1


@pytest.mark.parametrize("error", [Unreachable("outlet historian: http://h: refused"), Misconfigured("check token")])
def test_an_archive_that_is_away_costs_its_own_part_and_no_more(error: Exception) -> None:
    past, (kept,) = past_over(ENTRIES, NOON + 15)
    kept.away = error
    for _ in range(3):
        assert past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples.value.tolist() == [3.0]
        assert past.before(BOTH, NOON + 30, FAR_FUTURE).value.tolist() == [3.0]
    assert kept.asked == 1  # and not again at once: each time-out would be waited for
    assert past.parts(BOTH, NOON, NOON + 30, FAR_FUTURE)[0] == Part("historian", NOON, NOON + 15, str(error))


def test_an_archive_is_asked_again_after_a_while(monkeypatch) -> None:
    past, (kept,) = past_over(ENTRIES, NOON + 15)
    kept.away = Unreachable("away")
    past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE)
    kept.away = None
    monkeypatch.setattr("twin.runtime.archive.REST_S", 0.0)
    past.behind[0]._rests_until = 0.0
    assert len(past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE).samples) == 4
    assert past.parts(BOTH, NOON, NOON + 30, FAR_FUTURE)[0].missing == ""


def test_what_was_known_then_is_answered_by_the_log_alone_and_told() -> None:
    past, (kept,) = past_over(ENTRIES, NOON + 15)
    assert past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, 10).samples.value.tolist() == [3.0]
    assert len(past.before(BOTH, NOON + 10, 10)) == len(past.after(BOTH, FAR_PAST, 10)) - 1 == 0
    assert kept.asked == 0
    assert "leave out known_at" in past.parts(BOTH, NOON, NOON + 30, 10)[0].missing


def test_most_is_told_by_either_part() -> None:
    past, (kept,) = past_over(ENTRIES, NOON + 5)
    assert len(past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE, 1).samples) > 1
    assert kept.asked == 0  # the log alone has too many
    assert len(past.read_tags(BOTH, FAR_PAST, FAR_FUTURE, FAR_FUTURE, 3).samples) > 3
