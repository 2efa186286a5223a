"""What books consist of."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Protocol

UNITS = 10_000
"""Amounts are counted in units of 0.0001."""


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account; `type` is Exact's number, `balance_type` B or W, `side` D or C, `use` 0, 1 or 2."""

    id: str
    code: str
    description: str
    type: int
    balance_type: str
    side: str
    use: int = 2
    blocked: bool = False
    search: str | None = None


@dataclass(frozen=True, slots=True)
class CostCenter:
    """A cost centre; `modified` is Dutch wall time in milliseconds."""

    id: str
    code: str
    description: str | None
    modified: int
    end: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A client or supplier."""

    id: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Journal:
    code: str
    description: str


class Described(Protocol):
    """What a ledger line may refer to: a part of a project."""

    @property
    def id(self) -> str: ...
    @property
    def description(self) -> str: ...


class Labelled(Described, Protocol):
    """The same with a code: a project, an item, an asset."""

    @property
    def code(self) -> str: ...


@dataclass(slots=True)
class Line:
    """A ledger line. `amount` counts units; `text` is its number's text where it has more decimals than units.
    `offset` is the line that it is matched against."""

    id: str
    number: int
    account: Account | None
    amount: int
    text: str | None = None
    foreign: int | None = None
    cost_center: str | None = None
    relation: Relation | None = None
    description: str | None = None
    vat_code: str | None = None
    vat_type: str | None = None
    vat_rate: str | None = None
    vat_base: int | None = None
    vat: int | None = None
    quantity: str | None = None
    notes: str | None = None
    cost_unit: str | None = None
    project: Labelled | None = None
    item: Labelled | None = None
    wbs: Described | None = None
    asset: Labelled | None = None
    offset: str | None = None


@dataclass(slots=True)
class Entry:
    """Lines that were posted together; `created` is Dutch wall time in milliseconds, `rate` a number's text."""

    id: str
    number: int
    type: int
    journal: Journal
    year: int
    period: int
    date: datetime.date
    created: int
    status: int = 50
    currency: str = "EUR"
    rate: str = "1"
    invoice: int | None = None
    reference: str | None = None
    document: int | None = None
    due: datetime.date | None = None
    lines: list[Line] = field(default_factory=list)


def decimal_text(units: int) -> str:
    """The shortest decimal text of an amount: 121, 12.5, -0.0001."""
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), UNITS)
    return f"{sign}{whole}" if not part else f"{sign}{whole}." + f"{part:04d}".rstrip("0")
