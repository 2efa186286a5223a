"""The words and literals of OData V2: a text cut into tokens, and the values that literals stand for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from emulators.declared import Rule
from emulators.exact.rules import FILTER_GRAMMAR

NUMBERS: Final = {"": "Int", "l": "Int64", "m": "Decimal", "d": "Double", "f": "Single"}
"""Suffixes of numbers, with the type that each means."""

_TOKEN: Final = re.compile(
    r"\s*(?:"
    r"guid'(?P<guid>[^']*)'"
    r"|datetime'(?P<datetime>[^']*)'"
    r"|'(?P<string>(?:[^']|'')*)'"
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)(?P<suffix>[lLmMdDfF]?)(?![\w.])"
    r"|(?P<word>[A-Za-z_]\w*)"
    r"|(?P<mark>[(),=])"
    r")"
)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATETIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)?")
_INT64: Final = 2**63


class GrammarError(ValueError):
    """The text is not what it should be, or breaks another rule; the message is of the vendor's kind (WCF Data
    Services')."""

    def __init__(self, message: str, rule: Rule = FILTER_GRAMMAR) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True)
class Token:
    """`kind` is guid, datetime, string, number, word or mark; `suffix` is a number's."""

    kind: str
    text: str
    at: int
    suffix: str = ""


@dataclass(frozen=True)
class Literal:
    """A value: Guid and String as str, DateTime as wall milliseconds, numbers as Decimal; None is null."""

    type: str
    value: str | int | Decimal | bool | None
    at: int = 0


def cut(text: str) -> list[Token]:
    """The tokens of a text."""
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise GrammarError(_unreadable(text, at))
        kind = "number" if match["number"] is not None else match.lastgroup
        found.append(Token(kind, match[kind], match.start(kind), (match["suffix"] or "").lower()))
        at = match.end()
    return found


def _unreadable(text: str, at: int) -> str:
    start = at + len(text[at:]) - len(text[at:].lstrip())
    if text[start : start + 1] == "'":
        return f"Unterminated string literal at position {len(text)} in '{text}'."
    return f"Syntax error at position {start} in '{text}'."


def literal(token: Token) -> Literal:
    """The value of a token that is one."""
    if token.kind == "guid":
        return Literal("Guid", guid(token.text), token.at)
    if token.kind == "datetime":
        return Literal("DateTime", datetime_ms(token.text), token.at)
    if token.kind == "string":
        return Literal("String", token.text.replace("''", "'"), token.at)
    value, whole = Decimal(token.text), token.text.lstrip("-").isdecimal()
    if (token.suffix == "l" and not whole) or (whole and token.suffix in ("", "l") and not -_INT64 <= value < _INT64):
        raise GrammarError(f"Unrecognized 'Edm.Int64' literal '{token.text}{token.suffix}' at position {token.at}.")
    return Literal(NUMBERS[token.suffix] if whole or token.suffix else "Double", value, token.at)


def guid(text: str) -> str:
    """A Guid, lower case."""
    if _GUID.fullmatch(text) is None:
        raise GrammarError(f"Unrecognized 'Edm.Guid' literal 'guid'{text}''.")
    return text.lower()


def datetime_ms(text: str) -> int:
    """Wall milliseconds of a datetime literal: a date, or a date and a time, never with a zone."""
    try:
        if _DATETIME.fullmatch(text) is None:
            raise ValueError(text)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise GrammarError(f"Unrecognized 'Edm.DateTime' literal 'datetime'{text}''.") from None
    return round(found.replace(tzinfo=UTC).timestamp() * 1000)
