"""Public: a line inside pytest, a wire with faults, and contract kits for connectors, outlets, stores and folds.

Names are imported when they are first used: pytest loads this package in every run, whether or not a test wants them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.testing.answers import Alarm, Alert, Condition, Counts, Oee, State, Stop
    from twin.testing.build import LineMaker, twin_line
    from twin.testing.connector_source import Source, Told
    from twin.testing.connectors import check_connector
    from twin.testing.contract import ContractBroken
    from twin.testing.folds import check_fold
    from twin.testing.found import Found, NotThere
    from twin.testing.incident import Incident, Then, twin_incident
    from twin.testing.line import Line
    from twin.testing.outlets import OUTLET_TAGS, OtherSide, check_outlet
    from twin.testing.proxy import FaultProxy
    from twin.testing.reads import Lack, ReadsUnderTest, check_reads
    from twin.testing.sample_lists import READ_TAGS
    from twin.testing.stores import STORE_TAGS, STORE_UNITS, check_store
    from twin.testing.truth import TrueFault, TrueOrder, TrueState, TrueStop, Truth
    from twin.testing.values import TagValues
    from twin.testing.watched import Watched

_HOME = {
    "answers": ("Alarm", "Alert", "Condition", "Counts", "Oee", "State", "Stop"),
    "build": ("LineMaker", "twin_line"),
    "connectors": ("check_connector",),
    "contract": ("ContractBroken",),
    "folds": ("check_fold",),
    "found": ("Found", "NotThere"),
    "incident": ("Incident", "Then", "twin_incident"),
    "line": ("Line",),
    "outlets": ("OUTLET_TAGS", "OtherSide", "check_outlet"),
    "proxy": ("FaultProxy",),
    "reads": ("Lack", "ReadsUnderTest", "check_reads"),
    "sample_lists": ("READ_TAGS",),
    "connector_source": ("Source", "Told"),
    "stores": ("STORE_TAGS", "STORE_UNITS", "check_store"),
    "truth": ("TrueFault", "TrueOrder", "TrueState", "TrueStop", "Truth"),
    "values": ("TagValues",),
    "watched": ("Watched",),
}

__all__ = [
    "OUTLET_TAGS",
    "READ_TAGS",
    "STORE_TAGS",
    "STORE_UNITS",
    "Alarm",
    "Alert",
    "Condition",
    "ContractBroken",
    "Counts",
    "FaultProxy",
    "Found",
    "Incident",
    "Lack",
    "Line",
    "LineMaker",
    "NotThere",
    "Oee",
    "OtherSide",
    "ReadsUnderTest",
    "Source",
    "State",
    "Stop",
    "TagValues",
    "Then",
    "Told",
    "TrueFault",
    "TrueOrder",
    "TrueState",
    "TrueStop",
    "Truth",
    "Watched",
    "check_connector",
    "check_fold",
    "check_outlet",
    "check_reads",
    "check_store",
    "twin_incident",
    "twin_line",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(f"twin.testing.{module}"), name)
    raise AttributeError(f"module 'twin.testing' has no attribute {name!r}")
