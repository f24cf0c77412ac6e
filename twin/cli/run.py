"""`twin run PLANT.yaml`: connect, keep, fold, serve. Without a file: serve what the data folder holds."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections import defaultdict
from pathlib import Path

from twin.cli.command import DONE, Command, data_argument
from twin.cli.serving import LOCAL, check_port, serve
from twin.core.errors import Misconfigured
from twin.core.event import PLANT_LOADED
from twin.core.instant import FAR_FUTURE, FAR_PAST, duration
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.clock import WallClock
from twin.runtime.plugins import connectors
from twin.runtime.twin import open_twin
from twin.store.reader import LogReader


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plant", nargs="?", metavar="PLANT.yaml", help="without it: serve what the folder holds")
    parser.add_argument("--port", type=int, default=8000, help="port of page and API (default: %(default)s)")
    parser.add_argument("--host", default=LOCAL, help="address to listen on; any but loopback needs --tokens")
    parser.add_argument("--tokens", metavar="FILE", help="callers: lines of NAME ROLE SHA256-OF-SECRET")
    parser.add_argument("--keep", metavar="AGE", help="forget entries older than this (90d); default: keep all")
    parser.add_argument("--seconds", type=float, help="stop after so many seconds")
    data_argument(parser)


def read_plant(path: str) -> Plant:
    """The plant of a file. Raises Misconfigured (Problems) with everything that is wrong in it."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}; name a plant file (twin init writes one)") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(
            f"{path}: not UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8"
        ) from error
    return load(text, path, connectors(), os.environ)


def stored_plant(folder: Path) -> Plant:
    """The plant that the data folder was last run with; its secrets stay empty."""
    reader = LogReader(folder)
    try:
        loaded = reader.events(FAR_PAST, FAR_FUTURE, (PLANT_LOADED,), 1)
    finally:
        reader.close()
    if not loaded:
        raise Misconfigured(f"{folder}: no plant was ever run on this folder; name one: twin run PLANT.yaml")
    return load(loaded[0][1].body["text"], "stored plant", connectors(), defaultdict(str))


def _run(arguments: argparse.Namespace) -> int:
    from twin.api.access import Access, check_bind  # noqa: PLC0415 - fastapi, 230 ms: only when it serves

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("asyncua").setLevel(logging.WARNING)
    folder = Path(arguments.data)
    access = Access.of_file(Path(arguments.tokens)) if arguments.tokens else Access.none()
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
        await serve(twin, access, arguments.host, arguments.port, arguments.seconds, started)  # pyright: ignore[reportArgumentType]


COMMAND = Command("run", "run the twin of a plant file", _arguments, _run)
