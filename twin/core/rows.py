"""Rows: samples in the one order folds see them, whatever order they came in (folds.md R2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.core.batch import Batch
from twin.core.scales import UNSCALED, Scales
from twin.core.window import run_ends, run_starts, stable_order


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples as the log holds them: any order, repeats included. recorded: int64, when the log took the row."""

    tag: NDArray[np.int32]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
    recorded: NDArray[np.int64]
    text: NDArray[np.object_] | None = None

    def __len__(self) -> int:
        return len(self.tag)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Samples:
        """The rows that an index, a mask or a slice picks, in that order."""
        text = None if self.text is None else self.text[rows]
        return Samples(self.tag[rows], self.time[rows], self.value[rows], self.status[rows], self.recorded[rows], text)

    def take_if(self, mask: NDArray[np.bool_]) -> Samples:
        """The rows of a mask; these themselves where it has them all."""
        return self if mask.all() else self.take(mask)


def no_samples() -> Samples:
    """Samples without a row."""
    return Samples(
        np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0), np.empty(0, np.uint32), np.empty(0, np.int64)
    )


def samples_of(entries: Sequence[tuple[int, Batch]]) -> Samples:
    """All rows of (recorded, batch) entries."""
    if not entries:
        return no_samples()
    lengths = [len(batch) for _, batch in entries]
    text = None
    if any(batch.text is not None for _, batch in entries):
        text = np.concatenate([np.full(len(b), None, object) if b.text is None else b.text for _, b in entries])
    return Samples(
        np.concatenate([batch.tag for _, batch in entries]),
        np.concatenate([batch.time for _, batch in entries]),
        np.concatenate([batch.value for _, batch in entries]),
        np.concatenate([batch.status for _, batch in entries]),
        np.repeat(np.array([recorded for recorded, _ in entries], dtype=np.int64), lengths),
        text,
    )


def join(parts: Sequence[Samples]) -> Samples:
    """All rows of all parts, in the order of the parts."""
    filled = [part for part in parts if len(part)]
    if len(filled) <= 1:
        return filled[0] if filled else no_samples()
    text = None
    if any(part.text is not None for part in filled):
        text = np.concatenate([np.full(len(p), None, object) if p.text is None else p.text for p in filled])
    return Samples(
        np.concatenate([part.tag for part in filled]),
        np.concatenate([part.time for part in filled]),
        np.concatenate([part.value for part in filled]),
        np.concatenate([part.status for part in filled]),
        np.concatenate([part.recorded for part in filled]),
        text,
    )


@dataclass(frozen=True, eq=False)
class Rows(Samples):
    """Samples by (time, tag id), one per (tag, time): the row recorded last wins. Made by `in_order` alone."""

    duplicates: int = 0
    """Rows left out because an equal row stands in their place."""
    overwritten: int = 0
    """Rows left out because a later one gave the same (tag, time) another value."""
    scales: Scales = UNSCALED
    """How their wire numbers read."""

    @property
    def meant(self) -> NDArray[np.float64]:
        """Values in the tags' units, NaN where there is none: a Bad status, a number that means none, a text."""
        return self._meaning[0]

    @property
    def meant_status(self) -> NDArray[np.uint32]:
        """The status with them: BadOutOfRange of a number that means none."""
        return self._meaning[1]

    @cached_property
    def _meaning(self) -> tuple[NDArray[np.float64], NDArray[np.uint32]]:
        return self.scales.meant(self.tag, self.time, self.value, self.status)

    @cached_property
    def by_tag(self) -> NDArray[np.intp]:
        """Index that sorts the rows by (tag, time); they stand by time already."""
        return stable_order(self.tag)

    @cached_property
    def tag_starts(self) -> NDArray[np.intp]:
        """Where in `by_tag` the rows of each tag begin."""
        return run_starts(self.tag[self.by_tag])

    @property
    def last_of_each_tag(self) -> NDArray[np.intp]:
        """Index of the newest row of every tag that has one, by tag id."""
        return self.by_tag[run_ends(self.tag_starts, len(self))]


def in_order(samples: Samples) -> Rows:
    """Sort by (time, tag, recorded) and keep the last of every (time, tag).

    Within one `recorded` the later row of the batch wins: the sort is stable.
    """
    if _is_in_order(samples):  # of one tag, out of one file; of a source that sends each sample as it comes
        s = samples
        return Rows(s.tag, s.time, s.value, s.status, s.recorded, s.text)
    s, beaten, differs = compared(samples)
    if not beaten.any():
        return Rows(s.tag, s.time, s.value, s.status, s.recorded, s.text)
    k = s.take(~beaten)
    overwritten = int(differs.sum())
    return Rows(k.tag, k.time, k.value, k.status, k.recorded, k.text, int(beaten.sum()) - overwritten, overwritten)


def _is_in_order(s: Samples) -> bool:
    later = s.time[1:] > s.time[:-1]
    return bool(later.all() or (later | ((s.time[1:] == s.time[:-1]) & (s.tag[1:] > s.tag[:-1]))).all())


def compared(samples: Samples) -> tuple[Samples, NDArray[np.bool_], NDArray[np.bool_]]:
    """All rows by (time, tag, recorded); which of them a later one of the same (time, tag) stands for; which of these
    said something else.
    """
    s = samples.take(_by_time(samples))
    beaten = np.zeros(len(s), np.bool_)
    beaten[:-1] = (s.time[1:] == s.time[:-1]) & (s.tag[1:] == s.tag[:-1])
    differs = np.zeros(len(s), np.bool_)
    if beaten.any():
        differs[:-1] = beaten[:-1] & _differs_from_next(s)
    return s, beaten, differs


def _by_time(samples: Samples) -> NDArray[np.intp]:
    """Index that sorts by (time, tag, recorded), rows that are equal in these as they stand."""
    s = samples
    if not (s.recorded[1:] >= s.recorded[:-1]).all():
        return np.lexsort((s.recorded, s.tag, s.time))
    order = stable_order(s.tag)
    return order[s.time[order].argsort(kind="stable")]


def _differs_from_next(s: Samples) -> NDArray[np.bool_]:
    bits = s.value.view(np.int64)
    differs = (bits[1:] != bits[:-1]) | (s.status[1:] != s.status[:-1])
    if s.text is not None:
        differs |= s.text[1:] != s.text[:-1]
    return differs


def equal_rows(stored: Rows, fresh: Samples) -> NDArray[np.bool_]:
    """For each fresh row whether an equal row is among the stored."""
    have = {
        (tag, time): (value, status, text)
        for tag, time, value, status, text in zip(
            stored.tag.tolist(),
            stored.time.tolist(),
            stored.value.view(np.int64).tolist(),
            stored.status.tolist(),
            [None] * len(stored) if stored.text is None else stored.text.tolist(),
            strict=True,
        )
    }
    same = [
        have.get((tag, time)) == (value, status, text)
        for tag, time, value, status, text in zip(
            fresh.tag.tolist(),
            fresh.time.tolist(),
            fresh.value.view(np.int64).tolist(),
            fresh.status.tolist(),
            [None] * len(fresh) if fresh.text is None else fresh.text.tolist(),
            strict=True,
        )
    ]
    return np.array(same, dtype=np.bool_)
