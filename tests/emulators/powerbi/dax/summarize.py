"""SUMMARIZE and SUMMARIZECOLUMNS: groups with their measures, and the subtotals that visuals ask for.

https://learn.microsoft.com/dax/summarizecolumns-function-dax
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from emulators.powerbi.dax.context import AnyFilter, Filters
from emulators.powerbi.dax.evaluate import Engine, Scope, TableFunction
from emulators.powerbi.dax.filters import filter_of
from emulators.powerbi.dax.groups import groups, of_values
from emulators.powerbi.dax.relation import Key, Relation, literal
from emulators.powerbi.dax.scalars import Value, normal
from emulators.powerbi.dax.syntax import Call, Column, DaxError, Expression, Text
from emulators.powerbi.dax.table_functions import ANY, key_of, label_of, named

Arguments = Sequence[Expression]


class _Level(NamedTuple):
    """A column or columns that come and go together, and the flag that says that they are summed up (or None)."""

    keys: tuple[Key, ...]
    flag: str | None


def _summarize(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """Groups of a table by its own and related columns; the names come after."""
    relation = engine.table(arguments[0], scope)
    count = next((at for at, one in enumerate(arguments) if isinstance(one, Text)), len(arguments))
    keys = [key_of(one) for one in arguments[1:count]]
    values = [_along(engine, relation, key) for key in keys]
    groups: dict[tuple[Value, ...], list[int]] = {}
    for row in range(relation.size):
        groups.setdefault(tuple(normal(column[row]) for column in values), []).append(row)
    grouped = literal(
        [(key, label_of(engine, key)) for key in keys],
        [tuple(column[rows[0]] for column in values) for rows in groups.values()],
    )
    outer = engine.moved(scope)
    measured = []
    for group in groups:
        filters = _within(engine, outer, keys, group)
        measured.append(_measured(engine, Scope(filters, (), scope.variables), named(arguments[count:])))
    return _beside(grouped, [name for name, _ in named(arguments[count:])], measured)


def _along(engine: Engine, relation: Relation, key: Key) -> Sequence[Value]:
    """A column of a relation, or one that the rows of its table point at."""
    own = relation.column(key)
    if own is not None:
        return own.values
    if relation.base is None or relation.rows is None:
        raise DaxError(f"The column '{key[1]}' specified in the 'SUMMARIZE' function was not found in the input table.")
    values = engine.visibility.related(relation.base, key)
    return [None if row < 0 else values[row] for row in relation.rows]


def _within(engine: Engine, filters: Filters, keys: Sequence[Key], group: tuple[Value, ...]) -> Filters:
    """The filter context of a group: a filter for each table that it has columns of."""
    for table in dict.fromkeys(key[0] for key in keys):
        places = [at for at, key in enumerate(keys) if key[0] == table]
        filters = (*filters, of_values(engine, [keys[at] for at in places], [group[at] for at in places]))
    return filters


def _summarize_columns(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """Groups under filters; groups whose measures are all blank are left out."""
    count = next((at for at, one in enumerate(arguments) if not _is_level(one)), len(arguments))
    start = next((at for at, one in enumerate(arguments) if isinstance(one, Text)), len(arguments))
    levels = [level for one in arguments[:count] for level in _levels(one)]
    filters = (*engine.moved(scope), *(_filter_argument(engine, scope, one) for one in arguments[count:start]))
    measures = named(arguments[start:])
    shown: list[tuple[Value, ...]] = []
    for kept in _totals(levels):
        keys = [key for level, here in zip(levels, kept, strict=True) if here for key in level.keys]
        asked = [one for _, one in measures if not _is_ignored(one)]
        for group in groups(engine, filters, keys, asked):
            values = _measured(engine, Scope(group.filters, (), scope.variables), _without_marks(measures))
            if not measures or _counts(measures, values):
                shown.append((*_laid_out(levels, kept, group.shown), *values))
    labels = [label for level in levels for label in _labels(engine, level)]
    return literal([*labels, *((("", name.casefold()), f"[{name}]") for name, _ in measures)], shown)


def _is_level(argument: Expression) -> bool:
    return isinstance(argument, Column) or (isinstance(argument, Call) and argument.function == "ROLLUPADDISSUBTOTAL")


def _levels(argument: Expression) -> list[_Level]:
    """A group-by column, or the levels of ROLLUPADDISSUBTOTAL: columns and flags in turn."""
    if not isinstance(argument, Call):
        return [_Level((key_of(argument),), None)]
    pairs = argument.arguments
    if len(pairs) % 2 or not all(isinstance(name, Text) for name in pairs[1::2]):
        raise DaxError("ROLLUPADDISSUBTOTAL takes columns, each followed by the name of its flag.")
    found = []
    for one, name in zip(pairs[::2], pairs[1::2], strict=True):
        together = one.arguments if isinstance(one, Call) and one.function == "ROLLUPGROUP" else (one,)
        found.append(_Level(tuple(map(key_of, together)), name.value if isinstance(name, Text) else None))
    return found


def _totals(levels: list[_Level]) -> list[tuple[bool, ...]]:
    """Which levels are there in each kind of row: all of them, then one subtotal less at a time, from the right."""
    flagged = [at for at, level in enumerate(levels) if level.flag is not None]
    kinds = []
    for gone in range(len(flagged) + 1):
        away = set(flagged[len(flagged) - gone :])
        kinds.append(tuple(at not in away for at in range(len(levels))))
    return kinds


def _laid_out(levels: list[_Level], kept: tuple[bool, ...], shown: tuple[Value, ...]) -> list[Value]:
    """A row's group values in the order of the columns, blank where summed up, with the flags."""
    values, row = iter(shown), []
    for level, here in zip(levels, kept, strict=True):
        row += [next(values) if here else None for _ in level.keys]
        row += [] if level.flag is None else [not here]
    return row


