"""The command `twin`: finds the verb, imports only its file, turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import cast

from twin.cli.command import FAILED, WRONG_INPUT, Command
from twin.core.errors import LinetwinError, Misconfigured

COMMANDS = {
    "demo": ("twin.cli.demo", "a living line with two hours behind it, in the browser"),
    "run": ("twin.cli.run", "run the twin of a plant file"),
    "init": ("twin.cli.init", "write a plant file from a server or a tag list"),
    "check": ("twin.cli.check", "check a plant file; --connect also reads every tag once"),
    "plan": ("twin.cli.plan", "what another plant file changes, and what that does to history"),
    "load": ("twin.cli.load", "let a running twin go on under another plant file"),
    "browse": ("twin.cli.browse", "list what a server has to offer"),
    "trust": ("twin.cli.trust", "list certificates that wait for trust, or trust one"),
    "simulate": ("twin.cli.simulate", "put a simulated line on OPC UA and MQTT, or into a file"),
    "mqtt": ("twin.cli.mqtt", "watch a broker, or try a mapping on one message"),
    "import": ("twin.cli.import_", "read a CSV or Parquet file into the data folder"),
    "export": ("twin.cli.export", "write samples as CSV or Parquet"),
    "coverage": ("twin.cli.coverage", "is anything missing: what was covered, gaps with their causes"),
    "verify": ("twin.cli.verify", "fold the log in one pass and compare with what live showed"),
    "whatif": ("twin.cli.whatif", "what may come of a line, with intervals, and how good forecasts were"),
    "backtest": ("twin.cli.backtest", "what a recorded span would have been under another plant file"),
    "incident": ("twin.cli.incident", "export a span of the log with its model as one file, or replay one"),
    "store": ("twin.cli.store", "say what a data folder holds, or check that it is whole"),
    "outlet": ("twin.cli.outlet", "say where the log goes, and look after what was refused there"),
    "bench": ("twin.cli.bench", "our figures beside a rival's, from a checkout"),
    "doctor": ("twin.cli.doctor", "say what this installation can do, and mend what is wrong"),
}
"""Verb -> (module, help). A module is imported only when its verb is called: `twin --help` stays quick."""


def parser_for(verb: str | None) -> tuple[argparse.ArgumentParser, Command | None]:
    """The whole parser; only the called verb gets its arguments."""
    parser = argparse.ArgumentParser(prog="twin", description="Linetwin: a digital twin of a production line.")
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND")
    command: Command | None = None
    for name, (module, text) in COMMANDS.items():
        sub = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name == verb:
            command = cast(Command, importlib.import_module(module).COMMAND)
            command.arguments(sub)
    return parser, command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    verb = next((word for word in given if not word.startswith("-")), None)
    parser, command = parser_for(verb)
    parsed = parser.parse_args(given)
    if parsed.version:
        from importlib.metadata import version  # noqa: PLC0415 - 20 ms that `twin --help` need not pay

        print(version("linetwin"))
        return 0
    if command is None:
        parser.print_help()
        return WRONG_INPUT
    return run(command, parsed)


def run(command: Command, parsed: argparse.Namespace) -> int:
    """Call a command; its errors become one line each on stderr."""
    try:
        return command.run(parsed)
    except Misconfigured as error:
        print(f"twin {command.name}: {error}" if "\n" not in str(error) else str(error), file=sys.stderr)
        return WRONG_INPUT
    except LinetwinError as error:
        print(f"twin {command.name}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
