"""Scalar functions: aggregations, iterators, CALCULATE, logic, numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import reduce
from typing import Any, Final

from emulators.powerbi.dax.evaluate import Engine, Scope
from emulators.powerbi.dax.filters import calculated
from emulators.powerbi.dax.scalars import Value, add, compare, divide, normal, number, truth
from emulators.powerbi.dax.syntax import Column, DaxError, Expression, Name
from emulators.powerbi.dax.views import ColumnView

Arguments = Sequence[Expression]
Function = Callable[[Engine, Scope, Arguments], Value]
ANY: Final = 1_000


def _own(engine: Engine, scope: Scope, argument: Expression) -> tuple[ColumnView, Sequence[int]]:
    """A model column as an aggregation takes it, and its visible rows."""
    if not isinstance(argument, Column) or argument.table is None:
        raise DaxError("An aggregation takes a column reference.")
    column = engine.model.table(argument.table).column(argument.name)
    return column, engine.visibility.rows(argument.table.casefold(), scope.filters)


def _codes(engine: Engine, scope: Scope, argument: Expression) -> tuple[ColumnView, Sequence[Any]]:
    column, rows = _own(engine, scope, argument)
    codes = column.codes
    return column, codes if isinstance(rows, range) else [codes[row] for row in rows]


def _sum(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    return column.total(codes)


def _count_rows(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    argument = arguments[0] if arguments else None
    if isinstance(argument, Name) and argument.name.casefold() not in scope.variables:
        engine.model.table(argument.name)
        return len(engine.visibility.rows(argument.name.casefold(), scope.filters)) or None
    if argument is None:
        raise DaxError("COUNTROWS needs a table here.")
    return engine.table(argument, scope).size or None


def _distinct_count(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    found = {None if code != code else code for code in codes} if column.kind == "Double" else set(codes)
    return len(found) or None


def _count(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    return sum(column.value(code) is not None for code in codes) or None


def _count_blank(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    return sum(column.value(code) is None for code in codes) or None


def _extreme(sign: int) -> Function:
    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
        if len(arguments) == 2:
            return best(sign, [engine.scalar(one, scope) for one in arguments])
        column, codes = _codes(engine, scope, arguments[0])
        if column.plain:
            return (max(codes) if sign > 0 else min(codes)) if codes else None
        return best(sign, column.values(set(codes)))

    return found


def best(sign: int, values: Sequence[Value]) -> Value:
    """The largest (sign 1) or smallest (-1) of the values that are not blank."""
    present = [value for value in values if value is not None]
    return reduce(lambda one, other: other if sign * compare(other, one) > 0 else one, present) if present else None


def _average(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    return divide(_sum(engine, scope, arguments), _count(engine, scope, arguments))


def _over(fold: Callable[[list[Value]], Value]) -> Function:
    """An iterator: an expression at each row of a table, then folded."""

    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
        relation = engine.table(arguments[0], scope)
        return fold(list(engine.vector(arguments[1], scope, relation)))

    return found


def _total(values: list[Value]) -> Value:
    return reduce(add, values, None)


def _mean(values: list[Value]) -> Value:
    present = [value for value in values if value is not None]
    return divide(_total(present), len(present) or None)


def _calculate(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    return engine.scalar(arguments[0], calculated(engine, scope, arguments[1:]))


def _if(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    if truth(engine.scalar(arguments[0], scope)):
        return engine.scalar(arguments[1], scope)
    return engine.scalar(arguments[2], scope) if len(arguments) > 2 else None


def _switch(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    subject = engine.scalar(arguments[0], scope)
    pairs, rest = arguments[1:], None
    if len(pairs) % 2:
        pairs, rest = pairs[:-1], pairs[-1]
    for at in range(0, len(pairs), 2):
        if compare(subject, engine.scalar(pairs[at], scope)) == 0:
            return engine.scalar(pairs[at + 1], scope)
    return None if rest is None else engine.scalar(rest, scope)


def _divide(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    one, other = engine.scalar(arguments[0], scope), engine.scalar(arguments[1], scope)
    if number(other) == 0:
        return engine.scalar(arguments[2], scope) if len(arguments) > 2 else None
    return divide(one, other)


def _coalesce(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    return next((value for one in arguments if (value := engine.scalar(one, scope)) is not None), None)


def _related(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    wanted = arguments[0]
    if not isinstance(wanted, Column) or wanted.table is None:
        raise DaxError("RELATED takes a column reference.")
    key = (wanted.table.casefold(), wanted.name.casefold())
    for link in engine.model.links:
        if link.one == key[0] and (link.many, link.foreign_key) in scope.row:
            one = engine.model.table(link.one)
            keys, found = one.column(link.key), one.column(wanted.name)
            code = keys.code(scope.row[(link.many, link.foreign_key)])
            at = next((row for row, each in enumerate(keys.codes) if each == code), None)
            return None if at is None else found.value(found.codes[at])
    raise DaxError(
        f"The column '{wanted.table}[{wanted.name}]' doesn't have a relationship to any table in the context."
    )


def _selected(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    distinct = set(codes)
    if len(distinct) == 1:
        return column.value(distinct.pop())
    return engine.scalar(arguments[1], scope) if len(arguments) > 1 else None


def _has_one(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    _, codes = _codes(engine, scope, arguments[0])
    return len(set(codes)) == 1


def _pure(apply: Callable[..., Value]) -> Function:
    """A function of the values of its arguments."""
    return lambda engine, scope, arguments: apply(*(engine.scalar(one, scope) for one in arguments))


def _int(value: Value) -> Value:
    return None if value is None else math.floor(number(value))


def _round(value: Value, digits: Value) -> Value:
    if value is None:
        return None
    found = Decimal(str(number(value))).quantize(Decimal(1).scaleb(-int(number(digits))), ROUND_HALF_UP)
    return found if isinstance(value, Decimal) else type(number(value))(found)


def _mod(value: Value, divisor: Value) -> Value:
    one, other = number(value), number(divisor)
    if other == 0:
        raise DaxError("An argument of function 'MOD' has the wrong data type or the result is too large or too small.")
    return one - other * math.floor(one / other)


def _abs(value: Value) -> Value:
    return None if value is None else abs(number(value))


def _date(year: Value, month: Value, day: Value) -> Value:
    return datetime(int(number(year)), int(number(month)), int(number(day)))  # noqa: DTZ001 (DAX dates have no zone)


SCALARS: Final[dict[str, tuple[int, int, Function]]] = {
    "ABS": (1, 1, _pure(_abs)),
    "AND": (2, 2, _pure(lambda one, other: truth(one) and truth(other))),
    "AVERAGE": (1, 1, _average),
    "AVERAGEX": (2, 2, _over(_mean)),
    "BLANK": (0, 0, _pure(lambda: None)),
    "CALCULATE": (1, ANY, _calculate),
    "COALESCE": (2, ANY, _coalesce),
    "COUNT": (1, 1, _count),
    "COUNTA": (1, 1, _count),
    "COUNTBLANK": (1, 1, _count_blank),
    "COUNTROWS": (0, 1, _count_rows),
    "COUNTX": (2, 2, _over(lambda values: sum(value is not None for value in values) or None)),
    "DATE": (3, 3, _pure(_date)),
    "DISTINCTCOUNT": (1, 1, _distinct_count),
    "DIVIDE": (2, 3, _divide),
    "FALSE": (0, 0, _pure(lambda: False)),
    "HASONEVALUE": (1, 1, _has_one),
    "IF": (2, 3, _if),
    "INT": (1, 1, _pure(_int)),
    "ISBLANK": (1, 1, _pure(lambda value: value is None)),
    "ISEMPTY": (1, 1, lambda engine, scope, arguments: engine.table(arguments[0], scope).size == 0),
    "LOWER": (1, 1, _pure(lambda value: normal(str(value or "")))),
    "MAX": (1, 2, _extreme(1)),
    "MAXX": (2, 2, _over(lambda values: best(1, values))),
    "MIN": (1, 2, _extreme(-1)),
    "MINX": (2, 2, _over(lambda values: best(-1, values))),
    "MOD": (2, 2, _pure(_mod)),
    "NOT": (1, 1, _pure(lambda value: not truth(value))),
    "OR": (2, 2, _pure(lambda one, other: truth(one) or truth(other))),
    "RELATED": (1, 1, _related),
    "ROUND": (2, 2, _pure(_round)),
    "SELECTEDVALUE": (1, 2, _selected),
    "SUM": (1, 1, _sum),
    "SUMX": (2, 2, _over(_total)),
    "SWITCH": (3, ANY, _switch),
    "TRUE": (0, 0, _pure(lambda: True)),
}
