"""The plant file of what somebody ticked on a server: flat tags, or one machine with its state rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.core.errors import Misconfigured
from twin.core.plugin import ConnectionSpec
from twin.model.drafting.drafts import with_common_namespace
from twin.model.drafting.offered import TYPES
from twin.model.names import check_path
from twin.model.plant_text import ConnectionDraft, TagDraft, plant_text
from twin.model.yaml_writing import Setting, flow, quoted

PASSWORD = "LINETWIN_PASSWORD"  # noqa: S105 - the name of an environment variable
CONNECTION = "c1"


def draft_text(
    plant: str,
    machine: str,
    spec: ConnectionSpec,
    tags: Mapping[str, str],
    kinds: Mapping[str, str],
    units: Mapping[str, str],
    counters: Sequence[str],
    state: Sequence[Mapping[str, Any]],
) -> str:
    """The text. machine: path of the machine, '' for flat tags. tags: name -> node. Raises Misconfigured."""
    if state and not machine:
        raise Misconfigured("a state rule belongs to a machine; name the machine")
    plain = ConnectionDraft(CONNECTION, spec.protocol, spec.url, _settings(spec))
    ticked = [TagDraft(name, CONNECTION, _keys(name, node, kinds, units, counters)) for name, node in tags.items()]
    connection, drafts = with_common_namespace(plain, ticked)
    try:
        if not machine:
            return plant_text(plant, [connection], drafts)
        check_path(machine)
        keys = {draft.path: draft.keys for draft in drafts}
        return plant_text(plant, [connection], []) + "\n".join(_machine(machine, keys, state)) + "\n"
    except ValueError as error:
        raise Misconfigured(str(error)) from error


def _machine(path: str, tags: Mapping[str, Mapping[str, Setting]], state: Sequence[Mapping[str, Any]]):
    line, slash, name = path.rpartition("/")
    if not slash:
        raise ValueError(f"machine {path!r}: write its line before it: line1/{path}")
    yield "types:"
    yield f"  {quoted(name)}:"
    yield "    tags:"
    yield from (f"      {quoted(tag)}: {flow(keys)}" for tag, keys in tags.items())
    if state:
        yield "    state:"
        yield from (f"      - {flow(rule)}" for rule in state)
    yield "lines:"
    yield f"  {quoted(line)}:"
    yield "    machines:"
    yield f"      {quoted(name)}: {{type: {quoted(name)}, from: {CONNECTION}}}"


def _keys(
    name: str, node: str, kinds: Mapping[str, str], units: Mapping[str, str], counters: Sequence[str]
) -> dict[str, Setting]:
    kind = kinds.get(name, "")
    keys: dict[str, Setting] = {"node": node}
    if kind.endswith("[]"):
        keys["pick"] = "[0]"
    type = TYPES.get(kind.removesuffix("[]"), "")
    keys |= {"type": type} if type else {}
    keys |= {"unit": units[name]} if units.get(name) else {}
    return keys | ({"counter": {}} if name in counters else {})


def _settings(spec: ConnectionSpec) -> dict[str, Setting]:
    """How to get in. A password is named, never written."""
    given = spec.settings
    found: dict[str, Setting] = {}
    for name in ("user", "security"):
        if given.get(name) and given[name] != "auto":
            found[name] = given[name]
    if given.get("password"):
        found["password"] = f"${{{PASSWORD}}}"
    return found
