"""Globs over paths of tags, the same wherever people write one: plant file, API, command line."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from functools import lru_cache

_WILD = re.compile(r"[*?\[]")


def is_glob(text: str) -> bool:
    """Whether it has `*`, `?` or `[`; else it is a path."""
    return bool(_WILD.search(text))


@lru_cache(256)
def takes(globs: tuple[str, ...], plant: str) -> Callable[[str], bool]:
    """Whether one of the globs takes a tag by its full path or its path without the plant; no globs take every tag.

    A path (see is_glob) takes what is below it too.

    >>> takes(("packaging/**",), "acme/brno")("acme/brno/packaging/line1/filler/temp")
    True
    """
    if not globs:
        return lambda _name: True
    patterns = [re.compile(fnmatch.translate(glob if is_glob(glob) else f"{glob}/*")) for glob in globs]
    plain = {glob for glob in globs if not is_glob(glob)}
    before = f"{plant}/" if plant else ""

    def test(name: str) -> bool:
        names = {name, name.removeprefix(before)}
        return bool(names & plain) or any(one.match(name) for one in patterns for name in names)

    return test
