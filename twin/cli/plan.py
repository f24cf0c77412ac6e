"""`twin plan`: what another plant file adds, removes, renames and does to history, before it is run."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.core.instant import to_text
from twin.model.plan.change import MENDS, REFUSED
from twin.model.plan.changes import changes
from twin.runtime.clock import WallClock
from twin.runtime.planning import Told, planned
from twin.runtime.plant_file import read_plant


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "old", metavar="OLD.yaml", help="the plant file as it was; left out: what --data was last run with"
    )
    parser.add_argument("new", metavar="NEW.yaml", nargs="?", help="the plant file as it shall be")
    data_argument(parser)
    json_argument(parser)


def _run(arguments: argparse.Namespace) -> int:
    now = WallClock().now()
    if arguments.new is None:
        found = planned(Path(arguments.data), read_plant(arguments.old, secrets=False), now)
    else:
        old, new = (read_plant(file, secrets=False) for file in (arguments.old, arguments.new))
        found = [Told(one) for one in changes(old, new, now=now)]
    refused = any(one.change.effect == REFUSED for one in found)
    if arguments.json:
        print(json.dumps({"changes": [_as_json(one) for one in found], "refused": refused}))
    else:
        print("\n".join(told(found)))
    return FAILED if refused else DONE


def told(found: Sequence[Told]) -> list[str]:
    """Each change in a line, and their sum."""
    lines = [f"{one.change}{f' ({one.samples} samples)' if one.samples else ''}" for one in found]
    return [*lines, _sum(found)]


def _sum(found: Sequence[Told]) -> str:
    """`5 changes: 3 from now on, 2 mends the past (1200 samples since 2026-11-20T05:00:00Z)`."""
    if not found:
        return "no changes"
    effects = Counter(one.change.effect or "later" for one in found)
    parts = [f"{many} {effect}" for effect, many in effects.items() if effect != MENDS]
    since = [one.change.since for one in found if one.change.effect == MENDS and one.change.since is not None]
    if since:
        samples = sum(one.samples for one in found)
        counted = f" ({samples} samples)" if samples else ""
        parts.append(f"{len(since)} {MENDS} since {to_text(min(since))}{counted}")
    return f"{len(found)} change{'s' if len(found) > 1 else ''}: {', '.join(parts)}"


def _as_json(one: Told) -> dict[str, Any]:
    change = one.change
    instants = {
        name: None if at is None else to_text(at) for name, at in (("since", change.since), ("until", change.until))
    }
    mended = {"samples": one.samples} if change.effect == MENDS else {}
    return asdict(change) | {"effect": change.said} | instants | mended


COMMAND = Command("plan", "what another plant file changes, and what that does to history", _arguments, _run)
