"""Key figures from nothing but what `explain=1` tells: the way a suspicious engineer would go, in plain Python."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

from twin.core.instant import SECOND, from_text

FIGURES = ("availability", "effectiveness", "quality", "oee", "nee", "teep")
Defined = tuple[str | None, str]
"""A product, and from when on it is what it is."""
ELEMENTS = ("pot", "pdot", "pbt", "apt", "aust", "adet", "adot", "unknown", "micro")


def recomputed(result: dict[str, Any]) -> dict[str, Any]:
    """Elements (seconds), pieces and figures of one result, from its `explain`."""
    explain = result["explain"]
    times = _line_times(explain) if result["level"] == "line" else _times(explain)
    made = _line_pieces(explain, result["asset"]) if result["level"] == "line" else _pieces(explain)
    calendar = from_text(result["to"]) - from_text(result["from"])
    figures = _figures(times, made, calendar)
    elements = {name: None if times[name] is None else times[name] / SECOND for name in ELEMENTS}
    return {"elements": elements, "produced": made["produced"], "good": made["good"], **figures}


def told(result: dict[str, Any]) -> dict[str, Any]:
    """The same of what the result says itself."""
    pieces = result["pieces"]
    made = {"produced": pieces["produced"], "good": pieces["good"]}
    return {"elements": result["elements"], **made, **{name: result[name] for name in FIGURES}}


def length(part: dict[str, Any]) -> int:
    """ns of something with from and to."""
    return from_text(part["to"]) - from_text(part["from"])


def _line_times(explain: dict[str, Any]) -> dict[str, int | None]:
    kinds = Counter[str]()
    for part in explain["calendar"]:
        kinds[part["kind"]] += length(part)
    nothing = dict.fromkeys(ELEMENTS)
    if "unplanned" in kinds:
        return nothing
    return {**nothing, "pot": kinds["busy"] + kinds["break"], "pdot": kinds["break"], "pbt": kinds["busy"]}


def _times(explain: dict[str, Any]) -> dict[str, int | None]:
    times = _line_times(explain)
    if not explain["states"]:
        return times
    spent = Counter[str]()
    for part in explain["states"]:
        spent[part["element"]] += length(part)
        spent["micro"] += length(part) if part["micro"] else 0
    return {**times, **{name: spent[name] for name in ("apt", "aust", "adet", "adot", "unknown", "micro")}}


def _defined(explain: dict[str, Any], part: dict[str, Any]) -> Defined:
    """The product of a part, with the instant from which on it has the rate that it had then."""
    known = [rate["from"] for rate in explain["rates"] if rate["product"] == part["product"]]
    return part["product"], max((one for one in known if from_text(one) <= from_text(part["from"])), key=from_text)


def _by_product(explain: dict[str, Any], asset: str) -> dict[Defined, dict[str, int]]:
    found: dict[Defined, dict[str, int]] = {}
    for counter in explain["counters"]:
        for part in counter["counted"] if counter["asset"] == asset else ():
            roles = found.setdefault(_defined(explain, part), {})
            roles[counter["role"]] = roles.get(counter["role"], 0) + part["pieces"]
    return found


def _good(roles: dict[str, int]) -> tuple[int | None, int | None]:
    bad = roles.get("reject", 0) + roles.get("rework", 0)
    produced = roles.get("total", roles["good"] + bad if "good" in roles else None)
    return produced, roles.get("good", None if produced is None else produced - bad)


def _pieces(explain: dict[str, Any]) -> dict[str, Any]:
    rates = {(rate["product"], rate["from"]): rate["ideal_s"] for rate in explain["rates"]}
    made: dict[str, Any] = {"produced": 0, "good": 0, "earned": Fraction(0), "earned_good": Fraction(0)}
    if not explain["counters"]:
        return dict.fromkeys(made)
    for product, roles in _by_product(explain, explain["counters"][0]["asset"]).items():
        produced, good = _good(roles)
        if produced is None or good is None:
            return dict.fromkeys(made)
        made["produced"] += produced
        made["good"] += good
        if produced or good:
            ideal = rates[product]
            for name, pieces in (("earned", produced), ("earned_good", good)):
                known = ideal is not None and made[name] is not None
                made[name] = made[name] + pieces * Fraction(round(ideal * SECOND)) if known else None
    return made


def _line_pieces(explain: dict[str, Any], line: str) -> dict[str, Any]:
    """The outputs are the machines of which more than bad pieces are told."""
    assert all(counter["asset"].startswith(f"{line}/") for counter in explain["counters"])
    content = {rate["asset"]: rate["content"] for rate in explain["rates"]}
    made: dict[str, Any] = {"produced": 0, "good": 0, "earned": None, "earned_good": Fraction(0)}
    for product in {_defined(explain, part) for counter in explain["counters"] for part in counter["counted"]}:
        out = bad = 0
        for asset, units in content.items():
            roles = _by_product(explain, asset).get(product, {})
            out += (_good(roles)[1] or 0) * units
            bad += (roles.get("reject", 0) + roles.get("rework", 0)) * units
        made["good"] += out
        made["produced"] += out + bad
        slowest = _slowest(explain, product)
        if out:
            known = slowest is not None and made["earned_good"] is not None
            made["earned_good"] = made["earned_good"] + out * slowest if known else None
    return made


def _slowest(explain: dict[str, Any], product: Defined) -> Fraction | None:
    stations: dict[int, list[Fraction | None]] = {}
    for rate in explain["rates"]:
        if (rate["product"], rate["from"]) == product:
            ideal = None if rate["ideal_s"] is None else Fraction(rate["content"], round(rate["ideal_s"] * SECOND))
            stations.setdefault(rate["station"], []).append(ideal)
    known = [sum(one for one in rates if one is not None) for rates in stations.values() if None not in rates]
    return max((1 / rate for rate in known), default=None)


def _figures(times: dict[str, int | None], made: dict[str, Any], calendar: int) -> dict[str, float | None]:
    aupt = None if times["apt"] is None or times["aust"] is None else times["apt"] + times["aust"]
    availability = _ratio(times["apt"], times["pbt"])
    weighted = _ratio(made["earned_good"], made["earned"])
    quality = weighted if made["earned"] else _ratio(made["good"], made["produced"])
    oee = _ratio(made["earned_good"], times["pbt"])
    nee = None
    if None not in (aupt, made["earned_good"], availability) and times["apt"]:
        nee = _ratio(aupt * made["earned_good"], times["apt"] * (times["pbt"] or 0))
    return {
        "availability": availability,
        "effectiveness": _ratio(made["earned"], times["apt"]),
        "quality": quality,
        "oee": oee,
        "nee": nee,
        "teep": None if oee is None else _ratio(made["earned_good"], calendar),
    }


def _ratio(part: Any, whole: Any) -> float | None:
    return None if part is None or not whole else float(Fraction(part) / Fraction(whole))
