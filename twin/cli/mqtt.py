"""`twin mqtt watch` and `twin mqtt test`: what passes a broker, and what a plant file would make of one message."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.cli.check import read_plant
from twin.cli.command import DONE, FAILED, Command, json_argument
from twin.cli.variables import MQTT_PASSWORD
from twin.core.errors import Misconfigured
from twin.core.instant import to_text
from twin.core.plugin import ConnectionSpec, ConnectorPlugin, Tried
from twin.core.status import name
from twin.runtime.plugins import connector

SHOWN_EVERY_S = 1.0
MOST_TOPICS = 10_000
"""More topics than anyone reads; what comes beyond is counted, not kept."""


def _arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="mqtt_verb", metavar="VERB", required=True)
    watch = verbs.add_parser("watch", help="print topics, their last payload and rate")
    watch.add_argument("url", metavar="URL", help="mqtt://HOST:PORT or mqtts://HOST:PORT")
    watch.add_argument(
        "--topic", metavar="FILTER", default="#", help="+ is one level, # the rest (default: %(default)s)"
    )
    watch.add_argument("--user", help=f"name for the broker; its password is read from {MQTT_PASSWORD}")
    watch.add_argument("--ca", metavar="FILE", help="certificates that may sign the broker's (mqtts)")
    watch.add_argument("--seconds", type=float, metavar="N", help="stop after so long (default: at Ctrl-C)")
    json_argument(watch)
    test = verbs.add_parser("test", help="put one message through the mapping of a plant file; needs no broker")
    test.add_argument("plant", metavar="PLANT.yaml", help="the plant file")
    test.add_argument("topic", metavar="TOPIC", help="topic of the message")
    test.add_argument("payload", metavar="PAYLOAD", help="the message, or @FILE")
    json_argument(test)


def _run(arguments: argparse.Namespace) -> int:
    return _watch(arguments) if arguments.mqtt_verb == "watch" else _test(arguments)


# --- test ----------------------------------------------------------------------------------------------------------


def _test(arguments: argparse.Namespace) -> int:
    plant = read_plant(arguments.plant)
    plugin = connector("mqtt")
    addresses = [
        spec.address
        for spec in plant.tags.values()
        if spec.compute is None and plant.connections[spec.connection].protocol == plugin.protocol
    ]
    if not addresses:
        raise Misconfigured(f"{arguments.plant}: no tag is read by MQTT; a tag needs a topic and an mqtt connection")
    tried = list(_dry_run(plugin)(addresses, arguments.topic, _payload(arguments.payload)))
    if not tried:
        topics = ", ".join(sorted({str(one.settings["topic"]) for one in addresses})[:5])
        raise Misconfigured(f"{arguments.plant}: no tag reads topic {arguments.topic!r}; topics: {topics}")
    if arguments.json:
        print(json.dumps([_as_json(one) for one in tried], ensure_ascii=False))
    else:
        print("\n".join(_as_text(one) for one in tried))
    return DONE if any(not one.problem for one in tried) else FAILED


def _dry_run(plugin: ConnectorPlugin) -> Any:
    if plugin.dry_run is None:
        raise Misconfigured(f"the installed connector for {plugin.protocol} cannot try a message")
    return plugin.dry_run


def _payload(given: str) -> bytes:
    if not given.startswith("@"):
        return given.encode("utf-8", "surrogateescape")
    try:
        return Path(given[1:]).read_bytes()
    except OSError as error:
        raise Misconfigured(f"{given[1:]}: {error.strerror or error}") from None


def _as_json(one: Tried) -> dict[str, Any]:
    if one.problem:
        return {"tag": one.tag, "problem": one.problem}
    value = None if math.isnan(one.value) else one.value
    return {"tag": one.tag, "value": value, "text": one.text, "time": to_text(one.time), "status": name(one.status)}


def _as_text(one: Tried) -> str:
    if one.problem:
        return f"{one.tag}: {one.problem}"
    value = one.text if one.text is not None else "no value" if math.isnan(one.value) else f"{one.value:.15g}"
    return f"{one.tag}: {value}  {to_text(one.time)}  {name(one.status)}"


# --- watch ---------------------------------------------------------------------------------------------------------


class Seen:
    """What passed: per topic the last payload and how many."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.last: dict[str, bytes] = {}
        self.count: Counter[str] = Counter()
        self.changed: set[str] = set()
        self.beyond = 0

    def take(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Add messages that came together."""
        for topic, payload in messages:
            if topic not in self.last and len(self.last) >= MOST_TOPICS:
                self.beyond += 1
                continue
            self.last[topic] = payload
            self.count[topic] += 1
            self.changed.add(topic)

    def show(self, now: float, as_json: bool) -> None:
        """Print the topics with news since the last time."""
        for topic in sorted(self.changed):
            rate = self.count[topic] / max(now - self.started, 1e-3)
            payload = self.last[topic].decode("utf-8", "replace")
            if as_json:
                print(
                    json.dumps({"topic": topic, "payload": payload, "per_second": round(rate, 3)}, ensure_ascii=False)
                )
            else:
                print(f"{topic}  {rate:.1f}/s  {_one_line(payload)}")
        self.changed.clear()
        sys.stdout.flush()


def _one_line(payload: str) -> str:
    shown = "".join(c if c.isprintable() else "\N{MIDDLE DOT}" for c in payload[:160])
    return shown + (f" ... {len(payload)} characters" if len(payload) > 160 else "")


def _watch(arguments: argparse.Namespace) -> int:
    plugin = connector("mqtt")
    if plugin.watch is None:
        raise Misconfigured(f"the installed connector for {plugin.protocol} cannot watch")
    settings = {key.name: key.default for key in plugin.connection_keys}
    settings |= {"user": arguments.user, "ca": arguments.ca, "password": os.environ.get(MQTT_PASSWORD)}
    spec = ConnectionSpec("watch", plugin.protocol, arguments.url, settings)
    seen = Seen(time.monotonic())
    with suppress(KeyboardInterrupt):
        asyncio.run(_follow(plugin.watch(spec, arguments.topic), seen, arguments.seconds, arguments.json))
    if seen.beyond:
        print(
            f"{seen.beyond} messages on more than {MOST_TOPICS} topics are not shown; narrow --topic", file=sys.stderr
        )
    if not seen.last:
        print(f"no message on {arguments.topic!r}", file=sys.stderr)
    return DONE


async def _follow(watching: Any, seen: Seen, seconds: float | None, as_json: bool) -> None:
    async with watching as groups:
        printing = asyncio.create_task(_print(seen, as_json))
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for messages in groups:
                        seen.take(messages)
        finally:
            printing.cancel()
            seen.show(time.monotonic(), as_json)


async def _print(seen: Seen, as_json: bool) -> None:
    while True:
        await asyncio.sleep(SHOWN_EVERY_S)
        seen.show(time.monotonic(), as_json)


COMMAND = Command("mqtt", "watch a broker, or try a mapping on one message", _arguments, _run)
