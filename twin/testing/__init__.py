"""Public: a line inside pytest, a wire with faults, and contract kits for connectors, outlets, stores and folds.

Names are imported when they are first used, so that who needs the wire alone does not load pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twin.testing.contract import ContractBroken
    from twin.testing.folds import check_fold
    from twin.testing.outlets import OUTLET_TAGS, OtherSide, check_outlet
    from twin.testing.proxy import FaultProxy
    from twin.testing.stores import STORE_TAGS, STORE_UNITS, check_store

_HOME = {
    "contract": ("ContractBroken",),
    "folds": ("check_fold",),
    "outlets": ("OUTLET_TAGS", "OtherSide", "check_outlet"),
    "proxy": ("FaultProxy",),
    "stores": ("STORE_TAGS", "STORE_UNITS", "check_store"),
}

__all__ = [
    "OUTLET_TAGS",
    "STORE_TAGS",
    "STORE_UNITS",
    "ContractBroken",
    "FaultProxy",
    "OtherSide",
    "check_fold",
    "check_outlet",
    "check_store",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            return getattr(importlib.import_module(f"twin.testing.{module}"), name)
    raise AttributeError(f"module 'twin.testing' has no attribute {name!r}")
