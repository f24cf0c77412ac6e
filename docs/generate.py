"""Writes the pages of docs/reference that say what the code says: `python docs/generate.py` (or `make docs`).

A test compares every page with what this file makes, so a page cannot fall behind the code.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from fastapi.routing import APIRoute

from docs import aggregates, components, constants, line_file, testing_page
from docs.exam import OURS
from simulators.wire.nasty import SWITCHES
from simulators.wire.nasty.switch import ANY, MOMENT, START
from twin.api.access import Access
from twin.api.app import create_app
from twin.api.caller import Needs
from twin.api.figures import FIGURES
from twin.api.groups import GROUPS, PREFIX
from twin.cli.main import COMMANDS
from twin.core import errors
from twin.core.instant import duration_text
from twin.core.plugin import COMMON_CONNECTION_KEYS, Key
from twin.core.records import RECORD_KINDS
from twin.model import keys
from twin.model.schema import schema
from twin.runtime.plugins import connectors, outlets
from twin.runtime.twin import Twin

REFERENCE = Path(__file__).parent / "reference"
NOTICE = "*Made by `make docs` from the code; change it there.*"

HTTP_RULES = """\
Times are RFC 3339, exact to the ns; where a time is asked for, `now` and `now-2h` do too. Every answer says as of which
instant it speaks (`as_of`). An error is `application/problem+json`: `title`, `status`, and `detail` with the place, the
fact and the fix. A caller on the same machine needs no token and is an engineer; any other sends
`Authorization: Bearer SECRET` ([how-to](../how-to/expose.md)). `GET /openapi.json` has all shapes, `GET /docs` shows
them.

