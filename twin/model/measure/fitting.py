"""Units through an expression: what is added or compared becomes one unit, and the result that of the tag.

A plain number beside a tag is in the tag's unit. A plain number in a product may stand for anything (4.19 kJ in a kg
and K), so what such a product gives is not looked at; a number with a unit is. The same goes for tags whose unit is
none that is known. What two degC add up to is no temperature, yet half of it is their mean, so that is left alone too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from twin.model.measure.measure import Conversion, Measure, NoConversion, conversion, conversion_of_made
from twin.model.measure.reading import known, measure
from twin.model.rule import Binary, Bit, Call, Number, OfTag, Previous, Rate, Rule, TagValue, Unary, Window

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
KEEPING = frozenset({"abs", "round", "floor", "ceil"})
"""Functions of one value that leave its unit as it is."""
JOINING = frozenset({"min", "max", "clamp", "value_or"})
"""Functions of values in one unit."""
OF_UNIT = frozenset({"mean", "minimum", "maximum"})
"""Functions over time that leave the unit of a tag as it is."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A part of an expression with its unit. unit: as written, '' for one that was made. measure: None, not known.

    is_bare: a plain number. is_step: a difference, so the zero of its unit does not matter.
    """

    rule: Rule
    unit: str = ""
    made: Measure | None = None
    is_bare: bool = False
    is_step: bool = False

    @property
    def measure(self) -> Measure | None:
        """Its unit as numbers; looked up when it is asked for and not earlier."""
        found = self.made or (known(self.unit) if self.unit else None)
        return found.step if found is not None and self.is_step else found

    @property
    def shown(self) -> str:
        """Its unit for people."""
        found = self.measure
        return self.unit or (found.name if found is not None else "")


def fitted(rule: Rule, unit_of: Callable[[str], str], unit: str = "") -> Rule:
    """The same expression with plain numbers alone, which gives its result in `unit`; '' for any. unit_of: of a tag.

    Raises ValueError where units do not go together, and for a number with a unit that is none.
    """
    found = _sized(rule, unit_of)
    return found.rule if not unit or found.unit == unit else _result(found, unit).rule


def _result(found: Sized, unit: str) -> Sized:
    target = known(unit)
    if found.is_bare or found.measure is None or target is None:
        return found
    return _converted(found, Sized(found.rule, unit), f"gives {found.shown}, and the tag is in {unit}")


def _sized(rule: Rule, unit_of: Callable[[str], str]) -> Sized:
    match rule:
        case Number(value, unit):
            found = Sized(Number(value), unit, measure(unit)) if unit else Sized(rule, is_bare=True)
        case Unary(operator, operand):
            inner = _sized(operand, unit_of)
            made = Unary(operator, inner.rule)
            found = Sized(made) if operator == "not" or _is_point(inner) else replace(inner, rule=made)
        case Binary(operator, left, right):
            found = _binary(operator, _sized(left, unit_of), _sized(right, unit_of))
        case Call(function, arguments):
            found = _call(function, [_sized(one, unit_of) for one in arguments])
        case _:
            found = _of_tag(rule, unit_of(rule.path))
    return found


def _of_tag(rule: OfTag, unit: str) -> Sized:
    match rule:
        case TagValue() | Previous():
            return Sized(rule, unit)
        case Window(function):
            return _over_time(rule, function, unit)
        case Rate():
            return Sized(rule, f"{unit}/s" if unit else "")
        case Bit():
            return Sized(rule)


def _over_time(rule: Window, function: str, unit: str) -> Sized:
    if function == "delta":
        return Sized(rule, unit, is_step=True)
    if function in OF_UNIT:
        return Sized(rule, unit)
    return Sized(rule, unit) if function == "sum" and unit and not _is_point(Sized(rule, unit)) else Sized(rule)


def _is_point(one: Sized) -> bool:
    """Whether it stands on a scale whose zero is not nothing."""
    if not one.unit and one.made is None:
        return False
    found = one.measure
    return found is not None and found.is_point


def _binary(operator: str, left: Sized, right: Sized) -> Sized:
    if operator in {"*", "/"}:
        return _product(operator, left, right)
    if operator in {"and", "or"}:
        return Sized(Binary(operator, left.rule, right.rule))
    if left.is_bare or right.is_bare:
        known_one = right if left.is_bare else left
        made = replace(known_one, rule=Binary(operator, left.rule, right.rule))
        return Sized(made.rule) if operator in COMPARISONS else made
    if left.measure is None or right.measure is None:
        return Sized(Binary(operator, left.rule, right.rule))
    if operator in COMPARISONS:
        mine, other = _joined([left, right], f"`{operator}`")
        return Sized(Binary(operator, mine.rule, other.rule))
    return _sum(operator, left, right)


def _product(operator: str, left: Sized, right: Sized) -> Sized:
    rule = Binary(operator, left.rule, right.rule)
    if left.is_bare and right.is_bare:
        return Sized(rule, is_bare=True)
    if left.is_bare or right.is_bare or _is_point(left) or _is_point(right):
        return Sized(rule)
    one, other = left.measure, right.measure
    if one is None or other is None:
        return Sized(rule)
    return Sized(rule, made=one.times(other, 1 if operator == "*" else -1), is_step=True)


def _sum(operator: str, left: Sized, right: Sized) -> Sized:
    """Points less points are steps, and points with steps are points."""
    adds, many = operator == "+", f"`{operator}`"
    first, second = _is_point(left), _is_point(right)
    if adds and second and isinstance(right.rule, Number):
        right, second = replace(right, is_step=True), False  # 5 degC more
    if first and second:
        other = _converted(right, left, f"{many} between {left.shown} and {right.shown}")
        rule = Binary(operator, left.rule, other.rule)
        return Sized(rule) if adds else Sized(rule, left.unit, left.made, is_step=True)
    if first:
        other = _converted(replace(right, is_step=True), replace(left, is_step=True), _between(many, left, right))
        return replace(left, rule=Binary(operator, left.rule, other.rule))
    if second and adds:
        mine = _converted(replace(left, is_step=True), replace(right, is_step=True), _between(many, left, right))
        return replace(right, rule=Binary(operator, mine.rule, right.rule))
    mine, other = _joined([left, right], many)
    is_step = left.is_step or right.is_step or second or (not adds and _is_temperature(left))
    return replace(mine, rule=Binary(operator, mine.rule, other.rule), is_step=is_step)


def _is_temperature(one: Sized) -> bool:
    found = one.measure
    return found is not None and found.dimension == (("K", 1),)


def _call(function: str, arguments: Sequence[Sized]) -> Sized:
    rule = Call(function, tuple(one.rule for one in arguments))
    if function in KEEPING:
        return replace(arguments[0], rule=rule)
    first, rest = (arguments[:1], arguments[1:]) if function == "if" else ((), arguments)
    if function not in JOINING and function != "if":
        return Sized(rule)
    joined = _joined(rest, f"{function}()")
    unit = next((one for one in joined if not one.is_bare), None)
    made = Call(function, tuple(one.rule for one in (*first, *joined)))
    if unit is None or any(one.measure is None for one in joined if not one.is_bare):
        return Sized(made, is_bare=unit is None and not first)
    return replace(unit, rule=made)


def _joined(parts: Sequence[Sized], where: str) -> list[Sized]:
    """The parts in the unit of the first that has one; as they are where a unit is not known."""
    units = [one for one in parts if not one.is_bare]
    if len(units) < 2 or len({one.unit for one in units} - {""}) == len({one.made for one in units}) == 1:
        return list(parts)
    if any(one.measure is None for one in units):
        return list(parts)
    first = replace(units[0], is_step=any(one.is_step for one in units))
    return [one if one.is_bare or one is units[0] else _to(one, first, where) for one in parts]


def _to(one: Sized, first: Sized, where: str) -> Sized:
    return _converted(replace(one, is_step=first.is_step), first, _between(where, first, one))


def _between(where: str, one: Sized, other: Sized) -> str:
    return f"{where} between {one.shown} and {other.shown}"


def _converted(one: Sized, target: Sized, what: str) -> Sized:
    """The same in the unit of another. Raises ValueError. what: where it is needed, for people."""
    mine, its = one.measure, target.measure
    if mine is None or its is None:
        return one
    convert = conversion if one.unit and target.unit else conversion_of_made
    try:
        found = convert(mine, its.step if one.is_step else its)
    except NoConversion as error:
        raise ValueError(f"{what}: {error}") from None
    return replace(target, rule=_scaled(one.rule, found), is_step=one.is_step)


def _scaled(rule: Rule, found: Conversion) -> Rule:
    if found.is_nothing:
        return rule
    if isinstance(rule, Number):
        return Number(found.of(rule.value))
    scaled = rule if found.factor == 1 else Binary("*", rule, Number(float(found.factor)))
    if not found.offset:
        return scaled
    return Binary("+" if found.offset > 0 else "-", scaled, Number(abs(float(found.offset))))
