"""Rows of one tag and time stay apart, exact repeats are left out, within a message and from one to the next."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from connectors.opcua.decode.repeats import STANDS, Apart, Came
from connectors.opcua.decode.rows import Rows
from twin.core.batch import texts

SAMPLE = tuple[int, int, float, str | None]


def rows(*samples: SAMPLE, arrival: int = 0, own: list[int] | None = None) -> Rows:
    """One message of (tag, time, value, text), each of Good status."""
    made = Rows(arrival=arrival)
    text = np.empty(len(samples), dtype=object)
    text[:] = [s[3] for s in samples]
    made.extend(
        np.array([s[0] for s in samples], dtype=np.int32),
        np.array([s[1] for s in samples], dtype=np.int64),
        np.array([s[2] for s in samples], dtype=np.float64),
        np.zeros(len(samples), dtype=np.uint32),
        text,
        None if own is None else np.array(own, dtype=np.int64),
    )
    return made


def listed(made: Rows, before: Apart | None = None) -> list[SAMPLE]:
    batch = made.batch("c", before)
    if batch is None:
        return []
    return list(zip(batch.tag.tolist(), batch.time.tolist(), batch.value.tolist(), texts(batch), strict=True))


def test_other_values_of_one_instant_get_the_next_free_nanosecond() -> None:
    made = rows((1, 50, 1.0, None), (1, 50, 2.0, None), (1, 50, 1.0, None), (2, 50, 1.0, None), (1, 51, 9.0, None))
    assert [time for tag, time, *_ in listed(made) if tag == 1] == [50, 51, 52, 53]


def test_an_exact_repeat_is_counted_and_left_out() -> None:
    made = rows(
        (1, 50, 1.0, None), (1, 50, 1.0, None), (1, 51, 1.0, None), (2, 5, math.nan, "a"), (2, 5, math.nan, "a")
    )
    assert [row[:2] for row in listed(made)] == [(1, 50), (1, 51), (2, 5)]
    assert made.repeats == 2


def test_a_message_that_repeats_the_last_one_adds_nothing() -> None:
    before = Apart()
    message = [(1, 50, 1.0, None), (2, 50, math.nan, "text")]
    assert len(listed(rows(*message), before)) == 2
    again = rows(*message)
    assert listed(again, before) == []
    assert again.repeats == 2
    assert [row[1:2] + row[3:] for row in listed(rows((2, 50, math.nan, "other")), before)] == [(51, "other")]


def test_values_of_a_clock_of_whole_seconds_are_all_kept_in_order() -> None:
    before = Apart()
    times = [listed(rows((1, 50, float(n), None)), before)[0][1] for n in range(5)]
    assert times == [50, 51, 52, 53, 54]
    assert listed(rows((1, 60, 9.0, None)), before)[0][1] == 60


def test_what_was_not_durable_comes_again_at_the_same_times() -> None:
    before = Apart()
    listed(rows((1, 50, 0.0, None)), before)
    before.durable(before.mark)
    first = [listed(rows((1, 50, float(n), "t")), before) for n in (1, 2)]
    before.coming_back()
    assert [listed(rows((1, 50, float(n), "t")), before) for n in (1, 2)] == first
    assert listed(rows((1, 50, 2.0, "t")), before) == []


def test_a_sample_by_our_clock_is_a_repeat_by_its_own() -> None:
    before = Apart()
    assert len(listed(rows((1, 900, 5.0, None), (1, 900, 5.0, None), own=[50, 60]), before)) == 2
    assert listed(rows((1, 950, 5.0, None), own=[60]), before) == []


def test_a_clock_that_stands_is_known_until_it_moves() -> None:
    before = Apart()
    for n in range(5):
        listed(rows((1, 50, float(n), None), arrival=n * STANDS // 2), before)
    assert before.standing == {1}
    listed(rows((1, 51 + STANDS, 9.0, None), arrival=4 * STANDS), before)
    assert before.standing == set()


MESSAGES = st.lists(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from([0.0, 1.0, math.nan])), max_size=6),
    max_size=5,
)


@given(MESSAGES)
def test_no_tag_has_two_rows_of_one_time_unless_the_source_went_back(
    messages: list[list[tuple[int, int, float]]],
) -> None:
    """As one store sees it: of each tag the newest stamp's rows, and within a message every row."""
    before = Apart()
    for message in messages:
        made = rows(*((tag, time * 100, value, None) for tag, time, value in message))
        kept = listed(made, before)
        assert len({row[:2] for row in kept}) == len(kept)
        assert len(kept) + made.repeats == len(message)


def test_what_came_is_not_changed() -> None:
    came = rows((1, 50, 1.0, None), (1, 50, 2.0, None))
    piece: Came = came.pieces[0]
    came.batch("c")
    assert piece.time.tolist() == [50, 50]


@given(MESSAGES, st.lists(st.sampled_from(["durable", "back", "on"]), min_size=5, max_size=5))
def test_what_is_noted_down_later_is_the_same(messages: list[list[tuple[int, int, float]]], then: list[str]) -> None:
    """One that notes down each message at once beside one that waits."""
    waits, notes = Apart(), Apart()
    for message, what in zip(messages, then, strict=False):
        kept = []
        for one in (waits, notes):
            kept.append(str(listed(rows(*((tag, time * 100, value, None) for tag, time, value in message)), one)))
            if what == "durable":
                one.durable(one.mark)
            if what == "back":
                one.coming_back()
        assert kept[0] == kept[1]
        notes.note()
    waits.note()
    assert waits.newest.tobytes() == notes.newest.tobytes()
    assert waits.given.tolist() == notes.given.tolist()


def test_tags_that_come_in_changing_company_keep_their_newest_sample() -> None:
    before = Apart()
    for tags, time in (((1, 5, 9), 1), ((5, 6), 2), ((1, 6, 9), 3)):  # the first and the last are of one length
        listed(rows(*((tag, time, 1.0, None) for tag in tags)), before)
        before.durable(before.mark)
    assert listed(rows((5, 2, 7.0, None)), before)[0][1] == 3


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.sampled_from([1.0, 2.0, math.nan])), min_size=1),
        min_size=1,
    ),
    st.booleans(),
)
def test_each_tag_fares_as_if_it_came_alone(messages: list[list[tuple[int, int, float]]], by_arrival: bool) -> None:
    def kept(tags: set[int]) -> list[tuple[int, str]]:
        """What is kept of tag 0, its value written down: NaN equals NaN so."""
        before, found = Apart(), list[SAMPLE]()
        for arrival, message in enumerate(messages, start=10):
            mine = [one for one in message if one[0] in tags]
            if mine:
                samples = [(tag, arrival if by_arrival else time, value, None) for tag, time, value in mine]
                own = [time for _, time, _ in mine] if by_arrival else None
                found += listed(rows(*samples, arrival=arrival, own=own), before)
                before.durable(before.mark)
        return [(time, repr(value)) for tag, time, value, _ in found if tag == 0]

    assert kept({0, 1, 2, 3}) == kept({0})
