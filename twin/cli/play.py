"""What `twin simulate` was asked to play: a line or a scenario, all of it tried before anything starts."""

from __future__ import annotations

import argparse
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.cli import replay
from twin.core.errors import Misconfigured
from twin.core.instant import MILLISECOND, duration, duration_text, from_text
from twin.core.simulated import SimulatedLine, SimulatedRun
from twin.runtime import plugins

_BROKER = re.compile(r".+:\d+")
LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Play:
    """One life of a line. start: ns. length: ns of its time, None: without end. faults: (what, at, until)."""

    line: SimulatedLine
    life: SimulatedRun
    seed: int
    start: int
    length: int | None
    nasty: tuple[str, ...]
    faults: tuple[tuple[str, int, int | None], ...]

    @property
    def end(self) -> int | None:
        """The instant that it does not reach any more."""
        return None if self.length is None else self.start + self.length


def play_of(given: argparse.Namespace) -> Play:
    """The life that the arguments ask for. Raises Misconfigured for the first thing that cannot be."""
    check_numbers(given)
    if given.mqtt is not None and not _BROKER.fullmatch(given.mqtt):
        raise Misconfigured(f"--mqtt: {given.mqtt!r} is not HOST:PORT, like 127.0.0.1:1883")
    recording = replay.line_of(given)
    start = _instant(given.start) if recording is None or not given.keep_time else recording[1]
    scenario = plugins.scenario(given.line) if plugins.is_file(given.line) else None
    length = None if given.length is None else _length("--for", given.length)
    if length is None and scenario is not None:
        length = scenario.length
    faults = tuple(fault_at(text, start, length) for text in given.fault)
    try:
        if scenario is None:
            seed = 1 if given.seed is None else given.seed
            line = plugins.line(given.line) if recording is None else recording[0]
            life = line.build(seed, start, faults)
        else:
            seed = scenario.seed if given.seed is None else given.seed
            line, life = scenario.line, scenario.build(start, seed)
            for what, at in faults:
                life.fault(what, at)
    except ValueError as error:
        raise Misconfigured(str(error)) from error
    nasty = (*given.nasty, *(() if scenario is None else scenario.nasty))
    check_nasty(nasty, life, given.mqtt, length)
    planned = () if scenario is None else scenario.planned(start)
    return Play(line, life, seed, start, length, nasty, (*planned, *((what, at, None) for what, at in faults)))


def check_numbers(given: argparse.Namespace) -> None:
    """Raise Misconfigured for a speed, a time or a port that is none."""
    for name, value in (("speed", given.speed), ("seconds", given.seconds)):
        if value is not None and not 0 < value < math.inf:
            raise Misconfigured(f"--{name} {value:g}: a line only goes forward, take more than 0")
    if given.opcua_port is not None and not 0 <= given.opcua_port <= LAST_PORT:
        raise Misconfigured(f"--opcua-port {given.opcua_port}: is no port; take 0 to {LAST_PORT}")


def fault_at(text: str, start: int, length: int | None = None) -> tuple[str, int]:
    """(what, instant) of `filler.bearing@2m`: so long after the start of the line, in its own time."""
    what, _, when = text.partition("@")
    try:
        after = duration(when) if when else 0
    except ValueError as error:
        raise Misconfigured(f"--fault {text}: {error}") from error
    if length is not None and after >= length:
        raise Misconfigured(
            f"--fault {text}: all ends after {duration_text(length)}; let it come earlier, or take --for"
        )
    return what, start + after


def check_nasty(names: Sequence[str], life: SimulatedRun, mqtt: str | None, length: int | None) -> None:
    """Raise Misconfigured with all switches, a line each, for one that is not there; or has no wire, or no time."""
    known = life.switches()
    for text in names:
        name, _, when = text.partition("@")
        if name not in known:
            raise Misconfigured(f"twin simulate: --nasty {text}: there is no such switch; there are\n{listed(known)}")
        if name.startswith("mqtt-") and mqtt is None:
            raise Misconfigured(f"--nasty {text}: the machines on MQTT are silent; name a broker with --mqtt HOST:PORT")
        if when and length is not None and re.fullmatch(r"\d+[smh]", when) and duration(when) >= length:
            raise Misconfigured(f"--nasty {text}: all ends after {duration_text(length)}; let it come earlier")


def listed(known: Mapping[str, str]) -> str:
    """Names and what they mean, a line each."""
    width = max(map(len, known), default=0)
    return "\n".join(f"  {name:<{width}}  {text}" for name, text in known.items())


def _instant(text: str | None) -> int:
    try:
        found = time.time_ns() if text is None else from_text(text)
    except ValueError as error:
        raise Misconfigured(f"--start: {error}") from error
    return found // MILLISECOND * MILLISECOND


def _length(option: str, text: str) -> int:
    try:
        found = duration(text)
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}") from error
    if found <= 0:
        raise Misconfigured(f"{option} {text}: nothing happens in no time; take more than 0")
    return found
