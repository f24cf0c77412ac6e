"""`twin incident`: a span of a plant's life in one file, and the same once more in another folder."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import webbrowser
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import urlencode

from twin.cli.command import DONE, FAILED, Command, data_argument, json_argument
from twin.cli.progress import Progress
from twin.cli.remote import as_of
from twin.cli.serving import LOCAL, check_port, serve
from twin.core.errors import Misconfigured
from twin.core.instant import Span, duration_text, from_moment, to_text
from twin.model.plant import Keeping, Plant
from twin.runtime.clock import StandingClock, WallClock
from twin.runtime.incident.export import Exported, export
from twin.runtime.incident.replay import IncidentFile, Replayed, replay
from twin.runtime.ports import free_ports, is_free
from twin.runtime.twin import open_twin
from twin.store.lock import holder

SUFFIX = ".twin"


def _arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="incident_verb", metavar="VERB", required=True)
    one = verbs.add_parser("export", help="write a span of the log with all its results depend on into one file")
    one.add_argument("--from", dest="start", metavar="T", required=True, help="first instant, or now-40m")
    one.add_argument("--to", dest="end", metavar="T", default="now", help="first instant no more (default: now)")
    one.add_argument("--asset", "--line", metavar="PATH", default="", help="one line or machine (default: all)")
    one.add_argument("--known-at", metavar="T", help="as it was known then (default: as it is known now)")
    one.add_argument("-o", "--output", metavar="FILE", help="default: incident-<plant>-<from>.twin")
    data_argument(one)
    json_argument(one)
    other = verbs.add_parser("run", help="replay a file, compare with what was exported, and show it")
    other.add_argument("file", metavar="FILE", help="a file of `twin incident export`")
    other.add_argument("--check", action="store_true", help="replay and compare, show nothing")
    other.add_argument("--anyway", action="store_true", help="also where folds have another version than there")
    other.add_argument("--port", type=int, default=8000, help="port of the page; a free one if this is taken")
    other.add_argument("--no-open", action="store_true", help="do not open the browser")
    other.add_argument("--seconds", type=float, help="stop after so many seconds")
    other.add_argument("--data", metavar="DIR", help="keep the data there, in a new folder (default: a temporary one)")
    json_argument(other)


def _run(arguments: argparse.Namespace) -> int:
    return _export(arguments) if arguments.incident_verb == "export" else _replay(arguments)


# --- export ---------------------------------------------------------------------------------------------------------


def _export(arguments: argparse.Namespace) -> int:
    start, end = _instant(arguments.start, "--from"), _instant(arguments.end, "--to")
    if start >= end:
        raise Misconfigured("--from is not before --to")
    known = None if arguments.known_at is None else _instant(arguments.known_at, "--known-at")
    folder = Path(arguments.data)
    target = Path(arguments.output or f"incident-{to_text(start)[:19].replace(':', '')}{SUFFIX}")
    if target.is_dir():
        raise Misconfigured(f"-o {target}: is a folder; name a file")
    bar = Progress("export")
    running = holder(folder)
    present = as_of(str(running["url"])) if running is not None and running.get("url") else 0
    found = export(folder, Span(start, end), target, bar, asset=arguments.asset, known=known, present=present)
    bar.done()
    print(json.dumps(_exported_json(target, found)) if arguments.json else _exported_text(target, found))
    if found.removed:
        print(f"secrets taken out: {', '.join(found.removed)}; name them in the plant file: ${{NAME}}", file=sys.stderr)
    for line in found.manifest.shown:
        print(line, file=sys.stderr)
    return FAILED if found.manifest.shown else DONE


def _instant(text: str, option: str) -> int:
    try:
        return from_moment(text, WallClock().now())
    except ValueError as error:
        raise Misconfigured(f"{option}: {error}; or relative like now-2h") from error


def _exported_text(target: Path, found: Exported) -> str:
    m = found.manifest
    lines = [
        f"{target}: {m.plant} {to_text(m.start)} to {to_text(m.end)}, {m.samples:,} samples and {m.events:,} events, "
        f"{found.bytes:,} bytes",
        f"results {m.results.digest}",
    ]
    if m.shown:
        lines.append("live had shown otherwise: see `twin verify`; the file holds what the log says")
    return "\n".join(lines)


def _exported_json(target: Path, found: Exported) -> dict[str, object]:
    m = found.manifest
    return {
        "file": str(target), "bytes": found.bytes, "plant": m.plant, "from": to_text(m.start), "to": to_text(m.end),
        "known_at": to_text(m.known), "units": m.units, "samples": m.samples, "events": m.events,
        "results": m.results.digest, "removed": found.removed, "shown_otherwise": m.shown,
    }  # fmt: skip


# --- run ------------------------------------------------------------------------------------------------------------


def _replay(arguments: argparse.Namespace) -> int:
    if arguments.port != 8000 and not arguments.check:
        check_port(LOCAL, arguments.port)
    with ExitStack() as stack:
        bar = Progress("replay")
        incident = stack.enter_context(closing(IncidentFile(Path(arguments.file), bar)))
        folder = Path(arguments.data) if arguments.data else Path(stack.enter_context(_temporary()))
        found = replay(incident, folder, bar, anyway=arguments.anyway)
        bar.done()
        print(
            json.dumps(_replayed_json(found)) if arguments.json else _replayed_text(arguments.file, found), flush=True
        )
        for line in (*found.may_differ, *found.differences):
            print(line, file=sys.stderr)
        if not arguments.check:
            asyncio.run(_show(arguments, found.plant, folder, found))
        return DONE if found.equal else FAILED


def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="linetwin-incident-", ignore_cleanup_errors=True)


def _replayed_text(file: str, found: Replayed) -> str:
    m = found.manifest
    verdict = "equal" if found.equal else f"DIFFERS, first: {found.differences[0]}"
    return (
        f"{file}: {m.plant} {to_text(m.start)} to {to_text(m.end)} ({duration_text(m.end - m.start)}), known at "
        f"{to_text(m.known)}; {m.samples:,} samples, {m.events:,} events, {found.records:,} records\n"
        f"exported {m.results.digest} (linetwin {m.maker.linetwin}, numpy {m.maker.numpy}, {m.maker.cpu})\n"
        f"replayed {found.results.digest}: {verdict}"
    )


def _replayed_json(found: Replayed) -> dict[str, object]:
    m = found.manifest
    return {
        "plant": m.plant, "from": to_text(m.start), "to": to_text(m.end), "known_at": to_text(m.known),
        "units": m.units, "exported": m.results.digest, "replayed": found.results.digest, "equal": found.equal,
        "made_by": asdict(m.maker), "may_differ": found.may_differ, "differences": found.differences,
    }  # fmt: skip


async def _show(arguments: argparse.Namespace, plant: Plant, folder: Path, found: Replayed) -> None:
    """The dashboard, in the span."""
    from twin.api.access import Access  # noqa: PLC0415 - fastapi, 230 ms: only when it serves

    m = found.manifest
    port = arguments.port if is_free(arguments.port) else free_ports(1)[0]
    url = f"http://{LOCAL}:{port}"
    page = f"{url}/?{urlencode({'from': to_text(m.start), 'to': to_text(m.end)})}"

    async def started() -> None:
        print(f"{page} (data in {folder}); Ctrl-C stops it", flush=True)
        if not arguments.no_open:
            await asyncio.to_thread(webbrowser.open, page)

    kept = replace(plant, keeping=Keeping())  # nothing of it is ever too old
    async with open_twin(kept, folder, StandingClock(m.end), url=url, connect=False) as twin:
        await serve(twin, Access(), LOCAL, port, arguments.seconds, started, incident=Span(m.start, m.end))


COMMAND = Command("incident", "export a span as one file, or replay one", _arguments, _run)
