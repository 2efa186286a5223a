"""Table functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import compress, product
from typing import Any, Final

from emulators.powerbi.dax.context import AnyFilter, Filter, Filters
from emulators.powerbi.dax.evaluate import Engine, Scope
from emulators.powerbi.dax.filters import calculated, every_combination, of_relation
from emulators.powerbi.dax.relation import Key, Relation, RelationColumn, check_width, identity, literal
from emulators.powerbi.dax.scalars import Value, normal, number, truths
from emulators.powerbi.dax.syntax import Call, Column, DaxError, Expression, Name, Number, Text

Arguments = Sequence[Expression]
Function = Callable[[Engine, Scope, Arguments], Relation]
ANY: Final = 1_000


def _filter(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relation = engine.table(arguments[0], scope)
    passed = truths(engine.vector(arguments[1], scope, relation))
    return relation.chosen(list(compress(range(relation.size), passed)))


def _values(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    argument = arguments[0]
    if isinstance(argument, Column):
        return every_combination(engine, [_key(argument)], scope.filters)
    return engine.table(argument, scope)


def _distinct(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    argument = arguments[0]
    if not isinstance(argument, Column):
        return engine.table(argument, scope).distinct()
    table, name = _key(argument)
    view = engine.model.table(table)
    view.column(name)
    return engine.base(table, engine.visibility.rows(table, scope.filters), [name]).distinct()


def _all(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    if len(arguments) == 1 and isinstance(arguments[0], Name):
        return engine.visible(arguments[0].name.casefold(), (), arguments[0].name)
    return every_combination(engine, [_key(one) for one in arguments])


def _calculate_table(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    return engine.table(arguments[0], calculated(engine, scope, arguments[1:]))


def _row(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    named = _named(arguments)
    return literal([_made(name) for name, _ in named], [tuple(engine.scalar(one, scope) for _, one in named)])


def _add_columns(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relation = engine.table(arguments[0], scope)
    added = _evaluated(engine, scope, relation, arguments[1:])
    return Relation([*relation.columns, *added], relation.size)


def _select_columns(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relation = engine.table(arguments[0], scope)
    return Relation(_evaluated(engine, scope, relation, arguments[1:]), relation.size)


def _evaluated(engine: Engine, scope: Scope, relation: Relation, arguments: Arguments) -> list[RelationColumn]:
    """New columns."""
    made = []
    for name, expression in _named(arguments):
        key, label = _made(name)
        source = engine.find(expression, relation) if isinstance(expression, Column) else None
        values = source.values if source else engine.vector(expression, scope, relation)
        made.append(RelationColumn(key, label, partial(identity, values), bool(source and source.plain)))
    return made


def _top(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """The first n by the order, and all that tie with the last of them."""
    count, relation = int(number(engine.scalar(arguments[0], scope))), engine.table(arguments[1], scope)
    order = _order(arguments[2:])
    ordered = engine.ordered(relation, order, scope)
    if not order or ordered.size <= count:
        return ordered.chosen(range(min(count, ordered.size)))
    keys = [[normal(value) for value in engine.vector(one, scope, ordered)] for one, _ in order]
    last = count
    while 0 < last < ordered.size and all(column[last] == column[last - 1] for column in keys):
        last += 1
    return ordered.chosen(range(last))


def _order(arguments: Arguments) -> list[tuple[Expression, bool]]:
    """TOPN's pairs; it sorts downwards unless told otherwise."""
    order: list[tuple[Expression, bool]] = []
    for argument in arguments:
        is_direction = argument in (Name("ASC"), Name("DESC"), Number(0), Number(1))
        if is_direction and order:
            order[-1] = (order[-1][0], argument in (Name("DESC"), Number(0)))
        else:
            order.append((argument, True))
    return order


