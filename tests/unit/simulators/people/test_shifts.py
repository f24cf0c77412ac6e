"""When a line stands by the calendar."""

from simulators.people.shifts import BREAK, OFF_SHIFT, Calendar, ShiftSpec
from tests.unit.simulators.start import START

NOW = START // 10**6
HOUR = 3_600_000
DAYS = 24 * HOUR


def test_a_line_without_shifts_never_stands_by_them():
    assert Calendar(ShiftSpec()).standstill(NOW) is None
    always = ShiftSpec("Europe/Prague", ("06:00-14:00", "14:00-22:00", "22:00-06:00"))
    assert Calendar(always).standstill(NOW) is None


def test_breaks_and_nights_come_in_turn():
    spec = ShiftSpec("Europe/Prague", ("Mon-Fri 06:00-14:00",), ("Mon-Fri 10:00-10:15",))
    calendar = Calendar(spec)
    pause = calendar.standstill(NOW)
    assert (pause.why, pause.start, pause.end) == (BREAK, NOW + 4 * HOUR, NOW + 4 * HOUR + HOUR // 4)
    assert calendar.standstill(NOW + 4 * HOUR + 1).start == NOW + 4 * HOUR + 1  # it is on
    night = calendar.standstill(pause.end)
    assert (night.why, night.start, night.end) == (OFF_SHIFT, NOW + 8 * HOUR, NOW + DAYS)


def test_over_the_week_end_it_stands_until_monday():
    calendar = Calendar(ShiftSpec("Europe/Prague", ("Mon-Fri 06:00-14:00",)))
    week_end = calendar.standstill(NOW + 4 * DAYS + 9 * HOUR)
    assert week_end.end == NOW + 7 * DAYS
