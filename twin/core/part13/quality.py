"""Status codes of processed values: severity by Part 13 5.4.3.2, aggregate bits by 5.3.3 (OPC 10000-4, 7.39.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.core.part13.config import Config
from twin.core.status import BAD, BAD_NO_DATA, GOOD, UNCERTAIN_SUB_NORMAL, is_bad

DATA_VALUE = 0x400
"""InfoType DataValue: says that the bits below mean something. A raw value without any keeps its own status."""
CALCULATED = DATA_VALUE | 0x01
INTERPOLATED = DATA_VALUE | 0x02
PARTIAL = DATA_VALUE | 0x04
MULTIPLE_VALUES = DATA_VALUE | 0x10


def by_share(good: NDArray[np.float64], bad: NDArray[np.float64], config: Config) -> NDArray[np.uint32]:
    """Good, UncertainDataSubNormal or Bad from the shares of Good and of Bad in each interval, 0 to 1.

    Without Bad it is Good. When percent_good = 100 - percent_bad both may apply: then percent_good counts (4.2.1.2).
    """
    is_good = (good * 100 >= config.percent_good) | (bad == 0)
    is_bad = (bad * 100 >= config.percent_bad) & (bad > 0)
    if config.percent_good == 100 - config.percent_bad:
        is_bad &= ~is_good
    severity = np.where(is_good, GOOD, UNCERTAIN_SUB_NORMAL)
    return np.where(is_bad, BAD, severity).astype(np.uint32)


def flagged(status: NDArray[np.uint32], bits: int, where: NDArray[np.bool_] | bool = True) -> NDArray[np.uint32]:
    """The status with these bits set where said; a Bad one stays as it is, for there is no value to describe."""
    return np.where(where & ~is_bad(status), status | np.uint32(bits), status)


def no_data(intervals: int) -> NDArray[np.uint32]:
    """BadNoData for every interval."""
    return np.full(intervals, BAD_NO_DATA, np.uint32)
