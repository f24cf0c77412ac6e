"""How a machine shows itself, as a description says it: `packml`, `contacts`, or a table of its maker's."""

from __future__ import annotations

from collections.abc import Mapping

from simulators.description.document import Node
from simulators.description.reader import Reader, at
from simulators.face import Contacts, Face, PackMl, StateCodes, StatusWord

WITHOUT_TABLE: Mapping[str, Face] = {
    "packml": PackMl(),
    "packml_modes": PackMl(modes=True),
    "contacts": Contacts(),
}
WITH_TABLE = ("status_word", "codes")


def read_face(reader: Reader, node: Node, place: str) -> Face:
    """`packml`, `packml_modes`, `contacts`,
    `{status_word: {running: 0, ...}}` or `{codes: {running: 3, ...}, wraps: 65536}`.
    """
    if isinstance(node.value, dict):
        return reader.read(node, StatusWord | StateCodes, place)
    word = reader.word(node, (*WITHOUT_TABLE, *WITH_TABLE), place)
    if word in WITH_TABLE:
        raise node.wrong(f"{at(place)}{word!r} needs its table; write {{{word}: {{running: 0, ...}}}}")
    return WITHOUT_TABLE[word]
