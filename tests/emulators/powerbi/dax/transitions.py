"""Context transition at every row of a relation, in one pass over the table that its columns come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from emulators.powerbi.dax.context import Filter, Filters
from emulators.powerbi.dax.evaluate import Engine, Scope
from emulators.powerbi.dax.relation import Relation, Row
from emulators.powerbi.dax.scalars import Value, normal
from emulators.powerbi.dax.syntax import Call, Column, Expression
from emulators.powerbi.dax.views import ColumnView


def contexts(engine: Engine, scope: Scope, relation: Relation) -> Iterator[Filters]:
    """The filter context after transition at each row; the rows that it leaves are told apart in one pass."""
    outer = engine.moved(scope)
    keys = tuple(column.key for column in relation.columns if column.key[0])
    tables = {key[0] for key in keys}
    if relation.base is not None or len(tables) != 1:
        yield from (engine.moved_by(outer, Row(relation, at)) for at in range(relation.size))
        return
    table = tables.pop()
    stack = engine.cleared(outer, frozenset(keys))
    columns = [column for column in relation.columns if column.key[0]]
    for values, rows in zip(
        zip(*(map(normal, column.values) for column in columns), strict=True),
        _parts(engine, stack, relation, table),
        strict=True,
    ):
        filters = (*stack, Filter(keys, frozenset([values])))
        engine.visibility.remember(table, filters, rows)
        yield filters


def _parts(engine: Engine, stack: Filters, relation: Relation, table: str) -> Iterator[Sequence[int]]:
    """For each row of a relation of some columns of one table, the rows of the table that have its values."""
    columns = [column for column in relation.columns if column.key[0]]
    views = [engine.model.tables[table].column(column.key[1]) for column in columns]
    codes = [view.codes for view in views]
    found: dict[Any, list[int]] = {}
    rows = engine.visibility.rows(table, stack)
    if len(codes) == 1:
        only = codes[0]
        for row in rows:
            found.setdefault(only[row], []).append(row)
        return (found.get(views[0].code(value), []) for value in columns[0].values)
    for row in rows:
        found.setdefault(tuple(each[row] for each in codes), []).append(row)
    coded = (map(view.code, column.values) for view, column in zip(views, columns, strict=True))
    return (found.get(one, []) for one in zip(*coded, strict=True))


def sums(engine: Engine, summed: ColumnView, scope: Scope, relation: Relation) -> list[Value] | None:
    """The sum of a column of the relation's own table at each of its rows, in one pass; None for other tables."""
    keys = frozenset(column.key for column in relation.columns if column.key[0])
    if relation.base is not None or {key[0] for key in keys} != {summed.table.casefold()}:
        return None
    stack = engine.cleared(engine.moved(scope), keys)
    codes = summed.codes
    parts = _parts(engine, stack, relation, summed.table.casefold())
    return [summed.total([codes[row] for row in rows]) for rows in parts]


def summed_by(engine: Engine, expression: Expression | None) -> ColumnView | None:
    """The model column that an expression is just the sum of."""
    if isinstance(expression, Call) and expression.function == "SUM" and len(expression.arguments) == 1:
        column = expression.arguments[0]
        if isinstance(column, Column) and column.table is not None:
            return engine.model.table(column.table).column(column.name)
    return None
