"""Columns of rows, and statuses by letter, as the tables and the oracle write them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.quality import CALCULATED, INTERPOLATED, MULTIPLE_VALUES, PARTIAL
from twin.core.status import BAD, UNCERTAIN, UNCERTAIN_SUB_NORMAL

LETTERS = {"C": CALCULATED, "I": INTERPOLATED, "P": PARTIAL, "M": MULTIPLE_VALUES}
LETTERS |= {"U": UNCERTAIN_SUB_NORMAL, "u": UNCERTAIN, "B": BAD}
STATUS = {"g": 0, "u": UNCERTAIN, "b": BAD}


@dataclass(frozen=True)
class Rows:
    """What `processed` reads."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    status: NDArray[np.uint32]
