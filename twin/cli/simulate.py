"""`twin simulate`: a line that does not exist, on real OPC UA and MQTT, or as fast as it goes into a file."""

from __future__ import annotations

import argparse
import asyncio
import errno
import json
import signal
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twin.cli import alone, replay
from twin.cli.command import DONE, Command
from twin.cli.control import Controlled, controlling, held_port
from twin.cli.play import Play, listed, play_of
from twin.cli.serving import stopping_on_signals
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import SECOND, to_text
from twin.core.simulated import SimulatedRun
from twin.runtime import plugins
from twin.runtime.clock import ScaledClock
from twin.runtime.recording import is_recording, recorded_line

if TYPE_CHECKING:
    from socket import socket

USUAL_WAIT_MS = 1500
"""What samples need to the folds at speed 1; at a higher speed the same way takes more of the line's time."""
FILES = "truth", "plant", "out"
"""Arguments that name a file to write."""
LAST_STEP_S = 0.3
"""Wall time in which the last samples of a line that ends reach its wires."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `twin simulate`."""
    add = parser.add_argument
    add(
        "line",
        metavar="LINE",
        nargs="?",
        help="name of a line: packaging; or a YAML file: a line, or a scenario; or a recording: .csv, .parquet",
    )
    add("--list", action="store_true", help="say what lines there are, what can break in LINE, and all nasty switches")
    add("--speed", type=float, metavar="X", help="times faster than the wall clock (default: 1)")
    add("--seed", type=int, metavar="N", help="same seed, same life (default: 1, or the scenario's)")
    add("--start", metavar="T", help="the line's first instant, such as 2026-11-23T06:00:00Z (default: now)")
    add("--for", dest="length", metavar="DURATION", help="stop after so much of the line's time: 8h")
    add("--seconds", type=float, metavar="N", help="stop after N seconds of wall time")
    fault = "break something: filler.bearing@2m; repeatable"
    add("--fault", action="append", default=[], metavar="WHAT@WHEN", help=fault)
    nasty = "make the wires nasty: mqtt-late, restart@2m; repeatable (--list has all)"
    replay.arguments(parser)
    add("--nasty", action="append", default=[], metavar="NAME", help=nasty)
    add(
        "--control",
        type=int,
        metavar="PORT",
        help="let faults be made over HTTP on this port of loopback, 0: a free one",
    )
    add("--control-truth", action="store_true", help="tell the truth there too (GET /truth)")
    add("--truth", metavar="FILE", help="write what really happened as JSON lines at the end")
    add("--plant", metavar="FILE", help="write the plant file that fits")
    add("--opcua-port", type=int, metavar="P", help="first OPC UA port, 0: free ones (default: 4840)")
    add("--mqtt", metavar="HOST:PORT", help="broker for the machines on MQTT; without it they are silent")
    out = "no wires: live through --for as fast as it goes, and write all samples there (.parquet, .csv)"
    add("--out", metavar="FILE", help=out)


def run(given: argparse.Namespace) -> int:
    """Serve the line until Ctrl-C, or the given time is over."""
    if given.list:
        print(overview(given.line))
        return DONE
    if given.line is None:
        raise Misconfigured("which LINE? take a name, or a YAML file; twin simulate --list says what there is")
    if given.control_truth and given.control is None:
        raise Misconfigured("--control-truth is told over the control: add --control PORT")
    play = play_of(given)
    check_files(given)
    if given.out is not None:
        alone.check(given, play)
    with truth_in(given.truth, play.life), suppress(KeyboardInterrupt):
        if given.out is not None:
            signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service is stopped as Ctrl-C stops it
            print(alone.live(given, play))
        else:
            with nullcontext(None) if given.control is None else held_port(given.control) as control:
                asyncio.run(serve(given, play, control))
    return DONE


async def serve(given: argparse.Namespace, play: Play, control: socket | None) -> None:
    """The line on its wires, and one line on stdout that says where."""
    clock, stop = EndingClock(ScaledClock(play.start, given.speed or 1.0), play.end), asyncio.Event()
    port = 4840 if given.opcua_port is None else given.opcua_port
    try:
        with stopping_on_signals(stop):
            async with play.life.serve(clock, port, given.mqtt, play.nasty) as addresses:
                if given.plant is not None:
                    await asyncio.to_thread(write_plant, play, addresses, given)
                async with controlled(given, play, clock, addresses, control) as url:
                    clock.release()
                    print(announcement(given, play, addresses, url), flush=True)
                    await ended(given, clock, stop)
    except ValueError as error:
        raise Misconfigured(f"--nasty: {error}") from error
    except OSError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in {errno.EADDRINUSE, errno.EACCES}:
            raise Misconfigured(f"--opcua-port: {error}") from error
        raise Unreachable(f"{given.line}: {error}") from error
    if play.end is not None and clock.now() >= play.end:
        play.life.step(play.end)  # the truth ends where the line does


