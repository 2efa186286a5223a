"""The tree of a DAX query."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


class DaxError(Exception):
    """A query that the engine refuses, with what it says; `rule` is the rule that it breaks."""

    rule = "query.dax"


@dataclass(frozen=True)
class Number:
    value: int | float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Column:
    """`'T'[c]`, or `[c]` where `table` is None: a measure, or a column of the row context."""

    table: str | None
    name: str


@dataclass(frozen=True)
class Name:
    """A table, or a variable."""

    name: str


@dataclass(frozen=True)
class Call:
    """`function` is in upper case."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Unary:
    operator: str
    operand: Expression


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class In:
    """`item` has several members for a row of several columns."""

    item: tuple[Expression, ...]
    table: Expression


@dataclass(frozen=True)
class Braces:
    """`{1, 2}` or `{(1, "a"), (2, "b")}`."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Let:
    """`VAR name = value ... RETURN body`."""

    variables: tuple[tuple[str, Expression], ...]
    body: Expression


Expression = Number | Text | Column | Name | Call | Unary | Binary | In | Braces | Let


@dataclass(frozen=True)
class Evaluate:
    """One EVALUATE with its ORDER BY: (expression, descending)."""

    table: Expression
    order: tuple[tuple[Expression, bool], ...] = ()


@dataclass(frozen=True)
class Query:
    """`measures` and `variables` of DEFINE by name in lower case; several EVALUATEs are grammatical."""

    measures: dict[str, Expression]
    variables: tuple[tuple[str, Expression], ...]
    evaluates: tuple[Evaluate, ...]


def parts(expression: Expression) -> tuple[Expression, ...]:
    """The expressions that an expression is made of."""
    match expression:
        case Call(_, arguments):
            return arguments
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case In(item, table):
            return (*item, table)
        case Braces(rows):
            return tuple(one for row in rows for one in row)
        case Let(variables, body):
            return (*(value for _, value in variables), body)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """An expression and all that it is made of, to the leaves."""
    yield expression
    for part in parts(expression):
        yield from walk(part)
