"""NormalModel: what a machine is like when nothing is wrong, as constants.

Fitted outside the folds (twin.health.learn), carried by the event `model.learnt`, never fitted again on replay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

NAME = "normal_behaviour"

Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NormalModel:
    """Constants of one watch; a row or a column for each of its tags, in their order.

    A quick tag i is expected at centre[i] + sum over the temperatures j of slope[i][j] * (x[j] - centre[j]), x[j] held
    within [low[j], high[j]]: a temperature says nothing beyond what was learnt. z is the distance from it in units of
    scale[i]. phi: weights of pairs of z (0 for temperatures); d = sqrt(z' phi z). limit_raw, limit_smooth: what d may
    be in one window, and that of the smoothed z. A temperature is normal up to high[j], and too high past margin more.
    moves[i]: it never stood still for a window while it was learnt, so one in which it does says nothing of it.
    """

    centre: Row
    slope: tuple[Row, ...]
    low: Row
    high: Row
    scale: Row
    phi: tuple[Row, ...]
    limit_raw: float
    limit_smooth: float
    slow: tuple[int, ...]
    moves: tuple[int, ...]

    @property
    def digest(self) -> str:
        """Names these constants: 16 hex digits."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def body(self) -> dict[str, Any]:
        """As JSON values; floats come back to the bit."""
        return json.loads(json.dumps(asdict(self)))

    @staticmethod
    def of_body(body: Mapping[str, Any]) -> NormalModel:
        """The model of an event's constants. Raises KeyError, TypeError or ValueError for what is none."""
        return NormalModel(
            centre=_row(body["centre"]),
            slope=tuple(_row(row) for row in body["slope"]),
            low=_row(body["low"]),
            high=_row(body["high"]),
            scale=_row(body["scale"]),
            phi=tuple(_row(row) for row in body["phi"]),
            limit_raw=float(body["limit_raw"]),
            limit_smooth=float(body["limit_smooth"]),
            slow=tuple(int(one) for one in body["slow"]),
            moves=tuple(int(one) for one in body["moves"]),
        )


def _row(values: Sequence[float]) -> Row:
    return tuple(float(value) for value in values)
