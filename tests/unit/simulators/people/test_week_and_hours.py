"""Times of the week: as they are written, and as instants through a year with its two odd days."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.people.hours import NEVER, Hours, zone_of
from simulators.people.week import WeekTimes, parse_times

PRAGUE = "Europe/Prague"
MINUTE = 60_000


def ms(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def hours(*texts, zone=PRAGUE):
    return Hours(zone, [parse_times(text) for text in texts])


def test_times_are_read_as_people_write_them():
    assert parse_times("Mon-Fri 06:00-14:00") == WeekTimes((0, 1, 2, 3, 4), 360, 840)
    assert parse_times("Fri-Mon 22:00-06:00") == WeekTimes((0, 4, 5, 6), 1320, 360)
    assert parse_times("00:00-24:00") == WeekTimes((0, 1, 2, 3, 4, 5, 6), 0, 1440)


@pytest.mark.parametrize("text", ["Mon-Fri", "Mod 06:00-14:00", "06:00-06:00", "24:00-06:00", "06:00-25:00", "6-14"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="'"):
        parse_times(text)


def test_a_later_time_may_fall_on_the_next_day():
    night = parse_times("Sun 23:50-00:10")
    assert night.later(0) == night
    assert night.later(20) == WeekTimes((0,), 10, 30)
    assert parse_times("Mon 23:30-23:50").later(10) == WeekTimes((0,), 1420, 1440)


def test_a_shift_begins_and_ends_by_the_clock_on_the_wall():
    early = hours("Mon-Fri 06:00-14:00")
    monday = ms("2025-11-10T06:00", PRAGUE)
    assert not early.holds(monday - 1)
    assert early.begin(monday - 1) == monday
    assert early.holds(monday)
    assert early.end(monday) == monday + 8 * 60 * MINUTE
    friday = ms("2025-11-14T14:00", PRAGUE)
    assert early.begin(friday) == monday + 7 * 24 * 60 * MINUTE


@pytest.mark.parametrize(("day", "length"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-20", 8)])
def test_the_night_of_the_clock_change_is_an_hour_shorter_or_longer(day, length):
    night = hours("Mon-Sun 22:00-06:00")
    start = ms(f"{day}T22:00", PRAGUE)
    assert night.end(start) - start == length * 60 * MINUTE


def test_shifts_that_touch_are_one_and_round_the_clock_never_ends():
    both = hours("Mon 06:00-14:00", "Mon 14:00-22:00")
    start = ms("2025-11-10T06:00", PRAGUE)
    assert both.end(start) == start + 16 * 60 * MINUTE
    always = hours("Mon-Sun 06:00-18:00", "Mon-Sun 18:00-06:00")
    assert always.end(start) == NEVER
    assert always.next_begin(start) == NEVER
    assert hours().begin(start) == NEVER
    assert hours().end(start) == start


@given(st.integers(ms("2025-01-01T00:00"), ms("2027-01-01T00:00")))
def test_the_same_hours_as_by_asking_the_wall(now):
    shift, zone = hours("Mon-Fri 06:00-14:00"), ZoneInfo(PRAGUE)

    def wall_says(instant):
        local = datetime.fromtimestamp(instant / 1000, UTC).astimezone(zone)
        return local.weekday() < 5 and 6 <= local.hour < 14

    assert shift.holds(now) == wall_says(now)
    begin, end = shift.begin(now), shift.end(now)
    assert wall_says(begin)
    assert begin == now or not wall_says(begin - 1)
    assert not wall_says(end)
    assert end == now or wall_says(end - 1)


def test_a_zone_that_is_none_is_named():
    with pytest.raises(ValueError, match="no time zone 'Europe/Brno'"):
        zone_of("Europe/Brno")
