"""What a command is: a name, its arguments, and a function that returns an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

DONE, FAILED, WRONG_INPUT = 0, 1, 2
"""Exit codes of every command."""


@dataclass(frozen=True, slots=True)
class Command:
    """One verb of `twin`. run gets the parsed arguments; a LinetwinError it raises becomes one line on stderr."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def data_argument(parser: argparse.ArgumentParser) -> None:
    """`--data DIR`, the same on every command that touches data."""
    parser.add_argument("--data", metavar="DIR", default="linetwin-data", help="data folder (default: %(default)s)")


def json_argument(parser: argparse.ArgumentParser) -> None:
    """`--json`, on every command whose answer a program may read."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of text")
