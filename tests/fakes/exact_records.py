"""Exact's records written by hand: a field that is not named is null, as most are."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from oracle.books import Books
from oracle.settings import Settings

NL, BE = 100001, 200001
SITES = {NL: "nl", BE: "be"}


class Blank(dict[str, Any]):
    """A record whose other fields are null."""

    def __missing__(self, field: str) -> None:
        return None


def record(**fields: Any) -> Blank:
    """A record of the Dutch company; fractions are given as texts."""
    return Blank({"Division": NL} | {name: _value(value) for name, value in fields.items()})


def but(one: Blank, **fields: Any) -> Blank:
    """The same record with other values."""
    return Blank(one | {name: _value(value) for name, value in fields.items()})


def _value(value: Any) -> Any:
    return Decimal(value[1:]) if isinstance(value, str) and value.startswith("=") else value


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> str:
    """A moment of the Dutch clock as Exact sends it."""
    wall = datetime(year, month, day, hour, minute, tzinfo=UTC)
    return f"/Date({int(wall.timestamp()) * 1000})/"


def books(settings: Settings | None = None, /, **entities: list[Blank]) -> Books:
    """Books that hold these records and no others."""
    return Books.of(entities, SITES, settings)


def month(year: int, number: int, start: tuple[int, int, int], end: tuple[int, int, int], **fields: Any) -> Blank:
    """A fiscal period."""
    return record(
        ID=f"p{year}{number}", FinYear=year, FinPeriod=number, StartDate=at(*start), EndDate=at(*end), **fields
    )
