"""Columns: many records in little time, as a store gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Records as columns of equal length. key: place among the keys asked for; data: place in `distinct`."""

    key: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    data: NDArray[np.int32]
    distinct: Sequence[Mapping[str, Any]]
