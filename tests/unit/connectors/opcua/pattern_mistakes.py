"""Mistakes in `subscribe`, as in mistakes.py: (old text, new text, what is said)."""

from __future__ import annotations


def mistake(entry: str, message: str) -> tuple[str, str, str]:
    return 'ns: "urn:x"', f'ns: "urn:x",\n    subscribe: [{{{entry}}}]', message


OF = "4: subscribe of connection 's7': "
PATTERN_MISTAKES = {
    "pattern of nothing": mistake("name: x", OF + "has none of match, type and node"),
    "pattern by part of a node": mistake('node: "Line.*"', OF + "node 'Line.*' is no node id; write `ns=3;s=Line.*`"),
    "no room": mistake("type: Double, limit: 0", OF + "limit 0 is below 1"),
    "unknown word": mistake('type: Double, name: "{machine}"', OF + "name '{machine}' has {machine}; there are {name}"),
    "half a word": mistake('type: Double, name: "a/{name"', OF + "name 'a/{name': '{name' is no part of a path"),
    "capitals": mistake('type: Double, name: "Line/{name}"', OF + "name 'Line/{name}': 'Line' is no part of a path"),
    "group of a pattern": mistake("type: Double, group: fast", OF + "no group 'fast' (it has no `groups`)"),
    "unknown key of a pattern": mistake("type: Double, mach: x", "unknown key 'mach' (did you mean 'match'?)"),
    "patterns that are no list": ('ns: "urn:x"', 'ns: "urn:x", subscribe: {match: x}', "is a mapping, not a list"),
}
