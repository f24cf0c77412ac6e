"""Rules: what one tag reads from a message, compiled once from the plant file's keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.mqtt.json_path import Path, compile_path
from connectors.mqtt.quality import Quality, quality
from connectors.mqtt.timestamp import Timestamp, timestamp
from twin.core.plugin import TagAddress
from twin.core.tags import TagType


@dataclass(frozen=True, slots=True)
class Rule:
    """One tag's part of a message.

    id: the tag's number. value: where it stands; None: the whole payload. each: the array whose elements carry it.
    where: what an element must hold, as (path, literal). label: the value's path as written, for dead letters.
    """

    id: int
    tag: str
    type: TagType
    filter: str
    value: Path | None
    each: Path | None
    where: tuple[tuple[Path, Any], ...]
    timestamp: Timestamp | None
    quality: Quality | None
    label: str


def compile_rule(address: TagAddress, tag_id: int) -> Rule:
    """The rule of a tag. Raises ValueError that says which key is wrong and what it looks like."""
    settings = address.settings
    value, each = settings.get("value"), settings.get("each")
    kind = TagType(address.type)
    if kind is TagType.BYTES and (value or each):
        raise ValueError("a bytes tag holds the whole payload; leave out value and each")
    return Rule(
        id=tag_id,
        tag=address.tag,
        type=kind,
        filter=checked_filter(settings["topic"]),
        value=None if value is None else compile_path(value),
        each=None if each is None else _each(each),
        where=_where(settings.get("where")),
        timestamp=timestamp(settings.get("timestamp")),
        quality=quality(settings.get("quality")),
        label=value or "the payload",
    )


def checked_filter(topic: str) -> str:
    """The topic filter itself, when MQTT allows it (MQTT 5, 4.7). Raises ValueError."""
    if not topic or "\0" in topic or len(topic.encode()) > 65_535:
        raise ValueError(f"topic {topic[:40]!r} is empty, too long or holds a NUL")
    if not matched_part(topic):
        raise ValueError(f"topic {topic!r}: a shared subscription is $share/GROUP/TOPIC")
    levels = matched_part(topic).split("/")
    for at, level in enumerate(levels):
        if "#" in level and (level != "#" or at != len(levels) - 1):
            raise ValueError(f"topic {topic!r}: # stands alone on the last level")
        if "+" in level and level != "+":
            raise ValueError(f"topic {topic!r}: + stands alone on its level")
    return topic


def matched_part(subscription: str) -> str:
    """The filter that topics are matched against: `$share/GROUP/` is for the broker only."""
    if not subscription.startswith("$share/"):
        return subscription
    return subscription.split("/", 2)[2] if subscription.count("/") >= 2 else ""


def _each(text: str) -> Path:
    path = compile_path(text, every=True)
    if None not in path:
        raise ValueError(f"each {text!r} names no array elements; write {text}[*]")
    return path


def _where(setting: Any) -> tuple[tuple[Path, Any], ...]:
    if setting is None:
        return ()
    if not isinstance(setting, Mapping):
        raise ValueError("where is a map from a path to what stands there, like {$.n: temp}")
    return tuple((compile_path(path), literal) for path, literal in setting.items())
