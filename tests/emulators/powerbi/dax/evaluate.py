"""Evaluates a tree: scalars and tables in a scope; whole columns at once in `vectors`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from emulators.powerbi.dax.context import AnyFilter, Filter, Filters, RowFilter, cleared
from emulators.powerbi.dax.relation import BaseColumn, Key, Relation, RelationColumn, Row, literal
from emulators.powerbi.dax.scalars import OPERATORS, Value, negate, normal, truth
from emulators.powerbi.dax.syntax import (
    Binary,
    Braces,
    Call,
    Column,
    DaxError,
    Expression,
    In,
    Let,
    Name,
    Number,
    Text,
    Unary,
)
from emulators.powerbi.dax.views import Model
from emulators.powerbi.dax.visibility import Visibility

_SMALL: Final = 64
"""Filters of so few combinations are made once, so that what they leave is found again."""


class Scope(NamedTuple):
    """Where an expression is evaluated: the filter context, the row contexts (outer first) and the variables.

    `moved` is the filter context after context transition, where that is known already.
    """

    filters: Filters = ()
    rows: tuple[Row, ...] = ()
    variables: Mapping[str, Any] = {}
    moved: Filters | None = None


ScalarFunction = Callable[["Engine", Scope, Sequence[Expression]], Value]
TableFunction = Callable[["Engine", Scope, Sequence[Expression]], Relation]


class Functions(NamedTuple):
    """The function library by name in upper case, each with the fewest and the most arguments that it takes."""

    scalars: Mapping[str, tuple[int, int, ScalarFunction]]
    tables: Mapping[str, tuple[int, int, TableFunction]]


class Engine:
    """One query's evaluation over one model."""

    def __init__(self, model: Model, functions: Functions, measures: dict[str, Expression] | None = None) -> None:
        self.model = model
        self.visibility = Visibility(model)
        self.links = self.visibility.links
        self.functions = functions
        self.predicates: dict[tuple[Any, ...], AnyFilter] = {}
        self.traits: dict[int, tuple[Expression, bool, bool]] = {}
        self._measures = measures or {}
        self._filters: dict[tuple[Any, ...], Filter] = {}

    def is_table(self, expression: Expression, scope: Scope) -> bool:
        """Whether an expression is a table."""
        match expression:
            case Call(function, _):
                return function in self.functions.tables
            case Name(name):
                known = name.casefold() in scope.variables
                return isinstance(scope.variables[name.casefold()], Relation) if known else True
            case Let(variables, body):
                return self.is_table(body, self._kinds(variables, scope))
            case _:
                return isinstance(expression, Braces)

    def _kinds(self, variables: Sequence[tuple[str, Expression]], scope: Scope) -> Scope:
        """A scope in which variables have a kind but no value yet."""
        kinds: dict[str, Any] = dict(scope.variables)
        for name, value in variables:
            kinds[name] = Relation([], 0) if self.is_table(value, Scope(variables=kinds)) else None
        return Scope(variables=kinds)

    def scalar(self, expression: Expression, scope: Scope) -> Value:
        """The value of an expression in a scope."""
        match expression:
            case Number(value) | Text(value):
                return value
            case Column():
                return self._column(expression, scope)
            case Binary():
                return self._binary(expression, scope)
            case Unary("NOT", operand):
                return not truth(self.scalar(operand, scope))
            case Unary(_, operand):
                return negate(self.scalar(operand, scope))
            case In(item, table):
                found = tuple(normal(self.scalar(one, scope)) for one in item)
                return found in set(self.table(table, scope).identities())
            case Let(variables, body):
                return self.scalar(body, self.declared(variables, scope))
            case Call(function, arguments) if function in self.functions.scalars:
                return self.functions.scalars[function][2](self, scope, arguments)
            case Name(name) if not self.is_table(expression, scope):
                return scope.variables[name.casefold()]
            case _:
                return _single(self.table(expression, scope))

    def _binary(self, expression: Binary, scope: Scope) -> Value:
        left = self.scalar(expression.left, scope)
        if expression.operator == "&&":
            return truth(left) and truth(self.scalar(expression.right, scope))
        if expression.operator == "||":
            return truth(left) or truth(self.scalar(expression.right, scope))
        return OPERATORS[expression.operator](left, self.scalar(expression.right, scope))

    def table(self, expression: Expression, scope: Scope) -> Relation:
        """The rows of a table expression in a scope."""
        match expression:
            case Name(name):
                found = scope.variables.get(name.casefold())
                return found if isinstance(found, Relation) else self.visible(name, scope.filters)
            case Call(function, arguments) if function in self.functions.tables:
                return self.functions.tables[function][2](self, scope, arguments)
            case Braces(rows):
                width = len(rows[0])
                names = ["Value"] if width == 1 else [f"Value{at + 1}" for at in range(width)]
                values = [tuple(self.scalar(one, scope) for one in row) for row in rows]
                return literal([(("", name.casefold()), f"[{name}]") for name in names], values)
            case Let(variables, body):
                return self.table(body, self.declared(variables, scope))
            case _:
                raise DaxError("The expression specified in the query is not a valid table expression.")

    def visible(self, table: str, filters: Filters) -> Relation:
        """A model table under a filter context, without its blank row."""
        view = self.model.table(table)
        return self.base(table.casefold(), self.visibility.rows(table.casefold(), filters), view.names)

    def base(self, table: str, rows: Sequence[int], names: Sequence[str]) -> Relation:
        """Some columns of some rows of a model table."""
        view = self.model.tables[table]
        return Relation([BaseColumn(view.column(name), rows) for name in names], len(rows), table, rows)

    def declared(self, variables: Sequence[tuple[str, Expression]], scope: Scope) -> Scope:
        """The scope with variables, each evaluated where it is written."""
        known = dict(scope.variables)
        for name, value in variables:
            inner = scope._replace(variables=dict(known))
            known[name] = self.table(value, inner) if self.is_table(value, inner) else self.scalar(value, inner)
        return scope._replace(variables=known)

    def measure(self, name: str) -> Expression | None:
        """A measure of the query or of the model."""
        return self._measures.get(name.casefold()) or self.model.measure(name)

    def as_measure(self, column: Column) -> Expression | None:
        """The measure that a name in brackets stands for, if it is one and no column of that table."""
        if column.table is not None and self._has(column.table, column.name):
            return None
        return self.measure(column.name)

    def _has(self, table: str, name: str) -> bool:
        found = self.model.tables.get(table.casefold())
        return found is not None and name.casefold() in found.makers

    def _column(self, column: Column, scope: Scope) -> Value:
        measure = self.as_measure(column)
        if measure is not None:
            return self.scalar(measure, Scope(self.moved(scope)))
        for row in reversed(scope.rows):
            found = find(column, row.relation)
            if found is not None:
                return found.values[row.at]
        raise DaxError(
            f"A single value for column '{column.name}' in table '{column.table or ''}' cannot be determined. This can "
            "happen when a measure formula refers to a column that contains many values without specifying an "
            "aggregation such as min, max, count, or sum to get a single result."
        )

    def moved(self, scope: Scope) -> Filters:
        """The filter context after context transition: the row contexts become filters."""
        if scope.moved is not None:
            return scope.moved
        filters = scope.filters
        for row in scope.rows:
            filters = self.moved_by(filters, row)
        return filters

    def moved_by(self, filters: Filters, row: Row) -> Filters:
        """The stack with what one row of a relation says on top."""
        added = self._said_by(row)
        written = frozenset(key for one in added if isinstance(one, Filter) for key in one.columns)
        rows = [one for one in added if isinstance(one, RowFilter)]
        written |= frozenset(key for one in rows for key in self.links.columns(one.table))
        return (*self.cleared(filters, written), *added)

    def _said_by(self, row: Row) -> list[AnyFilter]:
        """A row's model columns as filters; for a row of a model table, its expanded table's."""
        relation, at = row
        base = relation.base if relation.rows is not None else None
        by_table: dict[str, list[Key]] = {}
        for column in relation.columns:
            if column.key[0]:
                by_table.setdefault(column.key[0], []).append(column.key)
        added: list[AnyFilter] = []
        if base is not None and relation.rows is not None and base in by_table:
            place = relation.rows[at]
            if base in self.links.ones or place < 0:
                by_table.pop(base)
                added.append(RowFilter(base, frozenset([place])))
            else:
                others = [other for other in self.links.expanded(base) if other != base]
                added += [RowFilter(other, frozenset([self.links.axis(base, other).codes[place]])) for other in others]
        for keys in by_table.values():
            columns = [relation.column(key) for key in keys]
            values = tuple(normal(column.values[at]) for column in columns if column is not None)
            added.append(self.filter(tuple(keys), frozenset([values])))
        return added

    def cleared(self, filters: Filters, written: frozenset[Key]) -> Filters:
        """The stack when some columns are written anew."""
        return cleared(filters, written, self.model.clearing, self.links) if filters and written else filters

    def filter(self, columns: tuple[Key, ...], allowed: frozenset[tuple[Value, ...]]) -> Filter:
        """A filter; small ones are made once."""
        if len(allowed) > _SMALL:
            return Filter(columns, allowed)
        found = self._filters.get((columns, allowed))
        if found is None:
            found = self._filters[(columns, allowed)] = Filter(columns, allowed)
        return found


def find(column: Column, relation: Relation) -> RelationColumn | None:
    """The relation's column of that name; without a table, one that the query made, or the only one so named."""
    if column.table is not None:
        return relation.column((column.table.casefold(), column.name.casefold()))
    return relation.named(column.name.casefold())


def _single(relation: Relation) -> Value:
    if len(relation.columns) != 1 or relation.size > 1:
        raise DaxError("A table of multiple values was supplied where a single value was expected.")
    return relation.columns[0].values[0] if relation.size else None
