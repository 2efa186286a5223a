"""Aggregations over columns, iterators over tables, and what asks how many values a column has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final

from emulators.powerbi.dax.evaluate import Engine, ScalarFunction, Scope
from emulators.powerbi.dax.filters import every_combination
from emulators.powerbi.dax.scalars import Value, compare, divide, total
from emulators.powerbi.dax.syntax import Column, DaxError, Expression, Name
from emulators.powerbi.dax.vectors import vector
from emulators.powerbi.dax.views import ColumnView

Arguments = Sequence[Expression]


def _codes(engine: Engine, scope: Scope, argument: Expression) -> tuple[ColumnView, Sequence[Any]]:
    """A model column as an aggregation takes it, and its codes in the visible rows."""
    if not isinstance(argument, Column) or argument.table is None:
        raise DaxError("An aggregation takes a column reference.")
    column = engine.model.table(argument.table).column(argument.name)
    rows = engine.visibility.rows(argument.table.casefold(), scope.filters)
    codes = column.codes
    return column, codes if isinstance(rows, range) else [codes[row] for row in rows]


def _sum(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    return column.total(codes)


def _count_rows(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    argument = arguments[0]
    if isinstance(argument, Name) and argument.name.casefold() not in scope.variables:
        engine.model.table(argument.name)
        return len(engine.visibility.rows(argument.name.casefold(), scope.filters)) or None
    return engine.table(argument, scope).size or None


def _distinct_count(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    found = {None if code != code else code for code in codes} if column.kind == "Double" else set(codes)
    return len(found) or None


def _counted(blank: bool) -> ScalarFunction:
    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
        column, codes = _codes(engine, scope, arguments[0])
        return sum((column.value(code) is None) == blank for code in codes) or None

    return found


def _extreme(sign: int) -> ScalarFunction:
    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
        if len(arguments) == 2:
            one, other = (engine.scalar(each, scope) for each in arguments)
            order = sign * compare(one, other)
            return one if order > 0 or (order == 0 and one is not None) else other
        column, codes = _codes(engine, scope, arguments[0])
        if column.kind == "Boolean":
            raise DaxError("The function MAX or MIN cannot work with values of type Boolean.")
        if column.kind in ("String", "Double"):
            return best(sign, column.values(set(codes)))
        present = set(codes) - {column.blank}
        return column.value(max(present) if sign > 0 else min(present)) if present else None

    return found


def best(sign: int, values: Sequence[Value]) -> Value:
    """The largest (sign 1) or smallest (-1) of the values that are not blank."""
    present = [value for value in values if value is not None]
    return reduce(lambda one, other: other if sign * compare(other, one) > 0 else one, present) if present else None


def _average(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    column, codes = _codes(engine, scope, arguments[0])
    count = sum(code != column.blank and code == code for code in codes)
    return divide(column.total(codes), count) if count else None


def _over(fold: Callable[[list[Value]], Value]) -> ScalarFunction:
    """An iterator: an expression at each row of a table, then folded."""

    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
        relation = engine.table(arguments[0], scope)
        return fold(list(vector(engine, arguments[1], scope, relation)))

    return found


def _mean(values: list[Value]) -> Value:
    present = [value for value in values if value is not None]
    return divide(total(present), len(present)) if present else None


def _selected(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    found = _values_of(engine, scope, arguments[0])
    if len(found) == 1:
        return found[0]
    return engine.scalar(arguments[1], scope) if len(arguments) > 1 else None


def _has_one(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
    return len(_values_of(engine, scope, arguments[0])) == 1


def _values_of(engine: Engine, scope: Scope, argument: Expression) -> Sequence[Value]:
    """VALUES of a column."""
    if not isinstance(argument, Column) or argument.table is None:
        raise DaxError("A column reference is expected.")
    key = (argument.table.casefold(), argument.name.casefold())
    return every_combination(engine, [key], scope.filters).columns[0].values


AGGREGATIONS: Final[dict[str, tuple[int, int, ScalarFunction]]] = {
    "AVERAGE": (1, 1, _average),
    "AVERAGEX": (2, 2, _over(_mean)),
    "COUNT": (1, 1, _counted(blank=False)),
    "COUNTA": (1, 1, _counted(blank=False)),
    "COUNTBLANK": (1, 1, _counted(blank=True)),
    "COUNTROWS": (1, 1, _count_rows),
    "COUNTX": (2, 2, _over(lambda values: sum(value is not None for value in values) or None)),
    "DISTINCTCOUNT": (1, 1, _distinct_count),
    "HASONEVALUE": (1, 1, _has_one),
    "ISEMPTY": (1, 1, lambda engine, scope, arguments: engine.table(arguments[0], scope).size == 0),
    "MAX": (1, 2, _extreme(1)),
    "MAXX": (2, 2, _over(lambda values: best(1, values))),
    "MIN": (1, 2, _extreme(-1)),
    "MINX": (2, 2, _over(lambda values: best(-1, values))),
    "SELECTEDVALUE": (1, 2, _selected),
    "SUM": (1, 1, _sum),
    "SUMX": (2, 2, _over(total)),
}
