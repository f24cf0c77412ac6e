"""`twin export`: samples, aggregates of them or what held at instants, as CSV, Parquet, Arrow or JSON lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from twin.cli.command import DONE, Command, data_argument
from twin.cli.progress import Progress
from twin.cli.standing import Standing, standing
from twin.core.errors import Misconfigured
from twin.core.instant import FAR_FUTURE, FAR_PAST, Span, from_moment
from twin.runtime.clock import WallClock
from twin.store.export import chosen, write
from twin.store.reader import LogReader
from twin.store.table import FORMS, Table, length

if TYPE_CHECKING:
    from twin.api.question import Question
    from twin.api.sample_answers import Answering


WORKBOOKS = frozenset({"xls", "xlsx", "xlsm", "ods"})


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="start", metavar="T", help="first instant: 2026-11-22T14:00:00+01:00, or now-7d")
    parser.add_argument("--to", dest="end", metavar="T", help="first instant no more")
    parser.add_argument(
        "--tag", metavar="GLOB", default="*", help="tags by path, the plant before it or not (default: all)"
    )
    parser.add_argument("--scaled", action="store_true", help="values in the tags' units, not the wire's numbers")
    parser.add_argument("--last", action="store_true", help="only the newest row of each tag before --to")
    parser.add_argument("--bounds", action="store_true", help="also the rows next to the span")
    parser.add_argument("--at", metavar="T", action="append", help="what held at this instant; repeatable")
    parser.add_argument("--aggregate", metavar="NAMES", help="mean,min,max,.. or of OPC UA Part 13: average,..")
    parser.add_argument("--interval", metavar="I", help="of the aggregates: 1m, 1h, or day, week, month, shift")
    parser.add_argument("--tz", metavar="ZONE", help="zone of day, week, month (default: the plant's)")
    parser.add_argument("--format", choices=FORMS, help="default: by the ending of -o, else csv; json: a line a row")
    parser.add_argument("--spreadsheet", action="store_true", help="csv: an apostrophe before what would be a formula")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output (not for parquet)")
    data_argument(parser)


def _instant(text: str | None, default: int, option: str) -> int:
    try:
        return default if text is None else from_moment(text, WallClock().now())
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}; or relative like now-2h") from error


def _run(arguments: argparse.Namespace) -> int:
    span = Span(_instant(arguments.start, FAR_PAST, "--from"), _instant(arguments.end, FAR_FUTURE, "--to"))
    if span.start >= span.end:
        raise Misconfigured("--from is not before --to")
    output = None if arguments.output is None else Path(arguments.output)
    form = arguments.format or _form_of(output)
    if form == "parquet" and output is None:
        raise Misconfigured("--format parquet: name a file with -o FILE")
    folder = Path(arguments.data)
    reader = LogReader(folder)
    try:
        values = bool(arguments.scaled or arguments.aggregate or arguments.at)
        found = standing(folder, reader, values)
        tags = chosen(reader, arguments.tag, found.plant)
        head, tables = _tables(arguments, found, tags, span)
        rows = write(head, tables, form, output, arguments.spreadsheet)
    finally:
        reader.close()
    print(f"{rows} row{'' if rows == 1 else 's'}", file=sys.stderr)
    return DONE


def _form_of(output: Path | None) -> str:
    ending = "" if output is None else output.suffix.removeprefix(".").lower()
    if ending in WORKBOOKS:
        raise Misconfigured(f"-o {output}: workbooks are not written; name a .csv, which a spreadsheet opens")
    return ending if ending in FORMS else "csv"


def _tables(
    arguments: argparse.Namespace, found: Standing, tags: dict[str, int], span: Span
) -> tuple[Table, Iterator[Table]]:
    """(a table of the columns, the tables). The words of the API's problems are those of ours."""
    from twin.api.load import Work  # noqa: PLC0415 - the API's reads, 200 ms
    from twin.api.question import Question  # noqa: PLC0415
    from twin.api.sample_answers import tables_of  # noqa: PLC0415
    from twin.api.streamed import LONGEST_S  # noqa: PLC0415

    ends = found.reader.ends() or (0, 0)
    within = Span(max(span.start, ends[0]), min(span.end, ends[1] + 1))
    asked = within if within.start < within.end else Span(ends[0], ends[0])
    question = Question(list(tags), list(tags.values()), asked, FAR_FUTURE)
    with _our_words():
        head, tables = tables_of(_answering(arguments, found, question))
    return head, _shown(tables(Work(LONGEST_S)), asked)


def _answering(arguments: argparse.Namespace, found: Standing, question: Question) -> Answering:
    from twin.api.question import Settings, aggregation_of, cuts_of, instants_of  # noqa: PLC0415
    from twin.api.sample_answers import Answering  # noqa: PLC0415

    given = {name: bool(getattr(arguments, name)) for name in ("last", "at", "aggregate", "bounds")}
    if len(ways := [f"--{name}" for name, is_given in given.items() if is_given]) > 1:
        raise Misconfigured(f"{ways[0]} and {ways[1]}: give one of them")
    for name in ("interval", "tz"):
        if getattr(arguments, name) and not arguments.aggregate:
            raise Misconfigured(f"--{name} is for aggregates; give --aggregate too, such as --aggregate average")
    if arguments.aggregate and not arguments.interval:
        raise Misconfigured("--aggregate needs --interval: 10m, 1h, day, week, month or shift")
    aggregation = aggregation_of(arguments.aggregate) if arguments.aggregate else None
    cuts = None
    if aggregation is not None:
        cuts = cuts_of(found.plant, question, arguments.interval, arguments.tz, found.live().as_of)
    at = instants_of(found, arguments.at, 1) if arguments.at else None
    return Answering(found, question, Settings(), aggregation, cuts, at, arguments.last, arguments.bounds, None)


def _shown(tables: Iterable[Table], span: Span) -> Iterator[Table]:
    """The same, with a bar that says how far they are."""
    progress = Progress("export")
    rows = 0
    with _our_words():
        for table in tables:
            yield table
            rows += length(table)
            progress.so_far(f"{rows} rows")
    progress.done()


@contextmanager
def _our_words() -> Generator[None]:
    """A problem of the API, at the start or in the middle, is one line of this command."""
    from starlette.exceptions import HTTPException  # noqa: PLC0415

    try:
        yield
    except HTTPException as error:
        raise Misconfigured(error.detail) from error


COMMAND = Command("export", "write samples or aggregates as CSV, Parquet, Arrow or JSON lines", _arguments, _run)
