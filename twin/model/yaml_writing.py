"""Values to YAML that means exactly them, for readers of YAML 1.2 and of 1.1 alike."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence

Setting = str | int | float | bool | Sequence["Setting"] | Mapping[str, "Setting"]
"""What can stand behind a key."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*|\d{1,9}(?:ms|s|min|m|h|d)")
"""Text that needs no quotes, in braces neither: words, paths, durations."""
_NO_TEXT = frozenset(("true", "false", "null", "on", "off", "yes", "no", "y", "n"))
_ESCAPED = re.compile(r"[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML takes for the end of a line or does not allow."""


def quoted(text: str) -> str:
    """A scalar that means exactly this text. Raises ValueError for half a surrogate pair, which no file can hold.

    >>> quoted("Line.temp"), quoted("on"), quoted("14:00")
    ('Line.temp', "'on'", "'14:00'")
    """
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    if _ESCAPED.search(text):
        return '"' + _ESCAPED.sub(_escape, text.replace("\\", "\\\\").replace('"', '\\"')) + '"'
    return "'" + text.replace("'", "''") + "'"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code < 0xE000:
        raise ValueError(f"half of a surrogate pair, {code:#x}, is no text")
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def flow(value: Setting) -> str:
    """A value on one line. Raises ValueError as `quoted` does.

    >>> flow({"publishing": "100ms", "queue": 10, "bad": [1.5, -1.0]})
    '{publishing: 100ms, queue: 10, bad: [1.5, -1]}'
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{quoted(name)}: {flow(v)}" for name, v in value.items()) + "}"
    return "[" + ", ".join(flow(item) for item in value) + "]"


def number(value: float) -> str:
    """A number as people write it. It is read back as the same number."""
    if math.isfinite(value):
        is_whole = value == int(value) and abs(value) < 1e15
        return (
            str(int(value)) if is_whole else re.sub(r"^(-?\d+)e", r"\1.0e", json.dumps(value))
        )  # YAML 1.1 wants a point
    return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"


def comment(text: str, indent: str = "") -> list[str]:
    """Lines of a comment: one for each line of the text, without what would end it."""
    return [f"{indent}# {_ESCAPED.sub('?', line)}".rstrip() for line in text.splitlines() or [""]]
