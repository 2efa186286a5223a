"""A stored record: what it is known by, and its fields as one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulators.exact.values import NULL

SEPARATOR: Final = "\x1f"
_NULL: Final = f"{SEPARATOR}{NULL}{SEPARATOR}"
_NOTHING: Final = SEPARATOR * 2


@dataclass(frozen=True, slots=True)
class Row:
    """One record: `values` are JSON texts in the entity's order."""

    version: int
    division: int
    id: str
    parent: str | None
    at: float
    values: list[str]


def pack(values: Sequence[str]) -> str:
    """The body of a record. An unquoted null between separators is nothing but a null; neighbours share a separator,
    so it takes two passes."""
    joined = SEPARATOR + SEPARATOR.join(values) + SEPARATOR
    return joined.replace(_NULL, _NOTHING).replace(_NULL, _NOTHING)[1:-1]


def unpack(body: str) -> list[str]:
    return [value or NULL for value in body.split(SEPARATOR)]
