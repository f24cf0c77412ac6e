"""What goes in and what comes out, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Columns(Protocol):
    """Rows of one tag by time, one per time: `Samples` are such. A row without a value (NaN) counts as Bad."""

    @property
    def time(self) -> NDArray[np.int64]:
        """When, ns since 1970 UTC."""
        ...

    @property
    def value(self) -> NDArray[np.float64]:
        """The value, NaN where there is none."""
        ...

    @property
    def status(self) -> NDArray[np.uint32]:
        """OPC UA StatusCode."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Processed:
    """One aggregate by interval. value: NaN where there is none. status: StatusCode with the aggregate bits."""

    value: NDArray[np.float64]
    status: NDArray[np.uint32]