def _union(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relations = [engine.table(one, scope) for one in arguments]
    for relation in relations:
        check_width(relation, len(relations[0].columns))
    labels = [(column.key, column.label) for column in relations[0].columns]
    return literal(labels, [row for relation in relations for row in relation.tuples()])


def _kept(inside: bool) -> Function:
    """INTERSECT and EXCEPT: the rows of the first table that are, or are not, in the second."""

    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
        first, second = (engine.table(one, scope) for one in arguments)
        check_width(second, len(first.columns))
        others = set(second.identities())
        return first.chosen([row for row, one in enumerate(first.identities()) if (one in others) == inside])

    return found


def _treat_as(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """The rows of a table as values of model columns; those that the columns don't have are left out."""
    relation = engine.table(arguments[0], scope)
    columns = [one for one in arguments[1:] if isinstance(one, Column) and one.table is not None]
    check_width(relation, len(columns))
    known = [set(every_combination(engine, [_key(one)]).identities()) for one in columns]
    rows = [
        row for row in relation.distinct().tuples() if all((normal(v),) in k for v, k in zip(row, known, strict=True))
    ]
    return literal([(_key(one), f"{one.table}[{one.name}]") for one in columns], rows)


def _summarize(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """Groups of a table by its own and related columns; the names come after."""
    relation = engine.table(arguments[0], scope)
    count = next((at for at, one in enumerate(arguments) if isinstance(one, Text)), len(arguments))
    keys = [_key(one) for one in arguments[1:count]]
    if relation.base is None or relation.rows is None:
        raise DaxError("SUMMARIZE takes a table of the model here.")
    values = [engine.visibility.related(relation.base, key) for key in keys]
    groups: dict[tuple[Value, ...], list[int]] = {}
    for row in relation.rows:
        groups.setdefault(tuple(normal(column[row]) for column in values), []).append(row)
    shown = [tuple(column[rows[0]] for column in values) for rows in groups.values()]
    grouped = literal([(key, _label(engine, key)) for key in keys], shown)
    measured = [
        _measured(engine, scope, scope.filters, keys, group, (relation.base, rows), arguments[count:])
        for group, rows in groups.items()
    ]
    return _beside(grouped, arguments[count:], measured)


def _summarize_columns(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """Groups under filters; groups whose measures are all blank are left out."""
    count = next((at for at, one in enumerate(arguments) if not isinstance(one, Column)), len(arguments))
    start = next((at for at, one in enumerate(arguments) if isinstance(one, Text)), len(arguments))
    keys = [_key(one) for one in arguments[:count]]
    filters: Filters = scope.filters
    for one in arguments[count:start]:
        filters = _summary_filter(engine, scope, filters, one)
    named = arguments[start:]
    groups = _groups(engine, filters, keys)
    shown, measured = [], []
    for group, (row, base) in groups.items():
        values = _measured(engine, scope, filters, keys, group, base, named)
        if not named or any(value is not None for value in values):
            shown.append(row)
            measured.append(values)
    return _beside(literal([(key, _label(engine, key)) for key in keys], shown), named, measured)


def _summary_filter(engine: Engine, scope: Scope, filters: Filters, argument: Expression) -> Filters:
    keep = isinstance(argument, Call) and argument.function == "KEEPFILTERS"
    table = argument.arguments[0] if isinstance(argument, Call) and keep else argument
    if not engine.is_table(table, scope):
        raise DaxError("Function SUMMARIZECOLUMNS expects a table expression as a filter.")
    one: AnyFilter = of_relation(engine.table(table, scope))
    return (*filters, one)


_Group = tuple[tuple[Value, ...], tuple[str, list[int]] | None]


def _groups(engine: Engine, filters: Filters, keys: list[Key]) -> dict[tuple[Value, ...], _Group]:
    """Groups by their normal values, each with what is shown, and with its rows if all columns are of one table."""
    tables = list(dict.fromkeys(key[0] for key in keys))
    if len(tables) == 1:
        return _groups_of_table(engine, filters, tables[0], keys)
    parts = [every_combination(engine, [key for key in keys if key[0] == table], filters) for table in tables]
    order = [key for table in tables for key in keys if key[0] == table]
    places = [order.index(key) for key in keys]
    found: dict[tuple[Value, ...], _Group] = {}
    for combined in product(*(part.tuples() for part in parts)):
        flat = [value for part in combined for value in part]
        row = tuple(flat[place] for place in places)
        found[tuple(map(normal, row))] = (row, None)
    return found


def _groups_of_table(engine: Engine, filters: Filters, table: str, keys: list[Key]) -> dict[tuple[Value, ...], _Group]:
    view = engine.model.table(table)
    columns = [view.column(name) for _, name in keys]
    codes = [column.codes for column in columns]
    by_codes: dict[tuple[Any, ...], list[int]] = {}
    for row in engine.visibility.rows(table, filters):
        by_codes.setdefault(tuple(each[row] for each in codes), []).append(row)
    found: dict[tuple[Value, ...], _Group] = {}
    for coded, rows in by_codes.items():
        shown = tuple(column.value(code) for column, code in zip(columns, coded, strict=True))
        found[tuple(map(normal, shown))] = (shown, (table, rows))
    blank = (None,) * len(keys)
    if blank not in found and engine.visibility.has_blank_row(table, filters):
        found[blank] = (blank, (table, []))
    return found


def _measured(
    engine: Engine, scope: Scope, filters: Filters, keys: list[Key], group: tuple[Value, ...],
    base: tuple[str, list[int]] | None, named: Arguments,
) -> tuple[Value, ...]:  # fmt: skip
    """The named expressions of a group, in the filter context of its values."""
    if not keys:
        return tuple(engine.scalar(one, Scope(filters, {}, scope.variables)) for _, one in _named(named))
    inner = (*filters, Filter(tuple(keys), frozenset([group])))
    if base is not None:
        engine.visibility.remember(base[0], inner, base[1])
    return tuple(engine.scalar(one, Scope(inner, {}, scope.variables)) for _, one in _named(named))


def _beside(grouped: Relation, named: Arguments, measured: list[tuple[Value, ...]]) -> Relation:
    values = literal([_made(name) for name, _ in _named(named)], measured)
    return Relation([*grouped.columns, *values.columns], grouped.size)


def _label(engine: Engine, key: Key) -> str:
    column = engine.model.table(key[0]).column(key[1])
    return f"{column.table}[{column.name}]"


def _key(argument: Expression) -> Key:
    if not isinstance(argument, Column) or argument.table is None:
        raise DaxError("A column of the model is expected.")
    return argument.table.casefold(), argument.name.casefold()


def _made(name: str) -> tuple[Key, str]:
    return ("", name.casefold()), f"[{name}]"


def _named(arguments: Arguments) -> list[tuple[str, Expression]]:
    if len(arguments) % 2 or not all(isinstance(one, Text) for one in arguments[::2]):
        raise DaxError("Each name must be a text, followed by its expression.")
    return [
        (str(name.value), one)
        for name, one in zip(arguments[::2], arguments[1::2], strict=True)
        if isinstance(name, Text)
    ]


TABLES: Final[dict[str, tuple[int, int, Function]]] = {
    "ADDCOLUMNS": (3, ANY, _add_columns),
    "ALL": (1, ANY, _all),
    "CALCULATETABLE": (1, ANY, _calculate_table),
    "DISTINCT": (1, 1, _distinct),
    "EXCEPT": (2, 2, _kept(False)),
    "FILTER": (2, 2, _filter),
    "INTERSECT": (2, 2, _kept(True)),
    "ROW": (2, ANY, _row),
    "SELECTCOLUMNS": (3, ANY, _select_columns),
    "SUMMARIZE": (2, ANY, _summarize),
    "SUMMARIZECOLUMNS": (1, ANY, _summarize_columns),
    "TOPN": (2, ANY, _top),
    "TREATAS": (2, ANY, _treat_as),
    "UNION": (2, ANY, _union),
    "VALUES": (1, 1, _values),
}
