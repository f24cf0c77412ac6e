"""Names and what they expand to: path segments, `zone_temp[1..4]`, and the templates `{i} {machine} {line}`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from twin.model.report import suggestion

MOST = 10_000
"""One `[1..n]` makes at most so many; more is a slip of the finger."""

_SEGMENT = re.compile(r"[a-z0-9_-]+")
_VERSION = re.compile(r"\d{1,9}(\.\d{1,9}){0,3}")
_PART = r"\d{1,9}(?:\.\.\d{1,9}){0,2}"
_LOOP = re.compile(rf"\[({_PART}(?: *, *{_PART})*)\]")
_TEMPLATE = re.compile(r"\{(i|machine|line)\}")
_WORD = re.compile(r"\{([a-z]{2,10})\}")


def check_segment(name: str) -> None:
    """Raise ValueError unless it can stand between two slashes of a path."""
    if not _SEGMENT.fullmatch(name):
        better = re.sub(r"[^a-z0-9_-]+", "_", name.lower()).strip("_")
        fix = f" (write '{better}' and `display` may keep the other)" if better else ""
        raise ValueError(f"'{name}' is not a name of a-z, 0-9, _ and -{fix}")


def check_type(name: str) -> None:
    """Raise ValueError unless it names a type: `filler`, or `filler@2`, one version of it."""
    segment, at, version = name.partition("@")
    check_segment(segment)
    if at and not _VERSION.fullmatch(version):
        raise ValueError(f"'{name}' has no version behind the @ (write {segment}@2 or {segment}@2.1)")


def check_path(path: str) -> None:
    """Raise ValueError unless every segment is a name."""
    for segment in path.split("/"):
        check_segment(segment)


def expanded(name: str) -> list[tuple[str, str]]:
    """The names that one key stands for, each with its number as text ('' without a loop). Raises ValueError.

    `[1..4]`, every second `[0..6..2]`, single ones `[1,2,5]` and both `[1..3,7]`; `[01..12]` keeps its zeros.

    >>> expanded("zone[1..2]_temp")
    [('zone1_temp', '1'), ('zone2_temp', '2')]
    >>> [number for _, number in expanded("m[08..10,20]")]
    ['08', '09', '10', '20']
    """
    loop = _LOOP.search(name)
    if loop is None:
        check_path(name)
        return [(name, "")]
    before, after = name[: loop.start()], name[loop.end() :]
    if _LOOP.search(after):
        raise ValueError(f"'{name}' has two loops, and {{i}} is one number (let machines and their tags have one each)")
    numbers = [number for part in loop[1].split(",") for number in _numbers(part.strip(), loop[0])]
    if len(numbers) > MOST:
        raise ValueError(f"{loop[0]} has more than {MOST} numbers")
    check_path(f"{before}{numbers[0]}{after}")
    return [(f"{before}{number}{after}", number) for number in numbers]


def _numbers(part: str, loop: str) -> list[str]:
    """The numbers of one part of a loop, as text. Raises ValueError."""
    texts = part.split("..")
    first, last, step = int(texts[0]), int(texts[1] if len(texts) > 1 else texts[0]), int([*texts, "1", "1"][2])
    if not first <= last < first + MOST:
        raise ValueError(f"{loop} must go up, by at most {MOST} numbers")
    if len(texts) > 2 and step == 0:
        raise ValueError(f"{loop} has a step of 0")
    width = len(texts[0]) if texts[0].startswith("0") else 0
    return [f"{number:0{width}d}" if width else str(number) for number in range(first, last + 1, step)]


def has_loop(name: str) -> bool:
    """Whether a key stands for many names."""
    return _LOOP.search(name) is not None


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its templates filled in. Raises ValueError for one that has no value here.

    >>> filled("GVL.aPacker[{i}]", {"i": "2"})
    'GVL.aPacker[2]'
    """
    if "{" not in text:
        return text
    for word in _WORD.findall(text):
        fix = suggestion(word, ("machine", "line"))
        if word not in {"machine", "line"} and "did you mean" in fix:
            raise ValueError(f"unknown template {{{word}}}{fix}")

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1], "")
        if not found:
            raise ValueError(f"{{{match[1]}}} has no value here{_REASONS[match[1]]}")
        return found

    return _TEMPLATE.sub(value, text)


_REASONS = {
    "i": " (it numbers what a name with [1..4] makes)",
    "machine": " (the tag belongs to no machine)",
    "line": " (the tag belongs to no line)",
}


def has_template(value: object) -> bool:
    """Whether a setting holds a text that `filled` may change."""
    if isinstance(value, str):
        return "{" in value
    if isinstance(value, Mapping):
        return any(has_template(v) for v in value.values())
    return isinstance(value, list) and any(has_template(v) for v in value)


def filled_in(value: object, values: Mapping[str, str]) -> object:
    """A setting with the templates of all its texts filled in. Raises ValueError as `filled` does."""
    if isinstance(value, str):
        return filled(value, values)
    if isinstance(value, Mapping):
        return {name: filled_in(v, values) for name, v in value.items()}
    return [filled_in(v, values) for v in value] if isinstance(value, list) else value
