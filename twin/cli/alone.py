"""A simulated line without a wire: as fast as it goes, into a file."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from twin.cli.play import Play
from twin.cli.progress import Progress
from twin.core.errors import Misconfigured
from twin.core.instant import HOUR, to_text
from twin.model.load import load
from twin.runtime.plugins import connectors
from twin.store.outfile import outfile, pieces

NO_WIRE = ("speed", "seconds", "control", "mqtt", "opcua_port", "nasty")
"""Arguments that are about wires."""


def check(given: argparse.Namespace, play: Play) -> None:
    """Raise Misconfigured for what makes no sense without a wire."""
    for name in NO_WIRE:
        if getattr(given, name) not in (None, []) or (name == "nasty" and play.nasty):
            option = name.replace("_", "-")
            raise Misconfigured(f"--{option} is about wires, and --out opens none; take one of the two")
    if play.length is None:
        raise Misconfigured("--out needs an end: take --for 8h, or a scenario with `for`")


def live(given: argparse.Namespace, play: Play) -> str:
    """Live through all of it, and say what was written, in one line."""
    path = Path(given.out)
    text = play.line.plant_file({})
    plant = load(text, f"plant file of {play.line.name}", connectors(), os.environ)
    rows = 0
    progress = Progress(play.line.name)
    with outfile(path) as sink:
        for piece in pieces(_steps(play, progress), f"{plant.path}/" if plant.path else ""):
            rows += len(piece.time)
            sink.add(piece)
    progress.done()
    return f"{play.line.name} from {to_text(play.start)}, seed {play.seed}: {rows} rows in {path}"


def _steps(play: Play, progress: Progress) -> Iterator[tuple[Sequence[str], Any, Any, Any, Any]]:
    length = play.length or 0
    for until in range(HOUR, length + HOUR, HOUR):
        at = min(until, length)
        yield play.life.step(play.start + at)
        progress(at / length)
