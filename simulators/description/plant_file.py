"""A plant file made from the description of a line: where its values are, its states and counts, its flow.

It is a beginning: alarms, products and shifts are the plant's own affair.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import singledispatch

from simulators.condition import Condition
from simulators.description.line import Described
from simulators.face import Contacts, Face, PackMl, StateCodes, StatusWord
from simulators.hall import LineSpec
from simulators.machine import MachineSpec
from simulators.packml.states import State
from simulators.packml.walk import GENERIC
from simulators.wiring import MqttValue, OpcUaValue

PLANT = "demo/plant1"
FIRST_PORT = 4840
LARGEST = 2**32


def plant_file(line: Described, origin: str) -> str:
    """The text of the plant file. origin: what it was made from, for the first line."""
    return "\n".join([*_head(line, origin), *_types(line), *_lines(line), *_tags(line)]) + "\n"


def _head(line: Described, origin: str) -> Iterator[str]:
    yield f"# Made from {origin}: connections, tags, states, counts and flow. Alarms, products and shifts are yours."
    yield "linetwin: 1"
    yield f"plant: {PLANT}"
    yield ""
    yield "connections:"
    for place, server in enumerate(line.wiring.servers):
        url, namespace = json.dumps(f"opc.tcp://127.0.0.1:{FIRST_PORT + place}"), json.dumps(server.namespace)
        yield f"  {server.name}: {{opcua: {url}, ns: {namespace}, every: 1s, wait: 1500ms}}"
    if _on_mqtt(line):
        yield '  mqtt: {mqtt: "mqtt://127.0.0.1:1883", wait: 1500ms}'
    yield ""


def _types(line: Described) -> Iterator[str]:
    yield "types:"
    for machine in line.spec.machines:
        yield f"  {machine.name}:"
        yield f"    makes: {makes(line.spec, machine)}"
        yield "    tags:"
        for value in machine.values:
            yield f"      {value}: {{{', '.join(_tag(line, machine, value))}}}"
        total, *reject = _counters(machine.face)
        yield f"    counts: {{total: {total}{f', reject: {reject[0]}' if reject else ''}}}"
        yield from (f"    {text}" for text in state_of(machine.face))
        if machine.sensors:
            yield f"    health: [{{model: normal_behaviour, tags: [{', '.join(machine.sensors)}], while: running}}]"
    yield ""


def _tag(line: Described, machine: MachineSpec, value: str) -> Iterator[str]:
    place = line.wiring.values[f"{line.spec.path}/{machine.name}/{value}"]
    if isinstance(place, OpcUaValue):
        yield f"node: {json.dumps(place.node, ensure_ascii=False)}"
    else:
        yield f"topic: {json.dumps(place.topic, ensure_ascii=False)}"
        yield f"value: {json.dumps(f'$.{place.key}', ensure_ascii=False)}"
        yield "timestamp: {path: $.ts, unit: ms}"
    if value == machine.face.pulse:
        yield "counter: {pulse: true}"
    elif value in _counters(machine.face):
        wraps = machine.face.wraps if isinstance(machine.face, StateCodes) and value == "total" else LARGEST
        yield f"counter: {{wraps: {wraps}}}" if wraps < LARGEST else "counter: {}"


def _tags(line: Described) -> Iterator[str]:
    """Values of the line itself."""
    path = line.spec.path
    own = [name for name in line.spec.names if name.count("/") == path.count("/") + 1]
    if own:
        yield "tags:"
    for name in own:
        place = line.wiring.values[name]
        if isinstance(place, OpcUaValue):
            where = f"from: {place.server}, node: {json.dumps(place.node, ensure_ascii=False)}"
        else:
            topic, key = json.dumps(place.topic), json.dumps(f"$.{place.key}")
            where = f"from: mqtt, topic: {topic}, value: {key}, timestamp: {{path: $.ts, unit: ms}}"
        yield f"  {name}: {{{where}}}"


def _lines(line: Described) -> Iterator[str]:
    yield "lines:"
    yield f"  {line.spec.path}:"
    yield f"    flow: [{', '.join(flow(line.spec))}]"
    yield f"    output: [{', '.join(ends(line.spec))}]"
    yield "    machines:"
    for machine in line.spec.machines:
        place = line.wiring.values[f"{line.spec.path}/{machine.name}/{machine.values[0]}"]
        source = place.server if isinstance(place, OpcUaValue) else "mqtt"
        yield f"      {machine.name}: {{type: {machine.name}, from: {source}}}"


def _on_mqtt(line: Described) -> bool:
    return any(isinstance(place, MqttValue) for place in line.wiring.values.values())


def _counters(face: Face) -> Sequence[str]:
    return ("total", "reject") if face.pulse is None else (face.pulse,)


def makes(spec: LineSpec, machine: MachineSpec) -> str:
    """What one count of a machine is: a piece of its outfeed, of so many of its infeed."""
    units = {buffer.name: buffer.unit for buffer in spec.buffers}
    before = units.get(machine.infeed, "piece")
    after = units.get(machine.outfeed, before if machine.station.takes == 1 else f"{machine.name}_piece")
    return after if after == before or not machine.infeed else f"{{{after}: {machine.station.takes} {before}}}"


def flow(spec: LineSpec) -> Iterator[str]:
    """Machines side by side and the buffers between them, from the first to the last."""
    steps: list[tuple[list[str], str]] = []
    for machine in spec.machines:
        if steps and steps[-1][1] == machine.infeed + ">" + machine.outfeed:
            steps[-1][0].append(machine.name)
        else:
            steps.append(([machine.name], machine.infeed + ">" + machine.outfeed))
    buffers = {buffer.name: f"{{buffer: {buffer.capacity} {buffer.unit}}}" for buffer in spec.buffers}
    for names, between in steps:
        yield names[0] if len(names) == 1 else f"[{', '.join(names)}]"
        after = between.partition(">")[2]
        if after:
            yield buffers[after]


def ends(spec: LineSpec) -> list[str]:
    """Machines behind which there is nothing."""
    return [machine.name for machine in spec.machines if not machine.outfeed] or [spec.machines[-1].name]


@singledispatch
def state_of(face: Face) -> Sequence[str]:
    """The lines below a type that read the machine's state from its face."""
    raise TypeError(f"no state is known for {face!r}")


