"""A new plant file: drafts of connections and tags to commented YAML that loads to just these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from twin.model.keys import TAG_KEYS
from twin.model.likeness import Kind, alike
from twin.model.names import check_path, check_segment, expanded, filled, has_loop
from twin.model.yaml_writing import Setting, comment, flow, quoted

MODEL_KEYS = frozenset(key.name for key in TAG_KEYS)
WIDEST = 110
"""A mapping that is longer is written with a line for each key."""


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """One connection to be. settings: keys of its plug-in and the common ones, values as a file has them (`1s`).

    A secret is named, `${S7_PW}`, never written. notes: comments above it.
    """

    name: str
    protocol: str
    url: str
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TagDraft:
    """One tag to be, or with a loop in its path, `zone_[0..2]`, one for each `{i}` in its keys.

    path: within the plant, legal and its own (twin.model.naming). keys: all its other keys, those of
    the plug-in and of the model: node, pick, group, deadband, raw, range, counter.

    display: name for people, '' where the path says it. notes: comments above it. is_open: it needs a decision
    first, and is written as a comment.
    """

    path: str
    connection: str
    keys: Mapping[str, Setting]
    type: str = "number"
    unit: str = ""
    display: str = ""
    was: str = ""
    notes: tuple[str, ...] = ()
    is_open: bool = False

    def meaning(self) -> dict[str, Setting]:
        """All keys but `from`, those with their default left out."""
        named = {"type": "" if self.type == "number" else self.type, "unit": self.unit}
        found: dict[str, Setting] = {**self.keys, **named, "display": self.display, "was": self.was}
        return {name: value for name, value in found.items() if name not in _DROPPED_WHEN_EMPTY or value != ""}


_DROPPED_WHEN_EMPTY = ("type", "unit", "display", "was")


def plant_text(
    plant: str,
    connections: Sequence[ConnectionDraft],
    tags: Sequence[TagDraft],
    head: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> str:
    """The text of a plant file, in the order of the drafts.

    Folders that hold the same tags below one parent become machines of a type; all else are flat tags. head:
    comments at the top; left_out: what is not in the file and why, comments at the end.

    Raises ValueError for what no plant file can say: a path that is none or stands twice, a text that `unsayable`
    objects to.
    """
    _check(plant, connections, tags)
    tags = list(_sharing(tags))
    kinds, flat = alike([tag for tag in tags if not tag.is_open])
    single = {tag.path for tag in flat}
    lines = [*_comments(head), "linetwin: 1", f"plant: {quoted(plant)}"]
    if connections:
        lines += ["connections:", *(line for c in connections for line in _connection(c))]
    if kinds:
        lines += [*_types(kinds), *_lines(kinds)]
    rest = [tag for tag in tags if tag.is_open or tag.path in single]
    if rest:
        lines += ["tags:" if single else "# tags:", *(line for tag in rest for line in _flat(tag))]
    if left_out:
        lines += ["# Not taken over:", *_comments([f"- {text}" for text in left_out])]
    return "\n".join(lines) + "\n"


def _sharing(tags: Sequence[TagDraft]) -> Iterator[TagDraft]:
    """The drafts; one that is read from where another is says so, for a plant file has no such tags by mistake."""
    seen: set[str] = set()
    for tag in tags:
        place = flow({"connection": tag.connection, **{k: v for k, v in tag.keys.items() if k not in MODEL_KEYS}})
        is_again = place in seen or (has_loop(tag.path) and "{i}" not in place)
        yield replace(tag, keys={**tag.keys, "shared": True}) if is_again and not tag.is_open else tag
        seen.add(place)


def unsayable(text: str) -> str:
    """Why a text cannot stand in the keys of a tag, '' when it can: `{machine}` is filled in wherever it stands."""
    try:
        if filled(text, {}) == text:
            quoted(text)
            return ""
    except ValueError as error:
        return str(error)
    return f"{text!r} holds a template"


def _check(plant: str, connections: Sequence[ConnectionDraft], tags: Sequence[TagDraft]) -> None:
    check_path(plant)
    names = [c.name for c in connections]
    for name in names:
        check_segment(name)
    _once(names, "connection")
    _once([name for tag in tags for name, _ in expanded(tag.path)], "tag")
    for tag in tags:
        if tag.connection not in names:
            raise ValueError(f"tag '{tag.path}': no connection '{tag.connection}'")
        for value in tag.meaning().values():
            text = value.replace("{i}", "0") if isinstance(value, str) and has_loop(tag.path) else value
            reason = unsayable(text) if isinstance(text, str) else ""
            if reason:
                raise ValueError(f"tag '{tag.path}': {reason}")


def _once(names: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{what} '{name}' stands twice")
        seen.add(name)


def _comments(texts: Sequence[str], indent: str = "") -> Iterator[str]:
    for text in texts:
        yield from comment(text, indent)


def _connection(draft: ConnectionDraft) -> Iterator[str]:
    yield from _comments(draft.notes, "  ")
    keys: dict[str, Setting] = {draft.protocol: draft.url, **draft.settings}
    whole = f"  {_name(draft.name)}: {flow(keys)}"
    if len(whole) <= WIDEST:
        yield whole
        return
    yield f"  {_name(draft.name)}:"
    for name, value in keys.items():
        yield from _key(name, value)


def _key(name: str, value: Setting) -> Iterator[str]:
    """One key of a connection; what is too long for a line is opened once more."""
    whole = f"    {name}: {flow(value)}"
    if len(whole) <= WIDEST or not isinstance(value, Mapping):
        yield whole
        return
    yield f"    {name}:"
    for inner, one in value.items():
        yield f"      {quoted(inner)}: {flow(one)}"


def _types(kinds: Sequence[Kind]) -> Iterator[str]:
    yield "types:"
    for kind in kinds:
        remark = f"its {len(kind.machines)} machines have the same tags; `counts` and `state` go here"
        yield f"  {_name(kind.name)}: # {remark}"
        yield "    tags:"
        for name, keys, notes in kind.tags:
            yield from _comments(notes, "      ")
            yield f"      {_name(name)}: {flow(keys)}"


def _lines(kinds: Sequence[Kind]) -> Iterator[str]:
    yield "lines:"
    machines = [(kind, machine) for kind in kinds for machine in kind.machines]
    for line in dict.fromkeys(machine.line for _, machine in machines):
        yield f"  {_name(line)}:"
        yield "    machines:"
        for kind, machine in machines:
            if machine.line == line:
                own: dict[str, Setting] = {"type": kind.name, "from": machine.connection, "node": machine.node}
                yield f"      {_name(machine.name)}: {flow(own)}"


def _name(path: str) -> str:
    """A path as a key: `2258` would be a number to some readers. A loop needs no quotes at the start of a line."""
    return path if has_loop(path) else quoted(path)


def _flat(tag: TagDraft) -> Iterator[str]:
    yield from _comments(tag.notes, "  ")
    keys: dict[str, Setting] = {"from": tag.connection, **tag.meaning()}
    yield f"  {'# ' if tag.is_open else ''}{_name(tag.path)}: {flow(keys)}"
