"""Images: what a record's rows become, by value. Pure.

Equal values change nothing: a record that Exact stamped anew moves its version on and pushes no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from struct import pack

from exactbi.messages.rows import MappedRow

HASH_BYTES = 16


@dataclass(frozen=True, slots=True)
class WantedRow:
    """A row that is or was wanted: `image` is None where it is not; `hash` is that of its last image."""

    row_id: int
    image: int | None
    hash: bytes
    unit: str


@dataclass(frozen=True, slots=True)
class NewImage:
    """A value that a row is to have; `row_id` is None for a row that was never wanted."""

    record: str
    row: MappedRow
    hash: bytes
    row_id: int | None

    @property
    def names(self) -> tuple[str, str | None]:
        """The unit that it arrives with, and its dimension key."""
        return self.row.unit, self.row.key


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A row that is no longer wanted."""

    row_id: int
    table: str
    unit: str


@dataclass
class Changes:
    """What becomes due."""

    images: list[NewImage] = field(default_factory=list)
    unwanted: list[Unwanted] = field(default_factory=list)


Rows = Mapping[tuple[str, int], WantedRow]
"""The rows of a record by table and ordinal."""


def digest(row: MappedRow) -> bytes:
    """The hash of a row's values."""
    text = row.attributes.encode("utf-8", "surrogatepass")
    return blake2b(text + b"\0" + pack(f">{len(row.additive)}q", *row.additive), digest_size=HASH_BYTES).digest()


def compare(wanted: Mapping[str, Sequence[MappedRow]], before: Mapping[str, Rows]) -> Changes:
    """The images that records' rows need anew, and the rows that are not listed any more."""
    changes = Changes()
    for record, rows in wanted.items():
        known = before.get(record, {})
        listed = set()
        for row in rows:
            place = (row.table, row.ordinal)
            listed.add(place)
            value, last = digest(row), known.get(place)
            if last is None or last.image is None or last.hash != value:
                changes.images.append(NewImage(record, row, value, None if last is None else last.row_id))
        changes.unwanted.extend(_gone(known, listed))
    return changes


def _gone(known: Rows, listed: set[tuple[str, int]]) -> Iterable[Unwanted]:
    for (table, ordinal), row in known.items():
        if row.image is not None and (table, ordinal) not in listed:
            yield Unwanted(row.row_id, table, row.unit)
