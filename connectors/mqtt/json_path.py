"""Paths into a JSON document: `$`, `$.a.b`, `$['c d'][0]`, and for arrays `$.points[*]`. Compiled once per tag."""

from __future__ import annotations

import re
from typing import Any, Final

Step = str | int | None
"""A key of an object, a position in an array, or None for every element of an array."""

Path = tuple[Step, ...]

MISSING: Final = object()
"""What `find` gives where the document has nothing; JSON null is something."""

_STEP = re.compile(r"""\.([^.\[\]'"\s]+)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d{1,9})\]|\[(\*)\]""")


def compile_path(text: str, every: bool = False) -> Path:
    """The steps of a path. `[*]` is allowed only with `every`. Raises ValueError that says what a path looks like."""
    if not text.startswith("$"):
        raise ValueError(f"{text!r} is not a path: it starts with $, like $.value or $['a b'][0]")
    steps: list[Step] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not a path at {text[position:]!r}; write $.a.b, $['a b'] or $.a[0]")
        steps.append(_step(match))
        position = match.end()
    if None in steps and not every:
        raise ValueError(f"{text!r} points at many values; put the part up to [*] under `each`")
    return tuple(steps)


def _step(match: re.Match[str]) -> Step:
    name, single, double, index, star = match.groups()
    if star is not None:
        return None
    if index is not None:
        return int(index)
    return next(key for key in (name, single, double) if key is not None)


def find(document: Any, path: Path) -> Any:
    """What stands at a path without `[*]`, or MISSING."""
    for step in path:
        if isinstance(step, str):
            if type(document) is not dict:
                return MISSING
            document = document.get(step, MISSING)
        elif isinstance(step, int) and type(document) is list and step < len(document):
            document = document[step]
        else:
            return MISSING
        if document is MISSING:
            return MISSING
    return document


def elements(document: Any, path: Path) -> list[Any] | None:
    """All that stands at a path with `[*]`, in order; None when there is no array to walk."""
    found = [document]
    walked = False
    for step in path:
        if step is None:
            arrays = [one for one in found if type(one) is list]
            walked = bool(arrays)
            found = [element for array in arrays for element in array]
            if not walked:
                return None
        else:
            found = [below for one in found if (below := find(one, (step,))) is not MISSING]
    return found if walked else None
