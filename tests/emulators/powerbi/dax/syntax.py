"""The tree of a DAX query."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


class DaxError(Exception):
    """A query that the engine refuses, with what it says."""


@dataclass(frozen=True)
class Number:
    value: int | float | Decimal


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
    """`measures` of DEFINE by name in lower case; several EVALUATEs are grammatical."""

    measures: dict[str, Expression]
    evaluates: tuple[Evaluate, ...]
