"""From DAX text to tokens."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from emulators.powerbi.dax.syntax import DaxError

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|--[^\n]*|//[^\n]*|/\*.*?\*/)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | "(?P<text>(?:[^"]|"")*)"
  | '(?P<table>(?:[^']|'')+)'
  | \[(?P<column>(?:[^\]]|\]\])*)\]
  | (?P<name>[^\W\d][\w.]*)
  | (?P<operator>&&|\|\||<>|<=|>=|==|[-+*/^&=<>(){},])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """`kind` is number, text, table, column, name, operator or end; `value` is unescaped; places count from 1."""

    kind: str
    value: str
    line: int
    column: int


def tokens(text: str) -> list[Token]:
    """All tokens and an end; DaxError with the place of what is no token."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        line, column = _place(text, at)
        if match is None:
            raise DaxError(f"Query ({line}, {column}) The syntax for '{text[at]}' is incorrect.")
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, _unescaped(kind, match[kind]), line, column))
        at = match.end()
    return [*found, Token("end", "", *_place(text, len(text)))]


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _unescaped(kind: str, value: str) -> str:
    doubled = {"text": '"', "table": "'", "column": "]"}.get(kind)
    return value.replace(doubled * 2, doubled) if doubled else value
