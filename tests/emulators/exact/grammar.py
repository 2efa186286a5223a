"""The $filter grammar of OData V2, as far as Exact documents it: text in, a tree out.

    or := and ("or" and)*                 and := equal ("and" equal)*
    equal := than (("eq" | "ne") than)*   than := unary (("gt" | "ge" | "lt" | "le") unary)*
    unary := "not" unary | primary
    primary := "(" or ")" | function "(" or ("," or)* ")" | literal | field

As in the specification, `not` binds tighter than any comparison: `not Code eq 'X'` is a mistake of types, and
`not (Code eq 'X')` is meant. Arithmetic, navigation (`Account/Name`), lambdas and casts are outside it.
Sources: odata.org/documentation/odata-version-2-0/uri-conventions; KB OData best practices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from emulators.exact.tokens import GrammarError, Literal, Token, cut, literal

FUNCTIONS: Final = {
    "substringof": ("Boolean", 2, ("String", "String")), "startswith": ("Boolean", 2, ("String", "String")),
    "endswith": ("Boolean", 2, ("String", "String")), "tolower": ("String", 1, ("String",)),
    "toupper": ("String", 1, ("String",)), "trim": ("String", 1, ("String",)), "length": ("Number", 1, ("String",)),
    "indexof": ("Number", 2, ("String", "String")), "replace": ("String", 3, ("String", "String", "String")),
    "substring": ("String", 2, ("String", "Number", "Number")), "concat": ("String", 2, ("String", "String")),
    "year": ("Number", 1, ("DateTime",)), "month": ("Number", 1, ("DateTime",)), "day": ("Number", 1, ("DateTime",)),
    "hour": ("Number", 1, ("DateTime",)), "minute": ("Number", 1, ("DateTime",)),
    "second": ("Number", 1, ("DateTime",)),
}  # fmt: skip
"""What a function gives, how many arguments it needs at least, and the types of its arguments."""
_CONSTANTS: Final = {"true": ("Boolean", True), "false": ("Boolean", False), "null": ("Null", None)}
_DEEPEST: Final = 50


@dataclass(frozen=True)
class Field:
    name: str
    at: int = 0


@dataclass(frozen=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    at: int = 0


@dataclass(frozen=True)
class Comparison:
    operator: str
    left: Node
    right: Node
    at: int = 0


@dataclass(frozen=True)
class Logic:
    """`operator` is and, or, not."""

    operator: str
    parts: tuple[Node, ...]
    at: int = 0


Node = Literal | Field | Call | Comparison | Logic


def parse(text: str, *, date_only: bool = True) -> Node:
    """The tree of a $filter; GrammarError for anything else, and for a date without a time where there must be one."""
    parser = _Parser(text)
    parser.date_only = date_only
    found = parser.either()
    parser.end()
    return found


def parse_key(text: str) -> dict[str, Literal]:
    """The values between the parentheses of an address, by field name; a single one may be nameless ("")."""
    parser = _Parser(text)
    found: dict[str, Literal] = {}
    while True:
        name, value = parser.key_part()
        if name in found:
            raise GrammarError("Bad Request - Error in query syntax.")
        found[name] = value
        if not parser.mark(","):
            break
    parser.end()
    return found


def parse_list(text: str) -> list[Literal]:
    """Literals separated by commas, as a skip token holds them."""
    parser = _Parser(text)
    found = [parser.value()]
    while parser.mark(","):
        found.append(parser.value())
    parser.end()
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text, self._tokens, self._next, self._depth = text, cut(text), 0, 0
        self.date_only = True

    def _ahead(self) -> Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _at(self) -> int:
        token = self._ahead()
        return token.at if token else len(self._text)

    def end(self) -> None:
        if self._ahead() is not None:
            raise self._wrong("Syntax error")

    def _wrong(self, what: str) -> GrammarError:
        return GrammarError(f"{what} at position {self._at()} in '{self._text}'.")

    def _word(self, *words: str) -> Token | None:
        token = self._ahead()
        if token and token.kind == "word" and token.text in words:
            self._next += 1
            return token
        return None

    def mark(self, mark: str) -> bool:
        token = self._ahead()
        hit = token is not None and token.kind == "mark" and token.text == mark
        self._next += hit
        return hit

    def either(self) -> Node:
        return self._joined("or", lambda: self._joined("and", self._equal))

    def _joined(self, word: str, part: Callable[[], Node]) -> Node:
        at, parts = self._at(), [part()]
        while self._word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Logic(word, tuple(parts), at)

    def _equal(self) -> Node:
        return self._compared(("eq", "ne"), self._than)

    def _than(self) -> Node:
        return self._compared(("gt", "ge", "lt", "le"), self._unary)

    def _compared(self, words: tuple[str, ...], part: Callable[[], Node]) -> Node:
        left = part()
        while word := self._word(*words):
            left = Comparison(word.text, left, part(), word.at)
        return left

    def _unary(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise GrammarError("Recursion limit reached.")
        word = self._word("not")
        found = Logic("not", (self._unary(),), word.at) if word else self._primary()
        self._depth -= 1
        return found

    def _primary(self) -> Node:
        if self.mark("("):
            inner = self.either()
            self._close()
            return inner
        token = self._ahead()
        if token is None or token.kind == "mark":
            raise self._wrong("Expression expected")
        if token.kind != "word" or token.text in _CONSTANTS:
            return self.value()
        self._next += 1
        return self._call(token) if self.mark("(") else Field(token.text, token.at)

    def _call(self, name: Token) -> Node:
        if name.text not in FUNCTIONS:
            raise GrammarError(f"Unknown function '{name.text}' at position {name.at}.")
        arguments = [self.either()]
        while self.mark(","):
            arguments.append(self.either())
        self._close()
        return Call(name.text, tuple(arguments), name.at)

    def _close(self) -> None:
        if not self.mark(")"):
            raise self._wrong("')' or operator expected")

    def value(self) -> Literal:
        """A literal or a constant."""
        token = self._ahead()
        if token is None or token.kind == "mark" or (token.kind == "word" and token.text not in _CONSTANTS):
            raise self._wrong("Expression expected")
        self._next += 1
        if token.kind == "word":
            kind, constant = _CONSTANTS[token.text]
            return Literal(kind, constant, token.at)
        if token.kind == "datetime" and "T" not in token.text and not self.date_only:
            raise GrammarError(f"Unrecognized 'Edm.DateTime' literal 'datetime'{token.text}''.")
        return literal(token)

    def key_part(self) -> tuple[str, Literal]:
        token = self._ahead()
        if token is None or token.kind != "word" or token.text in _CONSTANTS:
            return "", self.value()
        self._next += 1
        if not self.mark("="):
            raise self._wrong("Syntax error")
        return token.text, self.value()
