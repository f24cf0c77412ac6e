"""Samples that are easily lost, bent or put in the wrong place: what check_reads puts into a backend."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from twin.core.batch import Batch, batch, concatenate, texts
from twin.core.instant import DAY, HOUR, MILLISECOND
from twin.core.tags import Tag, TagType

READ_TAGS = (
    Tag("line/filler/temp"),
    Tag("a b,c=d"),
    Tag('it\'s "quoted"'),
    Tag("back\\slash/ž/€/😀"),
    Tag("x' OR 'a'='a'; DROP MEASUREMENT linetwin --", TagType.TEXT),
    Tag("$bytes/*/[0-9]+", TagType.BYTES),
)
"""The tags 0 to 5 that the kit writes."""
NUMBERS = (0.0, -0.0, 1.5, 0.1 + 0.2, 5e-324, -1.7976931348623157e308, 1e22, 2.0**53, math.inf, -math.inf)
TEXTS = ("", "ž'\"\\", "two\nlines, a=b", "inf", "-inf", "nan", "1", " \t", "long " * 60)
STATUSES = (0, 0x40000000, 0x40900000, 0x80000000, 0xFFFFFFFF)
NOON = 1_767_960_000 * 1_000_000_000
"""2026-01-09T12:00:00Z"""


def odd_batch() -> Batch:
    """Every odd value, status and text once, on tags of their type; times before 1970, far ahead and 1 ns apart."""
    whole = 2**53 + 1
    numbers = [*[(0, one, 0, None) for one in NUMBERS], (0, float(whole), 0, str(whole)), (0, -1e30, 0, str(-(10**30)))]
    statuses = [(1, math.nan, one, None) for one in STATUSES] + [(2, 1.0, one, None) for one in STATUSES]
    strings = [(4, math.nan, 0, one) for one in TEXTS] + [(4, math.nan, 0x80000000, None), (5, math.nan, 0, "00ff")]
    rows = [*numbers, *statuses, *strings, (3, 7.0, 0, None), (3, 8.0, 0, None), (3, 9.0, 0, None)]
    time = NOON + np.arange(len(rows)) * MILLISECOND + 1
    time[-3:] = -3_000_000_000 * 10**9 + 7, -1, 4_102_444_800 * 10**9 + 999_999_999
    tag, value, status, text = zip(*rows, strict=True)
    return batch("s", tag, time, value, status, text)


def drawn_times(rng: np.random.Generator, rows: int) -> np.ndarray:
    """Out of order by 1 ns to 30 days, some early, some before 1970; few enough that rows compete for a place."""
    steps = np.array([0, 1, MILLISECOND, 1000 * MILLISECOND, HOUR, DAY, 30 * DAY])
    time = NOON + rng.integers(-2, 3, rows) * rng.choice(steps, rows)
    far = rng.random(rows)
    time[far < 0.05] = -86_400 * 10**9 + rng.integers(3)
    time[far > 0.95] = 4_000_000_000 * 10**9 + rng.integers(3)
    return time


def drawn_batch(rng: np.random.Generator, rows: int) -> Batch:
    """Rows of all tags: numbers, texts, bytes, and rows without a value."""
    tag = rng.integers(0, len(READ_TAGS), rows)
    tag = np.where(rng.random(rows) < 0.5, tag % 2, tag)
    value, text = np.full(rows, math.nan), [""] * rows
    status = rng.choice(STATUSES, rows)
    kept: list[str | None] = []
    for row, one in enumerate(tag.tolist()):
        worth = rng.random()
        if READ_TAGS[one].type == TagType.NUMBER:
            whole = int(rng.integers(2**53, 2**62))
            value[row] = math.nan if worth < 0.1 else whole if worth > 0.9 else _number(rng)
            text[row] = str(whole) if worth > 0.9 else ""
            kept.append(text[row] or None)
        elif READ_TAGS[one].type == TagType.TEXT:
            kept.append(None if worth < 0.1 else TEXTS[int(rng.integers(len(TEXTS)))])
        else:
            kept.append(rng.bytes(int(rng.integers(1, 9))).hex())
    return batch("s", tag, drawn_times(rng, rows), value, status, kept)


def _number(rng: np.random.Generator) -> float:
    drawn = float(rng.integers(0, 2**64, dtype=np.uint64).view(np.float64))
    return float(rng.choice(NUMBERS)) if rng.random() < 0.5 or math.isnan(drawn) else drawn


def drawn_batches(rng: np.random.Generator) -> list[tuple[int, Batch]]:
    """Up to six batches; some are sent again, whole or with other values."""
    entries: list[tuple[int, Batch]] = []
    for number in range(int(rng.integers(2, 7))):
        again = entries[int(rng.integers(len(entries)))][1] if entries and rng.random() < 0.3 else None
        if again is None:
            again = drawn_batch(rng, int(rng.integers(1, 13)))
        elif rng.random() < 0.5:
            turned = [-one if text is None else one for one, text in zip(again.value, texts(again), strict=True)]
            again = batch("s", again.tag, again.time, turned, again.status[::-1], texts(again))
        entries.append((number * 4 + 1, again))
    return entries


def permuted(rng: np.random.Generator, fitted: Callable[[Batch], Batch]) -> list[tuple[int, Batch]]:
    """One list of samples, one for each (tag, time), in any order, cut anyhow, some sent again."""
    whole = fitted(concatenate([drawn_batch(rng, 12) for _ in range(3)]))
    _, first = np.unique(np.stack([whole.tag, whole.time]), axis=1, return_index=True)
    order = rng.permutation(np.append(first, rng.choice(first, 5)))
    cuts = np.sort(rng.choice(np.arange(1, len(order)), 4, replace=False))
    return [(number * 4 + 1, whole.take(piece)) for number, piece in enumerate(np.split(order, cuts))]
