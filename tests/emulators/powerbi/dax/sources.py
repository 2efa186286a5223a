"""Which tables an expression needs rows of: those without whose visible rows it is blank, whatever else is visible.

Of the groups of several tables only those can have a value for which such a table has rows; so not every combination
has to be tried, where each measure is of that kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from emulators.powerbi.dax.evaluate import Engine
from emulators.powerbi.dax.syntax import Binary, Call, Column, Expression, Let, Name, Unary, walk

Needed = frozenset[str]
NONE: Final[Needed] = frozenset()
_OF_COLUMN: Final = frozenset(["SUM", "MIN", "MAX", "AVERAGE", "COUNT", "COUNTA", "DISTINCTCOUNT"])
_OF_TABLE: Final = frozenset(["SUMX", "MINX", "MAXX", "AVERAGEX", "COUNTX", "COUNTROWS"])
_BLANK_IF_EITHER: Final = ("*", "/")
_BLANK_IF_BOTH: Final = ("+", "-")


class Sources:
    """Asked within groups by columns of some tables, whose filters must not be replaced."""

    def __init__(self, engine: Engine, grouped: frozenset[str]) -> None:
        self._engine = engine
        self._grouped = grouped

    def of(self, expression: Expression, variables: Mapping[str, Needed] | None = None) -> Needed:
        """The tables that an expression needs rows of; none where that is not certain."""
        known = variables or {}
        match expression:
            case Column():
                measure = self._engine.as_measure(expression)
                return NONE if measure is None else self.of(measure)
            case Name(name):
                return known.get(name.casefold(), NONE)
            case Unary("-", operand):
                return self.of(operand, known)
            case Binary(operator, left, right) if operator in _BLANK_IF_EITHER:
                return self.of(left, known) | (self.of(right, known) if operator == "*" else NONE)
            case Binary(operator, left, right) if operator in _BLANK_IF_BOTH:
                return self.of(left, known) & self.of(right, known)
            case Let(declared, body):
                for name, value in declared:
                    known = {**known, name: self.of(value, known)}
                return self.of(body, known)
            case Call(function, arguments) if arguments:
                return self._of_call(function, arguments, known)
            case _:
                return NONE

    def _of_call(self, function: str, arguments: Sequence[Expression], known: Mapping[str, Needed]) -> Needed:
        first = arguments[0]
        if function in _OF_COLUMN and len(arguments) == 1 and isinstance(first, Column) and first.table is not None:
            return frozenset([first.table.casefold()])
        if function in _OF_TABLE:
            return self._of_rows(first)
        if function == "DIVIDE" and len(arguments) == 2:
            return self.of(first, known)
        if function == "IF":
            taken = [self.of(one, known) for one in arguments[1:]]
            return taken[0] if len(taken) == 1 else taken[0] & taken[1]
        if function == "CALCULATE" and all(map(self._only_narrows, arguments[1:])):
            return self.of(first, known)
        return NONE

    def _of_rows(self, table: Expression) -> Needed:
        """The table whose rows a table expression is made of; one that may have a blank row is not counted."""
        match table:
            case Name(name) if name.casefold() in self._engine.model.tables:
                return frozenset([name.casefold()])
            case Call("FILTER" | "ADDCOLUMNS", arguments):
                return self._of_rows(arguments[0])
            case Call("VALUES" | "DISTINCT", (Column(of, _),)) if of is not None:
                return frozenset([of.casefold()]) - self._engine.links.ones
            case _:
                return NONE

    def _only_narrows(self, argument: Expression) -> bool:
        """Whether a filter argument leaves what is said about the grouped tables."""
        if isinstance(argument, Call) and argument.function == "KEEPFILTERS":
            return True
        if isinstance(argument, Name) or (isinstance(argument, Call) and argument.function != "ISBLANK"):
            return False
        return not any(
            isinstance(one, Column) and one.table is not None and one.table.casefold() in self._grouped
            for one in walk(argument)
        )
