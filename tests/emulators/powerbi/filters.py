"""The `$filter` of a list: a boolean condition on members of its items, read by a grammar and evaluated.

or := and ("or" and)* · and := not ("and" not)* · not := "not" not | "(" or ")" | call | comparison
call := (contains|startswith|endswith) "(" operand "," operand ")" · comparison := operand (eq|ne) operand
operand := (tolower|toupper) "(" operand ")" | 'text' | true | false | null | member
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

Item = dict[str, Any]
Value = Callable[[Item], Any]
_TOKEN: Final = re.compile(r"\s*('(?:[^']|'')*'|[A-Za-z_][A-Za-z0-9_]*|[(),])")
_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "contains": lambda text, part: part in text,
    "startswith": lambda text, part: text.startswith(part),
    "endswith": lambda text, part: text.endswith(part),
}
_CASES: Final[dict[str, Callable[[str], str]]] = {"tolower": str.lower, "toupper": str.upper}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


class FilterError(ValueError):
    """What is wrong with a condition."""


def condition(text: str, members: frozenset[str]) -> Callable[[Item], bool]:
    """The condition as a function of an item; FilterError where it is none, or names another member."""
    reader = _Reader(list(_tokens(text)), members)
    found = reader.either()
    if reader.left:
        raise FilterError(f"Syntax error at '{reader.left[0]}'")
    return lambda item: bool(found(item))


def _tokens(text: str) -> Iterator[str]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            raise FilterError(f"Syntax error at position {at}")
        at = found.end()
        yield found[1]


class _Reader:
    def __init__(self, tokens: list[str], members: frozenset[str]) -> None:
        self.left = tokens
        self._members = members

    def either(self) -> Value:
        found = self._both()
        while self._takes("or"):
            found = _or(found, self._both())
        return found

    def _both(self) -> Value:
        found = self._one()
        while self._takes("and"):
            found = _and(found, self._one())
        return found

    def _one(self) -> Value:
        if self._takes("not"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._takes("("):
            found = self.either()
            self._must(")")
            return found
        if self.left and self.left[0] in _TESTS:
            return self._test(_TESTS[self.left.pop(0)])
        one = self._operand()
        equal = self._takes("eq")
        if not equal:
            self._must("ne")
        other = self._operand()
        return lambda item: (one(item) == other(item)) is equal

    def _test(self, test: Callable[[str, str], bool]) -> Value:
        self._must("(")
        text = self._operand()
        self._must(",")
        part = self._operand()
        self._must(")")
        return lambda item: test(str(text(item) or ""), str(part(item) or ""))

    def _operand(self) -> Value:
        token = self._next()
        if token in _CASES:
            self._must("(")
            inner = self._operand()
            self._must(")")
            return lambda item: _CASES[token](str(inner(item)))
        if token.startswith("'"):
            text = token[1:-1].replace("''", "'")
            return lambda _: text
        if token in _CONSTANTS:
            return lambda _: _CONSTANTS[token]
        if token not in self._members:
            raise FilterError(f"Could not find a property named '{token}'")
        return lambda item: item.get(token)

    def _takes(self, token: str) -> bool:
        if self.left[:1] != [token]:
            return False
        self.left.pop(0)
        return True

    def _must(self, token: str) -> None:
        if not self._takes(token):
            raise FilterError(f"'{token}' is expected")

    def _next(self) -> str:
        if not self.left:
            raise FilterError("The condition ends too early")
        return self.left.pop(0)


def _or(one: Value, other: Value) -> Value:
    return lambda item: one(item) or other(item)


def _and(one: Value, other: Value) -> Value:
    return lambda item: one(item) and other(item)