def check_files(given: argparse.Namespace) -> None:
    """Raise Misconfigured for one file that is to hold two things, and for a plant file that cannot be written."""
    named = {option: Path(file).resolve() for option in FILES if (file := getattr(given, option)) is not None}
    if len(set(named.values())) < len(named):
        raise Misconfigured(f"--{' and --'.join(named)} are one file; give each its own")
    if given.plant is not None:
        try:
            Path(given.plant).open("a", encoding="utf-8").close()
        except OSError as error:
            raise Misconfigured(f"--plant {given.plant}: {error.strerror or error}; choose another place") from error


class EndingClock:
    """A clock that stands still at the end of a play."""

    def __init__(self, clock: ScaledClock, end: int | None) -> None:
        self._clock = clock
        self._end = end
        self.speed = clock.speed
        self.release = clock.release

    def now(self) -> int:
        """The line's instant now."""
        now = self._clock.now()
        return now if self._end is None else min(now, self._end)

    @property
    def left_s(self) -> float | None:
        """Wall time until the end."""
        return None if self._end is None else (self._end - self.now()) / SECOND / self.speed


async def ended(given: argparse.Namespace, clock: EndingClock, stop: asyncio.Event) -> None:
    """Wait for the end of the line's time or of the wall's, or until somebody stops it."""
    lengths = [given.seconds, None if clock.left_s is None else clock.left_s + LAST_STEP_S]
    ends = [length for length in lengths if length is not None]
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), min(ends, default=None))


@asynccontextmanager
async def controlled(
    given: argparse.Namespace, play: Play, clock: EndingClock, addresses: Any, control: socket | None
) -> AsyncGenerator[str]:
    """The control of the line, if there shall be one; its URL, or ''."""
    if control is None:
        yield ""
        return
    line = Controlled(play.line.name, play.seed, play.life, clock, addresses, tells_truth=given.control_truth)
    for fault in play.faults:
        line.know(*fault)
    line.on |= dict.fromkeys(play.nasty)
    async with controlling(line, control) as url:
        yield url


@contextmanager
def truth_in(file: str | None, life: SimulatedRun) -> Generator[None]:
    """A truth file that is open before anything starts, and written whatever ends it. Raises Misconfigured."""
    if file is None:
        yield
        return
    try:
        truth = Path(file).open("w", encoding="utf-8")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Misconfigured(f"--truth {file}: {error.strerror or error}; choose another place") from error
    with truth:
        try:
            yield
        finally:
            truth.writelines(json.dumps(record) + "\n" for record in life.truth())


def write_plant(play: Play, addresses: dict[str, Any], given: argparse.Namespace) -> None:
    """The plant file that fits these addresses and this speed."""
    wait = f"{round(USUAL_WAIT_MS * max(1.0, given.speed or 1.0))}ms"
    Path(given.plant).write_text(play.line.plant_file({**addresses, "wait": wait}), encoding="utf-8")


def announcement(given: argparse.Namespace, play: Play, addresses: dict[str, Any], control: str) -> str:
    """What runs where, in one line."""
    where = ", ".join(str(address) for address in addresses.values())
    silent = "" if given.mqtt else " (machines on MQTT are silent: no --mqtt)"
    nasty = f", nasty: {', '.join(play.nasty)}" if play.nasty else ""
    told = f"; control {control}" if control else ""
    speed = given.speed or 1.0
    return f"{given.line} from {to_text(play.start)}, seed {play.seed}, speed {speed:g}: {where}{silent}{nasty}{told}"


def overview(name: str | None) -> str:
    """Lines, or what can break in one; and nasty switches."""
    lines = plugins.lines()
    chosen = name or next(iter(lines))
    line = recorded_line(Path(chosen))[0] if is_recording(chosen) else plugins.line(chosen)
    life = line.build(1, 0)
    parts = {
        f"{machine}.{part}": ", ".join(modes)
        for machine, there in life.breakable().items()
        for part, modes in there.items()
    }
    return "\n\n".join(
        [
            f"lines: {', '.join(lines)}, and YAML files",
            f"what can break in {chosen} (--fault machine.part.mode@when):\n{listed(parts)}",
            f"nasty switches (--nasty NAME):\n{listed(life.switches())}",
        ]
    )


COMMAND = Command("simulate", "put a simulated line on OPC UA and MQTT, or into a file", arguments, run)
