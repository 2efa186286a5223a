"""The filter arguments of CALCULATE and CALCULATETABLE: predicates, tables, KEEPFILTERS, REMOVEFILTERS."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

from emulators.powerbi.dax.context import (
    AnyFilter,
    Filter,
    Filters,
    RowFilter,
    override,
    transition,
    without,
    without_table,
)
from emulators.powerbi.dax.evaluate import Engine, Scope
from emulators.powerbi.dax.relation import Key, Relation, literal
from emulators.powerbi.dax.scalars import truths
from emulators.powerbi.dax.syntax import Binary, Call, Column, DaxError, Expression, In, Let, Name, Unary

_REMOVERS = ("REMOVEFILTERS", "ALL")


def calculated(engine: Engine, scope: Scope, arguments: Sequence[Expression]) -> Scope:
    """The scope inside CALCULATE: the row context has become filters, then the arguments apply."""
    inner = transition(scope.filters, scope.row)
    removed, added = inner, []
    for argument in arguments:
        if isinstance(argument, Call) and argument.function in _REMOVERS:
            removed = _removed(engine, removed, argument)
        else:
            keep = isinstance(argument, Call) and argument.function == "KEEPFILTERS"
            plain = _only(argument) if isinstance(argument, Call) and keep else argument
            added.append((keep, filter_of(engine, scope, plain)))
    for keep, one in added:
        removed = (*removed, one) if keep else override(removed, one)
    return Scope(removed, {}, scope.variables)


def filter_of(engine: Engine, scope: Scope, argument: Expression) -> AnyFilter:
    """One argument, a table or a predicate, as a filter; evaluated in the scope outside."""
    if engine.is_table(argument, scope):
        return of_relation(engine.table(argument, scope))
    keys = columns_of(argument)
    tables = {key[0] for key in keys}
    if len(tables) != 1:
        raise DaxError("A predicate of CALCULATE must use columns of one table.")
    every = every_combination(engine, keys)
    passed = truths(engine.vector(argument, scope, every))
    return Filter(tuple(keys), frozenset(compress(every.identities(), passed)))


def of_relation(relation: Relation) -> AnyFilter:
    """A table as a filter: by its rows where it is a model table, else by the columns that come from the model."""
    if relation.base is not None and relation.rows is not None:
        return RowFilter(relation.base, frozenset(relation.rows))
    columns = [column for column in relation.columns if column.key[0]]
    if not columns:
        raise DaxError("A table filter must have a column of the model.")
    kept = Relation(columns, relation.size)
    return Filter(tuple(column.key for column in columns), frozenset(kept.identities()))


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
    else:
        for row in rows:
            first.setdefault(tuple(each[row] for each in codes), row)
    found = engine.base(table, sorted(first.values()), [name for _, name in keys])
    found = Relation(found.columns, found.size)
    blank = (None,) * len(keys)
    if engine.visibility.has_blank_row(table, filters) and blank not in found.tuples():
        return literal([(column.key, column.label) for column in found.columns], [*found.tuples(), blank])
    return found


def columns_of(expression: Expression) -> list[Key]:
    """The model columns that a predicate names, each once."""
    found: dict[Key, None] = {}
    _collect(expression, found)
    return list(found)


def _collect(expression: Expression, found: dict[Key, None]) -> None:
    match expression:
        case Column(table, name) if table is not None:
            found[(table.casefold(), name.casefold())] = None
        case Binary(_, left, right):
            _collect(left, found)
            _collect(right, found)
        case Unary(_, operand):
            _collect(operand, found)
        case In(item, _):
            for one in item:
                _collect(one, found)
        case Call(function, arguments) if function in _TRANSPARENT:
            for one in arguments:
                _collect(one, found)
        case Let(variables, body):
            for _, value in variables:
                _collect(value, found)
            _collect(body, found)


_TRANSPARENT = (
    "IF",
    "ISBLANK",
    "ABS",
    "INT",
    "ROUND",
    "MOD",
    "COALESCE",
    "AND",
    "OR",
    "NOT",
    "DIVIDE",
    "SWITCH",
    "DATE",
)


def _removed(engine: Engine, filters: Filters, call: Call) -> Filters:
    if not call.arguments:
        return ()
    for argument in call.arguments:
        if isinstance(argument, Name):
            engine.model.table(argument.name)
            filters = without_table(filters, argument.name.casefold())
        elif isinstance(argument, Column) and argument.table is not None:
            filters = without(filters, {(argument.table.casefold(), argument.name.casefold())})
        else:
            raise DaxError(f"{call.function} takes tables and columns of the model.")
    return filters


def _only(call: Call) -> Expression:
    if len(call.arguments) != 1:
        raise DaxError(f"Too many or too few arguments were passed to the {call.function} function.")
    return call.arguments[0]
