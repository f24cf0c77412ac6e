"""`twin demo`: a packaging line that does not exist, on real wires, with two hours behind it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import webbrowser
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from twin.cli.command import DONE, Command
from twin.cli.playground import Playground, cables
from twin.cli.serving import LOCAL, check_port, serve
from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, SECOND, duration
from twin.core.simulated import SimulatedRun
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.broker import embedded_broker
from twin.runtime.clock import ScaledClock, WallClock
from twin.runtime.plugins import connectors, line
from twin.runtime.ports import is_free
from twin.runtime.twin import Twin, open_twin
from twin.testing.past import keep_past

BEHIND = 2 * HOUR
"""So much history the demo begins with."""
LINE = "packaging"
LONGEST_START_S = 15.0
"""The line starts without those that have not connected by then."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help="port of the page; a free one if this is taken")
    parser.add_argument("--speed", type=float, default=1.0, help="how much faster than the wall time runs")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same line")
    parser.add_argument("--fault", action="append", default=[], metavar="WHAT@WHEN", help="such as filler.bearing@2m")
    parser.add_argument("--truth", metavar="FILE", help="write what really happened, as JSON lines, at the end")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds of wall time")
    parser.add_argument("--no-open", action="store_true", help="do not open the browser")
    parser.add_argument("--data", metavar="DIR", help="keep the data there (default: a temporary folder)")


def faults_of(texts: Sequence[str], begin: int) -> list[tuple[str, int]]:
    """(what, instant) of texts like `filler.bearing@2m`, counted from `begin`. Raises Misconfigured."""
    found: list[tuple[str, int]] = []
    for text in texts:
        what, at, when = text.partition("@")
        try:
            found.append((what, begin + (duration(when) if at else 0)))
        except ValueError as error:
            raise Misconfigured(f"--fault {text}: {error}") from error
    return found


@contextmanager
def _folder(named: str | None) -> Generator[Path]:
    with ExitStack() as stack:
        path = named or stack.enter_context(
            tempfile.TemporaryDirectory(prefix="linetwin-demo-", ignore_cleanup_errors=True)
        )
        Path(path).mkdir(parents=True, exist_ok=True)
        yield Path(path)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.speed <= 0:
        raise Misconfigured(f"--speed {arguments.speed}: must be greater than 0")
    if arguments.port != 8000:
        check_port(LOCAL, arguments.port)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", stream=sys.stderr)
    with _folder(arguments.data) as folder, embedded_broker(folder) as broker:
        asyncio.run(_demo(arguments, folder, broker))
    return DONE


async def _demo(arguments: argparse.Namespace, folder: Path, broker: str) -> None:
    now = WallClock().now() // SECOND * SECOND
    try:
        run = line(LINE).build(arguments.seed, now - BEHIND, faults_of(arguments.fault, now))
    except ValueError as error:
        raise Misconfigured(f"--fault: {error}") from error
    history = await asyncio.to_thread(run.step, now)
    clock = ScaledClock(now, arguments.speed)
    async with run.serve(clock, mqtt=broker) as straight, cables(straight) as (addresses, by_name):
        wait = max(1.0, arguments.speed)
        text = line(LINE).plant_file({**addresses, "wait": f"{wait:g}s"})
        plant = load(text, "demo plant", connectors(), os.environ)
        (folder / "plant.yaml").write_text(text, encoding="utf-8")
        await asyncio.to_thread(keep_past, plant.path, folder, clock, history)
        playground = Playground(run, clock, by_name)
        playground.know(plant)
        wires = ", ".join(str(address) for address in addresses.values())
        await _serve(arguments, folder, clock, plant, wires, playground)
    if arguments.truth:
        _write_truth(run, Path(arguments.truth))


async def _serve(
    arguments: argparse.Namespace,
    folder: Path,
    clock: ScaledClock,
    plant: Plant,
    wires: str,
    playground: Playground,
) -> None:
    from twin.api.access import Access  # noqa: PLC0415 - fastapi, 230 ms: only when it serves
    from twin.runtime.ports import free_ports  # noqa: PLC0415

    port = arguments.port if is_free(arguments.port) else free_ports(1)[0]
    url = f"http://{LOCAL}:{port}"

    async def started() -> None:
        await _connected(twin)
        clock.release()  # the line begins where its history ends, once all its values are watched
        print(f"{plant.path} on {url} ({wires}; data in {folder}); Ctrl-C stops it", flush=True)
        if not arguments.no_open:
            await asyncio.to_thread(webbrowser.open, url)

    async with open_twin(plant, folder, clock, url=url) as twin:
        await serve(twin, Access(), LOCAL, port, arguments.seconds, started, playground)


async def _connected(twin: Twin) -> None:
    """Until every connection was tried, but for no longer than the first time-outs."""
    view = twin.live()
    deadline = asyncio.get_running_loop().time() + LONGEST_START_S
    while not twin.ready()[0] and asyncio.get_running_loop().time() < deadline:
        view = await twin.next_view(view.number)


def _write_truth(run: SimulatedRun, path: Path) -> None:
    import json  # noqa: PLC0415

    lines = [json.dumps(fact, sort_keys=True) for fact in run.truth()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


COMMAND = Command("demo", "a living line with two hours behind it", _arguments, _run)
