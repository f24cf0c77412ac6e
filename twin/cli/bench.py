"""`twin bench`: our figures beside a rival's, from a checkout; the benchmarks are no part of the installed package."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import twin
from twin.cli.command import WRONG_INPUT, Command

GROUPS = {
    "opcua": ("opcua_speed", "opcua_ingest"),
    "mqtt": ("mqtt_ingest",),
    "store": ("store", "append", "sealing", "history", "forwarding"),
    "fold": ("folds", "oee"),
    "all": ("",),
}
"""What may be asked for -> the files of benchmarks/ that measure it; the empty one is all of them."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=GROUPS, default="all", help="what is measured (default: all)")
    parser.add_argument("--json", action="store_true", help="rows {name, ours, unit, rival, rival_value, ratio}")
    parser.add_argument("--short", action="store_true", help="a smoke run of a few seconds each; its figures are rough")
    parser.add_argument("--runs", type=int, help="median of so many runs (default: 3, with --short 1)")


def _run(arguments: argparse.Namespace) -> int:
    checkout = Path(twin.__file__).resolve().parent.parent
    if not (checkout / "benchmarks" / "__main__.py").exists():
        print(
            "twin bench: the benchmarks stand in a checkout of Linetwin, not in the package; clone it", file=sys.stderr
        )
        return WRONG_INPUT
    flags = ["--only", *GROUPS[arguments.what]] if arguments.what != "all" else []
    flags += ["--json"] if arguments.json else []
    flags += ["--short"] if arguments.short else []
    flags += ["--runs", str(arguments.runs)] if arguments.runs else []
    command = [sys.executable, "-m", "benchmarks", *flags]
    return subprocess.run(command, cwd=checkout, check=False).returncode  # noqa: S603 - fixed words and a number


COMMAND = Command("bench", "our figures beside a rival's, from a checkout", _arguments, _run)
