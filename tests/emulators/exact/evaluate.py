"""Filters evaluated on stored records: types are checked first, then each record is asked.

Texts compare without regard to case, as the database does. A function of null is null; a comparison with null is
false, but for eq and ne; so `not (Field gt 5)` holds where the field is null.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from emulators.exact import rules as rule
from emulators.exact.entities import Resource
from emulators.exact.grammar import FUNCTIONS, Call, Comparison, Field, Logic, Node
from emulators.exact.tokens import NUMBERS, GrammarError, Literal
from emulators.exact.values import NULL, moment_ms

Value = Any
Ask = Callable[[list[str]], Value]

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_BYTE_TRUE: Final = "1"
_WHOLE: Final = frozenset({"Byte", "SByte", "Int16", "Int32", "Int64"})
NUMERIC: Final = frozenset({"Byte", "SByte", "Int16", "Int32", "Number", *NUMBERS.values()})


def _replaced(whole: str, find: str, by: str) -> str:
    return whole.replace(find, by) if find else whole


def _part(whole: str, start: Decimal, length: Decimal | None = None) -> str:
    first = max(0, int(start))
    return whole[first:] if length is None else whole[first : first + max(0, int(length))]


def _clock(name: str) -> Callable[[int], Decimal]:
    return lambda ms: Decimal(getattr(datetime.fromtimestamp(ms // 1000, UTC), name))


_TEXTS: Final[dict[str, Callable[..., Any]]] = {
    "substringof": lambda part, whole: part.lower() in whole.lower(),
    "startswith": lambda whole, part: whole.lower().startswith(part.lower()),
    "endswith": lambda whole, part: whole.lower().endswith(part.lower()),
    "trim": str.strip,
    "tolower": str.lower,
    "toupper": str.upper,
    "length": lambda whole: Decimal(len(whole)),
    "indexof": lambda whole, part: Decimal(whole.lower().find(part.lower())),
    "replace": _replaced,
    "substring": _part,
    "concat": operator.add,
}
_CALLS: Final = _TEXTS | {name: _clock(name) for name in ("year", "month", "day", "hour", "minute", "second")}


def field_value(edm: str, text: str) -> Value:
    """The comparable value of a field's JSON text."""
    if text == NULL:
        return None
    if edm == "DateTime":
        return moment_ms(text)
    if edm == "Boolean":
        return text in ("true", _BYTE_TRUE)
    if edm in ("String", "Binary"):
        return str(json.loads(text))
    if edm == "Guid":
        return text[1:-1]
    return Decimal(text.strip('"')) if edm in NUMERIC else text


def fields_of(node: Node) -> list[str]:
    """The fields that a filter names, in order."""
    if isinstance(node, Field):
        return [node.name]
    if isinstance(node, Comparison):
        return fields_of(node.left) + fields_of(node.right)
    parts = node.parts if isinstance(node, Logic) else node.arguments if isinstance(node, Call) else ()
    return [name for part in parts for name in fields_of(part)]


class Compiler:
    """Turns a tree into a question to a record; GrammarError where types don't fit.

    `types`: operands must have types that go together. `pairs`: a field may be compared with another field.
    """

    def __init__(self, resource: Resource, *, types: bool, pairs: bool) -> None:
        self._resource, self._types, self._pairs = resource, types, pairs

    def condition(self, node: Node) -> Callable[[list[str]], bool]:
        """The filter itself: it must be a condition."""
        kind, ask = self._of(node)
        if kind != "Boolean":
            raise GrammarError("Expression of type 'System.Boolean' expected at position 0.", rule.FILTER_TYPES)
        return lambda values: ask(values) is True

    def _of(self, node: Node) -> tuple[str, Ask]:
        if isinstance(node, Literal):
            value = node.value
            return node.type, lambda _: value
        if isinstance(node, Field):
            return self._field(node)
        if isinstance(node, Call):
            return self._call(node)
        return self._compare(node) if isinstance(node, Comparison) else self._logic(node)

    def _field(self, node: Field) -> tuple[str, Ask]:
        edm = self._resource.fields.get(node.name)
        if edm is None:
            told = f"No property '{node.name}' exists in type '{self._resource.model}' at position {node.at}."
            raise GrammarError(told, rule.FILTER_FIELDS)
        at = self._resource.entity.at(node.name)
        return edm, lambda values: field_value(edm, values[at])

    def _call(self, node: Call) -> tuple[str, Ask]:
        gives, least, takes = FUNCTIONS[node.function]
        found = [self._of(argument) for argument in node.arguments]
        fits = least <= len(found) <= len(takes)
        if not fits or not all(_same(kind, wanted) for (kind, _), wanted in zip(found, takes, strict=False)):
            shown = ", ".join(_system(kind) for kind in takes)
            raise GrammarError(
                f"No applicable function found for '{node.function}' at position {node.at} with the specified"
                " arguments."
                f" The functions considered are: {node.function}({shown}).",
                rule.FILTER_TYPES,
            )
        run, asks = _CALLS[node.function], [ask for _, ask in found]

        def asked(values: list[str]) -> Value:
            given = [ask(values) for ask in asks]
            return None if None in given else run(*given)

        return gives, asked

    def _compare(self, node: Comparison) -> tuple[str, Ask]:
        if not self._pairs and fields_of(node.left) and fields_of(node.right):
            raise GrammarError(f"Comparing two properties is not supported at position {node.at}.", rule.FILTER_PAIRS)
        (left_kind, left), (right_kind, right) = self._of(node.left), self._of(node.right)
        ordered = node.operator in ("eq", "ne") or "Boolean" not in (left_kind, right_kind)
        if self._types and not (ordered and _same(left_kind, right_kind)):
            raise GrammarError(
                f"Operator '{node.operator}' incompatible with operand types"
                f" '{_system(left_kind)}' and '{_system(right_kind)}' at position {node.at}.",
                rule.FILTER_TYPES,
            )
        test, equality = _OPERATORS[node.operator], node.operator in ("eq", "ne")

        def asked(values: list[str]) -> bool:
            one, other = left(values), right(values)
            if one is None or other is None:
                return test(one, other) if equality else False
            if isinstance(one, str) and isinstance(other, str):
                one, other = one.lower(), other.lower()
            elif isinstance(one, str) or isinstance(other, str):
                return node.operator == "ne"
            return test(one, other)

        return "Boolean", asked

    def _logic(self, node: Logic) -> tuple[str, Ask]:
        asks = []
        for part in node.parts:
            kind, ask = self._of(part)
            if kind != "Boolean":
                what = f"Operator '{node.operator}' incompatible with operand type '{_system(kind)}'"
                raise GrammarError(f"{what} at position {node.at}.", rule.FILTER_TYPES)
            asks.append(ask)
        if node.operator == "not":
            return "Boolean", lambda values: not asks[0](values)
        every = all if node.operator == "and" else any
        return "Boolean", lambda values: every(ask(values) for ask in asks)


def _same(one: str, other: str) -> bool:
    """Whether values of two types go together: numbers of any size do, null goes with everything."""
    if "Null" in (one, other) or one == other:
        return True
    return one in NUMERIC and other in NUMERIC


def fits(value: Literal, edm: str) -> bool:
    """Whether a literal may stand for a value of a type: a whole number for whole numbers, null for any."""
    return value.type in ("Int", "Int64", "Null") if edm in _WHOLE else _same(value.type, edm)


def _system(kind: str) -> str:
    return "System." + {"Number": "Double", "Int": "Int32", "Null": "Object"}.get(kind, kind)
