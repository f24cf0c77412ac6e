"""Parses an expression: `bit(status, 3) and rate(total, 30s) > 0`. Nothing is ever evaluated here.

From the loosest to the tightest: or; and; not; == != < <= > >= (once, not chained); + -; * /; minus sign; then numbers,
true, false, tag names, functions (twin.model.rule_functions) and parentheses. A name may hold `-` and, between names,
`/`: `line-speed` is one tag, `filler/status` a tag of another machine. So minus and division stand between spaces. A
number may have a unit, after a blank: `temp > 185 degF`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NoReturn

from twin.core.instant import DAY, MILLISECOND, SECOND, duration
from twin.model.report import suggestion
from twin.model.rule import Binary, Bit, Call, Number, Previous, Rate, Rule, TagValue, Unary, Window, readings
from twin.model.rule_functions import INEXACT, NAMES, OF_TAG, OVER_TIME, POINTWISE, WHY_INEXACT
from twin.model.rule_text import LEVELS, text_of

LONGEST = 2_000
"""Characters of one rule."""
LARGEST = 200
"""Tags, numbers and operators of one rule: every reader of the tree may recurse."""
DEEPEST = 30
"""Parentheses and signs within each other."""
HIGHEST_BIT = 63
MOST_DECIMALS = 9

KEYWORDS = frozenset({"and", "or", "not", "true", "false"})

_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?")
_WORD = re.compile(r"[a-z0-9_][a-z0-9_-]*(?:/[a-z0-9_-]+)*")
_SYMBOL = re.compile(r"==|!=|<=|>=|[<>+\-*/(),]")
_WINDOW = re.compile(r"[^,)]*")
_UNIT = re.compile(r"[ \t]+([^\W\d_](?:[^\s,()<>=!]|\([^()\s]*\))*|[%°‰][^\s,()<>=!]*)")
_HINTS = {
    "=": "write == to compare",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`",
    "'": "names stand without quotes",
    '"': "names stand without quotes",
    "%": "there is no such operator",
    "^": "there is no such operator",
}


class RuleError(ValueError):
    """A text that is no expression. column: counts from 1."""

    def __init__(self, column: int, message: str) -> None:
        super().__init__(f"column {column}: {message}")
        self.column = column


def parse(text: str) -> Rule:
    """The tree of a rule, tags by the names that are written. Raises RuleError and nothing else."""
    if len(text) > LONGEST:
        raise RuleError(LONGEST + 1, f"the rule is longer than {LONGEST} characters")
    parser = _Parser(text)
    rule = parser.level(0)
    if parser.word:
        parser.expected("an operator or the end")
    return rule


def refuse_memory(rule: Rule) -> None:
    """Raise RuleError for a state rule that looks further back than `rate` does."""
    for part in readings(rule):
        if isinstance(part, Window | Previous):
            made = text_of(part)
            raise RuleError(1, f"{made} is for computed tags: make a tag with `compute: {made}` and name that one here")


class _Parser:
    """Reads one text from left to right. word: what stands at `start`, '' at the end; word, number: which kind."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.start = 0
        self.word = ""
        self.kind = "end"
        self.size = 0
        self.depth = 0
        self._next_from(0)

    def level(self, level: int) -> Rule:
        """An expression whose operators bind at least so tightly."""
        if LEVELS[level] == ("not",):
            return self.negation(level)
        if LEVELS[level] == ("negative",):
            return self.signed()
        left = self.level(level + 1)
        while self.word in LEVELS[level]:
            operator = self.word
            self.advance()
            left = self.grown(Binary(operator, left, self.level(level + 1)))
            if LEVELS[level][0] == "==":
                self.refuse_chain(level)
                break
        return left

    def negation(self, level: int) -> Rule:
        """`not x`, or anything tighter."""
        if self.word != "not":
            return self.level(level + 1)
        self.advance()
        self.enter()
        operand = self.negation(level)
        self.depth -= 1
        return self.grown(Unary("not", operand))

    def signed(self) -> Rule:
        """`-x`, or an operand."""
        if self.word != "-":
            return self.operand()
        self.advance()
        self.enter()
        operand = self.signed()
        self.depth -= 1
        return self.grown(Unary("-", operand))

    def operand(self) -> Rule:
        """A number, a tag, a function or something in parentheses."""
        if self.word == "(":
            return self.parenthesised()
        if self.kind == "number":
            return self.grown(self.number())
        if self.word in {"true", "false"}:
            value = float(self.word == "true")
            self.advance()
            return self.grown(Number(value))
        if self.kind != "name":
            self.expected("a tag, a number or '('")
        name = self.word
        self.advance()
        if self.word == "(":
            return self.function(name)
        return self.grown(TagValue(name))

    def parenthesised(self) -> Rule:
        """`( ... )`."""
        self.enter()
        self.advance()
        rule = self.level(0)
        self.take(")")
        self.depth -= 1
        return rule

    def function(self, name: str) -> Rule:
        """`bit(tag, n)`, `rate(tag, 30s)`, `min(a, b)`; the name is read, `(` is next."""
        if name in POINTWISE:
            return self.call(name)
        if name in INEXACT:
            self.fail(f"no function '{name}': {WHY_INEXACT}")
        if name not in OF_TAG and name not in OVER_TIME:
            fix = suggestion(name, NAMES) or f" (there are: {', '.join(NAMES)})"
            self.fail(f"no function '{name}'{fix}")
        self.advance()
        if self.kind != "name":
            self.expected("a tag")
        tag = self.word
        self.advance()
        rule = self.of_tag(name, tag)
        self.take(")")
        return self.grown(rule)

    def of_tag(self, name: str, tag: str) -> Rule:
        """What a function reads of a tag; the tag is read."""
        if name == "previous":
            return Previous(tag)
        if self.word != ",":
            self.expected("','")
        if name == "bit":
            return Bit(tag, self.bit_index())
        begin, window = self.start, self.window()
        if name == "rate":
            return Rate(tag, window)
        if window < SECOND or window % MILLISECOND:
            raise RuleError(begin + 3, f"the window of {name}() is a second or longer, in whole ms")
        return Window(name, tag, window)

    def call(self, name: str) -> Rule:
        """A function of values; the name is read, `(` is next."""
        self.enter()
        found: list[Rule] = []
        while self.word == "(" if not found else self.word == ",":
            self.advance()
            found.append(self.level(0))
        self.take(")")
        self.depth -= 1
        known = POINTWISE[name]
        if not known.least <= len(found) <= known.most:
            self.fail(f"{name}() has {len(found)} argument{'s' * (len(found) != 1)} (write {known.example})")
        if name == "round" and not _is_decimals(found[1:]):
            self.fail(f"round() is to 0 to {MOST_DECIMALS} decimals (write {known.example})")
        return self.grown(Call(name, tuple(found)))

    def bit_index(self) -> int:
        """The number of a bit, after the comma."""
        self.advance()
        if not self.word.isdecimal() or len(self.word) > 2 or int(self.word) > HIGHEST_BIT:
            self.expected(f"a bit from 0 to {HIGHEST_BIT}")
        index = int(self.word)
        self.advance()
        return index

    def window(self) -> int:
        """A length of time, after the comma, ns."""
        begin = self.skip_space(self.start + 1)
        match = _WINDOW.match(self.text, begin)
        written = match[0].strip() if match else ""
        try:
            length = duration(written)
        except (ValueError, OverflowError):
            length = 0
        if not 0 < length <= DAY:
            raise RuleError(begin + 1, f"expected a duration like 30s, at most a day, found '{written}'")
        self._next_from(begin + len(written))
        return length

    def number(self) -> Number:
        """The number that stands here, with its unit."""
        value = float(self.word)
        if value == float("inf"):
            self.fail("the number is too large")
        unit = _UNIT.match(self.text, self.start + len(self.word))
        if unit is None or unit[1] in KEYWORDS:
            self.advance()
            return Number(value)
        self._next_from(unit.end())
        return Number(value, unit[1])

    def refuse_chain(self, level: int) -> None:
        """`a < b < c` is read in two ways by people, so it is refused."""
        if self.word in LEVELS[level]:
            self.fail(f"a second comparison; write `and` between the two instead of '{self.word}'")

    def grown(self, rule: Rule) -> Rule:
        """The same rule, counted against the largest size."""
        self.size += 1
        if self.size > LARGEST:
            self.fail(f"the rule has more than {LARGEST} parts; split it")
        return rule

    def enter(self) -> None:
        """Count one more level of nesting."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(f"nested deeper than {DEEPEST}")

    def take(self, symbol: str) -> None:
        """Go past a symbol that must stand here."""
        if self.word != symbol:
            self.expected(f"'{symbol}'")
        self.advance()

    def advance(self) -> None:
        """Go to the next word."""
        self._next_from(self.start + len(self.word))

    def skip_space(self, position: int) -> int:
        """The first position from here that is no space."""
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def _next_from(self, position: int) -> None:
        self.start = self.skip_space(position)
        self.kind, self.word = self._read()

    def _read(self) -> tuple[str, str]:
        """Kind and text of what stands at `start`; of a number and a name the longer, `3-2` is a name."""
        if self.start == len(self.text):
            return "end", ""
        word = _match(_WORD, self.text, self.start)
        number = _match(_NUMBER, self.text, self.start)
        if number and len(number) >= len(word):
            return "number", number
        if word:
            return ("keyword" if word in KEYWORDS else "name"), word
        symbol = _match(_SYMBOL, self.text, self.start)
        if symbol:
            return "symbol", symbol
        return self._refuse_character()

    def _refuse_character(self) -> NoReturn:
        character = self.text[self.start]
        hint = _HINTS.get(character, "names are lower case" if character.isupper() else "")
        self.fail(f"'{character}' has no meaning here" + (f" ({hint})" if hint else ""))

    def expected(self, what: str) -> NoReturn:
        """Fail with what should have stood here."""
        self.fail(f"expected {what}, found {repr(self.word) if self.word else 'the end'}")

    def fail(self, message: str) -> NoReturn:
        """Fail at the current word."""
        raise RuleError(self.start + 1, message)


def _is_decimals(rest: Sequence[Rule]) -> bool:
    return all(isinstance(one, Number) and one.value in range(MOST_DECIMALS + 1) for one in rest)


def _match(pattern: re.Pattern[str], text: str, position: int) -> str:
    match = pattern.match(text, position)
    return match[0] if match else ""
