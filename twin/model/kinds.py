"""Reads a value as the kind that its key says (twin.core.plugin.Key)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from twin.core.instant import duration
from twin.core.plugin import Key
from twin.model.entry import Entry, described
from twin.model.measure.written import amount_in
from twin.model.report import suggestion


def settings(fields: Mapping[str, Entry], keys: Sequence[Key], unit: str = "") -> dict[str, Any]:
    """The values of these keys, by name; the default where a key is not written or its value is wrong. unit: of the
    tag, which amounts become numbers in.
    """
    return {key.name: read(fields[key.name], key, unit) if key.name in fields else key.default for key in keys}


def read(entry: Entry, key: Key, unit: str = "") -> Any:
    """The value of one key; its default after reporting what is wrong."""
    try:
        return _AMOUNTS[key.kind](entry, key, unit) if key.kind in _AMOUNTS else _READERS[key.kind](entry, key)
    except ValueError as error:
        entry.problem(str(error))
        return key.default


def _text(entry: Entry, _key: Key) -> str:
    value = entry.scalar()
    if not isinstance(value, str):
        raise ValueError(f"is {described(entry.node)}, not text (put it in quotes)")
    return value


def _duration(entry: Entry, _key: Key) -> int:
    text = entry.written()
    return 0 if text == "0" else duration(text)


def _int(entry: Entry, _key: Key) -> int:
    value = entry.scalar()
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"is {described(entry.node)}, not a whole number{_unquote(value)}")
    return value


def _number(entry: Entry, _key: Key) -> float:
    value = entry.scalar()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"is {described(entry.node)}, not a number{_unquote(value)}")
    return float(value)


def _unquote(value: object) -> str:
    """The fix for a number that was written as text."""
    return " (remove the quotes)" if isinstance(value, str) and value.lstrip("-").isdecimal() else ""


def _bool(entry: Entry, _key: Key) -> bool:
    value = entry.scalar()
    if not isinstance(value, bool):
        raise ValueError(f"is {described(entry.node)}, not true or false")
    return value


def _choice(entry: Entry, key: Key) -> str:
    text = entry.written()
    if text in key.refused:
        raise ValueError(f"'{text}' is refused: {key.refused[text]}; choose one of {', '.join(key.choices)}")
    if text not in key.choices:
        raise ValueError(f"'{text}' is not one of {', '.join(key.choices)}{_meant(text, key.choices)}")
    return text


def _meant(text: str, choices: Sequence[str]) -> str:
    fix = suggestion(text, choices)
    return fix if "did you mean" in fix else ""


def _quantity(entry: Entry, key: Key, unit: str) -> float:
    value = entry.scalar()
    if not isinstance(value, str) or value.replace(".", "").lstrip("-").isdecimal():
        return _number(entry, key)
    return amount_in(value, unit)


def _step(entry: Entry, key: Key, unit: str) -> float:
    value = entry.scalar()
    if not isinstance(value, str) or value.replace(".", "").lstrip("-").isdecimal():
        return _number(entry, key)
    return amount_in(value, unit, is_step=True)


def _quantities(entry: Entry, key: Key, unit: str) -> tuple[float, ...]:
    return tuple(_quantity(item, key, unit) for item in _list(entry, key))


def _numbers(entry: Entry, key: Key) -> tuple[float, ...]:
    return tuple(_number(item, key) for item in _list(entry, key))


def _list(entry: Entry, _key: Key) -> list[Entry]:
    if not entry.is_list:
        raise ValueError(f"is {described(entry.node)}, not a list (write `[a, b]`)")
    return entry.items()


def _map(entry: Entry, _key: Key) -> dict[str, Any]:
    if not entry.is_mapping:
        raise ValueError(f"is {described(entry.node)}, not a mapping (write `{{key: value}}`)")
    return entry.plain()


def _named(entry: Entry, key: Key) -> dict[str, dict[str, Any]]:
    if not entry.is_mapping:
        raise ValueError(f"is {described(entry.node)}, not a mapping (write `{{name: {{key: value}}}}`)")
    return {name: _fields(child, key) for name, child in entry.children().items()}


def _entries(entry: Entry, key: Key) -> tuple[dict[str, Any], ...]:
    return tuple(_fields(item, key) for item in _list(entry, key))


def _fields(entry: Entry, key: Key) -> dict[str, Any]:
    return {**settings(entry.fields(key.fields), key.fields), "place": entry.place}


def _any(entry: Entry, _key: Key) -> Any:
    return entry.plain()


_READERS: dict[str, Callable[[Entry, Key], Any]] = {
    "text": _text,
    "secret": _text,
    "duration": _duration,
    "int": _int,
    "number": _number,
    "bool": _bool,
    "choice": _choice,
    "numbers": _numbers,
    "list": _list,
    "map": _map,
    "named": _named,
    "entries": _entries,
    "any": _any,
}

_AMOUNTS: dict[str, Callable[[Entry, Key, str], Any]] = {
    "quantity": _quantity,
    "step": _step,
    "quantities": _quantities,
}
"""Kinds whose values may have a unit."""
