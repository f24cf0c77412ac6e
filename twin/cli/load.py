"""`twin load`: a running twin goes on under another plant file, without a stop and without a gap."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.cli.plan import told
from twin.cli.remote import load_plant
from twin.core.errors import Misconfigured
from twin.model.plan.change import REFUSED
from twin.runtime.clock import WallClock
from twin.runtime.planning import planned
from twin.runtime.plant_file import read_plant
from twin.store.lock import address


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "plant", metavar="PLANT.yaml", help="the plant file as it shall be; `twin plan` says what it does"
    )
    parser.add_argument("--why", default="", metavar="TEXT", help="kept with the change, for who asks later")
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    folder = Path(arguments.data)
    url = address(folder)
    if not url:
        raise Misconfigured(f"{folder}: no twin runs on it; start one under this file: twin run {arguments.plant}")
    plant = read_plant(arguments.plant, secrets=False)  # those are the running twin's own
    found = planned(folder, plant, WallClock().now())
    if any(one.change.effect == REFUSED for one in found):
        print("\n".join(told(found)))
        return FAILED
    answer = load_plant(url, arguments.plant, plant.text, arguments.why)
    if arguments.json:
        print(json.dumps(answer))
    else:
        print("\n".join([*told(found), f"{plant.path} counts since {answer['since']}"]))
    return DONE


COMMAND = Command("load", "let a running twin go on under another plant file", _arguments, _run)
