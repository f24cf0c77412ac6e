"""Files cut and bits flipped, a few of each: found and named, the rest read, never another value."""

from __future__ import annotations

from tests.faults.damage import damaged


def test_what_is_damaged_is_named_and_never_served(tmp_path):
    found = damaged(40, 1, tmp_path, every=409)
    print(found)
    assert found.problems() == [], found
    assert found.more["named"] > 30, found
