"""Plant files that include others: what is looked up where, and one text that holds them all.

A folder answers a pattern with the files that match it. The text of a plant of several files is a JSON object of them,
the main one first: what is read from that text is what was read from the files, to the line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import cast

from twin.model.globs import is_glob

Folder = Callable[[str], Mapping[str, str]]
"""Gives the texts of the files that a pattern names, by their path from the main file's folder, in order."""

_HEAD = '{"plant files": '
_WILD_LENGTH = 200


def nowhere(_pattern: str) -> Mapping[str, str]:
    """The folder of a text that stands alone."""
    return {}


def together(texts: Mapping[str, str]) -> str:
    """One text for all files, the main one first; that of a file that includes none is the file.

    >>> together({"plant.yaml": "linetwin: 1", "b.yaml": "tags: {}"})
    '{"plant files": {"plant.yaml": "linetwin: 1", "b.yaml": "tags: {}"}}'
    """
    if len(texts) == 1:
        return next(iter(texts.values()))
    return f"{_HEAD}{json.dumps(texts, ensure_ascii=False)}}}"


def apart(text: str, file: str) -> tuple[str, Mapping[str, str]]:
    """Name and text of the main file of what `together` made, and all files; the file itself for any other text."""
    if text.startswith(_HEAD):
        try:
            found = json.loads(text)["plant files"]
        except (ValueError, RecursionError):
            found = None
        if (
            isinstance(found, dict)
            and found
            and all(isinstance(one, str) for one in cast(dict[str, object], found).values())
        ):
            files = cast(dict[str, str], found)
            return next(iter(files)), files
    return file, {file: text}


def folder_of(files: Mapping[str, str]) -> Folder:
    """A folder of files that are in memory."""
    return lambda pattern: {name: files[name] for name in sorted(files) if matches(pattern, name)}


def matches(pattern: str, name: str) -> bool:
    """Whether a path is one that a pattern names; `*` stands for any part between two slashes.

    >>> matches("lines/*.yaml", "lines/line1.yaml"), matches("*.yaml", "lines/line1.yaml")
    (True, False)
    """
    parts, names = pattern.split("/"), name.split("/")
    return len(parts) == len(names) and all(map(part_matches, names, parts))


def part_matches(name: str, part: str) -> bool:
    """Whether a name is one that a part of a pattern names. What begins with a dot is hidden from `*`."""
    if not is_glob(part):
        return name == part
    return not name.startswith(".") and fnmatchcase(name, part)


def from_file(pattern: str, file: str) -> str:
    """The pattern of an included file as one from the main file's folder.

    Raises ValueError for one that does not stay in the folder.

    >>> from_file("*.yaml", "lines/all.yaml")
    'lines/*.yaml'
    """
    parts = pattern.split("/")
    if "\\" in pattern:
        raise ValueError(f"'{pattern}': write / between folders")
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        raise ValueError(f"'{pattern}' leaves the folder of the plant file (name files in it or below it)")
    if "" in parts or len(pattern) > _WILD_LENGTH:
        raise ValueError(f"'{pattern}' is no path of a file")
    above = file.rpartition("/")[0]
    return "/".join([*([above] if above else []), *(part for part in parts if part != ".")])
