"""Scalar functions that choose what they evaluate, or where: CALCULATE, IF, SWITCH, RELATED and the like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from emulators.powerbi.dax.evaluate import Engine, ScalarFunction, Scope
from emulators.powerbi.dax.filters import calculated
from emulators.powerbi.dax.scalars import Value, compare, divide, number, truth
from emulators.powerbi.dax.syntax import Column, DaxError, Expression
from emulators.powerbi.dax.value_functions import VALUES

Arguments = Sequence[Expression]
ANY: Final = 1_000


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
    """The value on the one side, for the innermost row of a model table that points there."""
    wanted = arguments[0]
    if not isinstance(wanted, Column) or wanted.table is None:
        raise DaxError("RELATED takes a column reference.")
    key = (wanted.table.casefold(), wanted.name.casefold())
    engine.model.table(wanted.table).column(wanted.name)
    for relation, at in reversed(scope.rows):
        if relation.base is not None and relation.rows is not None and key[0] in engine.links.expanded(relation.base):
            row = relation.rows[at]
            return None if row < 0 else engine.visibility.related(relation.base, key)[row]
    raise DaxError(
        f"The column '{wanted.table}[{wanted.name}]' either doesn't exist or doesn't have a relationship to any table "
        "available in the current context."
    )


def _now(midnight: bool) -> ScalarFunction:
    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Value:
        now = engine.model.now
        return now.replace(hour=0, minute=0, second=0, microsecond=0) if midnight else now

    return found


def _of_values(apply: Callable[..., Value]) -> ScalarFunction:
    return lambda engine, scope, arguments: apply(*(engine.scalar(one, scope) for one in arguments))


OTHERS: Final[dict[str, tuple[int, int, ScalarFunction]]] = {
    "CALCULATE": (1, ANY, _calculate),
    "COALESCE": (2, ANY, _coalesce),
    "DIVIDE": (2, 3, _divide),
    "IF": (2, 3, _if),
    "NOW": (0, 0, _now(midnight=False)),
    "RELATED": (1, 1, _related),
    "SWITCH": (3, ANY, _switch),
    "TODAY": (0, 0, _now(midnight=True)),
    "UTCNOW": (0, 0, _now(midnight=False)),
    "UTCTODAY": (0, 0, _now(midnight=True)),
    **{name: (least, most, _of_values(apply)) for name, (least, most, apply) in VALUES.items()},
}
"""The service's clock is UTC, so NOW and UTCNOW are one."""
