"""The plant as it stands in the model: frozen, checked, templates filled in. Nothing here reads YAML or a wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from twin.core.instant import MINUTE, SECOND
from twin.core.plugin import ConnectionSpec, OutletSpec, TagAddress
from twin.model.globs import takes
from twin.model.rule import Rule
from twin.model.week import SpecialDay, WeekTimes


@dataclass(frozen=True, slots=True)
class Counter:
    """How a counter tag counts.

    wraps: the number after which it starts at 0 again (65536 for 16 bits), 0 when it does not wrap.
    resets: `order` or `any` when it may fall to a lower number and count on from there; `never` otherwise, then a
    fall is a jump. pulse: every sample of value 1 is one piece (no running total on the wire).
    limit: more pieces than this in one step is a jump (a PLC restart), not production; 0: half of `wraps` or none.
    """

    wraps: int = 0
    resets: str = "any"
    pulse: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """One alarm of a tag.

    name: unique among the alarms of its tag; with the tag's path it is the alarm's key: `TAG~NAME`. kind: high, low,
    stale. limit: in the tag's unit; of a stale alarm the seconds of silence. deadband: in the tag's unit. delay,
    off_delay, silence: ns. priority: 1 is the most urgent. text: what to tell people, '' for nothing.
    """

    name: str
    kind: str
    limit: float
    deadband: float = 0.0
    delay: int = 0
    off_delay: int = 0
    silence: int = 0
    priority: int = 3
    text: str = ""


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """What may be written to a tag, in its unit. A tag without it is never written.

    values: the only ones, empty where low and high say it. step: longest way from the present value, 0: any. every: ns
    between two writes. states: of the machine in which it may be written, empty: any. role: `operate` or `engineer`.
    """

    low: float = 0.0
    high: float = 0.0
    values: tuple[float, ...] = ()
    step: float = 0.0
    every: int = SECOND
    states: tuple[str, ...] = ()
    role: str = "engineer"


@dataclass(frozen=True, slots=True)
class Thin:
    """Which rows of a tag go once they are older than `after` (ns): see twin.core.thinning. In the tag's unit; longest:
    ns, 0: any.
    """

    after: int
    exception: float = 0.0
    deviation: float = 0.0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class DatedScale:
    """How a tag's wire numbers were to be read over a span of time: value = wire * factor + offset.

    [start, end) in ns; end FAR_FUTURE where it is still so. bad: wire numbers that meant "no value".
    """

    start: int
    end: int
    factor: float = 1.0
    offset: float = 0.0
    bad: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TagSpec:
    """One tag of the model: what it means. Its samples in the log keep the wire's number; this turns it into a value.

    path: full ISA-95 path. unit: as written in the file. factor, offset: value = wire * factor + offset.
    bad: wire numbers that mean "no value" (sentinels such as 32767). was: full path it had before, '' for none; the
    series goes on under the new one. interpolation: `stepped` (a value holds until the next sample) or `sloped` (the
    line between two samples counts). alarms: its limits, names unique. write: None, it is read only. thin: None, all
    its rows stay. scales: spans of time, ascending and apart, in which another scale counts than `factor`, `offset`
    and `bad`: a wrong factor is mended for the past by one of them. shared: another tag may be read from the same
    place. compute: what a computed tag is made of, tags by
    full paths; such a tag has no connection ('') and no sample in the log. written: keys of its meaning (raw, range,
    counter, alarms, ..) as the file has them.
    """

    path: str
    connection: str
    address: TagAddress
    type: str = "number"
    unit: str = ""
    factor: float = 1.0
    offset: float = 0.0
    bad: tuple[float, ...] = ()
    counter: Counter | None = None
    display: str = ""
    was: str = ""
    interpolation: str = "stepped"
    alarms: tuple[Limit, ...] = ()
    write: WriteLimits | None = None
    thin: Thin | None = None
    scales: tuple[DatedScale, ...] = ()
    compute: Rule | None = None
    shared: bool = False
    written: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)


@dataclass(frozen=True, slots=True)
class StateModel:
    """How a machine's state is found: rules, the first that holds; then, if none does, a table from a state number.

    rules: (condition, state); a condition of None always holds. table: wire number -> state; value: path of the tag.
    A number that is not in the table means unknown.
    """

    rules: tuple[tuple[Rule | None, str], ...] = ()
    table: Mapping[int, str] = field(default_factory=dict[int, str])
    value: str = ""


@dataclass(frozen=True, slots=True)
class Machine:
    """A work unit (ISA-95): the machine of a line. path: full; tags: local name -> full path, in file order.

    makes: what one count is; pieces: how many `made_of` are in one (12 bottle in a case), 1 and '' if it is not said.
    counts: total, good, reject, rework -> full path of a counter. micro_stop: ns; shorter stops are lost speed.
    health: models as data, keys of twin.model.keys.HEALTH_KEYS, tags by full path.
    """

    path: str
    name: str
    type: str
    tags: Mapping[str, str]
    makes: str = "piece"
    pieces: int = 1
    made_of: str = ""
    counts: Mapping[str, str] = field(default_factory=dict[str, str])
    state: StateModel | None = None
    micro_stop: int = MINUTE
    health: tuple[Mapping[str, object], ...] = ()
    display: str = ""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Room for pieces between two stations of the flow."""

    capacity: int
    unit: str


