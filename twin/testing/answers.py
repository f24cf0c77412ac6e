"""What a line says of itself: the answers of the API as frozen rows. Times are datetimes of the plant's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


def clock(time: datetime | None) -> str:
    """A time for a row: `08:12:05.250`, trailing zeros off."""
    if time is None:
        return "..."
    return f"{time:%H:%M:%S}" + (f".{time.microsecond:06d}".rstrip("0") if time.microsecond else "")


def stretch(time: datetime, end: datetime | None) -> str:
    """A stretch of time for a row: `Mon 08:12:05-08:14:00`, the day of the end where it is another."""
    day = f"{end:%a} " if end is not None and end.date() != time.date() else ""
    return f"{time:%a} {clock(time)}-{day}{clock(end)}"


class Row:
    """A row shows itself in one line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{self}>"


@dataclass(frozen=True, slots=True, repr=False)
class State(Row):
    """A machine was in a state over [time, end). end None: it still is. machine: its path without the plant."""

    machine: str
    state: str
    time: datetime
    end: datetime | None
    duration: timedelta

    def __str__(self) -> str:
        return f"{stretch(self.time, self.end)} {self.machine} {self.state}"


@dataclass(frozen=True, slots=True, repr=False)
class Stop(Row):
    """A machine stood although it should work. end None: it still does. duration: so far.

    micro: part of a stop shorter than the machine's `micro_stop`, so not counted as one.
    """

    machine: str
    state: str
    time: datetime
    end: datetime | None
    duration: timedelta
    micro: bool

    def __str__(self) -> str:
        return f"{stretch(self.time, self.end)} {self.machine} {self.state}" + (" (micro)" if self.micro else "")


@dataclass(frozen=True, slots=True)
class Counts:
    """Pieces of a machine over [start, end). None: no counter tells. unit: what one piece is."""

    machine: str
    start: datetime
    end: datetime
    unit: str
    total: int | None = None
    good: int | None = None
    reject: int | None = None
    rework: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Alarm(Row):
    """One time that an alarm was active, from `time` until `returned`. None: not (yet).

    tag: path without the plant. name, kind, limit, priority, text: of the plant file; limit in the tag's unit. peak:
    the value furthest past the limit. active: it has not returned. end: returned and acknowledged, or superseded.
    """

    tag: str
    name: str
    kind: str
    limit: float
    priority: int
    text: str
    time: datetime
    returned: datetime | None
    acknowledged: datetime | None
    by: str
    note: str
    end: datetime | None
    peak: float | None
    id: str

    @property
    def active(self) -> bool:
        """Whether the limit is passed now."""
        return self.returned is None and self.end is None

    def __str__(self) -> str:
        said = f" ({self.text})" if self.text else ""
        return f"{stretch(self.time, self.returned)} {self.tag} {self.name}{said}"


@dataclass(frozen=True, slots=True, repr=False)
class Alert(Row):
    """A machine that does not run as it had learnt. time: when it opened. end None: it is open.

    score: when it opened, 1 is the limit; peak: the highest since. tags: (path without the plant, share of what speaks
    against normal). onset: when it is thought to have begun. left: time left until the limit, as the first forecast
    said: (10 %, 50 %, 90 % probability that it is earlier), None where none could be made; forecast: it in words.
    """

    machine: str
    title: str
    time: datetime
    end: datetime | None
    score: float
    peak: float
    tags: tuple[tuple[str, float], ...]
    onset: datetime
    left: tuple[timedelta, timedelta, timedelta] | None
    forecast: str

    def __str__(self) -> str:
        return f"{stretch(self.time, self.end)} {self.title} (peak {self.peak:.1f})"


@dataclass(frozen=True, slots=True)
class Condition:
    """How a machine is judged. state: learning, watching, alert; off without `health` in the plant file; no_model
    when what it did could not be learnt. score: 1 is the limit, None before the first judged window. learnt: share of
    the running time that is learnt from. onset: when what it shows began, None while all is normal.
    """

    machine: str
    state: str
    score: float | None
    learnt: float
    onset: datetime | None
    tags: tuple[tuple[str, float], ...]
    forecast: str


@dataclass(frozen=True, slots=True, repr=False)
class Oee(Row):
    """One asset over one period, as GET /oee tells it. Figures: 1.0 is 100 %, None where not defined.

    availability, effectiveness, quality, oee and their kin are those of ISO 22400-2 (docs/explanation/oee.md).
    Elements in seconds: pot planned operation, pdot breaks, pbt planned busy, apt production, aust set-up, adet delay,
    adot idle, unknown, micro (in apt). Pieces: produced = good + reject + rework, of `unit`. flags: (code, text) of
    what to know before believing a figure. start, end: what the figures speak of.
    """

    asset: str
    name: str
    start: datetime
    end: datetime
    availability: float | None
    effectiveness: float | None
    quality: float | None
    oee: float | None
    nee: float | None
    teep: float | None
    allocation_efficiency: float | None
    utilisation_efficiency: float | None
    technical_efficiency: float | None
    setup_ratio: float | None
    scrap_ratio: float | None
    rework_ratio: float | None
    throughput_per_h: float | None
    pot: float | None
    pdot: float | None
    pbt: float | None
    apt: float | None
    aust: float | None
    adet: float | None
    adot: float | None
    unknown: float | None
    micro: float | None
    produced: int | None
    good: int | None
    reject: int | None
    rework: int | None
    unit: str
    flags: tuple[tuple[str, str], ...]

    @property
    def time(self) -> datetime:
        """Start of the period."""
        return self.start

    def __str__(self) -> str:
        shown = ", ".join(f"{name} {_percent(getattr(self, name))}" for name in ("availability", "quality", "oee"))
        return f"{stretch(self.start, self.end)} {self.asset}: {shown}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
