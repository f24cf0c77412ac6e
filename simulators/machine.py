"""Machine: a station with physics and a face, and the names under which its values reach the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulators.agenda import PHYSICS_RANK, Agenda
from simulators.buffer import NEVER
from simulators.components.component import ComponentSpec, Series
from simulators.components.sensor import ABSENT, SensorSpec, Statuses
from simulators.condition import Condition
from simulators.counting import Counter, Pulse
from simulators.face import Face
from simulators.physics import OWN, Effort, Physics
from simulators.reports.machine_alarms import AlarmSpec
from simulators.reports.report import REASON, Report, watching
from simulators.samples import Samples
from simulators.setpoint import SetpointSpec
from simulators.station import Station, StationSpec
from simulators.stoppage import Phases
from simulators.truth import HEALTH_MS, MachineTruth

TURNS_WITHOUT_WORK = {
    Condition.STARVED, Condition.BLOCKED, Condition.IDLE, Condition.STARTING, Condition.COMPLETING, Condition.COMPLETE,
}  # fmt: skip

MINUTE_MS = 60_000
"""So often quantities act on the flow."""


@dataclass(frozen=True, slots=True)
class MachineSpec:
    """station: flow and stops. face: how it shows itself. infeed, outfeed: names of buffers; "": the end of the line.

    components in the order in which they act on each other; sensors: tag -> what it reads. idle_load: share of full
    load at which it turns on while it waits. settings: values that the face does not give, such as the number of a
    recipe: as they are at first, whoever sets them. repairs: component -> how it is repaired, else as the station says.

    pace: quantities whose product is the share of its pieces that it makes at the speed at which it turns (`pump.pace`,
    `belt.ratio`). reject_of: quantities that add to its share of bad pieces. Both are read each minute.

    alarms: cause of a stop, or component -> the alarm that it reports. rejects: cause -> share of the bad pieces. Both
    are shown by settings: see simulators.reports.report.

    setpoints: name -> the speed that may be asked of it, shown like a setting.

    repeat_s: everything but pulses is sent again this often (a machine on MQTT, for those who subscribe later);
    0: on change only.
    """

    station: StationSpec
    face: Face
    infeed: str = ""
    outfeed: str = ""
    components: Mapping[str, ComponentSpec] = field(default_factory=dict[str, ComponentSpec])
    sensors: Mapping[str, SensorSpec] = field(default_factory=dict[str, SensorSpec])
    idle_load: float = 0.2
    settings: Mapping[str, float] = field(default_factory=dict[str, float])
    repairs: Mapping[str, Phases] = field(default_factory=dict[str, Phases])
    pace: tuple[str, ...] = ()
    reject_of: tuple[str, ...] = ()
    alarms: Mapping[str, AlarmSpec] = field(default_factory=dict[str, AlarmSpec])
    rejects: Mapping[str, float] = field(default_factory=dict[str, float])
    setpoints: Mapping[str, SetpointSpec] = field(default_factory=dict[str, SetpointSpec])
    repeat_s: int = 0

    def __post_init__(self) -> None:
        given = {*OWN, *(f"{name}.{q}" for name, spec in self.components.items() for q in spec.gives)}
        asked = [(f"sensor {tag!r}", name) for tag, sensor in self.sensors.items() for name in sensor.of]
        asked += [("pace", name) for name in self.pace] + [("reject_of", name) for name in self.reject_of]
        for who, name in asked:
            if name not in given:
                known = ", ".join(sorted(given))
                raise ValueError(f"machine {self.name!r}: {who} reads {name!r}, which there is not; there are {known}")
        for name in self.repairs:
            if name not in self.components:
                raise ValueError(f"machine {self.name!r}: a repair of {name!r}, which is no component of it")
        twice = {name for name in self.values if self.values.count(name) > 1} | (self.components.keys() & self.sensors)
        if twice or "machine" in self.components or "jam" in {*self.components, *self.sensors}:
            raise ValueError(
                f"machine {self.name!r}: a name is taken twice: {', '.join(sorted(twice)) or 'jam, machine'}"
            )

    @property
    def name(self) -> str:
        """Its name within the line."""
        return self.station.name

    @property
    def values(self) -> tuple[str, ...]:
        """Names of all its values, in the order in which they are sent."""
        pulse = () if self.face.pulse is None else (self.face.pulse,)
        return (*self.face.shows, *pulse, *self.settings, *self.setpoints, *self.sensors)


class Machine:
    """One machine as it lives: looked at after every instant in which something changed.

    followed: called with each such instant (ms) when it is over; they may `show` what they found.
    """

    def __init__(
        self, path: str, spec: MachineSpec, station: Station, agenda: Agenda, seed: int, samples: Samples, rank: int
    ) -> None:
        self.path = path
        self.spec = spec
        self.station = station
        self.truth = MachineTruth(path, station)
        self.fails: Callable[[Machine, str], None] = unnoticed
        self.followed: list[Callable[[int], None]] = []
        self._start = agenda.now
        self._agenda = agenda
        self._rank = PHYSICS_RANK + rank
        self._samples = samples
        self._index = {name: samples.names.index(f"{path}/{name}") for name in spec.values}
        self._shown = [(place, self._index[n]) for place, n in enumerate(spec.face.shows) if n not in station.made]
        self._showed: Sequence[int] = ()
        self._counters = counters(spec, station, self._index)
        self._count_again: list[int] = []
        self._asked = {name: setpoint.first for name, setpoint in spec.setpoints.items()}
        self._physical = 1.0
        self._settings = {**spec.settings, **self._asked}
        self._set = dict(self._settings)
        self._again = True
        self._check = 0
        self.physics = Physics(spec.name, spec.components, spec.sensors, seed, agenda.now, self._sense)
        station.felt = self._feel
        self.report = Report(station, seed, spec.alarms, spec.rejects)
        if spec.alarms or spec.rejects or REASON in spec.settings:
            self.followed.append(watching(self.report, spec.settings, self.show))
        self._face = spec.face.wear(station, seed, self._wake)

    def begin(self) -> None:
        """Switch it on, and enter what happens at fixed times."""
        now = self._agenda.now
        self.station.begin()
        self._set_pace()
        if self.spec.components:
            self._agenda.at(now, self._rank, self._note_health)
            self._plan_check()
        if self.spec.pace or self.spec.reject_of:
            self._agenda.at(now + MINUTE_MS, self._rank, self._act_on_flow)
        if self.spec.repeat_s:
            self._agenda.at(now + 1000 * self.spec.repeat_s, self._rank, self._repeat)

    def show(self, setting: str, value: float) -> None:
        """Set a value that the face does not give. Raises KeyError for one that is not in the settings of the spec."""
        if self._settings[setting] != value:
            self._settings[setting] = self._set[setting] = value
            self.station.mark()

    def ask(self, setpoint: str, value: float) -> None:
        """Give it a setpoint. Raises KeyError for one that it has not, ValueError for a value that it does not take."""
        self.spec.setpoints[setpoint].check(value)
        self._asked[setpoint] = value
        self.truth.asked.append((self._agenda.now, setpoint, value))
        self.show(setpoint, value)
        self._set_pace()

    def live(self, before: int) -> None:
        """Bring physics and counters up to an instant (ms) before which everything has happened."""
        self.physics.live(before)
        for counter in self._counters:
            counter.tell(self._samples, self._count_again)
        self._count_again = []

    def touch(self, change: Callable[[], None]) -> None:
        """Change something in the physics now; seconds before now are lived through first. What fails by it is found
        when this instant ends.
        """
        self.physics.live(self._agenda.now)
        change()
        self._plan_check()
        if self.physics.failed():
            self._agenda.at(self._agenda.now, self._rank, self._look_at_physics, self._check)

    def replace(self, component: str) -> None:
        """A new component, now."""
        self.touch(self.physics.components[component].replace)

    def look(self, time: int) -> None:
        """Samples and truth of the instant that is now over."""
        values = self._face.look(time)
        self.truth.follow(time, self._face.state)
        for follow in self.followed:
            follow(time)
        samples = self._samples
        for place, index in self._shown:
            if self._again or values[place] != self._showed[place]:
                samples.put(index, time, values[place])
        self._showed = values
        if self._again:
            self._count_again.append(time)
        if self._set or self._again:
            for name, value in (self._settings if self._again else self._set).items():
                samples.put(self._index[name], time, value)
            self._set = {}
        self._again = self.station.dirty = False

    def _feel(self, time: int) -> None:
        condition, station = self.station.condition, self.station
        if condition is Condition.RUNNING:
            effort = Effort(1.0, station.spec.cycle_ms / station.cycle_ms, 1.0)
        elif condition in TURNS_WITHOUT_WORK and self.spec.idle_load > 0.0:
            effort = Effort(self.spec.idle_load, 1.0, 0.0)
        else:
            effort = Effort()
        self.physics.feel(time, effort)

    def _sense(self, times: NDArray[np.int64], read: Mapping[str, tuple[Series, Statuses]]) -> None:
        repeat = 1000 * self.spec.repeat_s
        again = (times - self._start) % repeat == 0 if repeat else None
        for tag, (value, status) in read.items():
            there = status != ABSENT
            if there.all():
                self._samples.put_rows(self._index[tag], times, value, status, again)
            else:
                rest = None if again is None else again[there]
                self._samples.put_rows(self._index[tag], times[there], value[there], status[there], rest)

    def _plan_check(self) -> None:
        self._check += 1
        due = self.physics.safe_ms()
        if due < NEVER:
            self._agenda.at(due, self._rank, self._look_at_physics, self._check)

    def _look_at_physics(self, check: int) -> None:
        if check != self._check:
            return
        self._live_through_now()
        for component in self.physics.failed():
            self.fails(self, component)
        self._plan_check()

    def _live_through_now(self) -> None:
        self._agenda.begin_physics()
        self.physics.live(self._agenda.now + 1)

    def _note_health(self, _: int) -> None:
        self._live_through_now()
        self.truth.note_health(self._agenda.now, self.physics.components)
        self._agenda.at(self._agenda.now + HEALTH_MS, self._rank, self._note_health)

    def _act_on_flow(self, _: int) -> None:
        self._live_through_now()
        newest, station = self.physics.newest, self.station
        if self.spec.pace:
            share = 1.0
            for name in self.spec.pace:
                share *= newest[name]
            self._physical = share
            self._set_pace()
        if self.spec.reject_of:
            station.spoil(station.spec.reject + sum(newest[name] for name in self.spec.reject_of))
        self._agenda.at(self._agenda.now + MINUTE_MS, self._rank, self._act_on_flow)

    def _set_pace(self) -> None:
        """Physics and what is asked of it, one on the other."""
        if not self.spec.pace and not self._asked:
            return  # somebody else may set its pace
        share = self._physical
        for asked in self._asked.values():
            share *= asked / 100.0
        self.station.pace(share)

    def _wake(self, time: int) -> None:
        self._agenda.at(time, self._rank, lambda _: self.station.mark())

    def _repeat(self, _: int) -> None:
        self._again = True
        self.station.mark()
        self._agenda.at(self._agenda.now + 1000 * self.spec.repeat_s, self._rank, self._repeat)


def counters(spec: MachineSpec, station: Station, index: Mapping[str, int]) -> list[Counter | Pulse]:
    """What its face shows of its pieces."""
    first = {"total": station.total, "reject": station.reject}
    wraps = {"total": spec.face.wraps}
    shown = [name for name in spec.face.shows if name in first]
    found: list[Counter | Pulse] = [Counter(index[n], station.made[n], first[n], wraps.get(n, 0)) for n in shown]
    if spec.face.pulse is not None:
        found.append(Pulse(index[spec.face.pulse], station.made["total"]))
    return found


def unnoticed(machine: Machine, component: str) -> None:
    """Stands where nobody writes down what fails."""
