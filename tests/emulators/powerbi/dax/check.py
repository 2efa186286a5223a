"""What is refused before anything is evaluated: unknown names, wrong counts of arguments, measures in a circle."""

from __future__ import annotations

from typing import Final

from emulators.powerbi.dax.evaluate import Functions
from emulators.powerbi.dax.summarize import MARKS
from emulators.powerbi.dax.syntax import (
    Braces,
    Call,
    Column,
    DaxError,
    Expression,
    Let,
    Name,
    Number,
    Query,
    Text,
    Unary,
    parts,
    walk,
)
from emulators.powerbi.dax.views import Model

_WORDS: Final = ("ASC", "DESC")


def _is_constant(expression: Expression) -> bool:
    """What DIVIDE takes as its third argument: https://learn.microsoft.com/dax/divide-function-dax."""
    match expression:
        case Number() | Text() | Name() | Unary("-", Number()) | Call("BLANK" | "TRUE" | "FALSE", ()):
            return True
        case Call("CURRENCY" | "DATE", arguments):
            return all(map(_is_constant, arguments))
        case _:
            return False


class Checker:
    """Checks a query and every measure that it needs, each once."""

    def __init__(self, model: Model, functions: Functions, measures: dict[str, Expression]) -> None:
        self._model = model
        self._functions = functions
        self._measures = measures
        self._done: set[str] = set()
        self._doing: list[str] = []
        self._made: set[str] = set()

    def query(self, query: Query) -> None:
        """DaxError if the query cannot be evaluated."""
        written = [value for _, value in query.variables] + [one.table for one in query.evaluates]
        self._note_made(written)
        known: frozenset[str] = frozenset()
        for name, value in query.variables:
            self._expression(value, known)
            known |= {name}
        for evaluate in query.evaluates:
            self._expression(evaluate.table, known)
            for one, _ in evaluate.order:
                self._expression(one, known)

    def _expression(self, expression: Expression, known: frozenset[str]) -> None:
        match expression:
            case Let(variables, body):
                for name, value in variables:
                    self._expression(value, known)
                    known |= {name}
                self._expression(body, known)
                return
            case Name(name) if name.casefold() not in known and name not in _WORDS:
                self._model.table(name)
            case Column():
                self._column(expression)
            case Call(function, arguments):
                self._call(function, len(arguments))
                if function == "DIVIDE" and len(arguments) > 2 and not _is_constant(arguments[2]):
                    raise DaxError("The alternate result of the function DIVIDE must be a constant value.")
        for part in parts(expression):
            self._expression(part, known)

    def _call(self, function: str, count: int) -> None:
        if function in MARKS:
            return
        found = self._functions.scalars.get(function) or self._functions.tables.get(function)
        if found is None and function != "REMOVEFILTERS":
            raise DaxError(f"Failed to resolve name '{function}'. It is not a valid table, variable, or function name.")
        least, most = found[:2] if found is not None else (0, count)
        if function == "ALL" and count == 0:
            return
        if count < least:
            raise DaxError(f"Too few arguments were passed to the {function} function. The minimum is {least}.")
        if count > most:
            raise DaxError(f"Too many arguments were passed to the {function} function. The maximum is {most}.")

    def _column(self, column: Column) -> None:
        if column.table is not None:
            table = self._model.table(column.table)
            if column.name.casefold() in table.makers:
                return
        name = column.name.casefold()
        measure = self._measures.get(name) or self._model.measure(name)
        if measure is None:
            self._no_measure(column)
            return
        if name in self._doing:
            raise DaxError(f"A circular dependency was detected: {', '.join(self._doing)}.")
        if name not in self._done:
            self._note_made([measure])
            self._doing.append(name)
            self._expression(measure, frozenset())
            self._doing.pop()
            self._done.add(name)

    def _no_measure(self, column: Column) -> None:
        """A name in brackets that is no measure: a column, or one that some function in the query names."""
        if column.table is not None:
            self._model.table(column.table).column(column.name)
        name = column.name.casefold()
        if name in self._made or any(name in table.makers for table in self._model.tables.values()):
            return
        raise DaxError(
            f"The value for '{column.name}' cannot be determined. Either the column doesn't exist, or there is no "
            "current row for this column."
        )

    def _note_made(self, expressions: list[Expression]) -> None:
        for one in (leaf for expression in expressions for leaf in walk(expression)):
            if isinstance(one, Text):
                self._made.add(one.value.casefold())
            if isinstance(one, Braces):
                self._made |= {"value", *(f"value{at + 1}" for at in range(len(one.rows[0])))}
