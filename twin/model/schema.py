"""The grammar of a plant file as a JSON Schema (draft 7), for editors: completion, and wrong keys marked at once.

Made of the same keys that `twin check` reads, so the two agree on names, kinds, choices and what is required. What
needs a second look at the file (a tag that a rule names, a template without a value) only `twin check` can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from twin.core.plugin import COMMON_CONNECTION_KEYS, ConnectorPlugin, Key, OutletPlugin
from twin.model import keys
from twin.model.outlets import NO_OUTLETS

Schema = dict[str, Any]

_SEGMENT = r"[a-z0-9_-]+"
_PATH = rf"{_SEGMENT}(/{_SEGMENT})*"
_TYPE_NAME = rf"{_SEGMENT}(@[0-9]+(\.[0-9]+)*)?"
_NUMBERED = r"[a-z0-9_/-]*(\[[0-9., ]+\])?[a-z0-9_/-]*"
_DURATION = r"^\s*([0-9]+(\.[0-9]+)?\s*(ns|us|ms|s|min|m|h|d)\s*)+$"
_VARIABLE: Schema = {"type": "string", "pattern": r"\$\{"}

_QUANTITY: Schema = {
    "type": ["number", "string"],
    "pattern": r"^\s*[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?(\s+\S|\s*[^\s0-9.+-])",
}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_KINDS: Mapping[str, Schema] = {
    "text": {"type": "string"},
    "secret": {"type": "string"},
    "duration": {"anyOf": [{"type": "string", "pattern": _DURATION}, {"const": 0}]},
    "int": {"type": "integer"},
    "number": {"type": "number"},
    "bool": {"type": "boolean"},
    "quantity": _QUANTITY,
    "step": _QUANTITY,
    "quantities": {"type": "array", "items": _QUANTITY},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "list": {"type": ["array", "null"]},
    "map": {"type": ["object", "null"]},
    "any": {},
}
"""Kind of a key -> what may stand there, where no grammar of its own is known below."""


def schema(plugins: Mapping[str, ConnectorPlugin], outlets: Mapping[str, OutletPlugin] = NO_OUTLETS) -> Schema:
    """The schema of plant files for these plug-ins, as data that json.dumps takes."""
    plugin_keys = [key for plugin in plugins.values() for key in plugin.tag_keys]
    definitions = {
        "connection": _one_of(
            [_at(plugin, (*COMMON_CONNECTION_KEYS, *plugin.connection_keys)) for plugin in plugins.values()]
        ),
        "outlet": _one_of([_at(plugin, (*keys.OUTLET_KEYS, *plugin.keys)) for plugin in outlets.values()]),
        "tag": _with_nothing(_mapping(_optional((*keys.TAG_KEYS, *plugin_keys)), _TAG)),
        "counter": _mapping(keys.COUNTER_KEYS),
        "scale": _mapping(keys.SCALE_KEYS, _SCALE),
        "alarm": _mapping(keys.ALARM_KEYS),
        "write": _mapping(keys.WRITE_KEYS, _WRITE),
        "thin": _mapping(keys.THIN_KEYS),
        "site": _mapping(keys.SITE_KEYS, _HOURS),
        "product": _mapping(keys.PRODUCT_KEYS, _PRODUCT),
        "type": _mapping(keys.TYPE_KEYS, _TYPE),
        "counts": _mapping(keys.COUNT_KEYS, {key.name: _SCALAR for key in keys.COUNT_KEYS}),
        "state": {"anyOf": [_list(_mapping(keys.STATE_RULE_KEYS, _RULE)), _mapping(keys.STATE_TABLE_KEYS, _TABLE)]},
        "history": _mapping(keys.HISTORY_KEYS, _HISTORY),
        "history_group": _mapping(keys.HISTORY_GROUP_KEYS, _HISTORY_GROUP),
        "health": _mapping(keys.HEALTH_KEYS, _HEALTH),
        "line": _mapping(keys.LINE_KEYS, _LINE),
        "machine": _mapping(keys.MACHINE_KEYS, _TYPE),
    }
    head = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Plant file of Linetwin"}
    return {**head, **_mapping(keys.PLANT_KEYS, _TOP), "type": "object", "definitions": definitions}


def _mapping(described: Sequence[Key], grammar: Mapping[str, Schema] | None = None) -> Schema:
    """A mapping of these keys and no others; nothing at all after the colon is an empty one."""
    properties: dict[str, Schema] = {}
    for key in described:
        found = _property(key, grammar or {})
        properties[key.name] = _either(properties[key.name], found) if key.name in properties else found
    required = [key.name for key in described if key.required]
    return {
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _property(key: Key, grammar: Mapping[str, Schema]) -> Schema:
    shape = grammar.get(key.name) or ({"enum": list(key.choices)} if key.choices else _shape(key))
    return {"description": key.doc, **shape}


def _shape(key: Key) -> Schema:
    if key.kind == "named":
        return _values(_mapping(key.fields))
    return _list(_mapping(key.fields)) if key.kind == "entries" else _KINDS.get(key.kind, {})


def _either(one: Schema, other: Schema) -> Schema:
    """A key that two protocols have, each in its own way."""
    return one if one == other else {"anyOf": [one, other]}


def _optional(described: Sequence[Key]) -> Sequence[Key]:
    """What a tag needs depends on the protocol of its connection, which its own keys do not show."""
    return [Key(key.name, key.kind, key.doc, key.default, key.choices) for key in described]


def _with_nothing(mapping: Schema) -> Schema:
    """Nothing behind a key takes away what a type says."""
    properties = {name: {"anyOf": [shape, {"type": "null"}]} for name, shape in mapping["properties"].items()}
    return {**mapping, "properties": properties}


def _one_of(shapes: Sequence[Schema]) -> Schema:
    return {"oneOf": list(shapes)} if shapes else {"not": {}}


def _at(plugin: ConnectorPlugin | OutletPlugin, own: Sequence[Key]) -> Schema:
    """One protocol. A variable may stand for any text, which is read after it is filled in."""
    schemes = "|".join(scheme.replace(".", r"\.") for scheme in plugin.schemes if scheme)
    address = Key(plugin.protocol, "text", f"address: {', '.join(plugin.schemes)}", required=True)
    url: Schema = (
        {"type": "string"} if "" in plugin.schemes else {"type": "string", "pattern": rf"^({schemes})://|\$\{{"}
    )
    described = (address, *own)
    made = _mapping(described, {plugin.protocol: url, **_OUTLET})
    for key in described:
        if key.kind in {"duration", "choice"}:
            made["properties"][key.name] = _either(made["properties"][key.name], _VARIABLE)
    return {**made, "type": "object"}


def _ref(definition: str) -> Schema:
    return {"$ref": f"#/definitions/{definition}"}


def _named(definition: str, name: str) -> Schema:
    """Names, each with a thing of one definition."""
    names = {"propertyNames": {"pattern": f"^{name}$"}}
    return {"type": ["object", "null"], **names, "additionalProperties": _ref(definition)}


def _list(items: Schema) -> Schema:
    return {"type": ["array", "null"], "items": items}


def _values(value: Schema) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": value}


# Keys whose values have a grammar of their own. A key that is not here is what its kind says.
_ONE_OR_MORE: Schema = {"anyOf": [_SCALAR, _list(_SCALAR)]}
_STATE: Schema = {"enum": list(keys.GENERIC_STATES)}
_NUMBERS: Schema = {"type": "object", "propertyNames": {"pattern": r"^[+-]?[0-9]+$"}, "additionalProperties": _STATE}
_DAYS = r"\d{4}-\d\d-\d\d(\s*\.\.\s*\d{4}-\d\d-\d\d)?"
_HOURS: Mapping[str, Schema] = {
    "shifts": _values(_ONE_OR_MORE),
    "calendar": {
        **_values({"anyOf": [{"const": "closed"}, {"type": "object", "additionalProperties": _ONE_OR_MORE}]}),
        "propertyNames": {"pattern": f"^{_DAYS}$"},
    },
}
_TOP = {
    "linetwin": {"const": keys.VERSION},
    "include": _ONE_OR_MORE,
    **_HOURS,
    "sites": _named("site", _PATH),
    "connections": _named("connection", _SEGMENT),
    "outlets": _named("outlet", _SEGMENT),
    "products": _values(_ref("product")),
    "types": _named("type", _TYPE_NAME),
    "lines": _named("line", _PATH),
    "tags": _named("tag", _NUMBERED),
    "history": _ref("history"),
}
_HISTORY = {"groups": _values(_ref("history_group"))}
_HISTORY_GROUP = {"tags": _ONE_OR_MORE}
_SCALE = {"from": _SCALAR, "to": _SCALAR}
_TAG = {
    "scales": _list(_ref("scale")),
    "counter": _ref("counter"),
    "alarms": _list(_ref("alarm")),
    "write": _ref("write"),
    "thin": _ref("thin"),
}
_OUTLET = {
    "tags": _list(_SCALAR),
    "most": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _DURATION}]},
}
_RATE = _mapping(keys.IDEAL_KEYS, {"rate": _SCALAR, "from": _SCALAR})
_PRODUCT = {"ideal": _values({"anyOf": [_SCALAR, _RATE, _list({"anyOf": [_SCALAR, _RATE]})]})}
_TYPE = {
    "makes": {"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}]},
    "tags": _named("tag", _NUMBERED),
    "counts": _ref("counts"),
    "state": _ref("state"),
    "health": _list(_ref("health")),
    "without": _list(_SCALAR),
}
_WRITE = {"while": {"anyOf": [_SCALAR, _list(_SCALAR)]}}
_RULE = {"when": _SCALAR}
_TABLE = {
    "table": {"anyOf": [{"const": "packml"}, _NUMBERS]},
    **{key.name: _SCALAR for key in keys.STATE_TABLE_KEYS if key.kind == "text"},
}
_HEALTH = {"tags": _list(_SCALAR)}
_LINE = {
    "product": _mapping(keys.PRODUCT_TAG_KEYS, {"tag": _SCALAR}),
    "flow": _list({"anyOf": [_SCALAR, _list(_SCALAR), _mapping(keys.BUFFER_KEYS, {"buffer": _SCALAR})]}),
    "machines": _named("machine", _NUMBERED),
    "output": _ONE_OR_MORE,
}
