"""Layouts: a wide table has a column for each tag; a long one has a row for each sample, as `twin export` writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.core import status as codes
from twin.core.batch import Batch
from twin.core.status import name

LONG = frozenset({"time", "tag", "value"})
LONG_TOO = frozenset({"status", "text", "recorded"})

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f/]")


def is_long(header: Sequence[str]) -> bool:
    """Whether these are the columns of a long table: time, tag, value, and maybe status, text, recorded."""
    return set(header) >= LONG and set(header) <= LONG | LONG_TOO and len(set(header)) == len(header)


def tag_names(header: Sequence[str], prefix: str) -> tuple[list[str], dict[int, str]]:
    """The tag of every column, `PREFIX/COLUMN`, and by column what was changed to get there.

    The column's text stays as it is, spaces too; only `/` and control characters become `_`.
    """
    names: list[str] = []
    notices: dict[int, str] = {}
    for at, column in enumerate(header, start=1):
        clean = _CONTROL.sub("_", column) or f"column_{at}"
        free = _free(clean, names, prefix)
        if free != column:
            notices[at - 1] = f"column {at} {column!r} became the tag {free!r}"
        names.append(f"{prefix}/{free}" if prefix else free)
    return names, notices


def _free(wanted: str, taken: Sequence[str], prefix: str) -> str:
    used = {one.removeprefix(f"{prefix}/") for one in taken}
    numbered = (f"{wanted}_{n}" for n in range(2, len(taken) + 3))
    return wanted if wanted not in used else next(one for one in numbered if one not in used)


def status_of(cell: str) -> int | None:
    """The StatusCode of a cell: a number, `0x80000000`, or a standard name; empty is Good; None for anything else."""
    bare = cell.strip()
    if not bare:
        return codes.GOOD
    if bare in _BY_NAME:
        return _BY_NAME[bare]
    match = re.fullmatch(r"(?:(?:Good|Uncertain|Bad) )?(0[xX][0-9a-fA-F]{1,8})|(\d{1,10})", bare)
    if match is None:
        return None
    code = int(match[1], 16) if match[1] else int(match[2])
    return code if code < 1 << 32 else None


_CODES = [code for code in vars(codes).values() if isinstance(code, int) and not code & 0xFFFF]
_BY_NAME = {name(code): code for code in _CODES if code != codes.SEVERITY_MASK}


def apart(found: Batch) -> tuple[Batch, int]:
    """The rows in the order of time, repeats of one instant with another value 1 ns apart; and how many were moved."""
    order = np.lexsort((found.time, found.tag))
    tag, time = found.tag[order], found.time[order]
    same = np.zeros(len(order), dtype=np.bool_)
    same[1:] = (tag[1:] == tag[:-1]) & (time[1:] == time[:-1])
    if not same.any():
        return found.in_time_order(), 0
    number = np.cumsum(same & _differs_from_before(found, order))
    moved = number - np.maximum.accumulate(np.where(same, 0, number))
    times = found.time.copy()
    times[order] += moved
    spread = Batch(found.source, found.tag, times, found.value, found.status, found.text)
    return spread.in_time_order(), int((moved > 0).sum())


def _differs_from_before(found: Batch, order: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which rows, in this order, hold something else than the row before (NaN equals NaN)."""
    columns: list[NDArray[Any]] = [found.value[order].view(np.int64), found.status[order]]
    if found.text is not None:
        columns.append(found.text[order])
    differs = np.zeros(len(order), dtype=np.bool_)
    for column in columns:
        differs[1:] |= (column[1:] != column[:-1]).astype(np.bool_)
    return differs
