"""A plant file that makes 100,000 tags by types and loops: how long it takes to read, and what a tag of it weighs.

The rival reads the same tags written out, one line each, with libyaml and pydantic, as other gateways read theirs.
"""

from __future__ import annotations

import gc
import time
import tracemalloc

import yaml
from pydantic import BaseModel

from benchmarks.command import Effort
from benchmarks.row import Row
from twin.model.load import load
from twin.model.plant import Plant
from twin.runtime.plugins import connectors

LINES = 10
MACHINES = 100
"""In each line."""
TAGS = 100
"""Of each machine: counters, a state, temperatures with limits, and parts of an array."""
RIVAL = "libyaml + pydantic, written out"


class _Tag(BaseModel):
    connection: str
    node: str
    unit: str = ""
    raw: tuple[float, float] | None = None
    range: tuple[float, float] | None = None
    alarms: list[dict[str, float | str]] = []


class _Plant(BaseModel):
    tags: dict[str, _Tag]


def text(machines: int) -> str:
    """A plant of so many machines in each line; two types, one built on the other."""
    lines = "".join(
        f"  area/line{line}:\n    machines:\n"
        f"      m[1..{machines}]: {{type: big, from: plc, node: 'L{line}.m[{{i}}]'}}\n"
        for line in range(LINES)
    )
    return f"""\
linetwin: 1
plant: bench/plant
connections:
  plc: {{opcua: "opc.tcp://127.0.0.1:4840", ns: "urn:plc"}}
types:
  small:
    tags:
      total: {{node: .total, counter: {{wraps: 65536}}}}
      reject: {{node: .reject, counter: {{}}}}
      status: {{node: .status}}
      temp[1..47]: {{node: ".temp{{i}}", raw: [0, 27648], range: [0, 150], unit: degC, alarms: [{{high: 85}}]}}
      part[1..{TAGS - 50}]: {{node: ".data", pick: "[{{i}}]", unit: mm/s}}
    counts: {{total: total, reject: reject}}
    state: [{{when: "bit(status, 3)", is: down}}, {{when: "rate(total, 30s) > 0", is: running}}, {{is: idle}}]
  big: {{like: small, tags: {{temp1: {{alarms: [{{high: 90}}]}}}}}}
lines:
{lines}"""


def written_out(plant: Plant) -> str:
    """The same tags, one line each."""
    scaled = ", raw: [0, 27648], range: [0, 150], unit: degC, alarms: [{high: 85}]"
    rows = (
        f"  {path}: {{connection: {tag.connection}, node: '{tag.address.machine_node}{tag.address.settings['node']}'"
        f"{scaled if tag.alarms else ''}}}\n"
        for path, tag in plant.tags.items()
    )
    return "tags:\n" + "".join(rows)


def run(effort: Effort) -> list[Row]:
    """Seconds to read, and bytes of memory a tag."""
    machines = MACHINES // 10 if effort.short else MACHINES
    plugins = connectors()
    file = text(machines)
    load(text(1), "plant.yaml", plugins, {})  # imports what is imported late
    ours_s, plant = _timed(lambda: load(file, "plant.yaml", plugins, {}))
    other = written_out(plant)
    tags = len(plant.tags)
    del plant
    rival_s, _ = _timed(lambda: _rival(other))
    weight = _weight(lambda: load(file, "plant.yaml", plugins, {}))
    rival_weight = _weight(lambda: _rival(other))
    return [
        Row(f"plant file of {tags} tags", ours_s, "s", RIVAL, rival_s),
        Row(f"memory of {tags} tags", weight / tags, "bytes/tag", RIVAL, rival_weight / tags),
    ]


def _rival(file: str) -> _Plant:
    return _Plant.model_validate(yaml.load(file, yaml.CSafeLoader))


def _timed(read):
    gc.collect()
    start = time.perf_counter()
    found = read()
    return time.perf_counter() - start, found


def _weight(read) -> int:
    """Bytes that stay when a file is read."""
    gc.collect()
    tracemalloc.start()
    found = read()
    gc.collect()
    stays, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del found
    return stays
