"""Evaluates a tree: scalars in a row context, tables, and whole columns at once where that comes to the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from operator import and_, not_, or_
from typing import Any, Protocol

from emulators.powerbi.dax.context import Filters, Visibility, transition
from emulators.powerbi.dax.relation import BaseColumn, Key, Relation, RelationColumn, literal
from emulators.powerbi.dax.scalars import INTEGER_COMPARISONS, OPERATORS, Order, Value, negate, normal, truth, truths
from emulators.powerbi.dax.syntax import (
    Binary,
    Braces,
    Call,
    Column,
    DaxError,
    Evaluate,
    Expression,
    In,
    Let,
    Name,
    Number,
    Text,
    Unary,
)
from emulators.powerbi.dax.views import Model


@dataclass(frozen=True)
class Scope:
    """Where an expression is evaluated: the filter context, the row context and the variables (by folded name)."""

    filters: Filters = ()
    row: dict[Key, Value] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)

    def under(self, filters: Filters) -> Scope:
        return replace(self, filters=filters)

    def at(self, row: dict[Key, Value]) -> Scope:
        """Inside an iterator, at one of its rows."""
        return replace(self, row={**self.row, **row})


class Functions(Protocol):
    """The function library; kept apart so that each side can be read alone."""

    def is_table(self, name: str) -> bool: ...
    def scalar(self, engine: Engine, scope: Scope, call: Call) -> Value: ...
    def table(self, engine: Engine, scope: Scope, call: Call) -> Relation: ...


class Engine:
    """One query's evaluation over one model."""

    def __init__(self, model: Model, functions: Functions, measures: dict[str, Expression] | None = None) -> None:
        self.model = model
        self.visibility = Visibility(model)
        self._functions = functions
        self._measures = measures or {}

    def run(self, evaluate: Evaluate) -> Relation:
        """The rows of one EVALUATE, in its order."""
        found = self.table(evaluate.table, Scope())
        return self.ordered(found, evaluate.order, Scope())

    def ordered(self, relation: Relation, order: Sequence[tuple[Expression, bool]], scope: Scope) -> Relation:
        """Sorted by several expressions; rows that are equal keep their order."""
        rows = list(range(relation.size))
        for expression, descending in reversed(order):
            keys = [Order(value) for value in self.vector(expression, scope, relation)]
            rows.sort(key=keys.__getitem__, reverse=descending)
        return relation.chosen(rows) if order else relation

    def is_table(self, expression: Expression, scope: Scope) -> bool:
        """Whether an expression is a table."""
        if isinstance(expression, Call):
            return self._functions.is_table(expression.function)
        if isinstance(expression, Name):
            found = scope.variables.get(expression.name.casefold())
            return isinstance(found, Relation) if expression.name.casefold() in scope.variables else True
        return isinstance(expression, Braces) or (
            isinstance(expression, Let) and self._body_is_table(expression, scope)
        )

    def _body_is_table(self, let: Let, scope: Scope) -> bool:
        """Variables of the body are looked up as scalars or tables by what they are given."""
        kinds: dict[str, Any] = dict(scope.variables)
        for name, value in let.variables:
            inner = replace(scope, variables=kinds)
            kinds[name] = Relation([], 0) if self.is_table(value, inner) else None
        return self.is_table(let.body, replace(scope, variables=kinds))

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
            case Let():
                return self.scalar(expression.body, self._declared(expression, scope))
            case _:
                return self._other(expression, scope)

    def _binary(self, expression: Binary, scope: Scope) -> Value:
        left = self.scalar(expression.left, scope)
        if expression.operator == "&&":
            return truth(left) and truth(self.scalar(expression.right, scope))
        if expression.operator == "||":
            return truth(left) or truth(self.scalar(expression.right, scope))
        return OPERATORS[expression.operator](left, self.scalar(expression.right, scope))

    def _other(self, expression: Expression, scope: Scope) -> Value:
        """A function's value, a variable's, or the only value of a table."""
        if isinstance(expression, Call) and not self._functions.is_table(expression.function):
            return self._functions.scalar(self, scope, expression)
        if isinstance(expression, Name) and not self.is_table(expression, scope):
            return scope.variables[expression.name.casefold()]
        return self._single(self.table(expression, scope))

    def table(self, expression: Expression, scope: Scope) -> Relation:
        """The rows of a table expression in a scope."""
        match expression:
            case Name(name):
                if name.casefold() in scope.variables:
                    return self._table_variable(name, scope)
                return self.visible(name.casefold(), scope.filters, name)
            case Call() if self._functions.is_table(expression.function):
                return self._functions.table(self, scope, expression)
            case Braces(rows):
                width = len(rows[0])
                names = ["Value"] if width == 1 else [f"Value{at + 1}" for at in range(width)]
                values = [tuple(self.scalar(one, scope) for one in row) for row in rows]
                return literal([(("", name.casefold()), f"[{name}]") for name in names], values)
            case Let():
                return self.table(expression.body, self._declared(expression, scope))
            case _:
                raise DaxError("The expression specified in the query is not a valid table expression.")

    def visible(self, table: str, filters: Filters, spelling: str) -> Relation:
        """A model table under a filter context."""
        view = self.model.table(spelling)
        return self.base(table, self.visibility.rows(table, filters), view.names)

    def base(self, table: str, rows: Sequence[int], names: Sequence[str]) -> Relation:
        """Some columns of some rows of a model table."""
        view = self.model.tables[table]
        return Relation([BaseColumn(view.column(name), rows) for name in names], len(rows), table, rows)

    def vector(self, expression: Expression, scope: Scope, relation: Relation) -> Sequence[Value]:
        """The values of an expression at each row of a relation, in a row context inside the scope."""
        match expression:
            case Number(value) | Text(value):
                return [value] * relation.size
            case Column():
                column = self.find(expression, relation)
                if column is not None:
                    return column.values
            case Binary("&&" | "||", left, right):
                return self._logical(expression, scope, relation)
            case Binary(operator, left, right):
                fast = self._whole(expression, scope, relation)
                if fast is not None:
                    return fast
                pairs = self.vector(left, scope, relation), self.vector(right, scope, relation)
                return list(map(OPERATORS[operator], *pairs))
            case Unary("NOT", operand):
                return list(map(not_, truths(self.vector(operand, scope, relation))))
            case Unary(_, operand):
                return [negate(value) for value in self.vector(operand, scope, relation)]
            case In(item, table) if isinstance(table, Braces):
                allowed = set(self.table(table, scope).identities())
                columns = [map(normal, self.vector(one, scope, relation)) for one in item]
                return [one in allowed for one in zip(*columns, strict=True)]
        return [self.scalar(expression, scope.at(row)) for row in self.rows(relation)]

    def rows(self, relation: Relation) -> list[dict[Key, Value]]:
        """Each row of a relation as a row context."""
        keys = [column.key for column in relation.columns]
        return [dict(zip(keys, row, strict=True)) for row in relation.tuples()]

    def find(self, column: Column, relation: Relation) -> RelationColumn | None:
        """The relation's column of that name; without a table, one that the query made, or the only one so named."""
        if column.table is not None:
            return relation.column((column.table.casefold(), column.name.casefold()))
        if self.measure(column.name) is not None:
            return None
        made = relation.column(("", column.name.casefold()))
        named = [one for one in relation.columns if one.key[1] == column.name.casefold()]
        return made or (named[0] if len(named) == 1 else None)

    def measure(self, name: str) -> Expression | None:
        """A measure of the query or of the model."""
        return self._measures.get(name.casefold()) or self.model.measure(name)

    def _column(self, column: Column, scope: Scope) -> Value:
        measure = self.measure(column.name) if column.table is None or not self._has(column) else None
        if measure is not None:
            return self.transitioned(measure, scope)
        if column.table is not None:
            key = (column.table.casefold(), column.name.casefold())
            if key in scope.row:
                return scope.row[key]
            self.model.table(column.table).column(column.name)
        else:
            named = [key for key in scope.row if key[1] == column.name.casefold()]
            if named:
                return scope.row[min(named)]
        raise DaxError(
            f"A single value for column '{column.name}' in table '{column.table or ''}' cannot be determined."
        )

    def _has(self, column: Column) -> bool:
        table = self.model.tables.get((column.table or "").casefold())
        return table is not None and column.name.casefold() in table.makers

    def transitioned(self, expression: Expression, scope: Scope) -> Value:
        """The value after context transition: the row context becomes a filter context."""
        inner = Scope(transition(scope.filters, scope.row))
        return self.scalar(expression, inner)

    def _declared(self, let: Let, scope: Scope) -> Scope:
        variables = dict(scope.variables)
        for name, value in let.variables:
            inner = replace(scope, variables=dict(variables))
            variables[name] = self.table(value, inner) if self.is_table(value, inner) else self.scalar(value, inner)
        return replace(scope, variables=variables)

    def _table_variable(self, name: str, scope: Scope) -> Relation:
        found = scope.variables[name.casefold()]
        if not isinstance(found, Relation):
            raise DaxError(f"The variable '{name}' is not a table.")
        return found

    def _single(self, relation: Relation) -> Value:
        if len(relation.columns) != 1 or relation.size > 1:
            raise DaxError("A table of multiple values was supplied where a single value was expected.")
        return relation.columns[0].values[0] if relation.size else None

    def _logical(self, expression: Binary, scope: Scope, relation: Relation) -> list[bool]:
        left = truths(self.vector(expression.left, scope, relation))
        right = truths(self.vector(expression.right, scope, relation))
        return list(map(and_ if expression.operator == "&&" else or_, left, right))

    def _whole(self, expression: Binary, scope: Scope, relation: Relation) -> list[bool] | None:
        """A comparison of a column of whole numbers with a whole number, without a call for each row."""
        compare = INTEGER_COMPARISONS.get(expression.operator)
        column = self.find(expression.left, relation) if isinstance(expression.left, Column) else None
        if compare is None or column is None or not column.plain or not isinstance(expression.right, Number):
            return None
        if not isinstance(expression.right.value, int):
            return None
        return list(map(compare, column.values, repeat(expression.right.value)))
