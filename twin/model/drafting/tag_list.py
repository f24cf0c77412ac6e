"""A tag list as CSV, as spreadsheets write it, to drafts: one row is one tag."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from twin.core.errors import Misconfigured, Problem, Problems
from twin.core.plugin import ConnectorPlugin, Key
from twin.model.drafting.drafts import Drafts, needs_namespace
from twin.model.keys import TAG_KEYS
from twin.model.naming import Taken, segment
from twin.model.plant_text import ConnectionDraft, TagDraft, unsayable
from twin.model.report import suggestion
from twin.model.yaml_writing import Setting

ADDRESS = "opc.tcp://192.168.0.1:4840"
"""Stands in a file made from a list of tags that does not say where the server is."""
FIRST = ("name", "connection", "endpoint", "ns", "node", "type", "unit", "description")
"""Columns in this order; after them any key of a tag that a tag has."""
ALSO = {"path": "name", "tag": "name", "from": "connection", "url": "endpoint", "display": "description",
        "node id": "node", "nodeid": "node", "namespace": "ns"}  # fmt: skip
"""Other headings for the same."""
FORMULA = ("=", "+", "-", "@", "'", "\t", "\r")
"""A spreadsheet would reckon with a cell that begins so; `'` before it makes it text."""
_CUT = re.compile(r"ns=\d+|nsu=[^;]*")
"""What is left of `ns=3;s=x` where `;` stands between cells."""
TRUE, FALSE = ("true", "1", "yes", "wahr", "ja"), ("false", "0", "no", "falsch", "nein")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of data: where it begins, counted from 1, and its cells by column, the empty ones left out."""

    line: int
    cells: Mapping[str, str]


def text_of(data: bytes, file: str) -> str:
    """The text of a file: UTF-8 with or without BOM, UTF-16 with it. Raises Misconfigured for another encoding."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Misconfigured(f"{file}:{line}: is not UTF-8 (save it as `CSV UTF-8`)") from None


def from_tag_list(text: str, file: str, plugins: Mapping[str, ConnectorPlugin]) -> Drafts:
    """Drafts of a tag list. Raises Problems with the line of everything that is wrong."""
    problems: list[Problem] = []
    rows = list(_rows(text, file, _keys(plugins)))
    reader = _Reader(file, plugins, problems)
    tags = [tag for row in rows if (tag := reader.tag(row)) is not None]
    if problems:
        raise Problems(problems)
    if not tags:
        raise Misconfigured(f"{file}:1: there is no row below the headings")
    return _with_namespaces(Drafts(tuple(reader.connections.values()), tuple(tags)))


def _keys(plugins: Mapping[str, ConnectorPlugin]) -> dict[str, Key]:
    """All keys that a column may be named by."""
    return {key.name: key for key in (*TAG_KEYS, *(key for plugin in plugins.values() for key in plugin.tag_keys))}


def _rows(text: str, file: str, keys: Mapping[str, Key]) -> Iterator[Row]:
    """The rows by their headings. Raises Misconfigured for headings that are none, or no CSV."""
    lines, skipped = text, 0
    if text[:4].lower() == "sep=":
        lines, skipped = text.partition("\n")[2], 1
    reader = csv.reader(io.StringIO(lines, newline=""), delimiter=_delimiter(text, lines), strict=True)
    columns: list[str] = []
    begin = skipped + 1
    try:
        for cells in reader:
            if not columns and any(cells):
                columns = _columns(cells, f"{file}:{begin}", keys)
            elif any(cell.strip() for cell in cells):
                yield Row(begin, _row(columns, cells, f"{file}:{begin}"))
            begin = skipped + reader.line_num + 1
    except csv.Error as error:
        raise Misconfigured(f"{file}:{begin}: not CSV: {error}") from None
    if not columns:
        raise Misconfigured(f"{file}:1: is empty; the first line names the columns: name,node,unit")


def _delimiter(text: str, lines: str) -> str:
    """What stands between cells: as `sep=;` says, else what the headings have most of."""
    if lines is not text and text[4:5] in {";", ",", "\t", "|"}:
        return text[4]
    head = lines.lstrip("\r\n").partition("\n")[0]
    return max(",;\t", key=head.count)


def _columns(cells: Sequence[str], place: str, keys: Mapping[str, Key]) -> list[str]:
    columns = [ALSO.get(cell.strip().lower(), cell.strip().lower()) for cell in cells]
    known = [*FIRST, *(name for name in keys if name not in {"from", "display"})]
    for column in columns:
        if column and column not in known:
            raise Misconfigured(f"{place}: no column '{column}' is known{suggestion(column, known)}")
        if column and columns.count(column) > 1:
            raise Misconfigured(f"{place}: column '{column}' stands twice")
    if "name" not in columns:
        raise Misconfigured(f"{place}: no column name; the columns are {', '.join(FIRST)} and keys of a tag")
    return columns


def _row(columns: Sequence[str], cells: Sequence[str], place: str) -> dict[str, str]:
    more = [cell for cell in cells[len(columns) :] if cell.strip()]
    if more:
        raise Misconfigured(
            f"{place}: {len(cells)} cells in {len(columns)} columns; quote a cell that holds the separator"
        )
    named = zip(columns, cells, strict=False)
    return {column: unescaped(cell) for column, cell in named if column and cell.strip()}


def escaped(cell: str) -> str:
    """The cell as a spreadsheet takes it for text.

    >>> escaped("=1+1"), escaped("'t"), escaped("a")
    ("'=1+1", "''t", 'a')
    """
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def unescaped(cell: str) -> str:
    """The other way: a `'` before what needs one is taken away."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


