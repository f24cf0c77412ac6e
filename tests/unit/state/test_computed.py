"""Computed tags folded: the laws of folds, a plain reading of the samples one by one, and examples by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.core.batch import Batch, batch
from twin.core.fold import Fold, Step, step_all
from twin.core.instant import MINUTE, SECOND
from twin.core.routing import Routing
from twin.core.rows import Rows, in_order, samples_of
from twin.core.status import (
    BAD_NO_DATA,
    BAD_NOT_CONNECTED,
    BAD_OUT_OF_RANGE,
    GOOD,
    UNCERTAIN_LAST_USABLE,
    UNCERTAIN_SUB_NORMAL,
    UNCERTAIN_SUBSTITUTE,
)
from twin.mes.counts import CounterSpec, Counts
from twin.mes.rates import Rates, RateSpec
from twin.model.rule import PANES, Number, OfTag, Previous, Rate, TagValue, Window, readings
from twin.model.rule_parser import parse
from twin.state.computed import Computed, ComputedSpec
from twin.state.expression import Column, evaluate
from twin.state.last_value import LastValue
from twin.testing.folds import check_fold

START = 1_764_000_000 * SECOND
RAW = {"a": 0, "b": 1, "n": 2, "o": 3}
MADE = 100
"""Id of the first computed tag."""
Row = tuple[str, float, float, int]
"""(tag, seconds from START, value, status)."""


def folds_of(levels: Sequence[Sequence[str]], unit_of: Callable[[str], int] = lambda _: 0) -> list[Fold]:
    """Computed tags c0, c1, .. of these expressions, level after level, behind the counter n; LastValue at the end."""
    flat = [text for level in levels for text in level]
    ids = RAW | {f"c{number}": MADE + number for number in range(len(flat))}
    windows = sorted({w for text in flat for w in _rate_windows(text)})
    folds: list[Fold] = [
        Counts([CounterSpec(0, RAW["n"], "n")]),
        Rates([RateSpec(0, 0, window, RAW["n"]) for window in windows]),
    ]
    number = 0
    for level, texts in enumerate(levels):
        specs: list[ComputedSpec] = []
        for text in texts:
            rule = parse(text)
            specs.append(ComputedSpec(unit_of(readings(rule)[0].path), MADE + number, f"c{number}", rule))
            number += 1
        folds.append(Computed(level, specs, ids, {("n", window): at for at, window in enumerate(windows)}))
    return folds


def _rate_windows(text: str) -> list[int]:
    return [one.window for one in readings(parse(text)) if isinstance(one, Rate)]


def log_of(rows: Sequence[Row]) -> Batch:
    return batch(
        "s",
        [RAW[tag] for tag, _, _, _ in rows],
        [START + round(at * SECOND) for _, at, _, _ in rows],
        [value for _, _, value, _ in rows],
        [status for _, _, _, status in rows],
        [None] * len(rows),
    )


def made(levels: Sequence[Sequence[str]], rows: Sequence[Row], seconds: float = 600.0) -> dict[str, list[Row]]:
    """The samples of each computed tag, seconds from START."""
    taken: list[Rows] = []

    class Take(LastValue):
        def step(self, step: Step):
            taken.append(step.rows)
            return super().step(step)

    every = in_order(samples_of([(1, log_of(rows))]))
    step_all(
        [*folds_of(levels), Take(np.zeros(1, np.int32))], Step(START - SECOND, START + round(seconds * SECOND), every)
    )
    (r,) = taken
    found: dict[str, list[Row]] = {f"c{n}": [] for n in range(sum(map(len, levels)))}
    for tag, time, value, status in zip(r.tag, r.time, r.value, r.status, strict=True):
        if tag >= MADE:
            name = f"c{tag - MADE}"
            found[name].append((name, (int(time) - START) / SECOND, float(value), int(status)))
    return found


def told(rows: Sequence[Row]) -> list[tuple[float, float | None, int]]:
    return [(at, None if math.isnan(value) else value, status) for _, at, value, status in rows]


# --- by hand --------------------------------------------------------------------------------------------------------


def test_a_sample_comes_when_any_input_has_one_and_not_before_all_had():
    rows = [("a", 1, 10.0, GOOD), ("b", 2, 3.0, GOOD), ("a", 4, 20.0, GOOD)]
    assert told(made([["a - b"]], rows)["c0"]) == [(2, 7.0, GOOD), (4, 17.0, GOOD)]


def test_the_status_is_the_worst_and_a_bad_input_leaves_no_value():
    rows = [
        ("a", 1, 10.0, GOOD),
        ("b", 1, 3.0, UNCERTAIN_LAST_USABLE),
        ("b", 2, math.nan, BAD_NOT_CONNECTED),
        ("b", 3, 5.0, GOOD),
    ]
    assert told(made([["a - b"]], rows)["c0"]) == [
        (1, 7.0, UNCERTAIN_LAST_USABLE), (2, None, BAD_NOT_CONNECTED), (3, 5.0, GOOD),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a / b", (None, BAD_OUT_OF_RANGE)),
        ("sqrt(0 - a)", (None, BAD_OUT_OF_RANGE)),
        ("a * 1e300 * 1e300", (None, BAD_OUT_OF_RANGE)),
        ("if(b == 0, 0, a / b)", (0.0, GOOD)),
        ("value_or(a / b, 7)", (7.0, UNCERTAIN_SUBSTITUTE)),
        ("is_good(a / b)", (0.0, GOOD)),
        ("b and a / b", (0.0, GOOD)),
        ("a or a / b", (1.0, GOOD)),
        ("min(a, 3, b) + max(a, 3, b)", (10.0, GOOD)),
        ("clamp(a, 0, 4) + abs(-1)", (5.0, GOOD)),
        ("round(a / 3, 2)", (3.33, GOOD)),
        ("floor(a / 3) * 10 + ceil(a / 3)", (34.0, GOOD)),
        ("round(2.5 + b)", (2.0, GOOD)),
        ("bit(a, 1) + bit(a, 0)", (1.0, GOOD)),
        ("not a", (0.0, GOOD)),
        ("a >= 10", (1.0, GOOD)),
    ],
)
def test_functions(text: str, answer: tuple[float | None, int]):
    rows = [("a", 1, 10.0, GOOD), ("b", 1, 0.0, GOOD)]
    assert told(made([[text]], rows)["c0"]) == [(1, *answer)]


def test_what_is_within_value_or_may_never_have_come():
    rows = [("a", 1, 10.0, GOOD)]
    assert told(made([["a + value_or(b, 1)"]], rows)["c0"]) == [(1, 11.0, UNCERTAIN_SUBSTITUTE)]


def test_previous_is_the_sample_before():
    rows = [("a", 1, 10.0, GOOD), ("a", 2, 13.0, GOOD), ("b", 3, 0.0, GOOD), ("a", 4, 14.0, GOOD)]
    assert told(made([["a - previous(a) + b * 0"]], rows)["c0"]) == [(3, 3.0, GOOD), (4, 1.0, GOOD)]


def test_levels_stand_on_each_other():
    rows = [("a", 1, 10.0, GOOD), ("b", 2, 3.0, GOOD)]
    found = made([["a * 2"], ["c0 + b"]], rows)
    assert told(found["c1"]) == [(2, 23.0, GOOD)]


def test_a_mean_weighs_by_time_and_says_when_it_is_not_whole():
    """Window 20 s, panes 1 s from START, which is a full one: 0 for 10 s, then 100."""
    found = told(made([["mean(a, 20s)"]], [("a", 0, 0.0, GOOD), ("a", 10, 100.0, GOOD)])["c0"])
    assert found[0] == (1, 0.0, UNCERTAIN_SUB_NORMAL)
    assert found[14] == (15, pytest.approx(100 * 5 / 15), UNCERTAIN_SUB_NORMAL)
    assert found[19] == (20, 50.0, GOOD)
    assert found[24] == (25, 75.0, GOOD)
    assert found[-1] == (31, 100.0, GOOD), "and then nothing moves any more"


def test_windows_know_extremes_sums_counts_and_deltas():
    rows = [("a", 0, 5.0, GOOD), ("a", 0.5, 2.0, GOOD), ("a", 3.25, 9.0, GOOD)]
    texts = ["minimum(a, 20s)", "maximum(a, 20s)", "sum(a, 20s)", "count(a, 20s)", "delta(a, 20s)"]
    found = made([texts], rows, 40)
    at = {name: {time: value for _, time, value, _ in samples} for name, samples in found.items()}
    assert [at[f"c{n}"][4.0] for n in range(4)] == [2.0, 9.0, 16.0, 3.0]
    assert math.isnan(at["c4"][4.0])
    assert [at[f"c{n}"][21.0] for n in range(5)] == [2.0, 9.0, 9.0, 1.0, 7.0]
    assert [at[f"c{n}"][24.0] for n in range(5)] == [9.0, 9.0, 0.0, 0.0, 0.0]


def test_bad_time_counts_neither_for_nor_against_a_mean():
    rows = [("a", 0, 4.0, GOOD), ("a", 10, math.nan, BAD_NO_DATA), ("a", 15, 8.0, GOOD)]
    found = {time: (value, status) for time, value, status in told(made([["mean(a, 20s)"]], rows)["c0"])}
    assert found[20] == (pytest.approx((4 * 10 + 8 * 5) / 15), UNCERTAIN_SUB_NORMAL)
    assert found[35] == (8.0, GOOD)


def test_a_rate_is_as_good_as_its_counter():
    rows = [("n", 0, 0.0, GOOD), ("n", 10, 30.0, GOOD), ("n", 20, math.nan, BAD_NO_DATA)]
    assert told(made([["rate(n, 30s) * 60"]], rows)["c0"]) == [
        (0, 0.0, GOOD), (10, 60.0, GOOD), (20, None, BAD_NO_DATA), (40, None, BAD_NO_DATA),
    ]  # fmt: skip


# --- against a plain reading ------------------------------------------------------------------------------------------

TEXTS = (
    "a + b",
    "(a - b) * 2.5",
    "if(a > b, a, previous(b))",
    "value_or(a / b, b)",
    "mean(a, 20s)",
    "a - mean(a, 10s)",
    "maximum(b, 20s) - minimum(b, 20s)",
    "sum(a, 10s) + count(b, 10s)",
    "delta(a, 10s)",
    "is_good(a) + b",
)
values = st.sampled_from([0.0, -0.0, 1.0, 2.5, -3.0, 1e6, math.nan])
statuses = st.sampled_from([GOOD, GOOD, GOOD, GOOD, UNCERTAIN_LAST_USABLE, BAD_NOT_CONNECTED])
times = st.integers(0, 240).map(lambda quarter: quarter / 4)
row_lists = st.lists(st.tuples(st.sampled_from("ab"), times, values, statuses), min_size=1, max_size=25)


@given(row_lists)
@settings(max_examples=40)
def test_samples_are_those_of_a_plain_reading(rows: list[Row]):
    rows = list({(tag, at): (tag, at, value, status) for tag, at, value, status in rows}.values())
    found = made([TEXTS], rows, 120)
    for number, text in enumerate(TEXTS):
        assert _near(told(found[f"c{number}"]), plain(text, rows)), text


def _near(found: list[tuple[float, float | None, int]], wanted: list[tuple[float, float | None, int]]) -> bool:
    if [(at, value is None, status) for at, value, status in found] != [(a, v is None, s) for a, v, s in wanted]:
        return False
    pairs = [(f, w) for (_, f, _), (_, w, _) in zip(found, wanted, strict=True) if w is not None]
    return all(f == pytest.approx(w, rel=1e-9, abs=1e-6) for f, w in pairs)


def plain(text: str, rows: Sequence[Row]) -> list[tuple[float, float | None, int]]:
    """One instant after the other, each from all rows again."""
    rule = parse(text)
    clean = [(tag, at, *_usable(value, status)) for tag, at, value, status in rows]
    instants = {at for tag, at, _, _ in rows for one in readings(rule) if one.path == tag}
    for one in readings(rule):
        if isinstance(one, Window):
            instants |= {at for at in _fulls(one, clean) if at < 120}
    found: list[tuple[float, float | None, int]] = []
    for at in sorted(instants):
        read = {one: _reading(one, clean, at) for one in readings(rule)}
        optional = "value_or" in text or "is_good" in text
        if any(value is None for one, value in read.items() if not optional or one.path == "b"):
            continue
        if text == "value_or(a / b, b)" and read[TagValue("b")] is None:
            continue

        one = evaluate(rule, partial(_column, read))
        status, value = int(one.status[0]), float(one.value[0])
        if status < 0x80000000 and not math.isfinite(value):
            status = BAD_OUT_OF_RANGE
        found.append((at, None if status >= 0x80000000 else value, status))
    return found


def _column(read: Mapping[OfTag, tuple[float, int] | None], part: Number | OfTag) -> Column:
    value = (part.value, GOOD) if isinstance(part, Number) else read[part] or (math.nan, BAD_NO_DATA)
    return Column(np.array([value[0]]), np.array([value[1]], np.uint32))


def _usable(value: float, status: int) -> tuple[float, int]:
    return value, BAD_NO_DATA if math.isnan(value) and status < 0x80000000 else status


def _held(rows: Sequence[Row], tag: str, at: float, before: bool = False) -> list[Row]:
    return sorted(r for r in rows if r[0] == tag and (r[1] < at if before else r[1] <= at))


def _reading(part: OfTag, rows: Sequence[Row], at: float) -> tuple[float, int] | None:
    if isinstance(part, Window):
        fulls = [one for one in _fulls(part, rows) if one <= at]
        return _window(part, rows, max(fulls)) if fulls else None
    assert isinstance(part, TagValue | Previous)
    held = _held(rows, part.path, at)
    wanted = held[-1:] if isinstance(part, TagValue) else held[-2:-1]
    return (wanted[0][2], wanted[0][3]) if wanted else None


def _fulls(part: Window, rows: Sequence[Row]) -> set[float]:
    pane = part.window / SECOND / PANES
    return {(r[1] // pane + more) * pane for r in rows if r[0] == part.path for more in range(1, PANES + 2)}


def _window(part: Window, rows: Sequence[Row], end: float) -> tuple[float, int]:
    length = part.window / SECOND
    begin = end - length
    inside = [r for r in _held(rows, part.path, end, before=True) if r[1] >= begin]
    at_begin = _held(rows, part.path, begin, before=True)
    if part.function in {"sum", "count"}:
        usable = [r[2] for r in inside if r[3] < 0x80000000]
        status = GOOD if all(r[3] == GOOD for r in inside) else UNCERTAIN_SUB_NORMAL
        return (math.fsum(usable) if part.function == "sum" else float(len(usable))), status
    if part.function == "delta":
        now = _held(rows, part.path, end, before=True)
        if not (at_begin and now) or at_begin[-1][3] >= 0x80000000 or now[-1][3] >= 0x80000000:
            return math.nan, BAD_NO_DATA
        status = GOOD if at_begin[-1][3] == now[-1][3] == GOOD else UNCERTAIN_SUB_NORMAL
        return now[-1][2] - at_begin[-1][2], status
    pieces = [(begin, r) for r in at_begin[-1:]] + [(r[1], r) for r in inside]
    known = [
        (r[2], until - since, r[3])
        for (since, r), until in zip(pieces, [since for since, _ in pieces[1:]] + [end], strict=True)
        if r[3] < 0x80000000 and until > since
    ]
    if not known:
        return math.nan, BAD_NO_DATA
    well = math.isclose(sum(long for _, long, status in known if status == GOOD), length)
    status = GOOD if well else UNCERTAIN_SUB_NORMAL
    if part.function == "minimum":
        return min(value for value, _, _ in known), status
    if part.function == "maximum":
        return max(value for value, _, _ in known), status
    return sum(value * long for value, long, _ in known) / sum(long for _, long, _ in known), status


# --- the laws of folds ------------------------------------------------------------------------------------------------


def test_the_laws_of_folds_hold_over_levels_and_windows():
    """Two units; what the last fold is shown of computed tags is in its state, to the byte."""
    levels = (
        ["a + b", "mean(a, 1m)", "if(is_good(b), previous(a), rate(n, 20s))", "maximum(b, 2s) - delta(b, 1m)", "o * 2",
         "sum(o, 10s)"],
        ["c0 * c1", "mean(c0, 20s) + c2", "count(c4, 5s)"],
    )  # fmt: skip
    unit_of_path = {"o": 1, "c4": 1, "c5": 1, "c8": 1}

    def make(units: Sequence[int]) -> list[Fold]:
        found = folds_of(levels, lambda path: unit_of_path.get(path, 0))
        unit_of_tag = np.full(MADE + 9, -1, np.int32)
        unit_of_tag[: len(RAW)] = [unit_of_path.get(path, 0) for path in RAW]
        unit_of_tag[MADE:] = [1 if n in {4, 5, 8} else 0 for n in range(9)]
        kept = LastValue(np.where(np.isin(unit_of_tag, list(units)), unit_of_tag, np.int32(-1)))
        if list(units) == [0, 1]:
            return [*found, kept]
        return [*_only(levels, units, unit_of_path), kept]

    routing = Routing(np.array([0, 0, 0, 1], np.int32), {})
    check_fold(make, lambda seed: [_drawn(np.random.default_rng(seed))], routing, (0, 1), seeds=2)


def _only(levels: Sequence[Sequence[str]], units: Sequence[int], unit_of_path: dict[str, int]) -> list[Fold]:
    """The folds of one unit alone."""
    whole = folds_of(levels, lambda path: unit_of_path.get(path, 0))
    ids = RAW | {f"c{n}": MADE + n for n in range(9)}
    found: list[Fold] = [Counts([CounterSpec(0, 2, "n")] if 0 in units else [])]
    found.append(Rates([RateSpec(0, 0, 20 * SECOND, RAW["n"])] if 0 in units else []))
    for level, fold in enumerate(one for one in whole if isinstance(one, Computed)):
        mine = [spec for spec in fold.specs if spec.unit in units]
        found.append(Computed(level, mine, ids, {("n", 20 * SECOND): 0} if 0 in units else {}))
    return found


def _drawn(rng: np.random.Generator) -> Batch:
    """Some minutes with pauses; some rows bad, some at the same instant, some on full seconds."""
    many = 250
    at = np.sort(rng.integers(0, 480, many) * SECOND // 4)
    at[many // 2 :] += MINUTE
    tag = rng.integers(0, 4, many)
    keep = np.unique(np.stack([tag, at]), axis=1)
    tag, at = keep
    value = np.where(tag == RAW["n"], np.arange(len(tag)), rng.normal(20, 5, len(tag)))
    status = rng.choice([GOOD, GOOD, GOOD, UNCERTAIN_LAST_USABLE, BAD_NO_DATA], len(tag))
    return batch("s", tag.tolist(), (START + at).tolist(), value.tolist(), status.tolist(), [None] * len(tag))


def test_a_new_edition_goes_on_in_the_middle_of_a_pane_and_knows_at_once_what_held():
    """The old tag goes on as in one pass, though another stands before it; the new one has a sample at the load."""
    rows = in_order(samples_of([(1, log_of([("a", 0.5, 1.0, GOOD), ("a", 1.2, 5.0, GOOD), ("b", 0.7, 2.0, GOOD)]))]))
    load, end = START + 3 * SECOND // 2, START + 30 * SECOND
    ids = RAW | {"c0": MADE, "c1": MADE + 1}
    kept, new = (ComputedSpec(0, ids[p], p, parse(text)) for p, text in (("c1", "mean(a, 20s)"), ("c0", "b * 2")))
    once, before, after = (Computed(0, specs, ids, {}) for specs in ([kept], [kept], [new, kept]))
    before.step(Step(START, load, rows))
    after.carry(before, {}, load)
    held = in_order(replace(rows, time=np.full(len(rows), load)).take(rows.last_of_each_tag))
    nothing = in_order(samples_of([]))
    made = after.step(Step(load, end, nothing, held=held)).rows
    whole = once.step(Step(START, end, rows)).rows
    assert made is not None
    assert whole is not None
    mine = made.tag == MADE + 1
    later = whole.time >= load
    assert made.value[mine].tobytes() == whole.value[later].tobytes()
    assert made.time[mine].tobytes() == whole.time[later].tobytes()
    assert (made.time[~mine].tolist(), made.value[~mine].tolist()) == ([load], [4.0])
