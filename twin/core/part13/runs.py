"""Some rows of a tag by interval, and what is counted, compared and added up over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin.core.window import Number, window_sum


@dataclass(frozen=True, eq=False)
class Runs:
    """Rows in time order (row: where each stands among all); interval i has bound[i]:bound[i + 1]."""

    row: NDArray[np.intp]
    time: NDArray[np.int64]
    value: NDArray[np.float64]
    bound: NDArray[np.intp]

    @cached_property
    def count(self) -> NDArray[np.intp]:
        """How many rows lie in each interval."""
        return np.diff(self.bound)

    @cached_property
    def some(self) -> NDArray[np.bool_]:
        """Which intervals have a row."""
        return self.count > 0

    @cached_property
    def inside(self) -> slice:
        """The rows that lie in any interval."""
        return slice(int(self.bound[0]), int(self.bound[-1]))

    def total(self, column: NDArray[Number]) -> NDArray[Number]:
        """The sum over each interval of a column of the rows inside, 0 where there is no row."""
        found = np.zeros(len(self.count), column.dtype)
        found[self.some] = window_sum(column, self._starts)
        return found

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """The mean value of each interval, NaN where there is no row."""
        with np.errstate(invalid="ignore"):
            return self.total(self.value[self.inside]) / self.count

    @cached_property
    def least(self) -> NDArray[np.float64]:
        """The least value of each interval, NaN where there is no row."""
        return self._reduced(np.minimum)

    @cached_property
    def greatest(self) -> NDArray[np.float64]:
        """The greatest value of each interval, NaN where there is no row."""
        return self._reduced(np.maximum)

    def equal_to(self, one: NDArray[np.float64]) -> NDArray[np.int64]:
        """How many rows of each interval have that value of the interval."""
        return self.total((self.value[self.inside] == np.repeat(one, self.count)).astype(np.int64))

    @cached_property
    def _starts(self) -> NDArray[np.intp]:
        return self.bound[:-1][self.some] - self.bound[0]

    def _reduced(self, of: np.ufunc) -> NDArray[np.float64]:
        found = np.full(len(self.count), np.nan)
        if len(self._starts):
            found[self.some] = of.reduceat(self.value[self.inside], self._starts)
        return found
