"""`twin simulate`: a line that does not exist, on real OPC UA and MQTT."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.cli.command import DONE, Command
from twin.core.errors import Misconfigured, Unreachable
from twin.core.instant import MILLISECOND, SECOND, duration, to_text
from twin.core.ports import Scenario, SimulatedLine, SimulatedRun
from twin.runtime import plugins
from twin.runtime.clock import ScaledClock

USUAL_WAIT_MS = 1500
"""What samples need to the folds at speed 1; at a higher speed the same way takes more of the line's time."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `twin simulate`."""
    parser.add_argument(
        "line", metavar="LINE", help="name of the line: packaging, cnc, pumps; or a YAML file: a line, or a scenario"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times faster than the wall clock")
    parser.add_argument("--seed", type=int, metavar="N", help="same seed, same life (default: the scenario's, or 1)")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="WHAT@WHEN",
        help="break something: filler.bearing@2m; repeatable",
    )
    parser.add_argument("--truth", metavar="FILE", help="write what really happened as JSON lines at the end")
    parser.add_argument("--plant", metavar="FILE", help="write the plant file that fits")
    parser.add_argument(
        "--opcua-port",
        type=int,
        default=4840,
        metavar="P",
        help="first OPC UA port, 0: free ones (default: %(default)s)",
    )
    parser.add_argument(
        "--mqtt", metavar="HOST:PORT", help="broker for the machines on MQTT; without it they are silent"
    )
    parser.add_argument("--seconds", type=float, metavar="N", help="stop after N seconds of wall time")


def run(given: argparse.Namespace) -> int:
    """Serve the line until Ctrl-C or the given seconds are over."""
    if given.speed <= 0:
        raise Misconfigured(f"--speed {given.speed:g}: a line only goes forward, take more than 0")
    line, scenario = found(given)
    start = time.time_ns() // MILLISECOND * MILLISECOND
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a service is stopped as Ctrl-C stops it
    try:
        life = line.build(given.seed, start) if scenario is None else scenario.build(start, given.seed)
        for what, at in [fault_at(text, start) for text in given.fault]:
            life.fault(what, at)
    except ValueError as error:
        raise Misconfigured(str(error)) from error
    truth = None if given.truth is None else opened(given.truth)
    clock = ScaledClock(start, given.speed)
    clock.release()
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(serve(line, life, clock, given))
    finally:
        if truth is not None:
            with truth:
                truth.writelines(json.dumps(record) + "\n" for record in life.truth())
    return DONE


def found(given: argparse.Namespace) -> tuple[SimulatedLine, Scenario | None]:
    """The line, and what shall happen to it where a file says so; its seed and length count where none are given."""
    if not plugins.is_file(given.line):
        given.seed, given.nasty = 1 if given.seed is None else given.seed, ()
        return plugins.line(given.line), None
    scenario = plugins.scenario(given.line)
    given.seed, given.nasty = scenario.seed if given.seed is None else given.seed, scenario.nasty
    if given.seconds is None and scenario.length is not None:
        given.seconds = scenario.length / SECOND / given.speed
    return scenario.line, scenario


async def serve(line: SimulatedLine, life: SimulatedRun, clock: ScaledClock, given: argparse.Namespace) -> None:
    """The line on its wires, and one line on stdout that says where."""
    try:
        async with life.serve(clock, given.opcua_port, given.mqtt, given.nasty) as addresses:
            if given.plant is not None:
                await asyncio.to_thread(write_plant, line, addresses, given)
            print(announcement(given, clock, addresses), flush=True)
            await (asyncio.Event().wait() if given.seconds is None else asyncio.sleep(given.seconds))
    except ValueError as error:
        raise Misconfigured(f"--mqtt: {error}") from error
    except OSError as error:
        raise Unreachable(f"{given.line}: {error}") from error


def write_plant(line: SimulatedLine, addresses: dict[str, Any], given: argparse.Namespace) -> None:
    """The plant file that fits these addresses and this speed."""
    wait = f"{round(USUAL_WAIT_MS * max(1.0, given.speed))}ms"
    Path(given.plant).write_text(line.plant_file({**addresses, "wait": wait}), encoding="utf-8")


def announcement(given: argparse.Namespace, clock: ScaledClock, addresses: dict[str, Any]) -> str:
    """What runs where, in one line."""
    where = ", ".join(str(address) for address in addresses.values())
    silent = "" if given.mqtt else " (machines on MQTT are silent: no --mqtt)"
    return f"{given.line} from {to_text(clock.start)}, seed {given.seed}, speed {given.speed:g}: {where}{silent}"


def fault_at(text: str, start: int) -> tuple[str, int]:
    """(what, instant) of `filler.bearing@2m`: so long after the start of the line, in its own time."""
    what, _, when = text.partition("@")
    try:
        return what, start + (duration(when) if when else 0)
    except ValueError as error:
        raise Misconfigured(f"--fault {text}: {error}") from error


def opened(file: str) -> Any:
    """The truth file, opened before anything runs. Raises Misconfigured."""
    try:
        return Path(file).open("w", encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"--truth {file}: {error.strerror or error}; choose another place") from error


COMMAND = Command("simulate", "put a simulated line on OPC UA and MQTT", arguments, run)