def _labels(engine: Engine, level: _Level) -> list[tuple[Key, str]]:
    flags = [] if level.flag is None else [(("", level.flag.casefold()), f"[{level.flag}]")]
    return [*((key, label_of(engine, key)) for key in level.keys), *flags]


def _filter_argument(engine: Engine, scope: Scope, argument: Expression) -> AnyFilter:
    table = argument.arguments[0] if isinstance(argument, Call) and argument.function == "KEEPFILTERS" else argument
    if not engine.is_table(table, scope):
        raise DaxError("Function SUMMARIZECOLUMNS expects a table expression as a filter.")
    return filter_of(engine, scope, table)


def _without_marks(measures: list[tuple[str, Expression]]) -> list[tuple[str, Expression]]:
    return [(name, _unmarked(one)) for name, one in measures]


def _unmarked(expression: Expression) -> Expression:
    """What IGNORE is around."""
    return expression.arguments[0] if _is_ignored(expression) and isinstance(expression, Call) else expression


def _is_ignored(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.function == "IGNORE" and len(expression.arguments) == 1


def _counts(measures: list[tuple[str, Expression]], values: tuple[Value, ...]) -> bool:
    """Whether a measure that is not ignored has a value."""
    return any(
        value is not None for (_, one), value in zip(measures, values, strict=True) if not _is_ignored(one)
    ) or all(_is_ignored(one) for _, one in measures)


def _measured(engine: Engine, scope: Scope, measures: list[tuple[str, Expression]]) -> tuple[Value, ...]:
    """The named expressions in the filter context of a group."""
    return tuple(engine.scalar(one, scope) for _, one in measures)


def _beside(grouped: Relation, names: list[str], measured: list[tuple[Value, ...]]) -> Relation:
    values = literal([(("", name.casefold()), f"[{name}]") for name in names], measured)
    return Relation([*grouped.columns, *values.columns], grouped.size)


SUMMARIES: Final[dict[str, tuple[int, int, TableFunction]]] = {
    "SUMMARIZE": (2, ANY, _summarize),
    "SUMMARIZECOLUMNS": (1, ANY, _summarize_columns),
}
MARKS: Final = frozenset(["IGNORE", "ROLLUPADDISSUBTOTAL", "ROLLUPGROUP"])
"""What only has a meaning as an argument of SUMMARIZECOLUMNS."""
