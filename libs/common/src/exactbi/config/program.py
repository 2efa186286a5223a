"""Programs: one generated Python function per table, from a record's fields to its row.

The function decodes nothing that the table does not need, and joins the row's JSON from pieces. Numbers reach it as
whole numbers or as decimals of their JSON text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any, Final

import msgspec

from exactbi.config.expressions import RUNTIME, Expression, Pool, parse
from exactbi.config.functions import Refused
from exactbi.config.tables import ColumnType
from exactbi.config.values import WRITERS, units


class ColumnMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What the transformer needs of a column."""

    name: str
    type: ColumnType
    source: str
    additive: bool = False


class TableMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What the transformer needs of a table that a stream fills; a part of `mapping.configuration`."""

    name: str
    columns: tuple[ColumnMapping, ...]
    key: str | None = None
    unit: str | None = None
    only_when: str | None = None


class Unmappable(Exception):  # noqa: N818 - an answer about a record, not an error of the program
    """A record that a table's mapping can't use: the column, the field that it reads, and why."""

    def __init__(self, column: str, fields: str, why: str) -> None:
        super().__init__(f"column {column!r} (from {fields or 'no field'}): {why}")
        self.column = column
        self.fields = fields


Row = tuple[str, list[int], str, str | None]
"""Attributes, additive units, the unit's name, and the dimension key: see `MappedRow`."""


class Program:
    """A table's mapping, compiled. `fields` are those of the record that it reads."""

    def __init__(self, table: TableMapping) -> None:
        self.table = table.name
        self._steps: list[tuple[str, str]] = []
        self.fields, self._run = self._compiled(table)

    def row(self, record: Any, company: str, site: str, division: int) -> Row | None:
        """The row of a record, None where the table has none of it; Unmappable where a value can't be used.

        `record` has an attribute for each of `fields`.
        """
        at = [0]
        try:
            return self._run(record, company, site, division, at)
        except Refused as error:
            why = str(error)
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            why = f"not a value of the right kind ({type(error).__name__})"
        column, fields = self._steps[at[0]]
        raise Unmappable(column, fields, why)

    def _compiled(self, table: TableMapping) -> tuple[frozenset[str], Callable[..., Row | None]]:
        pool = Pool()
        lines: list[str] = []
        fields: set[str] = set()

        def step(name: str, source: str) -> str:
            expression: Expression = parse(source, pool)
            fields.update(expression.fields)
            lines.append(f"at[0] = {len(self._steps)}")
            self._steps.append((name, ", ".join(sorted(expression.fields))))
            return expression.code

        if table.only_when is not None:
            condition = step("only_when", table.only_when)
            lines += [f"if not {condition}:", "    return None"]
        sums, key = self._columns(table, step, lines)
        if table.unit is not None:
            lines.append(f"unit = {step('unit', table.unit)}")
        else:
            lines.append(f"unit = {key or repr('')}")
        lines.append(f"return ','.join(pieces), [{', '.join(sums)}], unit, {key}")
        head = [f"field_{name} = record.{name}" for name in sorted(fields)]
        body = "".join(f"    {line}\n" for line in [*head, *lines])
        return frozenset(fields), _defined(f"def run(record, company, site, division, at):\n{body}", pool)

    @staticmethod
    def _columns(
        table: TableMapping, step: Callable[[str, str], str], lines: list[str]
    ) -> tuple[Sequence[str], str | None]:
        """The code of the additive units, and the local that holds the dimension key.

        A blank is left out of the attributes, for Power BI documents no null, and leaves blank what a row has not.
        """
        lines.append("pieces = []")
        sums: list[str] = []
        key = None
        for index, column in enumerate(table.columns):
            code = step(column.name, column.source)
            if column.additive:
                lines.append(f"sum_{index} = units({code})")
                sums.append(f"sum_{index}")
                continue
            lines.append(f"value_{index} = {code}")
            member = f"{quoted(column.name)}:"
            lines.append(f"if value_{index} is not None:")
            lines.append(f"    pieces.append({member!r} + write_{column.type}(value_{index}))")
            if column.name == table.key:
                key = f"value_{index}"
        return sums, key


def decoder(programs: Sequence[Program]) -> msgspec.json.Decoder[Any]:
    """Decodes of a record's JSON the fields that the programs read; a field that is missing is None.

    Numbers with a point or an exponent become decimals of their text; others whole numbers.
    """
    names = sorted(frozenset[str]().union(*(program.fields for program in programs)))
    record = msgspec.defstruct("Record", [(name, Any, None) for name in names], frozen=True, gc=False)
    return msgspec.json.Decoder(record, float_hook=Decimal)


BUILTINS: Final[dict[str, Any]] = {"__builtins__": {}}
"""Generated code reaches nothing but what it is given."""


def _defined(source: str, pool: Pool) -> Callable[..., Row | None]:
    """The function of a generated source, whose text comes from checked expressions and constants only."""
    names: dict[str, Any] = {
        **BUILTINS,
        **RUNTIME,
        **pool.constants,
        **{f"write_{name}": write for name, write in WRITERS.items()},
        "units": units,
    }
    exec(compile(source, "<mapping>", "exec"), names)  # noqa: S102
    run: Callable[..., Row | None] = names["run"]
    return run
