import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.zone import Zone
from tests.unit.connectors.files.importing import of_text
from twin.core.errors import Misconfigured
from twin.core.instant import from_text, to_text

HOUR = 3600 * 10**9


def local(*texts):
    return np.array([from_text(text, naive_offset_s=0) for text in texts], dtype=np.int64)


def read(zone, *texts):
    return [to_text(int(instant)) for instant in zone.instants(local(*texts))]


def test_without_a_zone_wall_clock_time_is_utc():
    assert read(Zone(None), "2024-07-01 12:00") == ["2024-07-01T12:00:00Z"]


def test_summer_and_winter():
    assert read(Zone("Europe/Prague"), "2024-01-01 12:00", "2024-07-01 12:00") == [
        "2024-01-01T11:00:00Z",
        "2024-07-01T10:00:00Z",
    ]


def test_the_hour_that_comes_twice_is_told_apart_by_the_step_back():
    zone = Zone("Europe/Prague")
    walls = ("01:59", "02:00", "02:30", "02:59", "02:00", "02:30", "02:59", "03:00")
    utc = ("00:00", "00:30", "00:59", "01:00", "01:30", "01:59", "02:00")
    expected = ["2024-10-26T23:59:00Z", *(f"2024-10-27T{one}:00Z" for one in utc)]
    assert read(zone, *(f"2024-10-27 {wall}" for wall in walls)) == expected
    assert (zone.twice, zone.skipped) == (6, 0)


def test_the_hour_that_no_clock_showed_is_read_as_if_it_had_been_winter():
    zone = Zone("Europe/Prague")
    assert read(zone, "2024-03-31 01:59", "2024-03-31 02:30", "2024-03-31 03:00") == [
        "2024-03-31T00:59:00Z",
        "2024-03-31T01:30:00Z",
        "2024-03-31T01:00:00Z",
    ]
    assert zone.skipped == 1


@given(st.integers(0, 60 * 5), st.integers(1, 20))
def test_an_autumn_night_comes_back_whatever_the_chunks(cut, step):
    start = from_text("2024-10-26T22:30:00Z")
    instants = [start + minute * 60 * 10**9 for minute in range(0, 60 * 5, step)]
    walls = np.array([one + (2 if one < from_text("2024-10-27T01:00:00Z") else 1) * HOUR for one in instants])
    zone = Zone("Europe/Prague")
    at = cut % len(walls)
    assert [*zone.instants(walls[:at]).tolist(), *zone.instants(walls[at:]).tolist()] == instants


def test_a_zone_that_does_not_exist():
    with pytest.raises(Misconfigured, match="no time zone 'Prague'; write it like Europe/Prague"):
        Zone("Prague")


async def test_a_file_read_in_its_zone_says_what_was_doubtful(tmp_path):
    text = "time,a\n2024-10-27 02:30:00,1\n2024-10-27 02:30:00,2\n2024-03-31 02:30:00,3\n"
    found = await of_text(tmp_path, text, tz="Europe/Prague")
    assert found.kept.notices == [
        "1 times fall into the hour that Europe/Prague skips in spring",
        "2 times fall into the hour that Europe/Prague has twice in autumn",
        "1 samples share tag and time with another value; kept 1 ns apart",
    ]


async def test_a_time_with_its_own_zone_does_not_take_the_one_given(tmp_path):
    found = await of_text(tmp_path, "time,a\n2024-07-01T12:00:00Z,1\n2024-07-01 14:30:00,2\n", tz="Europe/Prague")
    assert [to_text(row[1]) for row in found.rows] == ["2024-07-01T12:00:00Z", "2024-07-01T12:30:00Z"]
