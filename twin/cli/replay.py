"""`twin simulate RECORDING`: what of its arguments is about recordings, and the line that one makes."""

from __future__ import annotations

import argparse
from pathlib import Path

from twin.core.errors import Misconfigured
from twin.core.simulated import SimulatedLine
from twin.runtime.recording import is_recording, recorded_line


def arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments that only a recording knows."""
    add = parser.add_argument
    add("--loop", action="store_true", help="a recording begins again when it is over")
    add("--keep-time", action="store_true", help="a recording keeps its own times (default: its first sample is now)")


def line_of(given: argparse.Namespace) -> tuple[SimulatedLine, int] | None:
    """The line of a recording and its first instant (ns); None for what is no recording. Raises Misconfigured."""
    if not is_recording(given.line):
        for option in ("loop", "keep_time"):
            if getattr(given, option):
                raise Misconfigured(f"--{option.replace('_', '-')} is about recordings, and {given.line} is none")
        return None
    if given.out is not None:
        raise Misconfigured(f"--out: {given.line} is a file of samples already; twin import reads it")
    if given.keep_time and given.start is not None:
        raise Misconfigured("--start and --keep-time both say when it begins; take one of the two")
    return recorded_line(Path(given.line), given.loop)
