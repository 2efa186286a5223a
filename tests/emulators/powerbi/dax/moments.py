"""Equality with a DateTime that has a part of a second: not supported on columns of a push model, `<` and `>` are.

https://learn.microsoft.com/power-bi/connect-data/service-real-time-streaming does not say what comes of it: a setting.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from emulators.powerbi.dax.evaluate import Engine, find
from emulators.powerbi.dax.relation import Key, Relation
from emulators.powerbi.dax.scalars import Value
from emulators.powerbi.dax.syntax import Column, DaxError, Expression

EQUALITIES: Final = ("=", "==", "<>")


class MomentError(DaxError):
    """A query that asks which rows have a moment finer than a second."""

    rule = "query.moments"


def has_column(engine: Engine, expression: Expression, relation: Relation) -> bool:
    """Whether an expression is a DateTime column of the model, in a row of the relation."""
    found = find(expression, relation) if isinstance(expression, Column) else None
    return found is not None and is_moment(engine, found.key)


def is_moment(engine: Engine, key: Key) -> bool:
    """Whether it is a DateTime column of the model."""
    return key[0] != "" and engine.model.table(key[0]).column(key[1]).kind == "DateTime"


def unmatched(engine: Engine, values: Iterable[Value]) -> list[bool]:
    """For each value to which a DateTime column is compared whether it is finer than a second, so that none equals it.

    MomentError where one is, and the model refuses it.
    """
    fine = [isinstance(one, datetime) and one.microsecond != 0 for one in values]
    if any(fine) and engine.model.moments == "refuse":
        raise MomentError("Equality filters on values with a millisecond precision are not supported on this model.")
    return fine


def masked(found: Sequence[bool], fine: Sequence[bool], operator: str) -> list[bool]:
    """The results of comparisons, where nothing equals what is too fine."""
    return [operator == "<>" if too_fine else one for one, too_fine in zip(found, fine, strict=True)]
