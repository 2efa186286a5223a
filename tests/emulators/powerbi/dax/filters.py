"""The filter arguments of CALCULATE and CALCULATETABLE: predicates, tables, KEEPFILTERS, REMOVEFILTERS.

https://learn.microsoft.com/dax/calculate-function-dax: removers first, then all filters together; several on one column
of one call both hold, and each replaces what the context outside says about its columns unless it is in KEEPFILTERS.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from typing import Any, Final

from emulators.powerbi.dax.context import AnyFilter, Filter, Filters, RowFilter, columns_of, without
from emulators.powerbi.dax.evaluate import Engine, Scope
from emulators.powerbi.dax.relation import BLANK_ROW, Key, Relation, literal
from emulators.powerbi.dax.scalars import truths
from emulators.powerbi.dax.syntax import Binary, Call, Column, DaxError, Expression, In, Let, Name, parts, walk
from emulators.powerbi.dax.value_functions import VALUES
from emulators.powerbi.dax.vectors import TRANSITIONS, vector

_REMOVERS: Final = ("REMOVEFILTERS", "ALL", "ALLEXCEPT")


def calculated(engine: Engine, scope: Scope, arguments: Sequence[Expression]) -> Scope:
    """The scope inside CALCULATE: the row context has become filters, then the arguments apply."""
    stack = engine.moved(scope)
    added: list[tuple[bool, AnyFilter]] = []
    for argument in arguments:
        if isinstance(argument, Call) and argument.function in _REMOVERS:
            stack = without(stack, removed(engine, argument), engine.links)
        elif isinstance(argument, Call) and argument.function == "KEEPFILTERS":
            added.append((True, filter_of(engine, scope, argument.arguments[0])))
        else:
            added.append((False, filter_of(engine, scope, argument)))
    written = frozenset(key for keep, one in added if not keep for key in columns_of(one, engine.links))
    stack = engine.cleared(stack, written)
    return Scope((*stack, *(one for _, one in added)), (), scope.variables)


def filter_of(engine: Engine, scope: Scope, argument: Expression) -> AnyFilter:
    """One argument, a table or a predicate, as a filter; evaluated in the scope outside."""
    if engine.is_table(argument, scope):
        return of_relation(engine, engine.table(argument, scope))
    for one in walk(argument):
        if isinstance(one, Column) and engine.as_measure(one) is not None:
            raise _not_here("PLACEHOLDER")
        if isinstance(one, Call) and one.function in TRANSITIONS:
            raise _not_here(one.function)
    mark = _mark(argument, scope)
    if mark is None:
        return _of_predicate(engine, scope, argument)
    if mark not in engine.predicates:
        engine.predicates[mark] = _of_predicate(engine, scope, argument)
    return engine.predicates[mark]


def _not_here(function: str) -> DaxError:
    return DaxError(
        f"A function '{function}' has been used in a True/False expression that is used as a table filter expression. "
        "This is not allowed."
    )


def _mark(argument: Expression, scope: Scope) -> tuple[Any, ...] | None:
    """What a predicate's result hangs on besides the model; None if on more than variables."""
    values: list[Any] = [id(argument)]
    for one in walk(argument):
        if isinstance(one, Call) and one.function not in _TRANSPARENT:
            return None
        if isinstance(one, Let) or (isinstance(one, Column) and one.table is None):
            return None
        if isinstance(one, Name):
            value = scope.variables.get(one.name.casefold(), Relation([], 0))
            if isinstance(value, Relation):
                return None
            values.append((type(value), value))
    return tuple(values)


def _of_predicate(engine: Engine, scope: Scope, argument: Expression) -> Filter:
    """FILTER over ALL of the predicate's columns. Conjuncts of one column narrow the rows first."""
    keys = _predicate_columns(argument)
    if len({key[0] for key in keys}) != 1:
        raise DaxError(
            "The expression contains columns from multiple tables, or none, but only columns from a single table can "
            "be used in a True/False expression that is used as a table filter expression."
        )
    stack: Filters = ()
    if len(keys) > 1:
        for one in _conjuncts(argument):
            if len(_predicate_columns(one)) == 1:
                stack = (*stack, _of_predicate(engine, scope, one))
    every = every_combination(engine, keys, stack)
    passed = truths(vector(engine, argument, scope, every))
    return engine.filter(tuple(keys), frozenset(compress(every.identities(), passed)))


