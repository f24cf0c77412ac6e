"""Scenarios: what shall happen to a line, in a file. Everything in it is tried before anything starts.

```yaml
line: packaging            # a name, or a file beside this one
seed: 7
for: 8h
faults:
  - {what: "filler.bearing:40m", at: 10m}
  - {what: filler.vibration.stuck, at: 2h, for: 10m}
nasty: [future-clock]
```
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from simulators.description.document import Node, read_file
from simulators.description.grammar import Grammar, Within
from simulators.description.reader import Reader

NS_PER_S = 1_000_000_000
LARGEST_SEED = 2**32


@dataclass(frozen=True, slots=True)
class FaultText:
    """what: as on the command line. at_s: after the start. for_s: then it is mended; none: it takes its course."""

    what: str
    at_s: float
    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class ScenarioText:
    """line: its name, or a YAML file as seen from this one. for_s: how long it goes on, without end where left out.

    seed: same seed, same life. faults: what breaks when. nasty: what is wrong with the wires.
    """

    line: str
    seed: int = 1
    for_s: float | None = None
    faults: tuple[FaultText, ...] = ()
    nasty: tuple[str, ...] = ()


GRAMMAR = Grammar(
    within={
        (ScenarioText, "seed"): Within(0, LARGEST_SEED),
        (ScenarioText, "for_s"): Within(0.0, above=True),
        (FaultText, "for_s"): Within(0.0, above=True),
    },
)


class Run(Protocol):
    """What a scenario needs of a life."""

    def fault(self, what: str, at: int) -> None:
        """Break something."""
        ...

    def mend(self, what: str, at: int) -> None:
        """End it."""
        ...


class Line(Protocol):
    """What a scenario needs of a line."""

    def build(self, seed: int, start: int, faults: Sequence[tuple[str, int]] = ()) -> Any:
        """One life of it."""
        ...


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be played. length: ns, None: without end. line: what it happens to."""

    line: Any
    seed: int
    length: int | None
    nasty: tuple[str, ...]
    faults: tuple[FaultText, ...]

    def planned(self, start: int) -> list[tuple[str, int, int | None]]:
        """(what, at, until) of its faults in a life that begins at an instant (ns)."""
        return [(one.what, start + ns(one.at_s), end_of(one, start)) for one in self.faults]

    def build(self, start: int, seed: int | None = None) -> Any:
        """A life of its line from an instant (ns) on, with all that shall happen entered. seed: in place of its own."""
        run = self.line.build(self.seed if seed is None else seed, start)
        for fault in self.faults:
            enter(run, fault, start)
        return run


def read_scenario(file: Path, line: Callable[[str], Any]) -> Scenario:
    """The scenario of a file, or of a line by itself. line: gives the line of a name or a file; ValueError for none.

    Raises Mistake with the line of the file for all that cannot be: an unknown line, component or switch, a fault after
    the end, a negative seed.
    """
    root = read_file(file)
    if isinstance(root.value, dict) and "machines" in root.value:  # a line by itself: nothing happens to it
        return Scenario(line(str(file)), 1, None, (), ())
    reader = Reader(GRAMMAR)
    text: ScenarioText = reader.read(root, ScenarioText)
    beside = file.parent / text.line
    try:
        found = line(str(beside) if text.line.endswith((".yaml", ".yml")) else text.line)
        trial = found.build(text.seed, 0)
    except ValueError as error:
        raise reader.wrong(root, "line", str(error)) from error
    for number, fault in enumerate(text.faults):
        check_fault(reader, root, f"faults[{number}]", fault, text.for_s)
        try:
            enter(trial, fault, 0)
        except ValueError as error:
            raise reader.wrong(root, f"faults[{number}].what", str(error)) from error
    check_switches(reader, root, text.nasty)
    length = None if text.for_s is None else ns(text.for_s)
    return Scenario(found, text.seed, length, text.nasty, text.faults)


def enter(run: Run, fault: FaultText, start: int) -> None:
    """Enter one fault of a life that begins at an instant (ns), and its end."""
    run.fault(fault.what, start + ns(fault.at_s))
    end = end_of(fault, start)
    if end is not None:
        run.mend(fault.what, end)


def end_of(fault: FaultText, start: int) -> int | None:
    """When it is mended, ns; None: it takes its course."""
    return None if fault.for_s is None else start + ns(fault.at_s + fault.for_s)


def check_fault(reader: Reader, root: Node, place: str, fault: FaultText, length_s: float | None) -> None:
    """Raise Mistake for a fault after the end."""
    if length_s is not None and fault.at_s >= length_s:
        fact = f"{fault.what} comes after {fault.at_s:,g} s, but all ends after {length_s:,g} s; let it come earlier"
        raise reader.wrong(root, f"{place}.at", fact)


def check_switches(reader: Reader, root: Node, names: Sequence[str]) -> None:
    """Raise Mistake for a switch that is not there, or two that exclude each other."""
    if not names:
        return
    from simulators.wire.nasty import SWITCHES  # noqa: PLC0415 - the drivers; a scenario without nasty wires needs none
    from simulators.wire.nasty.switch import choose  # noqa: PLC0415

    for number in range(len(names)):
        try:
            choose(names[: number + 1], SWITCHES)
        except ValueError as error:
            raise reader.wrong(root, f"nasty[{number}]", str(error)) from error


def ns(seconds: float) -> int:
    """Seconds as ns, whole ms."""
    return round(seconds * 1000) * (NS_PER_S // 1000)
