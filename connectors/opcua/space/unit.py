"""Units as servers tell them, by the names that plant files use. Pure.

OPC UA names a unit by its UN/ECE code, the letters of which make a number (OPC 10000-8, 5.6.4.3).
"""

from __future__ import annotations

UNECE = {
    "CEL": "degC", "FAH": "degF", "KEL": "K",
    "BAR": "bar", "MBR": "mbar", "PAL": "Pa", "A97": "hPa", "KPA": "kPa", "MPA": "MPa", "PS": "psi",
    "RPM": "rpm", "HTZ": "Hz", "KHZ": "kHz", "P1": "%", "C62": "",
    "4H": "um", "MMT": "mm", "CMT": "cm", "MTR": "m", "KMT": "km", "INH": "in", "DD": "deg", "C81": "rad",
    "C16": "mm/s", "MTS": "m/s", "KMH": "km/h", "2X": "m/min", "MSK": "m/s2",
    "AMP": "A", "4K": "mA", "VLT": "V", "2Z": "mV", "KVT": "kV", "OHM": "ohm",
    "WTT": "W", "KWT": "kW", "MAW": "MW", "WHR": "Wh", "KWH": "kWh", "MWH": "MWh", "JOU": "J", "KJO": "kJ",
    "KGM": "kg", "GRM": "g", "MGM": "mg", "TNE": "t", "NEW": "N", "B47": "kN", "NU": "Nm",
    "LTR": "l", "MLT": "ml", "MTQ": "m3", "MQH": "m3/h", "L2": "l/min", "E32": "l/h",
    "KGS": "kg/s", "E93": "kg/h", "SEC": "s", "C26": "ms", "MIN": "min", "HUR": "h", "DAY": "d",
}  # fmt: skip
SIGNS = {"°C": "degC", "°F": "degF", "℃": "degC", "µm": "um", "m³": "m3", "m³/h": "m3/h", "m/s²": "m/s2", "Ω": "ohm",
         "°": "deg", "r/min": "rpm", "1/min": "rpm", "N·m": "Nm", "kW·h": "kWh", "W·h": "Wh", "L": "l"}  # fmt: skip


def unit_name(unit_id: int, shown: str) -> str:
    """The unit of an EUInformation: by its id where it is a UN/ECE code, else as it is shown.

    >>> unit_name(4408652, "°C"), unit_name(-1, "°C"), unit_name(-1, "bottles/h")
    ('degC', 'degC', 'bottles/h')
    """
    code = common_code(unit_id)
    return UNECE[code] if code in UNECE else SIGNS.get(shown.strip(), shown.strip())


def common_code(unit_id: int) -> str:
    """The letters that a unit id is made of; empty when it is none.

    >>> common_code(4408652)
    'CEL'
    """
    if not 0 < unit_id < 2**24:
        return ""
    return unit_id.to_bytes(3, "big").strip(b"\0").decode("ascii", "replace")


def is_same(one: str, other: str) -> bool:
    """Whether two spellings are one unit."""
    return SIGNS.get(one.strip(), one.strip()) == SIGNS.get(other.strip(), other.strip())
