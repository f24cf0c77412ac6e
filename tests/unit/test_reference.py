"""Nothing that a user may type, call or read back is left undocumented."""

from __future__ import annotations

import argparse
import ast
import importlib
import re
from collections.abc import Iterator
from typing import cast

import pytest
from starlette.routing import WebSocketRoute

from docs import constants, generate
from twin.api import routes_live
from twin.api.access import Access
from twin.api.app import create_app
from twin.api.figures import FIGURES
from twin.api.groups import PREFIX
from twin.cli.main import COMMANDS
from twin.core import errors
from twin.core.plugin import COMMON_CONNECTION_KEYS, Key
from twin.core.records import RECORD_KINDS
from twin.model import keys
from twin.runtime.plugins import connectors
from twin.runtime.twin import Twin

VARIABLE = re.compile(r"LINETWIN_[A-Z_]+")


def parsers(verb: str) -> Iterator[argparse.ArgumentParser]:
    """The parser of a verb and those of its verbs."""
    parser = argparse.ArgumentParser(prog=f"twin {verb}", add_help=False)
    importlib.import_module(COMMANDS[verb][0]).COMMAND.arguments(parser)
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.values()


@pytest.mark.parametrize("verb", COMMANDS)
def test_every_argument_says_what_it_does(verb: str) -> None:
    silent = [
        f"{parser.prog} {generate._called(action)}"
        for parser in parsers(verb)
        for action in parser._actions
        if not action.help and not isinstance(action, argparse._SubParsersAction)
    ]
    assert silent == []


def all_keys() -> Iterator[tuple[str, Key]]:
    for section, found in vars(keys).items():
        yield from ((section, key) for key in found) if section.endswith("_KEYS") else ()
    yield from (("common", key) for key in COMMON_CONNECTION_KEYS)
    for plugin in connectors().values():
        yield from ((plugin.protocol, key) for key in (*plugin.connection_keys, *plugin.tag_keys))


def test_every_key_says_what_it_does_and_stands_on_the_page() -> None:
    page = generate.plant_file()
    assert [f"{section}: {key.name}" for section, key in all_keys() if not key.doc] == []
    assert [
        f"{section}: {key.name}"
        for section, key in all_keys()
        if key.name not in WRITTEN and f"| `{key.name}` |" not in page
    ] == []


WRITTEN = {key.name for key in (*keys.PRODUCT_TAG_KEYS, *keys.BUFFER_KEYS)}
"""Keys of a mapping of one key, which the effect of the key above shows whole."""


def test_every_section_of_keys_is_on_the_page() -> None:
    shown = {id(described) for _, _, described in generate.SECTIONS}
    small = {"PRODUCT_TAG_KEYS", "BUFFER_KEYS"}
    missing = [
        n for n, found in vars(keys).items() if n.endswith("_KEYS") and n not in small and id(found) not in shown
    ]
    assert missing == [], "docs/generate.py: add them to SECTIONS"


def test_every_route_and_parameter_says_what_it_does() -> None:
    app = create_app(cast(Twin, None), Access.none())
    silent: list[str] = []
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            call = f"{method.upper()} {path}"
            silent += [] if operation.get("description") else [call]
            parameters = map(generate._parameter, operation.get("parameters", ()))
            silent += [f"{call}: {name}" for name, meaning, _ in parameters if not meaning.removesuffix(" (required)")]
    assert silent == []


def test_every_socket_is_on_the_page() -> None:
    sockets = [route.path for route in routes_live.router.routes if isinstance(route, WebSocketRoute)]
    assert sockets
    assert [path for path in sockets if f"`WS {PREFIX}{path}`" not in generate.http()] == []


def test_every_metric_says_what_it_is() -> None:
    assert [figure.name for figure in FIGURES if not figure.help] == []


def test_every_kind_of_event_says_what_it_is() -> None:
    described = constants.described("twin/core/event.py")
    assert [kind for kind, text in described.items() if not text] == []
    made = {kind for _, tree in constants.shipped() for kind in constants.argument_texts(tree, "Event", 1)}
    assert made - set(described) == set(), "twin/core/event.py: add the kind with a line on what it says"


def test_every_kind_of_record_says_what_it_is() -> None:
    made = {kind for _, tree in constants.shipped() for kind in constants.argument_texts(tree, "Record", 1)}
    assert made - set(RECORD_KINDS) == set(), "twin/core/records.py: add the kind with a line on what it says"


def test_every_error_stands_in_the_tree() -> None:
    named = set(re.findall(r"\b[A-Z]\w+", (errors.__doc__ or "").partition("\n\n")[2]))
    made = {name for name, found in generate._errors()}
    assert made - named == {"Problems"}  # many of Misconfigured in one report
    assert [name for name, found in generate._errors() if not found.__doc__] == []


def test_every_environment_variable_that_is_read_is_in_the_reference() -> None:
    described = constants.described("twin/cli/variables.py")
    assert [name for name, text in described.items() if not text] == []
    used = {
        found for _, tree in constants.shipped() for text in constants.texts(tree) for found in VARIABLE.findall(text)
    }
    assert used - set(described) == set(), "twin/cli/variables.py: add the variable with a line on what it holds"


def test_variables_are_read_by_the_name_of_a_constant() -> None:
    literal = [
        f"{path.name}:{node.lineno}"
        for path, tree in constants.shipped()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"os.environ.get", "os.getenv"}
        and not isinstance(node.args[0], ast.Name)
    ]
    assert literal == []
