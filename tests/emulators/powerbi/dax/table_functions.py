"""Table functions, but for those that group (`summarize`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress, product
from typing import Final

from emulators.powerbi.dax.evaluate import Engine, Scope, TableFunction, find
from emulators.powerbi.dax.filters import calculated, every_combination, removed, whole_table
from emulators.powerbi.dax.moments import is_moment, unmatched
from emulators.powerbi.dax.relation import Key, Relation, RelationColumn, check_width, literal, made
from emulators.powerbi.dax.scalars import normal, number, truths
from emulators.powerbi.dax.syntax import Call, Column, DaxError, Expression, Name, Number, Text
from emulators.powerbi.dax.vectors import ordered, vector

Arguments = Sequence[Expression]
ANY: Final = 1_000


def _filter(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relation = engine.table(arguments[0], scope)
    passed = truths(vector(engine, arguments[1], scope, relation))
    return relation.chosen(list(compress(range(relation.size), passed)))


def _values(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    argument = arguments[0]
    if isinstance(argument, Column):
        return every_combination(engine, [key_of(argument)], scope.filters)
    if isinstance(argument, Name) and argument.name.casefold() not in scope.variables:
        return whole_table(engine, argument.name, scope.filters)
    raise DaxError("VALUES takes a column or a table of the model.")


def _distinct(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    argument = arguments[0]
    if not isinstance(argument, Column):
        return engine.table(argument, scope).distinct()
    table, name = key_of(argument)
    engine.model.table(table).column(name)
    found = engine.base(table, engine.visibility.rows(table, scope.filters), [name])
    return Relation(found.columns, found.size).distinct()


def _all(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    if len(arguments) == 1 and isinstance(arguments[0], Name):
        return whole_table(engine, arguments[0].name)
    keys = [key_of(one) for one in arguments]
    if len({key[0] for key in keys}) != 1:
        raise DaxError("All column arguments of the ALL function must be from the same table.")
    return every_combination(engine, keys)


def _all_except(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """The combinations of the columns that are not named, whatever the context."""
    if not isinstance(arguments[0], Name):
        raise DaxError("ALLEXCEPT takes a table of the model.")
    table = arguments[0].name.casefold()
    gone = removed(engine, Call("ALLEXCEPT", tuple(arguments)))
    return every_combination(engine, sorted(key for key in gone if key[0] == table))


def _calculate_table(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    return engine.table(arguments[0], calculated(engine, scope, arguments[1:]))


def _row(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    pairs = named(arguments)
    return Relation([made(name, [engine.scalar(one, scope)]) for name, one in pairs], 1)


def _add_columns(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relation = engine.table(arguments[0], scope)
    return relation.with_columns(_evaluated(engine, scope, relation, arguments[1:]))


def _select_columns(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relation = engine.table(arguments[0], scope)
    return Relation(_evaluated(engine, scope, relation, arguments[1:]), relation.size)


def _evaluated(engine: Engine, scope: Scope, relation: Relation, arguments: Arguments) -> list[RelationColumn]:
    """New columns."""
    found = []
    for name, expression in named(arguments):
        source = find(expression, relation) if isinstance(expression, Column) else None
        plain = source is not None and source.plain
        found.append(made(name, vector(engine, expression, scope, relation), plain))
    return found


def _top(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """The first n by the order, and all that tie with the last of them."""
    wanted, relation = number(engine.scalar(arguments[0], scope)), engine.table(arguments[1], scope)
    count = int(max(0, min(relation.size, wanted)))
    order = _order(arguments[2:])
    sorted_ = ordered(engine, relation, order, scope)
    if not order or sorted_.size <= count:
        return sorted_.chosen(range(min(count, sorted_.size)))
    keys = [[normal(value) for value in vector(engine, one, scope, sorted_)] for one, _ in order]
    last = count
    while 0 < last < sorted_.size and all(column[last] == column[last - 1] for column in keys):
        last += 1
    return sorted_.chosen(range(last))


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


def _kept(inside: bool) -> TableFunction:
    """INTERSECT and EXCEPT: the rows of the first table that are, or are not, in the second."""

    def found(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
        first, second = (engine.table(one, scope) for one in arguments)
        check_width(second, len(first.columns))
        others = set(second.identities())
        return first.chosen([row for row, one in enumerate(first.identities()) if (one in others) == inside])

    return found


def _cross_join(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    relations = [engine.table(one, scope) for one in arguments]
    labels = [(column.key, column.label) for relation in relations for column in relation.columns]
    rows = product(*(relation.tuples() for relation in relations))
    return literal(labels, [tuple(value for part in row for value in part) for row in rows])


def _treat_as(engine: Engine, scope: Scope, arguments: Arguments) -> Relation:
    """The rows of a table as values of model columns; those that the columns don't have are left out."""
    relation = engine.table(arguments[0], scope)
    columns = [one for one in arguments[1:] if isinstance(one, Column) and one.table is not None]
    check_width(relation, len(columns))
    if engine.model.moments != "match":
        for one, column in zip(columns, relation.columns, strict=True):
            if is_moment(engine, key_of(one)):
                fine = unmatched(engine, column.values)
                relation = relation.chosen([row for row, too_fine in enumerate(fine) if not too_fine])
    known = [set(every_combination(engine, [key_of(one)]).identities()) for one in columns]
    rows = [
        row for row in relation.distinct().tuples() if all((normal(v),) in k for v, k in zip(row, known, strict=True))
    ]
    return literal([(key_of(one), label_of(engine, key_of(one))) for one in columns], rows)


def label_of(engine: Engine, key: Key) -> str:
    """A model column as an answer names it."""
    column = engine.model.table(key[0]).column(key[1])
    return f"{column.table}[{column.name}]"


def key_of(argument: Expression) -> Key:
    """The model column that an argument is."""
    if not isinstance(argument, Column) or argument.table is None:
        raise DaxError("A column of the model is expected.")
    return argument.table.casefold(), argument.name.casefold()


def named(arguments: Arguments) -> list[tuple[str, Expression]]:
    """Arguments as names with their expressions."""
    if len(arguments) % 2 or not all(isinstance(one, Text) for one in arguments[::2]):
        raise DaxError("Each name must be a text, followed by its expression.")
    pairs = zip(arguments[::2], arguments[1::2], strict=True)
    return [(str(name.value), one) for name, one in pairs if isinstance(name, Text)]


TABLES: Final[dict[str, tuple[int, int, TableFunction]]] = {
    "ADDCOLUMNS": (3, ANY, _add_columns),
    "ALL": (1, ANY, _all),
    "ALLEXCEPT": (2, ANY, _all_except),
    "CALCULATETABLE": (1, ANY, _calculate_table),
    "CROSSJOIN": (2, ANY, _cross_join),
    "DISTINCT": (1, 1, _distinct),
    "EXCEPT": (2, 2, _kept(inside=False)),
    "FILTER": (2, 2, _filter),
    "INTERSECT": (2, 2, _kept(inside=True)),
    "KEEPFILTERS": (1, 1, lambda engine, scope, arguments: engine.table(arguments[0], scope)),
    "RELATEDTABLE": (1, 1, _calculate_table),
    "ROW": (2, ANY, _row),
    "SELECTCOLUMNS": (3, ANY, _select_columns),
    "TOPN": (2, ANY, _top),
    "TREATAS": (2, ANY, _treat_as),
    "UNION": (2, ANY, _union),
    "VALUES": (1, 1, _values),
}
