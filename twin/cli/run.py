"""`twin run PLANT.yaml`: connect, keep, fold, serve. Without a file: serve what the data folder holds."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from twin.cli.command import DONE, Command, data_argument
from twin.cli.hangup import load_on_hangup
from twin.cli.serving import LOCAL, check_port, serve
from twin.core.instant import duration
from twin.model.plant import Plant
from twin.runtime.clock import WallClock
from twin.runtime.plant_file import read_plant, stored_plant
from twin.runtime.twin import open_twin


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plant", nargs="?", metavar="PLANT.yaml", help="without it: serve what the folder holds")
    parser.add_argument("--port", type=int, default=8000, help="port of page and API (default: %(default)s)")
    parser.add_argument("--host", default=LOCAL, help="address to listen on; any but loopback needs --tokens")
    parser.add_argument("--tokens", metavar="FILE", help="callers: lines of NAME ROLE SHA256-OF-SECRET")
    parser.add_argument(
        "--allow-host", metavar="NAME", action="append", default=[], help="a name that the twin answers to; repeatable"
    )
    parser.add_argument("--keep", metavar="AGE", help="forget entries older than this (90d); default: keep all")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds")
    data_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    from twin.api.access import Access, check_bind  # noqa: PLC0415 - fastapi, 230 ms: only when it serves

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("asyncua").setLevel(logging.WARNING)
    folder = Path(arguments.data)
    hosts = arguments.allow_host
    access = Access.of_file(Path(arguments.tokens), hosts) if arguments.tokens else Access(hosts=hosts)
    check_bind(arguments.host, access)
    check_port(arguments.host, arguments.port)
    plant = read_plant(arguments.plant) if arguments.plant else stored_plant(folder)
    asyncio.run(_serve(plant, folder, arguments, access))
    return DONE


async def _serve(plant: Plant, folder: Path, arguments: argparse.Namespace, access: object) -> None:
    url = f"http://{arguments.host}:{arguments.port}"
    keep = duration(arguments.keep) if arguments.keep else None

    async def started() -> None:
        print(f"{plant.path} on {url}, data in {folder}; Ctrl-C stops it", flush=True)

    async with open_twin(plant, folder, WallClock(), url=url, connect=bool(arguments.plant), keep=keep) as twin:
        if arguments.plant:
            load_on_hangup(twin, arguments.plant)
        await serve(twin, access, arguments.host, arguments.port, arguments.seconds, started)  # pyright: ignore[reportArgumentType]


COMMAND = Command("run", "run the twin of a plant file", _arguments, _run)
