"""Units as plants write them, each made of others; whatever stands here is never looked up elsewhere.

Spellings: SI (BIPM brochure, 9th edition), UCUM 2.2 (`Cel`, `[psi]`, `m3/h`, `kJ/kg/K`), the common codes of UN/CEFACT
Recommendation 20 that OPC UA servers send (OPC 10000-8, 5.6.4.3), and what is written on German and English drives and
gauges (DIN 1301, DIN 1314, DIN 1343): `U/min`, `Nm`, `bar(g)`, `Nm3/h`, `%rF`. A library reads several of these as
something else: pcs as parsec, pH as picohenry, U/min as enzyme units a minute.
"""

from __future__ import annotations

from collections.abc import Mapping

TURN = "6.283185307179586476925286766559005768394338798750212"
"""2 pi: radians of a turn."""

BASES = ("m", "kg", "s", "A", "K", "mol", "cd", "rad", "bit", "pc", "normal", "standard")
"""SI, and what is no quantity of it but never mixes with others. normal, standard: gas at 0, 15 degC, 1.01325 bar."""

OPAQUE = ("pH", "dB", "dBA", "dBm", "NTU", "FNU", "Brix", "HRC", "HV", "EUR", "USD")
"""Units of scales of their own: nothing converts to them and nothing from them."""

MADE_OF: Mapping[str, str] = {
    # SI and what is used with it
    "g": "0.001 kg", "t": "1000 kg", "Hz": "1/s", "N": "kg.m/s2", "Pa": "N/m2", "J": "N.m", "W": "J/s", "C_": "A.s",
    "V": "W/A", "ohm": "V/A", "S": "A/V", "F_": "A.s/V", "Wb": "V.s", "T": "Wb/m2", "H": "Wb/A", "lm": "cd",
    "lx": "lm/m2",
    "Bq": "1/s", "kat": "mol/s", "Nm": "N.m/rad",
    "min": "60 s", "h": "60 min", "d": "24 h", "wk": "7 d", "l": "0.001 m3", "a": "365.25 d", "ha": "10000 m2",
    "bar": "100000 Pa", "eV": "1.602176634e-19 J", "Wh": "3600 J", "Ah": "3600 A.s", "VA": "W", "var": "W",
    "VAh": "Wh",
    "varh": "Wh", "dpt": "1/m",
    # angles
    "deg": f"{TURN} rad / 360", "gon": f"{TURN} rad / 400", "rev": f"{TURN} rad", "rpm": "rev/min", "rps": "rev/s",
    "arcmin": "deg/60", "arcsec": "deg/3600",
    # shares
    "%": "0.01 1", "permille": "0.001 1", "ppm": "1e-6 1", "ppb": "1e-9 1",
    # gas: DIN 1343 and ISO 13443
    "Nm3": "m3.normal", "Nl": "l.normal", "Sm3": "m3.standard", "Sl": "l.standard",
    # information
    "B": "8 bit", "Bd": "1/s",
    # still found on plates and gauges
    "kp": "9.80665 N", "kgf": "9.80665 N", "at": "98066.5 Pa", "atm": "101325 Pa", "Torr": "20265/152 Pa",
    "mmHg": "133.322387415 Pa", "inHg": "25.4 mmHg", "mmH2O": "9.80665 Pa", "mH2O": "1000 mmH2O",
    "inH2O": "25.4 mmH2O",
    "cal": "4.184 J", "hp_metric": "735.49875 W", "dyn": "0.00001 N", "P": "0.1 Pa.s", "St": "0.0001 m2/s",
    "erg": "1e-7 J", "Gs": "0.0001 T",
    # inch and pound (NIST SP 811)
    "in": "0.0254 m", "ft": "12 in", "yd": "3 ft", "mi": "5280 ft", "mil": "0.001 in", "lb": "0.45359237 kg",
    "oz": "lb/16", "lbf": "0.45359237 kp", "psi": "lbf/in2", "gal_us": "231 in3", "gal_uk": "4.54609 l",
    "Btu": "1055.05585262 J", "hp": "550 ft.lbf/s", "kn": "1852 m/h", "mph": "mi/h", "cfm": "ft3/min",
    "gpm": "gal_us/min",
    "lbft": "ft.lbf/rad", "lbin": "in.lbf/rad",
}  # fmt: skip
"""Unit -> what one is: a number and other units."""

WITH_PREFIX = frozenset(
    ("m", "g", "s", "A", "K", "mol", "cd", "rad", "bit", "Hz", "N", "Pa", "J", "W", "V", "ohm", "S", "Wb", "T", "H",
    "lm", "lx",
     "Bq", "kat", "Nm", "l", "bar", "eV", "Wh", "Ah", "VA", "var", "VAh", "varh", "B", "Bd", "cal", "t", "P", "St",
     "C_", "F_",
     "gon", "Torr", "Sl", "Nl")
)  # fmt: skip
PREFIXES: Mapping[str, int] = {
    "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "da": 1, "h": 2, "k": 3, "M": 6, "G": 9, "T": 12,
}  # fmt: skip
"""Prefix -> power of ten."""

SCALES: Mapping[str, tuple[str, str, str]] = {
    "degC": ("K", "273.15", ""),
    "degF": ("5/9 K", "45967/180", ""),
    "degR": ("5/9 K", "0", ""),
    "bar_g": ("bar", "0", "the air around"),
    "mbar_g": ("mbar", "0", "the air around"),
    "kPa_g": ("kPa", "0", "the air around"),
    "MPa_g": ("MPa", "0", "the air around"),
    "psi_g": ("psi", "0", "the air around"),
}
"""Units with a zero of their own: one step of it, where its zero lies in SI, and what that hangs on if it moves."""

