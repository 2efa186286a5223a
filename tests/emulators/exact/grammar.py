"""The $filter grammar of OData V2, as far as Exact documents it: text in, a tree out.

or := and ("or" and)*        and := not ("and" not)*        not := "not" not | comparison
comparison := operand (("eq" | "ne" | "gt" | "ge" | "lt" | "le") operand)?
operand := "(" or ")" | function "(" operand ("," operand)* ")" | literal | field
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

COMPARISONS: Final = ("eq", "ne", "gt", "ge", "lt", "le")
FUNCTIONS: Final = {
    "substringof": ("String", "String"), "startswith": ("String", "String"), "endswith": ("String", "String"),
    "trim": ("String",), "tolower": ("String",), "toupper": ("String",),
}  # fmt: skip
"""Functions that the docs or clients show, with the types of their arguments."""
_DEEPEST: Final = 50

_TOKEN: Final = re.compile(
    r"\s*(?:"
    r"guid'(?P<guid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})'"
    r"|datetime'(?P<datetime>[^']*)'"
    r"|'(?P<string>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?P<suffix>[lLmMdDfF]?)(?!\w)"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark>[(),])"
    r")"
)


class GrammarError(ValueError):
    """The text is not a filter; the message is the vendor's kind of message."""


@dataclass(frozen=True)
class Literal:
    """A value: Guid and String as str, DateTime as wall milliseconds, Number as Decimal; None is null."""

    type: str
    value: str | int | Decimal | bool | None


@dataclass(frozen=True)
class Field:
    name: str


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Comparison:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Logic:
    """`operator` is and, or, not."""

    operator: str
    parts: tuple[Node, ...]


Node = Literal | Field | Call | Comparison | Logic


def parse(text: str) -> Node:
    """The tree of a $filter; GrammarError for anything else."""
    parser = _Parser(_tokens(text))
    found = parser.either(0)
    if parser.ahead() is not None:
        raise GrammarError(f"Syntax error at position {parser.ahead_at()}.")
    return found


def parse_list(text: str) -> list[Node]:
    """Literals separated by commas, as a skip token holds them."""
    parser = _Parser(_tokens(text))
    found = [parser.either(0)]
    while parser.comma():
        found.append(parser.either(0))
    if parser.ahead() is not None:
        raise GrammarError(f"Syntax error at position {parser.ahead_at()}.")
    return found


def datetime_ms(text: str) -> int:
    """Wall milliseconds of a datetime literal: a date, or a date and a time without zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise GrammarError(f"Unrecognized 'Edm.DateTime' literal 'datetime'{text}''.") from None
    if found.tzinfo is not None:
        raise GrammarError(f"Unrecognized 'Edm.DateTime' literal 'datetime'{text}''.")
    return round(found.replace(tzinfo=UTC).timestamp() * 1000)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise GrammarError(f"Syntax error at position {at}.")
        kind = "number" if match["number"] is not None else match.lastgroup
        found.append(_Token(kind, match[kind], at))
        at = match.end()
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def ahead(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def ahead_at(self) -> int:
        token = self.ahead()
        return token.at if token else (self._tokens[-1].at if self._tokens else 0)

    def _word(self, *words: str) -> str | None:
        token = self.ahead()
        if token and token.kind == "word" and token.text in words:
            self._at += 1
            return token.text
        return None

    def _mark(self, mark: str) -> bool:
        token = self.ahead()
        hit = token is not None and token.kind == "mark" and token.text == mark
        self._at += hit
        return hit

    def comma(self) -> bool:
        return self._mark(",")

    def _need(self, mark: str) -> None:
        if not self._mark(mark):
            raise GrammarError(f"Syntax error at position {self.ahead_at()}: '{mark}' expected.")

    def either(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise GrammarError("The filter is nested too deeply.")
        parts = [self._both(depth)]
        while self._word("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Logic("or", tuple(parts))

    def _both(self, depth: int) -> Node:
        parts = [self._negated(depth)]
        while self._word("and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else Logic("and", tuple(parts))

    def _negated(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise GrammarError("The filter is nested too deeply.")
        if self._word("not"):
            return Logic("not", (self._negated(depth + 1),))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> Node:
        left = self._operand(depth)
        operator = self._word(*COMPARISONS)
        return left if operator is None else Comparison(operator, left, self._operand(depth))

    def _operand(self, depth: int) -> Node:
        if self._mark("("):
            inner = self.either(depth + 1)
            self._need(")")
            return inner
        token = self.ahead()
        if token is None or token.kind == "mark":
            raise GrammarError(f"Expression expected at position {self.ahead_at()}.")
        self._at += 1
        return self._named(token, depth) if token.kind == "word" else _literal(token)

    def _named(self, token: _Token, depth: int) -> Node:
        constants = {
            "true": Literal("Boolean", True),
            "false": Literal("Boolean", False),
            "null": Literal("Null", None),
        }
        if token.text in constants:
            return constants[token.text]
        if not self._mark("("):
            return Field(token.text)
        if token.text not in FUNCTIONS:
            raise GrammarError(f"Unknown function '{token.text}' at position {token.at}.")
        arguments = [self.either(depth + 1)]
        while self._mark(","):
            arguments.append(self.either(depth + 1))
        self._need(")")
        if len(arguments) != len(FUNCTIONS[token.text]):
            raise GrammarError(f"No applicable function found for '{token.text}' at position {token.at}.")
        return Call(token.text, tuple(arguments))


def _literal(token: _Token) -> Literal:
    if token.kind == "guid":
        return Literal("Guid", token.text.lower())
    if token.kind == "datetime":
        return Literal("DateTime", datetime_ms(token.text))
    if token.kind == "string":
        return Literal("String", token.text.replace("''", "'"))
    return Literal("Number", Decimal(token.text))
