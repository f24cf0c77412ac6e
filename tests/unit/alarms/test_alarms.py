"""Detection and life cycle: rows of the ISA-18.2 table with numbers, and columns against a reader row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alarms.oracle import Oracle
from twin.alarms.alarms import Alarms
from twin.alarms.occurrence import Occurrence, occurrence_of
from twin.alarms.spec import AlarmSpec
from twin.core.batch import batch
from twin.core.event import ALARM_ACKNOWLEDGED, CONNECTION_LOST, CONNECTION_UP, Event
from twin.core.fold import Step
from twin.core.instant import FAR_PAST, MINUTE, SECOND
from twin.core.rows import in_order, no_samples, samples_of
from twin.core.scales import UNSCALED, Scale, Scales
from twin.core.span import in_event_order, step_of
from twin.core.state import restore, snapshot
from twin.model.plant import Limit

BEGIN = 1_700_000_000 * SECOND
BAD = 0x80000000
HIGH = Limit("high", "high", 85.0, deadband=5.0, delay=15 * SECOND, off_delay=10 * SECOND, priority=2)
QUICK = Limit("high", "high", 85.0)
STALE = Limit("stale", "stale", 30.0, silence=30 * SECOND)

Row = tuple[float, float] | tuple[float, float, int]


def spec(limit: Limit, tag: int = 0, **more: object) -> AlarmSpec:
    return AlarmSpec(0, tag, f"m/t{tag}", "c", limit, **more)  # type: ignore[arg-type]


def at(seconds: float) -> int:
    return BEGIN + round(seconds * SECOND)


def ack(seconds: float, name: str = "high", note: str = "", who: str = "eva") -> Event:
    return Event(at(seconds), ALARM_ACKNOWLEDGED, "m/t0", {"id": f"m/t0~{name}@x", "note": note}, who)


def link(seconds: float, kind: str) -> Event:
    return Event(at(seconds), kind, "c")


def step(rows: Sequence[Row], end: float, events: Sequence[Event] = ()) -> Step:
    samples = no_samples()
    if rows:
        statuses = [row[2] if len(row) > 2 else 0 for row in rows]
        times, values = [at(row[0]) for row in rows], [row[1] for row in rows]
        samples = samples_of([(1, batch("c", [0] * len(rows), times, values, statuses))])
    return step_of(in_order(samples), in_event_order([(1, event) for event in events]), BEGIN - SECOND, at(end))


def lived(
    limit: Limit, rows: Sequence[Row], end: float, events: Sequence[Event] = (), scales: Scales = UNSCALED,
    **more: object,
) -> tuple[list[Occurrence], Occurrence | None]:  # fmt: skip
    """Occurrences that ended, and the one that is open at the end."""
    fold, whole = Alarms([spec(limit, **more)]), step(rows, end, events)
    read = replace(whole, rows=replace(whole.rows, scales=scales))
    ended = [occurrence_of(record) for record in fold.step(read).records]
    return ended, next(iter(fold.open()), None)


def told(one: Occurrence | None) -> tuple[str, float, float | None] | None:
    """(state, start, end) in seconds."""
    if one is None:
        return None
    return one.state, (one.start - BEGIN) / SECOND, None if one.end is None else (one.end - BEGIN) / SECOND


# --- detection -------------------------------------------------------------------------------------------------


def test_the_limit_itself_is_not_past_it() -> None:
    assert lived(QUICK, [(0, 85)], 60) == ([], None)
    assert told(lived(QUICK, [(0, 85.1)], 60)[1]) == ("B", 0, None)


def test_the_limit_must_be_passed_for_the_delay_without_a_break() -> None:
    broken = [(0, 90), (10, 84), (12, 90), (20, 85), (22, 90)]
    assert told(lived(HIGH, broken, 36)[1]) is None
    assert told(lived(HIGH, broken, 38)[1]) == ("B", 37, None)


def test_a_value_that_is_sent_once_is_past_the_limit_until_another_comes() -> None:
    assert told(lived(HIGH, [(0, 90)], 15)[1]) is None
    assert told(lived(HIGH, [(0, 90)], 15.000001)[1]) == ("B", 15, None)


def test_a_timer_fires_before_a_sample_of_its_instant() -> None:
    _, one = lived(HIGH, [(0, 90), (15, 60)], 26)
    assert one is not None
    assert (told(one), one.returned) == (("D", 15, None), at(25))


def test_within_the_dead_band_an_alarm_stays_and_none_begins() -> None:
    assert told(lived(HIGH, [(0, 90), (20, 81), (60, 84)], 100)[1]) == ("B", 15, None)
    assert lived(HIGH, [(0, 81), (20, 84)], 100) == ([], None)


def test_the_value_must_be_back_for_the_off_delay_without_a_break() -> None:
    _, one = lived(HIGH, [(0, 90), (20, 80), (29, 81), (30, 80)], 60)
    assert one is not None
    assert (one.state, one.returned) == ("D", at(40))


def test_a_low_limit_is_a_high_one_turned_round() -> None:
    low = Limit("low", "low", 10.0, deadband=2.0)
    _, one = lived(low, [(0, 10), (1, 9), (2, 4), (3, 11.9), (4, 12)], 60)
    assert one is not None
    assert (told(one), one.returned, one.peak) == (("D", 1, None), at(4), 4.0)


def test_values_are_scaled_and_sentinels_are_no_values() -> None:
    raw = Scales({0: [Scale(FAR_PAST, 150 / 27648, bad=(32767.0,))]})
    assert lived(QUICK, [(0, 32767)], 60, scales=raw) == ([], None)
    assert told(lived(QUICK, [(0, 32767), (5, 20000)], 60, scales=raw)[1]) == ("B", 5, None)


def test_bad_quality_freezes_the_state() -> None:
    assert told(lived(QUICK, [(0, 90), (5, 0, BAD), (9, math.nan)], 60)[1]) == ("B", 0, None)
    assert lived(HIGH, [(0, 90), (5, 0, BAD)], 60) == ([], None)


def test_after_bad_quality_the_delay_begins_anew() -> None:
    assert told(lived(HIGH, [(0, 90), (5, 0, BAD), (12, 90)], 60)[1]) == ("B", 27, None)


def test_a_lost_connection_freezes_until_it_is_back() -> None:
    events = [link(5, CONNECTION_LOST), link(100, CONNECTION_UP)]
    assert told(lived(HIGH, [(0, 90)], 99, events)[1]) is None
    assert told(lived(HIGH, [(0, 90)], 200, events)[1]) == ("B", 115, None)
    assert told(lived(HIGH, [(0, 90), (40, 91)], 99, events)[1]) == ("B", 55, None)


def test_the_peak_is_the_furthest_value_from_the_passing_of_the_limit_to_the_return() -> None:
    _, one = lived(HIGH, [(0, 95), (5, 90), (20, 93), (25, 70), (36, 99), (37, 70)], 60)
    assert one is not None
    assert (one.state, one.peak) == ("D", 95.0)


# --- life cycle ------------------------------------------------------------------------------------------------


def test_a_to_b_to_c_to_a() -> None:
    rows, events = [(0, 90), (60, 70)], [ack(40, note="seen")]
    assert told(lived(HIGH, rows, 39, events)[1]) == ("B", 15, None)
    assert told(lived(HIGH, rows, 41, events)[1]) == ("C", 15, None)
    (one,), nothing = lived(HIGH, rows, 80, events)
    assert nothing is None
    assert (told(one), one.acked, one.by, one.note, one.returned) == (("A", 15, 70), at(40), "eva", "seen", at(70))


def test_b_to_d_to_a() -> None:
    rows, events = [(0, 90), (30, 70)], [ack(90)]
    assert told(lived(HIGH, rows, 89, events)[1]) == ("D", 15, None)
    (one,), nothing = lived(HIGH, rows, 91, events)
    assert nothing is None
    assert (told(one), one.returned, one.peak) == (("A", 15, 90), at(40), 90.0)


def test_d_to_b_is_a_new_occurrence() -> None:
    (first,), second = lived(QUICK, [(0, 90), (10, 70), (20, 91)], 60)
    assert (told(first), first.superseded, first.acked) == (("A", 0, 20), True, None)
    assert told(second) == ("B", 20, None)


def test_a_new_occurrence_needs_an_acknowledgement_of_its_own() -> None:
    (first,), second = lived(QUICK, [(0, 90), (10, 70), (20, 91)], 60, [ack(5)])
    assert (told(first), told(second)) == (("A", 0, 10), ("B", 20, None))


def test_only_the_first_acknowledgement_counts() -> None:
    _, one = lived(QUICK, [(0, 90)], 60, [ack(5), ack(6, who="jan")])
    assert one is not None
    assert (one.by, one.acked) == ("eva", at(5))


def test_an_acknowledgement_of_what_is_not_there_changes_nothing() -> None:
    assert told(lived(QUICK, [(10, 90)], 60, [ack(5)])[1]) == ("B", 10, None)
    assert told(lived(QUICK, [(0, 90)], 60, [ack(5, name="other")])[1]) == ("B", 0, None)
    elsewhere = Event(at(5), ALARM_ACKNOWLEDGED, "m/t1", {"id": "m/t0~high@x"}, "eva")
    assert told(lived(QUICK, [(0, 90)], 60, [elsewhere])[1]) == ("B", 0, None)
    assert told(lived(QUICK, [(0, 90)], 60, [Event(at(5), ALARM_ACKNOWLEDGED, "m/t0")])[1]) == ("B", 0, None)


def test_two_alarms_of_one_tag_live_apart() -> None:
    fold = Alarms([spec(QUICK), spec(Limit("high_high", "high", 100.0, priority=1))])
    fold.step(step([(0, 90), (5, 110)], 60, [ack(3)]))
    assert [(one.name, one.state, one.priority) for one in fold.open()] == [("high", "C", 3), ("high_high", "B", 1)]


def test_an_id_is_key_and_start() -> None:
    _, one = lived(QUICK, [(0.5, 90)], 60)
    assert one is not None
    assert (one.id, one.tag, one.name) == ("m/t0~high@2023-11-14T22:13:20.5Z", "m/t0", "high")


def test_three_activations_in_a_minute_are_chattering() -> None:
    rows = [(t, 90 if t % 2 == 0 else 70) for t in range(6)]
    ended, one = lived(QUICK, rows, 6)
    assert [(o.activations, o.is_chattering) for o in ended] == [(1, False), (2, False)]
    assert one is not None
    assert (one.activations, one.is_chattering) == (3, True)
    later = lived(QUICK, rows, 62.5)[1]
    assert later is not None
    assert (later.activations, later.is_chattering) == (1, False)


# --- stale signals ---------------------------------------------------------------------------------------------


def test_a_silent_signal_is_stale_at_its_own_instant() -> None:
    assert told(lived(STALE, [(0, 1), (20, 1)], 50)[1]) is None
    _, one = lived(STALE, [(0, 1), (20, 1)], 51)
    assert one is not None
    assert (told(one), one.cause, one.peak) == (("B", 50, None), "silent", None)


def test_a_signal_that_never_came_is_not_stale() -> None:
    assert lived(STALE, [], 1000) == ([], None)


def test_the_next_value_ends_it() -> None:
    _, one = lived(STALE, [(0, 1), (70, 1)], 90)
    assert one is not None
    assert (told(one), one.returned) == (("D", 30, None), at(70))


def test_bad_quality_is_silence() -> None:
    _, one = lived(STALE, [(0, 1), *((t, 1, BAD) for t in range(1, 60))], 60)
    assert one is not None
    assert (told(one), one.cause) == (("B", 30, None), "bad quality")


def test_a_lost_connection_is_named_as_the_cause() -> None:
    _, one = lived(STALE, [(0, 1)], 60, [link(10, CONNECTION_LOST)])
    assert one is not None
    assert (told(one), one.cause) == (("B", 30, None), "connection lost")


def test_text_is_a_sign_of_life() -> None:
    assert lived(STALE, [(t, math.nan) for t in range(60)], 60, numeric=False) == ([], None)


# --- columns against rows --------------------------------------------------------------------------------------

LIMITS = [
    HIGH,
    replace(QUICK, name="quick"),
    STALE,
    Limit("low", "low", 60.0, deadband=10.0, delay=2 * SECOND),
    Limit("late_back", "high", 70.0, off_delay=3 * SECOND),
    Limit("silent", "stale", 4.0, silence=4 * SECOND),
]
SAMPLES = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from([50.0, 60.0, 65.0, 70.0, 79.0, 80.0, 84.0, 85.0, 90.0, 99.0, 7.0, math.nan]),
        st.sampled_from([0, 0, 0, BAD]),
    ),
    max_size=60,
)
EVENTS = st.lists(
    st.tuples(st.integers(0, 200), st.sampled_from(["lost", "up", *(limit.name for limit in LIMITS)])), max_size=10
)


def event_of(half: int, what: str, number: int) -> Event:
    if what in {"lost", "up"}:
        return link(half / 2, CONNECTION_LOST if what == "lost" else CONNECTION_UP)
    return ack(half / 2, what, who=f"p{number}")


@settings(max_examples=300)
@given(SAMPLES, EVENTS, st.lists(st.integers(0, 400), max_size=12), st.sets(st.integers(0, 12)))
def test_columns_say_what_a_reader_row_by_row_says(
    samples: list[tuple[int, float, int]], happened: list[tuple[int, str]], cuts: list[int], restores: set[int]
) -> None:
    specs = [spec(limit) for limit in LIMITS]
    events = sorted((event_of(*one, number) for number, one in enumerate(happened)), key=lambda e: e.time)
    newest = {half: (half / 2, value, status) for half, value, status in samples}
    rows = [newest[half] for half in sorted(newest)]
    scales = Scales({0: [Scale(FAR_PAST, 1.5, -30.0, (7.0,))]})
    whole = replace(step(rows, 300).rows, scales=scales)
    entries = [(number, event) for number, event in enumerate(events)]
    fold, ended, begin = Alarms(specs), [], BEGIN - SECOND
    for number, end in enumerate(sorted({at(half / 4) for half in cuts} | {at(130)})):
        records = fold.step(step_of(whole, entries, begin, end)).records
        assert all(begin <= record.end < end for record in records)
        ended += [occurrence_of(record) for record in records]
        begin = end
        if number in restores:
            saved = snapshot(fold.state)
            fold = Alarms(specs)
            fold.state = restore(fold.state, saved)
    reader_rows = [(at(row[0]), row[1], row[2] == BAD) for row in rows]
    readers = [Oracle(one).run(reader_rows, [e for e in events if _concerns(e, one)], at(130)) for one in specs]
    assert sorted(ended, key=_order) == sorted((one for reader in readers for one in reader.ended), key=_order)
    expected = [one for reader in readers if (one := reader.now(at(130))) is not None]
    assert sorted(fold.open(), key=_order) == sorted(expected, key=_order)


def _concerns(event: Event, one: AlarmSpec) -> bool:
    return event.kind != ALARM_ACKNOWLEDGED or str(event.body["id"]).startswith(f"{one.key}@")


def _order(one: Occurrence) -> tuple[str, int]:
    return one.key, one.start


@given(SAMPLES, EVENTS, st.lists(st.integers(0, 400), max_size=12))
def test_any_cutting_gives_the_bytes_of_one_pass(
    samples: list[tuple[int, float, int]], happened: list[tuple[int, str]], cuts: list[int]
) -> None:
    specs = [spec(limit) for limit in LIMITS]
    events = sorted((event_of(*one, number) for number, one in enumerate(happened)), key=lambda e: e.time)
    entries = [(number, event) for number, event in enumerate(events)]
    rows = step([(half / 2, value, status) for half, value, status in samples], 300).rows
    whole, parts, begin = Alarms(specs), Alarms(specs), BEGIN - MINUTE
    whole.step(step_of(rows, entries, begin, at(130)))
    for end in sorted({at(half / 4) for half in cuts} | {at(130)}):
        parts.step(step_of(rows, entries, begin, end))
        begin = end
    assert snapshot(parts.state) == snapshot(whole.state)
