"""`twin init`: a plant file from what a server offers, a tag list or another program's file; or a first test."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from twin.cli.browse import offered, plugin_for, server_arguments
from twin.cli.command import DONE, Command
from twin.cli.first_test import first_test
from twin.cli.snapshot import matches
from twin.cli.variables import PASSWORD
from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectorPlugin
from twin.model.drafting.drafts import Drafts, fitted
from twin.model.drafting.offered import from_offer
from twin.model.drafting.publisher import from_publisher
from twin.model.drafting.tag_list import from_tag_list, text_of
from twin.model.drafting.tag_list_text import drafts_of, tag_list_text
from twin.model.drafting.telegraf import from_telegraf
from twin.model.plant_text import ConnectionDraft, plant_text
from twin.runtime import plugins
from twin.runtime.plant_file import read_plant

PLANT = "my/plant"
FEW = 20
"""As many things that were left out are told on stderr; the file tells all."""

Reader = Callable[[str, str, Mapping[str, ConnectorPlugin]], Drafts]
"""Text of a file, its name, the installed plug-ins."""
READERS: dict[str, Reader] = {".csv": from_tag_list, ".toml": from_telegraf, ".json": from_publisher}
"""By the end of a file's name."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a source gave, and what the head of the file says about it."""

    drafts: Drafts
    head: Sequence[str]


def found_in(arguments: argparse.Namespace, source: str) -> Found:
    """The drafts of a server or a file. Raises Misconfigured for a source that is neither."""
    if "://" in source:
        return asyncio.run(_from_server(arguments, source))
    ending = Path(source).suffix.lower()
    if ending in {".yaml", ".yml"}:
        if not as_list(arguments):
            raise Misconfigured(f"{source} is a plant file already; --csv writes its tag list")
        return Found(drafts_of(read_plant(source), plugins.connectors()), ())
    if ending not in READERS:
        known = ", ".join([*READERS, ".yaml with --csv"])
        raise Misconfigured(f"{source!r} is neither the address of a server (opc.tcp://HOST:PORT) nor a file ({known})")
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise Misconfigured(f"{source}: cannot be read: {error.strerror}") from None
    drafts = READERS[ending](text_of(data, source), source, plugins.connectors())
    tags = tuple(tag for tag in drafts.tags if matches(tag.path, arguments.match))
    return Found(replace(drafts, tags=tags), (f"From {Path(source).name}.",))


async def _from_server(arguments: argparse.Namespace, url: str) -> Found:
    nodes = await offered(arguments, arguments.match)
    settings = {"user": arguments.user, "password": arguments.user and f"${{{PASSWORD}}}"}
    settings["security"] = arguments.security
    connection = ConnectionDraft("c1", plugin_for(url).protocol, url, {k: v for k, v in settings.items() if v})
    head = (f"What {url} offers" + (f" at {arguments.match}." if arguments.match != "*" else "."),)
    return Found(from_offer(nodes, connection, arguments.name), head)


def run(arguments: argparse.Namespace) -> int:
    """Write the plant file, the tag list or the test to stdout. Raises Misconfigured when there is nothing to write."""
    source = arguments.source
    if arguments.test:
        print(first_test(source), end="")
        return DONE
    if source is None:
        raise Misconfigured("name a server (opc.tcp://HOST:PORT) or a file, or ask for a --test")
    found = found_in(arguments, source)
    drafts = fitted(found.drafts, plugins.connectors())
    if not drafts.tags and not drafts.left_out:
        raise Misconfigured(f"{source}: no variable matches {arguments.match!r}")
    if as_list(arguments):
        write(tag_list_text(drafts, arguments.excel))
    else:
        write(plant_text(PLANT, drafts.connections, drafts.tags, found.head, drafts.left_out))
    tell(drafts.left_out, is_in_file=not as_list(arguments))
    return DONE


def as_list(arguments: argparse.Namespace) -> bool:
    """Whether a tag list is asked for."""
    return arguments.csv or arguments.excel


def write(text: str) -> None:
    """To stdout as it is: in UTF-8 and with its own ends of lines, on Windows too, unless people look at it."""
    if isinstance(sys.stdout, io.TextIOWrapper) and not sys.stdout.isatty():
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    sys.stdout.write(text)


def tell(left_out: Sequence[str], is_in_file: bool) -> None:
    """Say on stderr what is not in the file: the first few, when the file says it all."""
    shown = left_out[:FEW] if is_in_file else left_out
    for text in shown:
        print(f"not taken over: {text}", file=sys.stderr)
    if len(shown) < len(left_out):
        print(f"not taken over: {len(left_out) - FEW} more; the end of the file names them all", file=sys.stderr)


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="URL|FILE",
        nargs="?",
        help="a server, a tag list (.csv), telegraf.toml, or pn.json of OPC Publisher; with --csv also a plant file; "
        "with --test a plant file, or nothing",
    )
    parser.add_argument(
        "--test", action="store_true", help="write a first pytest file, of PLANT.yaml or a made-up line"
    )
    parser.add_argument("--match", metavar="GLOB", default="*", help="only paths, or ends of paths, that match")
    parser.add_argument(
        "--name",
        metavar="TEMPLATE",
        default="{path}",
        help="paths of a server's tags, of {name}, {parent}, {grandparent}, {display} (default: {path}, all names)",
    )
    parser.add_argument("--csv", action="store_true", help="write a tag list instead of a plant file")
    parser.add_argument("--excel", action="store_true", help="the tag list with BOM, semicolons and decimal commas")
    server_arguments(parser)


COMMAND = Command("init", "write a plant file from a server, a tag list or another program's file", _arguments, run)
