"""What the fold of alarms knows of each alarm: its limit, and how its tag is read."""

from __future__ import annotations

from dataclasses import dataclass

from twin.model.plant import Limit

HIGH, LOW, STALE = "high", "low", "stale"


@dataclass(frozen=True, slots=True)
class AlarmSpec:
    """One alarm. unit: number of the unit. tag: id; path: full path of the tag.

    numeric: NaN means that there is no value; a text has none.
    """

    unit: int
    tag: int
    path: str
    connection: str
    limit: Limit
    numeric: bool = True
    more: tuple[str, ...] = ()
    """The other connections of a computed tag that is made of tags of several."""

    @property
    def key(self) -> str:
        """`TAG~NAME`: unique in the plant; no path has a `~`."""
        return f"{self.path}~{self.limit.name}"

    @property
    def sign(self) -> float:
        """1 for a limit from below, -1 for one from above: then every limit is one from below."""
        return -1.0 if self.limit.kind == LOW else 1.0


def key_of(id: str) -> str:
    """The alarm that an occurrence's id `TAG~NAME@START` belongs to."""
    return id.partition("@")[0]
