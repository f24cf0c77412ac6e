"""The plant of the benchmarks: 10 lines of 10 machines of 10 tags, every fold at work."""

from __future__ import annotations

from collections.abc import Callable

LINES = 10
MACHINES = 10
"""In each line."""
ANALOGS = tuple(f"a{number}" for number in range(1, 8))
TAGS = ("total", "reject", "status", *ANALOGS)
"""Of each machine."""
ALARMS = {
    "a1": "alarms: [{high: 53, deadband: 1, delay: 1s}, {high: 60, priority: 1}]",
    "a2": "alarms: [{low: 30, high: 70, deadband: 2, delay: 5s}, {stale: 30s}]",
    "a3": "alarms: [{high: 70, delay: 5s}]",
}
"""Values are about 50, give or take one."""
HZ = 10


def paths(lines: int) -> tuple[str, ...]:
    """Every tag's path of a plant of so many lines; a source gives them in this order."""
    return tuple(
        f"bench/plant/area/line{line}/m{line * MACHINES + place}/{tag}"
        for line in range(lines)
        for place in range(MACHINES)
        for tag in TAGS
    )


PATHS = paths(LINES)
NAMES = tuple(path.removeprefix("bench/plant/area/").partition("/")[2] for path in PATHS)
"""`m0/total` and so on: unique in the plant."""

_HEAD = """\
linetwin: 1
plant: bench/plant
connections:
  source: {connection}
types:
  machine:
    makes: piece
    tags:
{tags}
    counts: {{total: total, reject: reject}}
    state:
      - {{when: "bit(status, 10)", is: down}}
      - {{when: "bit(status, 7)", is: starved}}
      - {{when: "rate(total, 30s) > 0", is: running}}
      - {{is: idle}}
lines:
"""


def opcua_plant(url: str) -> str:
    """PLANT.yaml for the ticking OPC UA server: each value as it is written, none left out by sampling."""
    connection = f'{{opcua: "{url}", ns: "urn:bench:plc", security: none, sampling: 0ms, publishing: 100ms, queue: 50}}'
    return _plant(connection, lambda tag: f'node: ".{tag}"', ', node: "m{i}"')


def mqtt_plant(url: str, lines: int = LINES) -> str:
    """PLANT.yaml for the ticking MQTT publisher: a topic a tag, time and value in each message."""
    address = 'topic: "bench/{{machine}}/{}", value: $.v, timestamp: {{path: $.ts, unit: ms}}'
    return _plant(f'{{mqtt: "{url}"}}', address.format, "", lines)


def _plant(connection: str, address: Callable[[str], str], machine: str, lines: int = LINES) -> str:
    tags = "\n".join(f"      {tag}: {{{address(tag)}{_meaning(tag)}}}" for tag in TAGS)
    return _HEAD.format(connection=connection, tags=tags) + "".join(_line(line, machine) for line in range(lines))


def _line(line: int, machine: str) -> str:
    first, last = line * MACHINES, line * MACHINES + MACHINES - 1
    return f"  area/line{line}:\n    machines:\n      m[{first}..{last}]: {{type: machine, from: source{machine}}}\n"


def _meaning(tag: str) -> str:
    """Counters count; of the others a few have alarms: one that comes and goes with noise, two that stay silent."""
    if tag in {"total", "reject"}:
        return ", counter: {}"
    return ", " + ALARMS[tag] if tag in ALARMS else ""
