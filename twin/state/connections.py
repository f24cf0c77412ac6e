"""Which connections are up, since when, and why not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from twin.core.event import CONNECTION_LOST, CONNECTION_UP
from twin.core.fold import Fold, Outputs, Record, Step
from twin.core.state import rows

NEVER, UP, DOWN = 0, 1, 2
"""Values of column `link`."""


class Connections(Fold):
    """State `connection`: link, since, cause. Emits a record `outage` when a lost connection is back.

    One row for each (unit, connection): units never share state, even where they share a cable.
    """

    name = "connections"

    def __init__(self, connections: Sequence[tuple[int, str]]) -> None:
        self.connections = list(connections)
        units = np.array([unit for unit, _ in connections], dtype=np.int32)
        self.state = {"connection": rows(units, link=np.int8, since=np.int64, cause=np.object_)}

    def step(self, step: Step) -> Outputs:
        """Follow the events of [t0, t1)."""
        records: list[Record] = []
        state = self.state["connection"]
        for event in step.events:
            if event.kind not in {CONNECTION_UP, CONNECTION_LOST}:
                continue
            link = UP if event.kind == CONNECTION_UP else DOWN
            for row, (_, connection) in enumerate(self.connections):
                if connection != event.subject or int(state.link[row]) == link:
                    continue
                records += self.closing("connection", np.array([row]), event.time)
                state.link[row] = link
                state.since[row] = event.time
                state.cause[row] = str(event.body.get("cause", "")) if link == DOWN else None
        return Outputs(records)

    def row_keys(self) -> Mapping[str, Sequence[Hashable]]:
        """Unit and connection."""
        return {"connection": self.connections}

    def closing(self, table: str, rows: NDArray[np.intp], at: int) -> list[Record]:
        """The outages that end."""
        state = self.state[table]
        return [
            Record(unit, "outage", connection, int(state.since[row]), at, (("cause", state.cause[row]),))
            for row, (unit, connection) in ((row, self.connections[row]) for row in rows.tolist())
            if int(state.link[row]) == DOWN
        ]