def _conjuncts(expression: Expression) -> list[Expression]:
    if isinstance(expression, Binary) and expression.operator == "&&":
        return [*_conjuncts(expression.left), *_conjuncts(expression.right)]
    return [expression]


def of_relation(engine: Engine, relation: Relation) -> AnyFilter:
    """A table as a filter: by its rows where it is a model table, else by the columns that come from the model."""
    if relation.base is not None and relation.rows is not None:
        return RowFilter(relation.base, frozenset(relation.rows))
    columns = [column for column in relation.columns if column.key[0]]
    if not columns:
        raise DaxError("A table filter must have a column of the model.")
    kept = Relation(columns, relation.size)
    return engine.filter(tuple(column.key for column in columns), frozenset(kept.identities()))


def every_combination(engine: Engine, keys: Sequence[Key], filters: Filters = ()) -> Relation:
    """The combinations of columns of one table that exist under a filter context: ALL without one, VALUES with it.

    Where rows of another table point at none of this one, its blank row counts.
    """
    table = keys[0][0]
    view = engine.model.table(table)
    rows = engine.visibility.rows(table, filters)
    codes = [view.column(name).codes for _, name in keys]
    first: dict[object, int] = {}
    if len(codes) == 1 and isinstance(rows, range):
        first = dict(zip(reversed(codes[0]), reversed(rows), strict=True))
    elif len(codes) == 1:
        only = codes[0]
        first = {only[row]: row for row in reversed(rows)}
    else:
        for row in rows:
            first.setdefault(tuple(each[row] for each in codes), row)
    found = engine.base(table, sorted(first.values()), [name for _, name in keys])
    found = Relation(found.columns, found.size)
    blank = (None,) * len(keys)
    if engine.visibility.has_blank_row(table, filters) and blank not in found.tuples():
        return literal([(column.key, column.label) for column in found.columns], [*found.tuples(), blank])
    return found


def whole_table(engine: Engine, table: str, filters: Filters = ()) -> Relation:
    """A model table with its blank row: ALL without a filter context, VALUES with it."""
    found = engine.visible(table, filters)
    if found.rows is None or not engine.visibility.has_blank_row(table.casefold(), filters):
        return found
    return engine.base(table.casefold(), [*found.rows, BLANK_ROW], engine.model.table(table).names)


def _predicate_columns(expression: Expression) -> list[Key]:
    """The model columns that a predicate is evaluated over, each once; those inside aggregations are not."""
    found: dict[Key, None] = {}
    waiting = [expression]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, Column) and one.table is not None:
            found[(one.table.casefold(), one.name.casefold())] = None
        elif not isinstance(one, Call) or one.function in _TRANSPARENT:
            waiting += one.item if isinstance(one, In) else parts(one)
    return list(found)


_TRANSPARENT: Final = frozenset(["IF", "SWITCH", "COALESCE", "DIVIDE", *VALUES])
"""Functions through which a predicate sees its columns."""


def removed(engine: Engine, call: Call) -> frozenset[Key]:
    """The columns about which REMOVEFILTERS, ALL or ALLEXCEPT leave nothing said."""
    if not call.arguments:
        return frozenset(key for table in engine.model.tables for key in engine.links.columns(table))
    gone: set[Key] = set()
    for argument in call.arguments[:1] if call.function == "ALLEXCEPT" else call.arguments:
        if isinstance(argument, Name):
            engine.model.table(argument.name)
            gone |= engine.links.columns(argument.name.casefold())
        elif isinstance(argument, Column) and argument.table is not None:
            gone.add((argument.table.casefold(), argument.name.casefold()))
        else:
            raise DaxError(f"{call.function} takes tables and columns of the model.")
    if call.function == "ALLEXCEPT":
        gone -= {(one.table.casefold(), one.name.casefold()) for one in call.arguments[1:]
                 if isinstance(one, Column) and one.table is not None}  # fmt: skip
    return frozenset(gone)