@state_of.register
def _(face: PackMl) -> Sequence[str]:
    if not face.modes:
        return ("state: {table: packml, value: st, blocked: blocked, starved: starved}",)
    rules = {
        "changeover": "st == 2 and mode == 4",
        "maintenance": "st == 2 and (mode == 2 or mode == 3)",
        "blocked": "st == 5 and blocked",
        "starved": "st == 5 and starved",
    }
    rules |= {state: " or ".join(f"st == {n}" for n in numbers) for state, numbers in _numbers().items()}
    return ("state:", *(f'  - {{when: "{rule}", is: {state}}}' for state, rule in rules.items()), "  - {is: idle}")


def _numbers() -> dict[str, list[int]]:
    """Generic state -> PackML states that mean it by themselves; all others are idle."""
    found: dict[str, list[int]] = {}
    for state, generic in sorted(GENERIC.items()):
        if state is not State.SUSPENDED and generic != "idle":
            found.setdefault(generic, []).append(int(state))
    return found


@state_of.register
def _(face: StateCodes) -> Sequence[str]:
    table = _one_state({number: [c for c, n in face.codes.items() if n == number] for number in face.codes.values()})
    return (f"state: {{table: {{{', '.join(f'{number}: {state}' for number, state in table.items())}}}, value: st}}",)


@state_of.register
def _(face: StatusWord) -> Sequence[str]:
    bits = {bit: [c for c, b in face.status_word.items() if b == bit] for bit in face.status_word.values()}
    rules = [f'  - {{when: "bit(status, {bit})", is: {state}}}' for bit, state in _one_state(bits).items()]
    return ("state:", *rules, "  - {is: idle}")


@state_of.register
def _(_: Contacts) -> Sequence[str]:
    return ("state:", "  - {when: fault, is: down}", "  - {when: motor, is: running}", "  - {is: starved}")


def _one_state(shown: Mapping[int, Sequence[Condition]]) -> dict[int, str]:
    """The state that a number means: that of the first condition which has it."""
    return {number: conditions[0].state for number, conditions in shown.items()}
