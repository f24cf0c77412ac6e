"""Where the packaging line's values are on its wires. plant.yaml names the same places; a test compares them."""

from __future__ import annotations

from simulators.packaging.layout import PATH
from simulators.wiring import MqttValue, OpcUaServer, OpcUaValue, Wiring

SERVERS = (
    OpcUaServer(
        "opcua_a",
        "SIMATIC.S7-1500.OPC-UA.Application:PLC_1",
        "http://www.siemens.com/simatic-s7-opcua",
        ("PLC_1", "DataBlocksGlobal"),
    ),
    OpcUaServer("opcua_b", "TcOpcUaServer@CX-5140", "urn:CX-5140:BeckhoffAutomation:Ua:PLC1", ("PLC1",)),
)

FILLER = {
    "st": ("Stat.eState", "Int16"),
    "blocked": ("Stat.xBlocked", "Boolean"),
    "starved": ("Stat.xStarved", "Boolean"),
    "total": ("Stat.dwTotal", "UInt32"),
    "reject": ("Stat.dwReject", "UInt32"),
    "recipe": ("Recipe.iNo", "Int16"),
    "motor_temp": ("Mot.rTemp", "Double"),
    "motor_current": ("Mot.rCurrent", "Double"),
    "vibration": ("Mot.rVibration", "Double"),
}

CAPPER = {
    "st": ("eState", "Int32"),
    "blocked": ("bBlocked", "Boolean"),
    "starved": ("bStarved", "Boolean"),
    "total": ("nTotal", "UInt32"),
    "reject": ("nReject", "UInt32"),
    "motor_temp": ("fMotorTemp", "Double"),
    "motor_current": ("fMotorCurrent", "Double"),
    "vibration": ("fVibration", "Double"),
}

LABELLER = {
    "status": ("wStatus", "UInt16"),
    "total": ("nTotal", "UInt32"),
    "reject": ("nReject", "UInt32"),
    "motor_temp": ("fMotorTemp", "Double"),
    "motor_current": ("fMotorCurrent", "Double"),
    "vibration": ("fVibration", "Double"),
}

PACKER = {
    "st": ("state", "eState"),
    "total": ("state", "nTotal"),
    "reject": ("state", "nBad"),
    "motor_temp": ("drive", "temp"),
    "motor_current": ("drive", "current"),
    "vibration": ("drive", "vibration"),
}

PALLETISER = {
    "motor": ("contacts", "motor"),
    "fault": ("contacts", "fault"),
    "pulse": ("cycle", "pulse"),
    "motor_temp": ("drive", "temp"),
    "motor_current": ("drive", "current"),
    "vibration": ("drive", "vibration"),
}


def siemens(value: str, block: str, member: str, type_: str) -> tuple[str, OpcUaValue]:
    """A member of a data block: every part of its identifier in quotes."""
    parts = (block, *member.split("."))
    node = ".".join(f'"{part}"' for part in parts)
    return value, OpcUaValue("opcua_a", node, parts, type_)


def beckhoff(value: str, variable: str, member: str, type_: str) -> tuple[str, OpcUaValue]:
    """A member of a structure in the global variable list."""
    return value, OpcUaValue("opcua_b", f"GVL.{variable}.{member}", ("GVL", variable, member), type_)


WIRING = Wiring(
    SERVERS,
    dict(
        [siemens(f"{PATH}/filler/{name}", "DB_Filler", *place) for name, place in FILLER.items()]
        + [beckhoff(f"{PATH}/capper/{name}", "stCapper", *place) for name, place in CAPPER.items()]
        + [beckhoff(f"{PATH}/labeller/{name}", "stLabeller", *place) for name, place in LABELLER.items()]
    )
    | {f"{PATH}/packer/{name}": MqttValue(f"cell/packer/{topic}", key) for name, (topic, key) in PACKER.items()}
    | {f"{PATH}/palletiser/{n}": MqttValue(f"cell/palletiser/{topic}", key) for n, (topic, key) in PALLETISER.items()},
)
