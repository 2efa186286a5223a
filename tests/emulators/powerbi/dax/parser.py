"""From DAX tokens to a tree: a recursive descent, one method a level of precedence.

Grammar: https://learn.microsoft.com/dax/dax-queries and https://learn.microsoft.com/dax/dax-operator-reference
"""

from __future__ import annotations

from emulators.powerbi.dax.lexer import Token, tokens
from emulators.powerbi.dax.syntax import (
    Binary,
    Braces,
    Call,
    Column,
    DaxError,
    Evaluate,
    Expression,
    In,
    Let,
    Name,
    Number,
    Query,
    Text,
    Unary,
)

_MOST = 2**63 - 1
_COMPARISONS = ("=", "==", "<>", "<", "<=", ">", ">=")
_LOGIC = {"AND": "&&", "OR": "||"}
_WORDS = frozenset(["DEFINE", "EVALUATE", "MEASURE", "ORDER", "VAR", "RETURN", "ASC", "DESC", "IN", "NOT"])


def parse(text: str) -> Query:
    """A query: DEFINE MEASURE, then one or more EVALUATE."""
    return _Parser(tokens(text)).query()


def parse_expression(text: str) -> Expression:
    """One expression, as a measure of a model has it."""
    parser = _Parser(tokens(text))
    found = parser.expression()
    parser.expect_end()
    return found


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0

    def query(self) -> Query:
        measures, variables = self._definitions()
        evaluates: list[Evaluate] = []
        while self._word("EVALUATE"):
            table = self.expression()
            evaluates.append(Evaluate(table, self._order()))
        self.expect_end()
        if not evaluates:
            raise self._error()
        return Query(measures, variables, tuple(evaluates))

    def _definitions(self) -> tuple[dict[str, Expression], tuple[tuple[str, Expression], ...]]:
        """The measures and variables of DEFINE, in any order."""
        measures: dict[str, Expression] = {}
        variables: list[tuple[str, Expression]] = []
        if self._word("DEFINE"):
            while self._is_word("MEASURE") or self._is_word("VAR"):
                if self._next().value.upper() == "VAR":
                    variables.append(self._variable())
                else:
                    self._table_name()
                    name = self._take("column")
                    self._expect("=")
                    measures[name.casefold()] = self.expression()
        return measures, tuple(variables)

    def _variable(self) -> tuple[str, Expression]:
        name = self._take("name")
        self._expect("=")
        return name.casefold(), self.expression()

    def expect_end(self) -> None:
        if self._peek.kind != "end":
            raise self._error()

    def expression(self) -> Expression:
        if not self._is_word("VAR"):
            return self._or()
        variables = []
        while self._word("VAR"):
            variables.append(self._variable())
        if not self._word("RETURN"):
            raise self._error()
        return Let(tuple(variables), self.expression())

    def _order(self) -> tuple[tuple[Expression, bool], ...]:
        if not self._word("ORDER"):
            return ()
        if not self._word("BY"):
            raise self._error()
        found = []
        while True:
            expression = self.expression()
            descending = self._word("DESC")
            if not descending:
                self._word("ASC")
            found.append((expression, descending))
            if not self._operator(","):
                return tuple(found)

    def _or(self) -> Expression:
        left = self._and()
        while self._operator("||"):
            left = Binary("||", left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._not()
        while self._operator("&&"):
            left = Binary("&&", left, self._not())
        return left

    def _not(self) -> Expression:
        if self._word("NOT"):
            return Unary("NOT", self._not())
        return self._comparison()

    def _comparison(self) -> Expression:
        left = self._joined()
        while True:
            if self._word("IN"):
                left = In((left,), self._joined())
            elif self._peek.kind == "operator" and self._peek.value in _COMPARISONS:
                left = Binary(self._next().value, left, self._joined())
            else:
                return left

    def _joined(self) -> Expression:
        left = self._sum()
        while self._operator("&"):
            left = Binary("&", left, self._sum())
        return left

    def _sum(self) -> Expression:
        left = self._product()
        while self._peek.kind == "operator" and self._peek.value in ("+", "-"):
            left = Binary(self._next().value, left, self._product())
        return left

    def _product(self) -> Expression:
        left = self._sign()
        while self._peek.kind == "operator" and self._peek.value in ("*", "/"):
            left = Binary(self._next().value, left, self._sign())
        return left

    def _sign(self) -> Expression:
        if self._operator("-"):
            return Unary("-", self._sign())
        if self._operator("+"):
            return self._sign()
        return self._power()

    def _power(self) -> Expression:
        left = self._primary()
        return Binary("^", left, self._sign()) if self._operator("^") else left

    def _primary(self) -> Expression:
        token = self._next()
        if token.kind == "number":
            return Number(_number(token.value))
        if token.kind == "text":
            return Text(token.value)
        if token.kind == "column":
            return Column(None, token.value)
        if token.kind == "table":
            return self._of_table(token.value)
        if token.kind == "name" and token.value.upper() not in _WORDS:
            return self._call(token.value.upper()) if self._operator("(") else self._of_table(token.value)
        if token.value == "(":
            return self._parenthesis()
        if token.value == "{":
            return self._braces()
        self._at -= 1
        raise self._error()

    def _of_table(self, table: str) -> Expression:
        return Column(table, self._next().value) if self._peek.kind == "column" else Name(table)

    def _call(self, function: str) -> Expression:
        arguments: list[Expression] = []
        if not self._operator(")"):
            arguments.append(self._argument())
            while self._operator(","):
                arguments.append(self._argument())
            self._expect(")")
        if function in _LOGIC and len(arguments) == 2:
            return Binary(_LOGIC[function], *arguments)
        return Call(function, tuple(arguments))

    def _argument(self) -> Expression:
        """Also the words ASC and DESC, which TOPN takes."""
        if self._is_word("ASC") or self._is_word("DESC"):
            return Name(self._next().value.upper())
        return self.expression()

    def _parenthesis(self) -> Expression:
        items = [self.expression()]
        while self._operator(","):
            items.append(self.expression())
        self._expect(")")
        if len(items) == 1:
            return items[0]
        if not self._word("IN"):
            raise self._error()
        return In(tuple(items), self._joined())

    def _braces(self) -> Expression:
        rows = [self._braced_row()]
        while self._operator(","):
            rows.append(self._braced_row())
        self._expect("}")
        if len({len(row) for row in rows}) > 1:
            raise DaxError("All rows of a table constructor must have the same number of columns.")
        return Braces(tuple(rows))

    def _braced_row(self) -> tuple[Expression, ...]:
        start = self._at
        if self._operator("("):
            items = [self.expression()]
            while self._operator(","):
                items.append(self.expression())
            self._expect(")")
            if len(items) > 1 or self._peek.value in (",", "}"):
                return tuple(items)
            self._at = start
        return (self.expression(),)

    def _table_name(self) -> str:
        return self._take("table") if self._peek.kind == "table" else self._take("name")

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._peek
        if token.kind != "end":
            self._at += 1
        return token

    def _take(self, kind: str) -> str:
        if self._peek.kind != kind:
            raise self._error()
        return self._next().value

    def _is_word(self, word: str) -> bool:
        return self._peek.kind == "name" and self._peek.value.upper() == word

    def _word(self, word: str) -> bool:
        found = self._is_word(word)
        self._at += found
        return found

    def _operator(self, operator: str) -> bool:
        found = self._peek.kind == "operator" and self._peek.value == operator
        self._at += found
        return found

    def _expect(self, operator: str) -> None:
        if not self._operator(operator):
            raise self._error()

    def _error(self) -> DaxError:
        token = self._peek
        return DaxError(f"Query ({token.line}, {token.column}) The syntax for '{token.value}' is incorrect.")


def _number(text: str) -> int | float:
    """A literal with a point, or beyond 64 bits, is a Double, never a fixed Decimal (ISDECIMAL(1.5) is FALSE)."""
    whole = int(text) if text.isdigit() else None
    return float(text) if whole is None or whole > _MOST else whole
