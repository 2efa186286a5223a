"""Expressions of columns: Python's expression syntax, checked against a whitelist, turned into generated code.

Names are the record's fields and `company`, `site`, `division`. Nothing is looked up, called or indexed by value.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from exactbi.config import functions
from exactbi.config.document import Place, invalid
from exactbi.errors import ConfigurationError

LONGEST: Final = 4000
"""Characters of an expression."""

CONTEXT: Final = ("company", "site", "division")
"""What every expression may name beside the record's fields."""

OPERATORS: Final[Mapping[type[ast.AST], str]] = {
    ast.Add: "plus",
    ast.Sub: "minus",
    ast.Mult: "times",
    ast.Div: "divided",
}
COMPARISONS: Final[Mapping[type[ast.AST], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}

RUNTIME: Final[Mapping[str, Callable[..., Any]]] = {
    name: getattr(functions, name)
    for name in (
        *("key", "code_key", "trim", "upper", "cut", "text", "date", "band", "choose", "absolute"),
        *("plus", "minus", "times", "divided", "negative", "number"),
    )
}
"""What generated code may call."""


@dataclass
class Pool:
    """The constants of a generated function, by the names that it knows them by."""

    constants: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> str:
        """A name for a constant."""
        name = f"constant_{len(self.constants)}"
        self.constants[name] = value
        return name


@dataclass(frozen=True)
class Expression:
    """A checked expression: Python code over locals `field_<name>` and the context, and the fields that it reads."""

    code: str
    fields: frozenset[str]


def parse(source: str, pool: Pool, place: Place | None = None) -> Expression:
    """Check and translate; ConfigurationError (CONFIG_INVALID) with line and column for anything not listed here."""
    writer = _Writer(source, pool, place)
    if len(source) > LONGEST:
        raise writer.refused(None, f"an expression has at most {LONGEST} characters")
    try:
        tree = ast.parse(source, mode="eval")
        code = writer.write(tree.body)
    except SyntaxError as error:
        raise writer.refused_at((error.offset or 1) - 1, f"not an expression: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise writer.refused(None, "not an expression, or nested too deeply") from error
    return Expression(code, frozenset(writer.fields))


class _Writer:
    """Writes the code of one expression, node by node."""

    def __init__(self, source: str, pool: Pool, place: Place | None) -> None:
        self.fields: set[str] = set()
        self._source = source
        self._pool = pool
        self._place = place or Place("expression", 1, 1)

    def refused(self, node: ast.expr | None, why: str) -> ConfigurationError:
        """The error for a node."""
        if node is None:
            return self.refused_at(0, why)
        line = self._source.splitlines()[node.lineno - 1].encode()
        return self.refused_at(len(line[: node.col_offset].decode(errors="ignore")), why)

    def refused_at(self, offset: int, why: str) -> ConfigurationError:
        """The error at a character of the expression, counted from 0."""
        at = Place(self._place.file, self._place.line, self._place.column + max(offset, 0))
        return invalid(at, f"{why} (in {self._source[:80]!r}, character {max(offset, 0) + 1})")

    def write(self, node: ast.expr) -> str:
        """The code of a node."""
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.BinOp():
                return self._arithmetic(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.BoolOp():
                word = " and " if isinstance(node.op, ast.And) else " or "
                return f"({word.join(self.write(value) for value in node.values)})"
            case ast.Compare():
                return self._comparison(node)
            case ast.IfExp():
                return f"({self.write(node.body)} if {self.write(node.test)} else {self.write(node.orelse)})"
            case ast.Call():
                return self._call(node)
        raise self.refused(node, f"{type(node).__name__} is not allowed")

    def literal(self, node: ast.expr) -> Any:
        """The value of a literal; refused for anything else. Numbers with a point are decimals of their text."""
        negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        inner = node.operand if isinstance(node, ast.UnaryOp) and negated else node
        if not isinstance(inner, ast.Constant):
            raise self.refused(node, "a literal is expected")
        value: Any = inner.value
        if isinstance(value, float):
            value = Decimal((ast.get_source_segment(self._source, inner) or "").replace("_", ""))
        if not (value is None or isinstance(value, str | bool | int | Decimal)):
            raise self.refused(node, f"{type(value).__name__} is not allowed")
        if not negated:
            return value
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.refused(node, "only numbers have a sign")
        return -value

    def _constant(self, node: ast.Constant) -> str:
        value = self.literal(node)
        return self._pool.add(value) if isinstance(value, Decimal) else repr(value)

    def _name(self, node: ast.Name) -> str:
        if node.id in CONTEXT:
            return node.id
        if not node.id.isascii() or node.id.startswith("_"):
            raise self.refused(node, f"{node.id!r} is no name of a field")
        self.fields.add(node.id)
        return f"field_{node.id}"

    def _arithmetic(self, node: ast.BinOp) -> str:
        name = OPERATORS.get(type(node.op))
        if name is None:
            raise self.refused(node, f"the operator {type(node.op).__name__} is not allowed")
        return f"{name}({self.write(node.left)}, {self.write(node.right)})"

    def _unary(self, node: ast.UnaryOp) -> str:
        if isinstance(node.op, ast.Not):
            return f"(not {self.write(node.operand)})"
        if isinstance(node.op, ast.USub):
            return f"negative({self.write(node.operand)})"
        raise self.refused(node, f"the operator {type(node.op).__name__} is not allowed")

    def _comparison(self, node: ast.Compare) -> str:
        if len(node.ops) != 1:
            raise self.refused(node, "one comparison at a time")
        operator, right = node.ops[0], node.comparators[0]
        if isinstance(operator, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise self.refused(right, "`is` compares with None only")
            return f"({self.write(node.left)} {'is' if isinstance(operator, ast.Is) else 'is not'} None)"
        sign = COMPARISONS.get(type(operator))
        if sign is None:
            raise self.refused(node, f"the comparison {type(operator).__name__} is not allowed")
        return f"({self.write(node.left)} {sign} {self.write(right)})"

    def _call(self, node: ast.Call) -> str:
        if not isinstance(node.func, ast.Name) or node.func.id not in CALLS:
            raise self.refused(node, f"only these may be called: {', '.join(sorted(CALLS))}")
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self.refused(node, "arguments are given by position")
        fewest, most, write = CALLS[node.func.id]
        if not fewest <= len(node.args) <= most:
            raise self.refused(node, f"{node.func.id} takes {fewest} to {most} arguments")
        return write(self, node)

    def plain_call(self, node: ast.Call) -> str:
        """A call whose arguments are expressions."""
        assert isinstance(node.func, ast.Name)
        name = {"abs": "absolute"}.get(node.func.id, node.func.id)
        return f"{name}({', '.join(self.write(argument) for argument in node.args)})"

    def key_call(self, node: ast.Call) -> str:
        """`key(guid)` or `key(company, code)`."""
        name = "key" if len(node.args) == 1 else "code_key"
        return f"{name}({', '.join(self.write(argument) for argument in node.args)})"

    def sized_call(self, node: ast.Call) -> str:
        """`cut(text, length)` or `text(number, width)`: the size is a literal of 1 to 4000."""
        assert isinstance(node.func, ast.Name)
        value, *sizes = node.args
        for size in sizes:
            length = self.literal(size)
            if type(length) is not int or not 1 <= length <= LONGEST:
                raise self.refused(size, f"a whole number of 1 to {LONGEST} is expected")
        return f"{node.func.id}({', '.join([self.write(value), *(repr(self.literal(size)) for size in sizes)])})"

    def band_call(self, node: ast.Call) -> str:
        """`band(number, limit, label, ..., last label)`: limits ascend."""
        value, *rest = node.args
        literals = [self.literal(argument) for argument in rest]
        limits, labels = literals[:-1:2], [*literals[1::2], literals[-1]]
        if len(rest) % 2 == 0 or not all(isinstance(label, str) for label in labels):
            raise self.refused(node, "band(number, limit, 'label', ..., 'last label')")
        if any(type(limit) not in (int, Decimal) for limit in limits) or limits != sorted(set(limits)):
            raise self.refused(node, "the limits of a band are numbers that ascend")
        return f"band({self._pool.add((tuple(limits), tuple(labels)))}, {self.write(value)})"

    def choose_call(self, node: ast.Call) -> str:
        """`choose(value, case, result, ..., default)`: cases and results are literals; None without a default."""
        value, *rest = node.args
        pairs = rest[: len(rest) // 2 * 2]
        default = self.write(rest[-1]) if len(rest) % 2 else "None"
        cases = {self.literal(case): self.literal(result) for case, result in zip(pairs[::2], pairs[1::2], strict=True)}
        return f"choose({self._pool.add(cases)}, {self.write(value)}, {default})"


CALLS: Final[Mapping[str, tuple[int, int, Callable[[_Writer, ast.Call], str]]]] = {
    "key": (1, 2, _Writer.key_call),
    "trim": (1, 1, _Writer.plain_call),
    "upper": (1, 1, _Writer.plain_call),
    "date": (1, 1, _Writer.plain_call),
    "abs": (1, 1, _Writer.plain_call),
    "text": (1, 2, _Writer.sized_call),
    "cut": (2, 2, _Writer.sized_call),
    "band": (4, 100, _Writer.band_call),
    "choose": (3, 200, _Writer.choose_call),
}
"""The functions: fewest and most arguments, and how the call is written."""