ALSO: Mapping[str, str] = {
    # temperature
    "Cel": "degC", "celsius": "degC", "degreeC": "degC", "℃": "degC", "fahrenheit": "degF", "℉": "degF",
    "[degF]": "degF",
    "kelvin": "K",
    # pressure
    "barg": "bar_g", "bar(g)": "bar_g", "barü": "bar_g", "bar(ü)": "bar_g", "bara": "bar", "bar(a)": "bar",
    "bar(abs)": "bar",
    "mbarg": "mbar_g", "mbar(g)": "mbar_g", "mbara": "mbar", "mbar(a)": "mbar", "kPa(g)": "kPa_g", "kPag": "kPa_g",
    "kPa(a)": "kPa", "MPa(g)": "MPa_g", "MPag": "MPa_g", "psig": "psi_g", "psi(g)": "psi_g", "psia": "psi",
    "psi(a)": "psi",
    "[psi]": "psi", "mWS": "mH2O", "mmWS": "mmH2O",
    # turns
    "U/min": "rpm", "r/min": "rpm", "rev/min": "rpm", "1/min": "1/min", "min-1": "1/min", "/min": "1/min",
    "U/s": "rps",
    # torque
    "N.m": "Nm", "N*m": "Nm", "kN.m": "kNm", "lbf.ft": "lbft", "lb.ft": "lbft", "ft.lb": "lbft", "ft.lbf": "lbft",
    "lbf.in": "lbin", "in.lbf": "lbin",
    # pieces
    "pcs": "pc", "pcs.": "pc", "pc.": "pc", "pce": "pc", "ea": "pc", "piece": "pc", "pieces": "pc", "Stk": "pc",
    "Stk.": "pc",
    "Stück": "pc", "St.": "pc",
    # gas and humidity
    "Nm³": "Nm3", "m3N": "Nm3", "m3(N)": "Nm3", "NL": "Nl", "slpm": "Sl/min", "SLPM": "Sl/min", "%RH": "%",
    "%rH": "%",
    "%rF": "%", "%r.F.": "%", "%r.H.": "%", "% rF": "%", "% RH": "%", "vol%": "%", "Vol%": "%", "wt%": "%",
    "‰": "permille",
    "[ppm]": "ppm",
    # others
    "radian": "rad", "degree": "deg", "turn": "rev", "revolution": "rev", "percent": "%", "meter": "m", "metre": "m",
    "gram": "g", "second": "s", "minute": "min", "hour": "h", "day": "d", "L": "l", "litre": "l", "liter": "l",
    "litres": "l", "cbm": "m3", "sec": "s", "sek": "s", "hr": "h", "hrs": "h", "Std": "h",
    "Std.": "h", "Ohm": "ohm", "OHM": "ohm", "VAr": "var", "kVAr": "kvar", "kVAR": "kvar", "MVAr": "Mvar", "°": "deg",
    "mikron": "um", "micron": "um", "sqm": "m2", "qm": "m2", "[in_i]": "in", "[ft_i]": "ft", "[lb_av]": "lb",
    "lbs": "lb", "inch": "in", '"': "in", "tn": "t", "[HP]": "hp", "HP": "hp", "°Bx": "Brix", "°Brix": "Brix",
    "dB(A)": "dBA", "€": "EUR", "$": "USD",
}  # fmt: skip
"""Other ways to write what stands above."""

UNECE: Mapping[str, str] = {
    "CEL": "degC", "FAH": "degF", "KEL": "K", "BAR": "bar", "MBR": "mbar", "PAL": "Pa", "A97": "hPa", "KPA": "kPa",
    "MPA": "MPa", "RPM": "rpm", "HTZ": "Hz", "KHZ": "kHz", "P1": "%", "C62": "1", "4H": "um", "MMT": "mm",
    "CMT": "cm",
    "MTR": "m", "KMT": "km", "INH": "in", "DD": "deg", "C81": "rad", "C16": "mm/s", "MTS": "m/s", "KMH": "km/h",
    "2X": "m/min", "MSK": "m/s2", "AMP": "A", "4K": "mA", "VLT": "V", "2Z": "mV", "KVT": "kV", "OHM": "ohm",
    "WTT": "W",
    "KWT": "kW", "MAW": "MW", "WHR": "Wh", "KWH": "kWh", "MWH": "MWh", "JOU": "J", "KJO": "kJ", "KGM": "kg",
    "GRM": "g",
    "MGM": "mg", "TNE": "t", "NEW": "N", "B47": "kN", "NU": "Nm", "LTR": "l", "MLT": "ml", "MTQ": "m3", "MQH": "m3/h",
    "L2": "l/min", "E32": "l/h", "KGS": "kg/s", "E93": "kg/h", "SEC": "s", "C26": "ms", "MIN": "min", "HUR": "h",
    "DAY": "d",
}  # fmt: skip
"""Common codes of UN/CEFACT Recommendation 20."""

AMBIGUOUS: Mapping[str, str] = {
    "C": "degC for a temperature, A.s for a charge",
    "F": "degF for a temperature, A.s/V for a capacity",
    "PS": "hp_metric for a Pferdestärke; as a code of UN/CEFACT it is psi",
    "gal": "gal_us or gal_uk",
    "ton": "t for 1000 kg",
    "ks": "pc for pieces, s for a time",
    "U": "rev for a turn, U/min for its speed",
}
"""What two people read in two ways -> what to write instead."""

SIGNS = str.maketrans({
    "°": "deg", "\u03a9": "ohm", "\u2126": "ohm", "\u00b5": "u", "\u03bc": "u", "²": "2", "³": "3", "⁻": "-",
    "¹": "1", "⁴": "4", "·": ".", "⋅": ".",
    "•": ".", "×": ".", "−": "-", "∙": ".",
})  # fmt: skip
"""Signs -> letters."""
