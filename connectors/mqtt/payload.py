"""What a payload says: bytes to a JSON document, and a JSON value to the columns `value` and `text`."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

from twin.core.errors import Undecodable

LARGEST = 1 << 20
"""Payloads past 1 MiB are not parsed: no machine sends them, and one must not stall the rest."""

EXACT: Final = 1 << 53
"""Integers beyond this lose digits in float64; they keep them in the text column."""

NOT_JSON: Final = "not JSON"

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WORDS = {"on": True, "off": False, "true": True, "false": False}
_KINDS = {dict: "object", list: "array", str: "text", bool: "bool", int: "number", float: "number", type(None): "null"}


def text_of(payload: bytes) -> str:
    """The payload as text, a byte order mark removed. Raises Undecodable."""
    if len(payload) > LARGEST:
        raise Undecodable("payload too large", f"more than {LARGEST} bytes")
    if not payload:
        raise Undecodable("empty payload")
    try:
        return payload.decode("utf-8-sig" if payload[:1] == b"\xef" else "utf-8")
    except UnicodeDecodeError as error:
        raise Undecodable("not UTF-8", f"byte {error.start} is 0x{payload[error.start]:02X}") from None


def document_of(text: str) -> Any:
    """The JSON document of a text. `NaN` and `1e999` come out as they are: only who reads them is refused."""
    bare = text.strip(" \t\r\n")
    try:
        document, end = _DECODER.raw_decode(bare)
    except RecursionError:
        raise Undecodable("nested too deep") from None
    except ValueError as error:
        raise Undecodable(NOT_JSON, str(error)) from None
    if end != len(bare):
        raise Undecodable(NOT_JSON, f"{bare[end : end + 20]!r} after the end")
    return document


def scalar_of(text: str) -> Any:
    """A bare number or word that is not JSON: `+21.5`, `.5`, `007`, `ON`, `false`. Raises Undecodable."""
    bare = text.strip()
    if bare.lower() in _WORDS:
        return _WORDS[bare.lower()]
    if _NUMBER.fullmatch(bare) and bare.isascii() and len(bare) < 400:
        return float(bare) if set(bare) & set(".eE") else int(bare)
    hint = "; write the decimals after a point" if re.fullmatch(r"[+-]?\d+,\d+", bare) else ""
    raise Undecodable("not a number", f"{bare[:40]!r}{hint}")


def number_of(found: Any) -> tuple[float, str | None]:
    """Value and text of a JSON value of a number tag; bool is 1 or 0. Raises Undecodable: nothing is coerced."""
    kind = type(found)
    if kind is bool or (kind is int and -EXACT <= found <= EXACT):
        return float(found), None
    if kind is int:
        if not -(1 << 63) <= found < 1 << 64:
            raise Undecodable("number out of range", "an integer past 64 bits")
        return float(found), str(found)
    if kind is not float:
        raise Undecodable(f"{_KINDS[kind]} where a number is expected", _short(found))
    if not math.isfinite(found):
        raise Undecodable("NaN is not a number" if math.isnan(found) else "number out of range", _short(found))
    return found, None


def string_of(found: Any) -> str:
    """The text of a JSON value of a text tag. Raises Undecodable: a number is not turned into text."""
    if type(found) is not str:
        raise Undecodable(f"{_KINDS[type(found)]} where text is expected", _short(found))
    if not found.isascii():
        try:
            found.encode()
        except UnicodeEncodeError:
            raise Undecodable("text is not Unicode", "half of a surrogate pair") from None
    return found


def _short(found: Any) -> str:
    # repr of a deeply nested array recurses as parsing it did
    return "" if isinstance(found, dict | list) else repr(found)[:40]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise Undecodable("duplicate key", repr(twice)[:40])
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
