"""Filters evaluated on stored records: types are checked first, then each record is asked."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from emulators.exact.entities import Entity
from emulators.exact.grammar import FUNCTIONS, Call, Comparison, Field, GrammarError, Literal, Logic, Node
from emulators.exact.values import NULL, moment_ms

Value = Any
Ask = Callable[[list[str]], Value]

_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le,
}  # fmt: skip
_CALLS: Final[dict[str, Callable[..., Any]]] = {
    "substringof": lambda part, whole: part.lower() in whole.lower(),
    "startswith": lambda whole, part: whole.lower().startswith(part.lower()),
    "endswith": lambda whole, part: whole.lower().endswith(part.lower()),
    "trim": str.strip,
    "tolower": str.lower,
    "toupper": str.upper,
}
_RETURNS: Final = {"substringof": "Boolean", "startswith": "Boolean", "endswith": "Boolean"}
_NOT_NUMBERS: Final = frozenset({"String", "Guid", "DateTime", "Boolean", "Binary"})


def field_value(edm: str, text: str) -> Value:
    """The comparable value of a field's JSON text; strings compare without regard to case, as the database does."""
    if text == NULL:
        return None
    if edm == "DateTime":
        return moment_ms(text)
    if edm == "Boolean":
        return text == "true"
    if edm in ("String", "Binary"):
        return str(json.loads(text))
    return text[1:-1] if edm == "Guid" else Decimal(text.strip('"'))


def fields_of(node: Node) -> list[str]:
    """The fields that a filter names, in order."""
    if isinstance(node, Field):
        return [node.name]
    if isinstance(node, Comparison):
        return fields_of(node.left) + fields_of(node.right)
    parts = node.parts if isinstance(node, Logic) else node.arguments if isinstance(node, Call) else ()
    return [name for part in parts for name in fields_of(part)]


class Compiler:
    """Turns a tree into a question to a record; GrammarError where types don't fit."""

    def __init__(self, entity: Entity, known: tuple[str, ...], model: str, *, check_types: bool) -> None:
        self._entity, self._known, self._model, self._check = entity, frozenset(known), model, check_types

    def condition(self, node: Node) -> Callable[[list[str]], bool]:
        """The filter itself: it must be a condition."""
        kind, ask = self._of(node)
        if kind != "Boolean":
            raise GrammarError(f"Expression of type 'System.Boolean' expected, not '{_system(kind)}'.")
        return lambda values: ask(values) is True

    def _of(self, node: Node) -> tuple[str, Ask]:
        if isinstance(node, Literal):
            value = node.value
            return node.type, lambda _: value
        if isinstance(node, Field):
            return self._field(node.name)
        if isinstance(node, Call):
            return self._call(node)
        return self._compare(node) if isinstance(node, Comparison) else self._logic(node)

    def _field(self, name: str) -> tuple[str, Ask]:
        if name not in self._known:
            raise GrammarError(f"No property '{name}' exists in type '{self._model}' at position 0.")
        edm, at = self._entity.fields[name], self._entity.at(name)
        return edm if edm in _NOT_NUMBERS else "Number", lambda values: field_value(edm, values[at])

    def _call(self, node: Call) -> tuple[str, Ask]:
        asks = []
        for wanted, argument in zip(FUNCTIONS[node.function], node.arguments, strict=True):
            kind, ask = self._of(argument)
            if kind != wanted:
                raise GrammarError(f"No applicable function found for '{node.function}' at position 0.")
            asks.append(ask)
        run = _CALLS[node.function]

        def asked(values: list[str]) -> Value:
            found = [ask(values) for ask in asks]
            return None if None in found else run(*found)

        return _RETURNS.get(node.function, "String"), asked

    def _compare(self, node: Comparison) -> tuple[str, Ask]:
        (left_kind, left), (right_kind, right) = self._of(node.left), self._of(node.right)
        if self._check and left_kind != right_kind and "Null" not in (left_kind, right_kind):
            raise GrammarError(
                f"Operator '{node.operator}' incompatible with operand types"
                f" '{_system(left_kind)}' and '{_system(right_kind)}' at position 0."
            )
        test, word = _OPERATORS[node.operator], node.operator

        def asked(values: list[str]) -> bool:
            one, other = left(values), right(values)
            if one is None or other is None:
                return test(one, other) if word in ("eq", "ne") else False
            if isinstance(one, str) and isinstance(other, str):
                one, other = one.lower(), other.lower()
            return test(one, other)

        return "Boolean", asked

    def _logic(self, node: Logic) -> tuple[str, Ask]:
        asks = []
        for part in node.parts:
            kind, ask = self._of(part)
            if kind != "Boolean":
                raise GrammarError(f"Operator '{node.operator}' incompatible with operand type '{_system(kind)}'.")
            asks.append(ask)
        if node.operator == "not":
            return "Boolean", lambda values: not asks[0](values)
        every = all if node.operator == "and" else any
        return "Boolean", lambda values: every(ask(values) for ask in asks)


def _system(kind: str) -> str:
    return "System." + {"Number": "Double"}.get(kind, kind)
