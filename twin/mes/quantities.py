"""What the counters of a machine say together: produced, good, reject, rework (ISO 22400: PQ, GQ, SQ, RQ)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from twin.mes.elements import Pieces


def pieces_of(counted: Mapping[str, int], ideal_ns: int | None = None) -> Pieces:
    """The quantities of one product. counted: role -> pieces, only roles that have a counter.

    A piece that is to be worked on again is not good this time, so it is good once. Where nothing counts bad pieces,
    all count as good; `assumes_good` says so. ideal_ns: ideal run time of one piece (PRI).
    """
    good, reject, rework = counted.get("good"), counted.get("reject"), counted.get("rework")
    bad = (reject or 0) + (rework or 0)
    produced = counted.get("total", None if good is None else good + bad)
    if produced is None:
        return Pieces(reject=reject, rework=rework)
    if good is None:
        good = produced - bad
    elif reject is None and "total" in counted:
        reject = produced - good - (rework or 0)
    if produced == good == 0:
        return Pieces(produced, good, reject, rework, Fraction(0), Fraction(0))
    earned = None if ideal_ns is None else Fraction(produced * ideal_ns)
    return Pieces(produced, good, reject, rework, earned, None if ideal_ns is None else Fraction(good * ideal_ns))


def assumes_good(roles: Mapping[str, str]) -> bool:
    """Whether no counter tells good pieces from bad ones."""
    return "reject" not in roles and not {"total", "good"} <= roles.keys()


def disagree(pieces: Pieces) -> bool:
    """Whether the counters contradict each other."""
    p = pieces
    if p.produced is None or p.good is None:
        return False
    known = p.good + (p.reject or 0) + (p.rework or 0)
    return known != p.produced or min(p.good, p.reject or 0) < 0
