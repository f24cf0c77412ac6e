"""Mistakes in the YAML itself, as in mistakes.py: (old text, new text, what is said)."""

from __future__ import annotations

YAML_MISTAKES = {
    "anchor": (
        "{node: .t}",
        "&tag {node: .t}\n      pressure: *tag",
        "9: anchors and aliases (&name, *name) are not read: write a type instead",
    ),
    "YAML tag": ("{node: .t}", "{node: !py .t}", "9: the YAML tag !py is not read: remove it"),
    "not YAML": (
        "counts: {total: total}",
        "counts: {total: total",
        "12: not YAML: did not find expected ',' or '}' (column 10)",
    ),
    "loop in braces without quotes": (
        "temp: {node: .t}",
        "deep: {z[1..3]: {node: .t}}",
        "9: not YAML: did not find expected ',' or '}' (column 15; between braces a name with [1..4] needs quotes)",
    ),
    "variable in braces without quotes": (
        'ns: "urn:x"',
        "password: ${PW}",
        "3: not YAML: did not find expected ',' or '}' (column 54; between braces ${NAME} needs quotes)",
    ),
    "tab": (
        "    counts: {total: total}",
        "\tcounts: {total: total}",
        "11: not YAML: found character that cannot start any token (column 1; indent with spaces, not tabs)",
    ),
}
