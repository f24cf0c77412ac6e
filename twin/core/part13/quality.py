"""Status codes of processed values: severity by Part 13 5.4.3.2, aggregate bits by 5.3.3 (OPC 10000-4, 7.39.1)."""

from __future__ import annotations

from enum import IntEnum

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


class Quality(IntEnum):
    """What a row, a bounding value or a stretch of time counts as, by the settings."""

    GOOD = 0
    UNCERTAIN = 1
    BAD = 2


def by_share(
    good: NDArray[np.int64], bad: NDArray[np.int64], whole: NDArray[np.int64], config: Config
) -> NDArray[np.uint32]:
    """Good, UncertainDataSubNormal or Bad from how much (rows or ns) of the whole is Good and how much is Bad.

    What is Uncertain and not taken as Bad counts as neither. With percent_good = 100 - percent_bad the Good alone
    decides (4.2.1.2). A whole of 0 is Good.
    """
    is_good = good * 100.0 >= config.percent_good * whole.astype(np.float64)
    is_bad = (bad > 0) & (bad * 100.0 >= config.percent_bad * whole.astype(np.float64))
    if config.percent_good == 100 - config.percent_bad:
        is_bad[:] = False
    return np.where(is_bad, BAD, np.where(is_good, GOOD, UNCERTAIN_SUB_NORMAL)).astype(np.uint32)


def coded(quality: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The status code of a quality: Good, UncertainDataSubNormal, BadNoData."""
    return np.array([GOOD, UNCERTAIN_SUB_NORMAL, BAD_NO_DATA], np.uint32)[quality]


def flagged(status: NDArray[np.uint32], bits: int, where: NDArray[np.bool_] | bool = True) -> NDArray[np.uint32]:
    """The status with these bits set where said; a Bad one stays as it is, for there is no value to describe."""
    return np.where(where & ~is_bad(status), status | np.uint32(bits), status)


def no_data(intervals: int) -> NDArray[np.uint32]:
    """BadNoData for every interval."""
    return np.full(intervals, BAD_NO_DATA, np.uint32)