@dataclass(frozen=True, slots=True)
class Line:
    """A work centre: machines in the order of the flow, then those that are not in it.

    flow: each station is machine paths side by side, or a Buffer. output: paths of machines whose good pieces are the
    line's. product: full path of the tag that shows the product's code, '' for none.
    """

    path: str
    name: str
    machines: tuple[Machine, ...]
    flow: tuple[tuple[str, ...] | Buffer, ...] = ()
    output: tuple[str, ...] = ()
    product: str = ""
    display: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """What a line makes. code: the number the recipe tag shows; ideal: machine or type -> ns per piece.

    dated: machine or type -> (since when, ns per piece), ascending: they stand above `ideal` from then on.
    """

    name: str
    code: int | None = None
    ideal: Mapping[str, int] = field(default_factory=dict[str, int])
    dated: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict[str, tuple[tuple[int, int], ...]])


@dataclass(frozen=True, slots=True)
class Feed:
    """What an outlet gets of the log.

    tags: globs, full path or without the plant; empty: all. begin: `start` of the log or `now`, for an outlet that is
    new. most_rows, most_age: so many rows of the log, or rows recorded so long ago (ns), wait for it at most; 0: as
    many as there are. was: its former name, '' for none.
    """

    spec: OutletSpec
    tags: tuple[str, ...] = ()
    begin: str = "start"
    most_rows: int = 0
    most_age: int = 0
    was: str = ""

    @property
    def wire(self) -> bool:
        """Whether it gets the numbers of the log and not values in the tag's unit."""
        return self.spec.settings.get("values") == "wire"


@dataclass(frozen=True, slots=True)
class TagGroup:
    """Tags whose samples are kept for an age of their own. tags: globs over paths. keep: ns."""

    name: str
    tags: tuple[str, ...]
    keep: int


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long what is kept. keep: ns, None for ever: of all but the tags of a group. prefix: the plant's path."""

    keep: int | None = None
    groups: tuple[TagGroup, ...] = ()
    prefix: str = ""

    @property
    def forgets(self) -> bool:
        """Whether anything is ever forgotten."""
        return self.keep is not None or bool(self.groups)

    @property
    def shortest(self) -> int | None:
        """The age (ns) at which the first of all is forgotten, None for never."""
        ages = (self.keep, *(group.keep for group in self.groups))
        return min((age for age in ages if age is not None), default=None)

    def group_of(self, tag: str) -> str:
        """The first group that takes a tag, '' for none."""
        return next((group.name for group in self.groups if takes(group.tags, self.prefix)(tag)), "")


@dataclass(frozen=True, slots=True)
class Site:
    """A site or an area in it (ISA-95), with the hours that count for all that stands below it.

    path: full, '' for a plant without a name. What it does not say itself is filled in from above. shifts: name ->
    times of the week, `breaks` among them. calendar: days on which they are others.
    """

    path: str
    timezone: str
    shifts: Mapping[str, tuple[WeekTimes, ...]] = field(default_factory=dict[str, tuple[WeekTimes, ...]])
    calendar: Mapping[date, SpecialDay] = field(default_factory=dict[date, SpecialDay])
    display: str = ""


@dataclass(frozen=True, slots=True)
class Plant:
    """The whole model. digest: SHA-256 of the text it came from; text: that text (the event `plant.loaded` keeps it).

    path: '' when the file names none. tags: full path -> spec, flat tags too, in file order. shifts, calendar: as
    those of a Site; sites: full path -> what has hours of its own. The units of re-fold are computed in
    twin.model.units.
    """

    path: str
    timezone: str
    connections: Mapping[str, ConnectionSpec]
    tags: Mapping[str, TagSpec]
    lines: tuple[Line, ...]
    products: Mapping[str, Product] = field(default_factory=dict[str, Product])
    shifts: Mapping[str, tuple[WeekTimes, ...]] = field(default_factory=dict[str, tuple[WeekTimes, ...]])
    calendar: Mapping[date, SpecialDay] = field(default_factory=dict[date, SpecialDay])
    sites: Mapping[str, Site] = field(default_factory=dict[str, Site])
    text: str = ""
    digest: str = ""
    outlets: Mapping[str, Feed] = field(default_factory=dict[str, Feed])
    keeping: Keeping = Keeping()

    def machines(self) -> tuple[Machine, ...]:
        """All machines of all lines."""
        return tuple(machine for line in self.lines for machine in line.machines)

    def asset_of(self, tag: str) -> str:
        """Path of the machine that has a tag, else of the line it stands below, '' for none."""
        lines = [line for line in self.lines if tag == line.path or tag.startswith(f"{line.path}/")]
        machines = [machine.path for line in lines for machine in line.machines]
        found = [path for path in machines if tag == path or tag.startswith(f"{path}/")]
        return max([*found, *(line.path for line in lines)], key=len, default="")

    def site_of(self, path: str) -> Site:
        """The nearest site or area at or above a full path; the plant itself where there is none."""
        above = path
        while above and above not in self.sites:
            above = above.rpartition("/")[0]
        return self.sites[above] if above else Site(self.path, self.timezone, self.shifts, self.calendar)

    def addresses(self, connection: str) -> tuple[TagAddress, ...]:
        """Where the tags of a connection are found, in file order: what its plug-in is built with."""
        return tuple(tag.address for tag in self.tags.values() if tag.connection == connection)

    def short(self, path: str) -> str:
        """A path for people: without the plant before it."""
        return path.removeprefix(f"{self.path}/") if self.path else path
