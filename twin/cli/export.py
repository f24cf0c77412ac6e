"""`twin export`: samples as CSV or Parquet, in the long form that `twin import` reads back."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from twin.cli.command import DONE, Command, data_argument
from twin.core.errors import Misconfigured
from twin.core.instant import FAR_FUTURE, FAR_PAST, from_text
from twin.store.export import write_csv, write_parquet
from twin.store.reader import LogReader


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", metavar="T", help="first instant, such as 2026-11-22T14:00:00Z")
    parser.add_argument("--to", dest="end", metavar="T", help="first instant no more")
    parser.add_argument("--tag", metavar="GLOB", default="*", help="tags by their path (default: all)")
    parser.add_argument("--format", choices=("csv", "parquet"), help="default: by the ending of -o, else csv")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output (csv only)")
    data_argument(parser)


def _instant(text: str | None, default: int, option: str) -> int:
    try:
        return default if text is None else from_text(text)
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}") from error


def _run(arguments: argparse.Namespace) -> int:
    start = _instant(arguments.start, FAR_PAST, "--from")
    end = _instant(arguments.end, FAR_FUTURE, "--to")
    if start >= end:
        raise Misconfigured("--from is not before --to")
    output = arguments.output
    form = arguments.format or ("parquet" if str(output).endswith(".parquet") else "csv")
    if form == "parquet" and output is None:
        raise Misconfigured("--format parquet: name a file with -o FILE")
    reader = LogReader(Path(arguments.data))
    try:
        if form == "parquet":
            rows = write_parquet(reader, Path(output), start, end, arguments.tag)
        elif output is None:
            rows = write_csv(reader, sys.stdout, start, end, arguments.tag)
        else:
            with Path(output).open("w", encoding="utf-8", newline="") as file:
                rows = write_csv(reader, file, start, end, arguments.tag)
    finally:
        reader.close()
    print(f"{rows} rows", file=sys.stderr)
    return DONE


COMMAND = Command("export", "write samples as CSV or Parquet", _arguments, _run)
