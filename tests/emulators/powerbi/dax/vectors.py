"""Evaluates an expression at every row of a relation: as whole columns where that comes to the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import repeat
from operator import and_, not_, or_
from typing import Final

from emulators.powerbi.dax.evaluate import Engine, Scope, find
from emulators.powerbi.dax.moments import EQUALITIES, has_column, masked, unmatched
from emulators.powerbi.dax.relation import Relation, Row
from emulators.powerbi.dax.scalars import INTEGER_COMPARISONS, OPERATORS, Order, Value, negate, normal, truths
from emulators.powerbi.dax.syntax import Binary, Call, Column, DaxError, Expression, In, Number, Text, Unary, walk
from emulators.powerbi.dax.transitions import contexts, summed_by, sums
from emulators.powerbi.dax.value_functions import VALUES

TRANSITIONS: Final = frozenset(["CALCULATE", "CALCULATETABLE", "RELATEDTABLE"])
Vector = Sequence[Value]


def vector(engine: Engine, expression: Expression, scope: Scope, relation: Relation) -> Vector:
    """The values of an expression at each row of a relation, in a row context inside the scope."""
    match expression:
        case Number(value) | Text(value):
            return [value] * relation.size
        case Column():
            return _column(engine, expression, scope, relation)
        case Binary():
            return _binary(engine, expression, scope, relation)
        case Unary("NOT", operand):
            return list(map(not_, truths(vector(engine, operand, scope, relation))))
        case Unary(_, operand):
            return [negate(value) for value in vector(engine, operand, scope, relation)]
        case In(item, table) if not _varies(engine, table):
            allowed = _allowed(engine, item, engine.table(table, scope), relation)
            columns = [map(normal, vector(engine, one, scope, relation)) for one in item]
            return [one in allowed for one in zip(*columns, strict=True)]
        case Call(function, _) if function in WHOLE:
            return WHOLE[function](engine, scope, relation, expression)
    if not _varies(engine, expression):
        return _constant(engine, expression, scope, relation)
    return _each(engine, expression, scope, relation)


def ordered(engine: Engine, relation: Relation, order: Sequence[tuple[Expression, bool]], scope: Scope) -> Relation:
    """Sorted by several expressions; rows that are equal keep their order."""
    rows = list(range(relation.size))
    for expression, descending in reversed(order):
        keys = [Order(value) for value in vector(engine, expression, scope, relation)]
        rows.sort(key=keys.__getitem__, reverse=descending)
    return relation.chosen(rows) if order else relation


def _constant(engine: Engine, expression: Expression, scope: Scope, relation: Relation) -> Vector:
    return [engine.scalar(expression, scope)] * relation.size if relation.size else []


def _varies(engine: Engine, expression: Expression) -> bool:
    """Whether an expression may have another value at another row."""
    return _traits(engine, expression)[1]


def _moves(engine: Engine, expression: Expression) -> bool:
    """Whether an expression makes filters of a row context."""
    return _traits(engine, expression)[2]


def _traits(engine: Engine, expression: Expression) -> tuple[Expression, bool, bool]:
    """The two, worked out once; the expression is kept, so that no other gets its id."""
    found = engine.traits.get(id(expression))
    if found is None:
        columns = [one for one in walk(expression) if isinstance(one, Column)]
        calls = any(isinstance(one, Call) and one.function in TRANSITIONS for one in walk(expression))
        moves = calls or any(engine.as_measure(one) is not None for one in columns)
        found = engine.traits[id(expression)] = (expression, calls or bool(columns), moves)
    return found


def _each(engine: Engine, expression: Expression, scope: Scope, relation: Relation) -> Vector:
    """Row by row."""
    stacks = contexts(engine, scope, relation) if _moves(engine, expression) else repeat(None, relation.size)
    return [
        engine.scalar(expression, Scope(scope.filters, (*scope.rows, Row(relation, at)), scope.variables, moved))
        for at, moved in enumerate(stacks)
    ]


def _column(engine: Engine, column: Column, scope: Scope, relation: Relation) -> Vector:
    """A column of the relation, a measure at each row, or a column of a row context outside."""
    measure = engine.as_measure(column)
    if measure is None:
        own = find(column, relation)
        return own.values if own is not None else _constant(engine, column, scope, relation)
    summed = summed_by(engine, measure)
    found = sums(engine, summed, scope, relation) if summed is not None else None
    return _each(engine, column, scope, relation) if found is None else found


def _binary(engine: Engine, expression: Binary, scope: Scope, relation: Relation) -> Vector:
    fast = _whole_numbers(engine, expression, relation)
    if fast is not None:
        return fast
    left = vector(engine, expression.left, scope, relation)
    if expression.operator in ("&&", "||"):
        return _logic(engine, expression, scope, relation, truths(left))
    right = vector(engine, expression.right, scope, relation)
    found = list(map(OPERATORS[expression.operator], left, right))
    if expression.operator in EQUALITIES and engine.model.moments != "match":
        for side, others in ((expression.left, right), (expression.right, left)):
            if has_column(engine, side, relation):
                found = masked(found, unmatched(engine, others), expression.operator)
    return found


def _logic(engine: Engine, expression: Binary, scope: Scope, relation: Relation, left: Sequence[bool]) -> list[bool]:
    """The right side is only an error at a row where the left side does not settle it."""
    settles = expression.operator == "||"
    try:
        right = truths(vector(engine, expression.right, scope, relation))
    except DaxError:
        places = [at for at, one in enumerate(left) if one != settles]
        if len(places) == relation.size:
            raise
        found = [settles] * relation.size
        rest = truths(vector(engine, expression.right, scope, relation.chosen(places)))
        for at, value in zip(places, rest, strict=True):
            found[at] = value
        return found
    return list(map(or_ if settles else and_, left, right))


def _allowed(engine: Engine, item: Sequence[Expression], table: Relation, relation: Relation) -> set[tuple[Value, ...]]:
    """The combinations that IN looks for."""
    allowed = table.identities()
    if engine.model.moments != "match":
        for at, one in enumerate(item):
            if has_column(engine, one, relation):
                fine = unmatched(engine, [row[at] for row in allowed])
                allowed = [row for row, too_fine in zip(allowed, fine, strict=True) if not too_fine]
    return set(allowed)


def _whole_numbers(engine: Engine, expression: Binary, relation: Relation) -> list[bool] | None:
    """A comparison of a column of whole numbers with a whole number, without a call for each row."""
    compare = INTEGER_COMPARISONS.get(expression.operator)
    if compare is None or not isinstance(expression.left, Column) or not isinstance(expression.right, Number):
        return None
    column = None if engine.as_measure(expression.left) else find(expression.left, relation)
    if column is None or not column.plain or not isinstance(expression.right.value, int):
        return None
    return list(map(compare, column.values, repeat(expression.right.value)))


def _if(engine: Engine, scope: Scope, relation: Relation, call: Call) -> Vector:
    """Each branch only at the rows that take it."""
    passed = truths(vector(engine, call.arguments[0], scope, relation))
    found: list[Value] = [None] * relation.size
    for wanted, branch in zip((True, False), call.arguments[1:], strict=False):
        places = [at for at, one in enumerate(passed) if one == wanted]
        for at, value in zip(places, vector(engine, branch, scope, relation.chosen(places)), strict=True):
            found[at] = value
    return found


def _calculate(engine: Engine, scope: Scope, relation: Relation, call: Call) -> Vector:
    summed = summed_by(engine, call.arguments[0]) if len(call.arguments) == 1 else None
    found = sums(engine, summed, scope, relation) if summed is not None else None
    return _each(engine, call, scope, relation) if found is None else found


def _related(engine: Engine, scope: Scope, relation: Relation, call: Call) -> Vector:
    """The values on the one side, for rows of a model table."""
    wanted = call.arguments[0]
    if relation.base is None or relation.rows is None or not isinstance(wanted, Column) or wanted.table is None:
        return _each(engine, call, scope, relation)
    key = (wanted.table.casefold(), wanted.name.casefold())
    if key[0] not in engine.links.expanded(relation.base):
        return _each(engine, call, scope, relation)
    beyond = engine.visibility.related(relation.base, key)
    return [None if row < 0 else beyond[row] for row in relation.rows]


Whole = Callable[[Engine, Scope, Relation, Call], Vector]


def of_values(apply: Callable[..., Value]) -> Whole:
    """A function of the values of its arguments, at every row."""
    return partial(_applied, apply)


def _applied(apply: Callable[..., Value], engine: Engine, scope: Scope, relation: Relation, call: Call) -> Vector:
    columns = [vector(engine, one, scope, relation) for one in call.arguments]
    return list(map(apply, *columns)) if columns else [apply()] * relation.size


WHOLE: Final[dict[str, Whole]] = {
    "CALCULATE": _calculate,
    "IF": _if,
    "RELATED": _related,
    **{name: of_values(apply) for name, (_, _, apply) in VALUES.items()},
}
"""Functions that work on whole columns."""
