"""Recordings as the source of a line in a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from twin.core.errors import Misconfigured
from twin.core.tags import TagTable
from twin.runtime.recording import read_recording
from twin.testing.source import Recorded


def recorded(file: Path, tags: TagTable) -> tuple[Recorded, Sequence[str]]:
    """A recording and the tags in it; new ones are added to the table. Raises Misconfigured."""
    if not file.is_file():
        raise Misconfigured(f"source {str(file)!r}: no such file")
    whole = read_recording(file, tags)
    return Recorded(file.name, whole), [tags[tag].name for tag in np.unique(whole.tag).tolist()]
