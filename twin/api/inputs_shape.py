"""How good the inputs of a result were, as JSON."""

from __future__ import annotations

from twin.api.shapes import InputsShape
from twin.state.inputs import Inputs


def inputs_shape(one: Inputs | None) -> InputsShape | None:
    """Shares of the time; None for nothing, and for what is not known."""
    if one is None or not one.whole:
        return None
    return InputsShape(
        good=one.good / one.whole,
        uncertain=one.uncertain / one.whole,
        bad=one.bad / one.whole,
        missing=one.missing / one.whole,
        tags=one.tags,
    )
