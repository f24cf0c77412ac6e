"""Bad pieces by cause."""

import pytest

from simulators.reports.rejects import Rejects
from simulators.streams import stream


def test_every_bad_piece_has_one_cause_in_the_shares_asked_for():
    rejects = Rejects({"underfill": 3.0, "no cap": 1.0}, stream(1, "rejects"))
    for now in range(2000):
        rejects.count(now % 3, now)
    counts = {cause: len(times) for cause, times in rejects.times.items()}
    assert sum(counts.values()) == sum(now % 3 for now in range(2000))
    assert counts["underfill"] / counts["no cap"] == pytest.approx(3.0, rel=0.15)
    assert all(list(times) == sorted(times) for times in rejects.times.values())


def test_a_machine_that_does_not_know_why_counts_nothing():
    rejects = Rejects({}, stream(1, "rejects"))
    rejects.count(5, 1)
    assert rejects.times == {}


def test_a_share_is_more_than_nothing():
    with pytest.raises(ValueError, match="'dent' has the share 0"):
        Rejects({"dent": 0}, stream(1, "rejects"))