class _Reader:
    """Reads rows; gathers connections and problems."""

    def __init__(self, file: str, plugins: Mapping[str, ConnectorPlugin], problems: list[Problem]) -> None:
        self.connections: dict[str, ConnectionDraft] = {}
        self._file = file
        self._plugins = plugins
        self._problems = problems
        self._said: dict[str, int] = {}
        self._taken = Taken()

    def _problem(self, row: Row, text: str) -> None:
        self._problems.append(Problem(self._file, row.line, text))

    def tag(self, row: Row) -> TagDraft | None:
        """The tag of a row, None after telling why there is none."""
        name = row.cells.get("name", "").strip().strip("/")
        if not name:
            self._problem(row, "name is empty")
            return None
        if name in self._said:
            self._problem(row, f"tag '{name}' stands twice (first in line {self._said[name]})")
            return None
        self._said[name] = row.line
        connection = self._connection(row)
        keys = self._settings(row, connection)
        if connection is None or keys is None:
            return None
        parts = [part.strip() for part in name.split("/")]
        path = self._taken.free("/".join(segment(part) for part in parts))
        last = path.rpartition("/")[2]
        display = row.cells.get("description", "" if parts[-1] == last else parts[-1]).strip()
        unit = row.cells.get("unit", "").strip()
        type_ = row.cells.get("type", "number").strip()
        draft = TagDraft(path, connection.name, keys, type_, unit, display, row.cells.get("was", ""))
        reasons = [unsayable(value) for value in draft.meaning().values() if isinstance(value, str)]
        for reason in filter(None, reasons):
            self._problem(row, f"tag '{name}': {reason}")
        return None if any(reasons) else draft

    def _connection(self, row: Row) -> ConnectionDraft | None:
        name = segment(row.cells.get("connection", "c1"))
        url = row.cells.get("endpoint", "").strip()
        found = self.connections.get(name)
        if found is not None and (not url or url == found.url):
            return found
        if found is not None and found.url != ADDRESS:
            self._problem(row, f"connection '{name}' has two endpoints, {found.url} and {url}")
            return None
        scheme = (url or ADDRESS).partition("://")[0]
        protocol = next((p.protocol for p in self._plugins.values() if scheme in p.schemes), None)
        if protocol is None:
            self._problem(row, f"endpoint '{url}' is no address of an installed protocol")
            return None
        notes = () if url else ("The list does not say where its server is: put the address here.",)
        self.connections[name] = ConnectionDraft(name, protocol, url or ADDRESS, notes=notes)
        return self.connections[name]

    def _settings(self, row: Row, connection: ConnectionDraft | None) -> dict[str, Setting] | None:
        """All other cells as their keys want them, None after telling what is wrong."""
        if connection is None:
            return None
        plugin = self._plugins[connection.protocol]
        keys = {key.name: key for key in (*TAG_KEYS, *plugin.tag_keys)}
        found: dict[str, Setting] = {}
        is_right = True
        for column, cell in row.cells.items():
            if column in {"name", "connection", "endpoint", "unit", "description", "was"}:
                continue
            try:
                if column not in keys:
                    raise ValueError(
                        f"is no key of {plugin.protocol}{suggestion('', [k.name for k in plugin.tag_keys])}"
                    )
                found[column] = setting(cell, keys[column])
            except ValueError as error:
                self._problem(row, f"{column}: {error}")
                is_right = False
        if connection.protocol == "opcua" and not found.get("node") and not found.get("browse_path"):
            self._problem(row, "node is empty")
            return None
        if _CUT.fullmatch(str(found.get("node", ""))):
            self._problem(row, f"node '{found['node']}' ends where its semicolon was; put the cell in quotes")
            return None
        found.pop("type", None)
        return found if is_right else None


def setting(cell: str, key: Key) -> Setting:
    """What a cell says, for a key. Raises ValueError.

    >>> setting("0,5", Key("deadband", "number", "")), setting("[0, 27648]", Key("raw", "numbers", ""))
    (0.5, [0, 27648])
    """
    text = cell.strip()
    match key.kind:
        case "number" | "int":
            return _number(text)
        case "bool":
            return _bool(text)
        case "choice":
            if text not in key.choices:
                raise ValueError(f"'{text}' is not one of {', '.join(key.choices)}")
            return text
        case "duration":
            return text.replace(",", ".")
        case "text" | "secret":
            return cell
        case _:
            return _json(text)


def _number(text: str) -> int | float:
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text.replace(",", "."))
    except ValueError:
        raise ValueError(f"'{text}' is not a number") from None


def _bool(text: str) -> bool:
    if text.lower() not in (*TRUE, *FALSE):
        raise ValueError(f"'{text}' is not true or false")
    return text.lower() in TRUE


def _json(text: str) -> Setting:
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"'{text}' is not written like [0, 27648] or {{\"high\": 85}}") from None


def _with_namespaces(drafts: Drafts) -> Drafts:
    """One namespace that all tags of a connection have is the connection's."""
    namespaces: dict[str, set[Setting]] = {}
    for tag in drafts.tags:
        if "ns" in tag.keys or needs_namespace(tag.keys.get("node", "")):
            namespaces.setdefault(tag.connection, set()).add(tag.keys.get("ns", ""))
    common = {name: next(iter(found)) for name, found in namespaces.items() if len(found) == 1 and "" not in found}
    connections = (
        replace(c, settings={"ns": common[c.name], **c.settings}) if c.name in common else c for c in drafts.connections
    )
    return Drafts(tuple(connections), tuple(_without_namespace(drafts.tags, common)), drafts.left_out)


def _without_namespace(tags: Iterable[TagDraft], common: Mapping[str, Setting]) -> Iterator[TagDraft]:
    for tag in tags:
        keep = tag.connection not in common or not needs_namespace(tag.keys.get("node", ""))
        yield tag if keep else replace(tag, keys={key: v for key, v in tag.keys.items() if key != "ns"})
