"""`twin browse --save` and `--compare`: an address space as a file, and what a PLC download changed in it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from twin.cli.command import DONE, FAILED
from twin.core.errors import Misconfigured
from twin.core.ports import Node
from twin.model.snapshot import Change, changes, from_text, to_text
from twin.model.touched import touched
from twin.runtime.plant_file import read_plant


def matches(path: str, glob: str) -> bool:
    """Whether a path is meant: the whole of it, or its end after a `/`."""
    return fnmatchcase(path, glob) or fnmatchcase(path, f"*/{glob}")


def save(arguments: argparse.Namespace, nodes: Sequence[Node]) -> int:
    """Write the address space. Raises Misconfigured when the file cannot be written."""
    try:
        Path(arguments.save).write_text(to_text(arguments.source, nodes), encoding="utf-8", newline="\n")
    except OSError as error:
        raise Misconfigured(f"{arguments.save}: cannot be written: {error.strerror}") from None
    print(f"{len(nodes)} variables saved in {arguments.save}", file=sys.stderr)
    return DONE


def compare(arguments: argparse.Namespace, nodes: Sequence[Node]) -> int:
    """Tell what is not as it was saved, and the tags of a plant file that it touches; FAILED when there is anything."""
    try:
        text = Path(arguments.compare).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{arguments.compare}: cannot be read: {error}") from None
    before = [node for node in from_text(text, arguments.compare) if matches(node.path, arguments.match)]
    found = changes(before, nodes)
    tags = touched(read_plant(arguments.plant, secrets=False), found) if arguments.plant else []
    if arguments.json:
        print(json.dumps({"changes": [_as_json(change) for change in found], "tags": tags}, ensure_ascii=False))
    else:
        for line in (*(change.text() for change in found), *tags):
            print(line)
        print(f"{len(found)} changes in {len(nodes)} variables, {len(tags)} tags to look at", file=sys.stderr)
    return FAILED if found else DONE


def _as_json(change: Change) -> dict[str, object]:
    old, new = change.before, change.after
    return {
        "kind": change.kind,
        "before": None if old is None else old.path,
        "after": None if new is None else new.path,
        "address": None if new is None else new.address,
        "likeness": round(change.likeness, 2),
        "text": change.text(),
    }