`WS /api/v1/live` (role `view`): send
`{"subscribe": {"tags": ["*/filler/*"], "assets": ["demo/plant1"], "alarms": true}}`. A snapshot comes first, then what
changed, a heartbeat each second, and corrections as they come. With `alarms` both carry `alarms`: id to alarm as
`GET /alarms` shows it, null for one that is over; its `value` is of the moment in which the alarm last changed; and
`alerts`, as `GET /alerts` shows the open ones. A viewer that falls behind gets a new snapshot; one that takes nothing
for too long is closed with 1013. With `"columns": true` good numbers come as
`good: {tag: [...], value: [...], age_ms: [...]}`, where `tag` are places in the newest `names` and `age_ms` counts back
from `as_of`; all other values stand in `tags` as ever."""

EVENTS = """\
What the log holds beside samples: `GET /api/v1/events`. Each has `time` (when it was true), `recorded` (when the log
took it), `kind`, `subject` (path of an asset or tag, or the name of a connection), `body`, and `who` did it; empty when
the twin itself saw it."""

RECORDS = """\
Results with a beginning and an end, as the folds make them ([how](../explanation/folds.md)). The routes below
`/api/v1` read them; a correction replaces one and is announced."""

NASTY = """\
Simulated wires that behave like those which integrators meet, each nastiness by one switch:
`twin simulate packaging --nasty long-ids --nasty restart@2m`, in a test
`run.serve(clock, nasty=("long-ids", "restart@2m"))`, and `await addresses.nasty("restart")` while the line runs.
Switches join, but for two that change the same thing. One that begins at an instant is written `NAME@2m` (s, m, h of
the line's time); one with `any` may be written so. Behind each stands a real asyncua server;
`tests/wire/simulators/nasty` shows every switch to a plain asyncua client, `tests/wire/simulators/test_nasty_mqtt.py`
to a plain paho client on a real broker. `tests/wire/opcua/test_node_nasty.py` has the ids, stamps, statuses and limits
of a node-opcua server.

The last column is the exam of our own connector, with every value that the machine had beside what was handed over
(`pytest tests/wire/simulators/nasty/test_exam.py tests/wire/simulators/test_nasty_mqtt.py`).
It passes, or the column says what is wrong: "not told" means that
the values are right and that nobody hears of the trouble."""

BEGINS = {START: "with the wire", ANY: "any", MOMENT: "at an instant"}

OFTEN = {
    "cursor": "`cursor` of the answer before, for the next page",
    "limit": "at most so many in one answer",
    "id": "name of the connection",
    "after": "`number` of the last one seen",
}
"""Parameters that mean the same wherever the code does not say."""

SECTIONS = (
    ("The file", "Top level of a PLANT.yaml.", keys.PLANT_KEYS),
    (
        "Site",
        "`sites: {PATH: ...}`: hours of a part of the plant ([how-to](../how-to/shifts.md#several-sites)).",
        keys.SITE_KEYS,
    ),
    (
        "History",
        "`history: {...}`: how long what is kept ([how-to](../how-to/backup.md)).",
        keys.HISTORY_KEYS,
    ),
    ("History group", "`groups: {NAME: ...}` of `history`.", keys.HISTORY_GROUP_KEYS),
    ("Product", "`products: {NAME: ...}`", keys.PRODUCT_KEYS),
    ("Dated ideal rate", "One of the list `ideal: {MACHINE: [...]}` of a product.", keys.IDEAL_KEYS),
    ("Type", "`types: {NAME: ...}`: what all machines of a type have in common.", keys.TYPE_KEYS),
    (
        "Tag",
        "`tags: {NAME: ...}` of a type, a machine or the plant; and the keys of its connection, below.",
        keys.TAG_KEYS,
    ),
    (
        "Dated scale",
        "One of the list `scales: [...]` of a tag ([how-to](../how-to/plant-as-code.md)).",
        keys.SCALE_KEYS,
    ),
    ("Counter", "`counter: {...}` of a tag.", keys.COUNTER_KEYS),
    ("Counts", "`counts: {...}` of a type or machine.", keys.COUNT_KEYS),
    ("State rule", "One of the list `state: [...]`; the first that holds counts.", keys.STATE_RULE_KEYS),
    ("State table", "`state: {...}` instead of rules.", keys.STATE_TABLE_KEYS),
    (
        "Alarm",
        "One of the list `alarms: [...]` of a tag. One entry gives an alarm for each of `high`,"
        " `low` and `stale` in it ([how-to](../how-to/alarms.md)).",
        keys.ALARM_KEYS,
    ),
    (
        "Write",
        "`write: {...}` of a tag: it may be written within these limits ([how-to](../how-to/write.md)).",
        keys.WRITE_KEYS,
    ),
    (
        "Thin",
        "`thin: {...}` of a tag: of past days only rows that tell the others stay ([how-to](../how-to/thin.md)).",
        keys.THIN_KEYS,
    ),
    ("Health", "One of the list `health: [...]`: see [health](../explanation/health.md).", keys.HEALTH_KEYS),
    ("Line", "`lines: {PATH: ...}`", keys.LINE_KEYS),
    ("Machine", "`machines: {NAME: ...}` of a line; what it says stands above what its type says.", keys.MACHINE_KEYS),
    ("Connection", "`connections: {NAME: ...}`, whatever the protocol.", COMMON_CONNECTION_KEYS),
    (
        "Outlet",
        "`outlets: {NAME: ...}`, wherever it leads ([how-to](../how-to/outlets.md)).",
        keys.OUTLET_KEYS,
    ),
)
"""(heading, where such a mapping stands, its keys)."""


def commands() -> str:
    """The page of all commands and their arguments."""
    parts = ["# Commands", NOTICE, "Exit codes: 0 done, 1 failed, 2 wrong input. Errors are one line on stderr."]
    for name, (module, text) in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"twin {name}", add_help=False)
        importlib.import_module(module).COMMAND.arguments(parser)
        parts += [f"## twin {name}", text[0].upper() + text[1:] + ".", *_arguments(parser)]
    variables = ((f"`{name}`", text) for name, text in constants.described("twin/cli/variables.py").items())
    return _page(
        [
            *parts,
            "## Environment",
            "Passwords are not written on a command line.",
            _table(("variable", "holds"), variables),
        ]
    )


AMOUNTS = (
    "A `quantity` or `step` is a number in the unit of the tag, or one with a unit: `85`, `185 degF`, `1.2 bar` "
    "([units](../how-to/units.md))."
)


def plant_file() -> str:
    """The page of all keys of a plant file, those of the installed plug-ins included."""
    parts = ["# Keys of a plant file", NOTICE, "A `duration` is written `250ms`, `30s`, `5m`, `1h30m`.", AMOUNTS]
    for heading, where, described in SECTIONS:
        parts += [f"## {heading}", where, _keys(described)]
    for plugin in connectors().values():
        schemes = ", ".join(f"`{one}:`" for one in plugin.schemes if one)
        parts += [
            f"## Protocol `{plugin.protocol}`",
            f"`connections: {{NAME: {{{plugin.protocol}: URL, ...}}}}`, URL: {schemes}.",
        ]
        parts += ["Keys of the connection:", _keys(plugin.connection_keys)] if plugin.connection_keys else []
        for key in plugin.connection_keys:
            each = "each of its names" if key.kind == "named" else "each of its entries"
            parts += [f"Keys of `{key.name}`, {each}:", _keys(key.fields)] if key.fields else []
        parts += ["Keys of its tags:", _keys(plugin.tag_keys)] if plugin.tag_keys else []
    for plugin in outlets().values():
        schemes = ", ".join(f"`{one}:`" for one in plugin.schemes if one)
        parts += [
            f"## Outlet `{plugin.protocol}`",
            f"`outlets: {{NAME: {{{plugin.protocol}: URL, ...}}}}`, URL: {schemes}.",
            _keys(plugin.keys),
        ]
    return _page(parts)


def plant_schema() -> str:
    """The JSON Schema of plant files, those of the installed plug-ins included."""
    return json.dumps(schema(connectors(), outlets()), indent=2) + "\n"


def entries() -> str:
    """The page of what the log and the results hold beside samples."""
    events = ((f"`{kind}`", text) for kind, text in constants.described("twin/core/event.py").items())
    records = ((f"`{kind}`", text) for kind, text in sorted(RECORD_KINDS.items()))
    parts = ["# Events and records", NOTICE, "## Events", EVENTS, _table(("kind", "says"), events)]
    return _page([*parts, "## Records", RECORDS, _table(("kind", "says"), records)])


def error_tree() -> str:
    """The page of all errors, by what happens next."""
    head, _, tree = (errors.__doc__ or "").partition("\n\n")
    rows = ((f"`{name}`", " ".join((found.__doc__ or "").split())) for name, found in _errors())
    return _page(["# Errors", NOTICE, head, f"```\n{tree.strip()}\n```", _table(("error", "means"), rows)])


def _errors() -> Iterator[tuple[str, type]]:
    for name, found in vars(errors).items():
        if isinstance(found, type) and issubclass(found, Exception):
            yield name, found


def http() -> str:
    """The page of all routes and metrics."""
    app = create_app(cast(Twin, None), Access.none())  # the description needs no twin
    routes = [route for _, group in GROUPS for route in group.router.routes if isinstance(route, APIRoute)]
    roles = {(route.path_format, method.lower()): _role(route) for route in routes for method in route.methods}
    parts = ["# HTTP", NOTICE, HTTP_RULES]
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            parts += [
                f"## {method.upper()} {path}",
                f"{operation['description']}",
                f"Role: {roles[path.removeprefix(PREFIX), method]}.",
            ]
            described = operation.get("parameters", ())
            parts += [_table(("parameter", "meaning", "default"), map(_parameter, described))] if described else []
    rows = ((f"`linetwin_{one.name}`", one.kind, one.help) for one in FIGURES)
    return _page([*parts, "## Metrics", "What `GET /metrics` tells.", _table(("name", "kind", "meaning"), rows)])


def _role(route: APIRoute) -> str:
    (needs,) = {one.call for one in route.dependant.dependencies if isinstance(one.call, Needs)}
    return f"`{needs.role.name.lower()}`" if needs.role is not None else "none"


def _parameter(described: Mapping[str, Any]) -> tuple[str, str, str]:
    default = described["schema"].get("default")
    meaning = described.get("description") or OFTEN.get(described["name"], "")
    meaning += " (required)" if described["required"] else ""
    return f"`{described['name']}`", meaning, f"`{default}`" if default not in (None, "") else ""


def _arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    actions = parser._actions  # noqa: SLF001 - argparse has no public list, and format_help differs between Pythons
    plain = [one for one in actions if not isinstance(one, argparse._SubParsersAction | argparse._HelpAction)]  # noqa: SLF001
    if plain:
        rows = ((_called(one), _help(parser, one), _default(one)) for one in plain)
        yield _table(("argument", "meaning", "default"), rows)
    for verbs in actions:
        if isinstance(verbs, argparse._SubParsersAction):  # noqa: SLF001
            for name, sub in verbs.choices.items():
                yield f"### {parser.prog} {name}"
                yield from _arguments(sub)


def _called(action: argparse.Action) -> str:
    shown = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    name = shown if isinstance(shown, str) else " ".join(shown)
    if not action.option_strings:
        return f"`[{name}]`" if action.nargs in {"?", "*"} else f"`{name}`"
    value = "" if action.nargs == 0 else f" {name}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = (action.help or "") % {**vars(action), "prog": parser.prog}
    return text.replace(f" (default: {action.default})", "")


def _default(action: argparse.Action) -> str:
    return "" if action.default in (None, False, "", []) or action.nargs == 0 else f"`{action.default}`"


def _keys(described: Iterable[Key]) -> str:
    rows = ((f"`{one.name}`", _kind(one), _effect(one), _value(one)) for one in described)
    return _table(("key", "kind", "effect", "default"), rows)


def _kind(key: Key) -> str:
    return "one of " + ", ".join(f"`{one}`" for one in key.choices) if key.choices else key.kind


def _effect(key: Key) -> str:
    return key.doc + (" (required)" if key.required else "")


def _value(key: Key) -> str:
    if key.default in (None, "", ()) or key.required:
        return ""
    if key.kind == "duration":
        return f"`{duration_text(key.default)}`" if key.default else "`0`"
    return f"`{str(key.default).lower() if isinstance(key.default, bool) else key.default}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def nasty_wires() -> str:
    """The page of all switches that make a simulated wire nasty, with what our own connectors make of each."""
    parts = ["# Nasty servers", NOTICE, NASTY]
    for wire, title in (("opcua", "OPC UA"), ("mqtt", "MQTT")):
        rows = [
            (f"`{one.name}`", BEGINS[one.begins], one.effect, one.shows, _verdict(one.name))
            for one in SWITCHES.values()
            if one.wire == wire
        ]
        head = ("switch", "begins", "the wire", "a good client shows", "ours today")
        parts += [f"## {title}", _table(head, rows)] if rows else []
    return _page(parts)


def _verdict(name: str) -> str:
    return "no exam yet" if name not in OURS else "; ".join(OURS[name]) or "passes"


def lines() -> str:
    """The page of line descriptions and scenarios."""
    parts = ["# Line file", NOTICE, line_file.INTRODUCTION]
    for heading, text, found in line_file.sections():
        parts += [f"## {heading}", text, _table(("key", "kind", "default"), found)]
    return "\n\n".join(parts) + "\n"


def simulated() -> str:
    """The page of the components of simulated machines."""
    parts = ["# Components of simulated machines", NOTICE, components.INTRODUCTION]
    parts += [_table(("component", "is", "quantities", "faults"), components.summary())]
    for heading, text, parameters in components.sections():
        parts += [f"## {heading}", *text, _table(("key", "default"), parameters)]
    parts += ["Faults of sensors:", _table(("fault", "settings"), components.faults_of_sensors())]
    return _page(parts)


def in_tests() -> str:
    """The page of what tests may use."""
    return _page(["# twin.testing", NOTICE, *testing_page.parts()])


def processed_values() -> str:
    """The page of the aggregates of OPC UA Part 13."""
    parts = ["# Processed values", NOTICE, aggregates.INTRODUCTION]
    parts += [_table(("setting", "effect", "default"), aggregates.SETTINGS), "## Aggregates"]
    parts += [_table(("aggregate", "is", "bounds", "status"), aggregates.definitions()), aggregates.STATUS]
    parts += ["## Example", f"Rows: {aggregates.series()}. Defaults but for `stepped`; intervals from 16, 32 and 48 s."]
    head = ("aggregate", *(f"{how}, from {at} s" for how in ("sloped", "stepped") for at in (16, 32, 48)))
    parts += [_table(head, aggregates.examples()), "## Where the standard leaves room"]
    head = ("where the standard leaves room, or contradicts itself", "what we do")
    parts += [_table(head, aggregates.DECIDED), aggregates.LEFT_OUT]
    return _page(parts)


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(parts) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "plant-file.md": plant_file,
    "plant.schema.json": plant_schema,
    "http.md": http,
    "events.md": entries,
    "errors.md": error_tree,
    "nasty-servers.md": nasty_wires,
    "simulator-components.md": simulated,
    "testing.md": in_tests,
    "line-file.md": lines,
    "aggregates.md": processed_values,
}
"""Page of docs/reference -> what makes it."""

if __name__ == "__main__":
    for name, make in PAGES.items():
        (REFERENCE / name).write_text(make(), encoding="utf-8")
