"""The life of a batch: how it is composed, sent, answered and given up; the rules are in docs/delivery.md. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

MAX_ITEMS: Final = 10_000
"""Rows in one POST (https://learn.microsoft.com/power-bi/developer/embedded/push-datasets-limitations)."""
MAX_BYTES: Final = 15_500_000
"""A little below the 16 MB of one push request."""
ITEM_OVERHEAD: Final = 110
"""Bytes that braces, commas and the four technical columns add to an item, at most."""
STALE_S: Final = 5.0
"""A POST that is not on the wire this long after its `sending` commit is given up: its writer may have been paused."""


class Kind(StrEnum):
    """Content moves rows from pushed to wanted; a counter cancels surplus items of another batch."""

    CONTENT = "content"
    COUNTER = "counter"


class State(StrEnum):
    """What is known of a batch. The first three are unresolved."""

    PLANNED = "planned"
    SENDING = "sending"
    DOUBTFUL = "doubtful"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    VOID = "void"


UNRESOLVED: Final = frozenset({State.PLANNED, State.SENDING, State.DOUBTFUL})


class Mode(StrEnum):
    """How a table's rows change."""

    REVERSAL = "reversal"
    REPLACE = "replace"


class Answer(StrEnum):
    """What a POST's answer says about the batch."""

    ACCEPTED = "accepted"
    """200."""
    UNKNOWN = "unknown"
    """A timeout, a reset, a 5xx, anything else: it may have landed, in whole or in part."""
    REFUSED = "refused"
    """400 or 413: these rows will not be taken."""
    AGAIN = "again"
    """429, a token that was refused, a table that is gone, or no byte was sent: the same batch after the wait."""


class Seen(NamedTuple):
    """A difference that a census saw once, by its fingerprint, and when (Unix seconds)."""

    fingerprint: str
    at: float


@dataclass(frozen=True, slots=True)
class Batch:
    """One POST's content, fixed when planned: items in order, each a row id, an image and a sign."""

    id: int
    epoch: int
    kind: Kind
    state: State
    rows: tuple[int, ...]
    images: tuple[int, ...]
    signs: tuple[int, ...]
    first_ord: int
    counters: int | None = None
    extra: tuple[int, ...] = ()
    """Copies expected beyond the base, by item; empty means none."""
    missing: tuple[int, ...] = ()
    """Positions of the items that are sent again, until a census sees them."""
    resend: bool = False
    """The missing items wait to be sent."""
    attempts: int = 0
    sent_at: float | None = None
    confirmed_at: float | None = None
    seen: Seen | None = None

    @property
    def unresolved(self) -> bool:
        """Whether it may still change what is known of its rows."""
        return self.state in UNRESOLVED

    @property
    def positions(self) -> Sequence[int]:
        """The items that the next POST of this batch carries."""
        return self.missing if self.resend else range(len(self.rows))


class DueRow(NamedTuple):
    """A due row that no unresolved content batch holds. Images are ids, None where there is nothing."""

    row: int
    touched: int
    unit: str
    wanted: int | None
    pushed: int | None
    size: int
    """Bytes of its images' text."""
    key_taken: bool = False
    """Replace tables: a row with this dimension key is in the sink, or may be."""
    duplicate: bool = False
    """Replace tables: another wanted row has the same dimension key."""


class Items(NamedTuple):
    """The content of a batch to be planned."""

    rows: tuple[int, ...]
    images: tuple[int, ...]
    signs: tuple[int, ...]


class Composed(NamedTuple):
    """What becomes of the due rows that were looked at."""

    settled: list[DueRow]
    """Wanted equals pushed: they leave due."""
    items: Items
    waiting: list[DueRow]
    """They wait for the table to be replaced."""
    duplicates: list[DueRow]
    """Their key is another live row's: a person mends that."""


def compose(due: Sequence[DueRow], mode: Mode, max_items: int = MAX_ITEMS, max_bytes: int = MAX_BYTES) -> Composed:
    """Choose the next batch of one table from due rows in order; rows of one unit must stand together.

    A unit goes into one batch where it fits into one. The negation and the new image of a row are never parted.
    """
    settled = [row for row in due if row.wanted == row.pushed]
    moved = [row for row in due if row.wanted != row.pushed]
    waiting: list[DueRow] = []
    duplicates: list[DueRow] = []
    if mode is Mode.REPLACE:
        duplicates = [row for row in moved if row.duplicate]
        waiting = [row for row in moved if not row.duplicate and (row.pushed is not None or row.key_taken)]
        moved = [row for row in moved if not row.duplicate and row.pushed is None and not row.key_taken]
    return Composed(settled, _items(_fitting(moved, max_items, max_bytes)), waiting, duplicates)


def _fitting(moved: Sequence[DueRow], max_items: int, max_bytes: int) -> list[DueRow]:
    chosen: list[DueRow] = []
    items = size = 0
    for _, unit in groupby(moved, key=lambda row: row.unit):
        rows = list(unit)
        unit_items, unit_size = sum(map(_count, rows)), sum(map(_bytes, rows))
        if items + unit_items <= max_items and size + unit_size <= max_bytes:
            chosen += rows
            items, size = items + unit_items, size + unit_size
        elif chosen:
            break
        else:
            return _part_of_unit(rows, max_items, max_bytes)
    return chosen


def _part_of_unit(rows: Sequence[DueRow], max_items: int, max_bytes: int) -> list[DueRow]:
    chosen: list[DueRow] = []
    items = size = 0
    for row in rows:
        items, size = items + _count(row), size + _bytes(row)
        if chosen and (items > max_items or size > max_bytes):
            break
        chosen.append(row)
    return chosen


def _count(row: DueRow) -> int:
    return (row.pushed is not None) + (row.wanted is not None)


def _bytes(row: DueRow) -> int:
    return row.size + _count(row) * ITEM_OVERHEAD


def _items(chosen: Sequence[DueRow]) -> Items:
    rows: list[int] = []
    images: list[int] = []
    signs: list[int] = []
    for row in chosen:
        for image, sign in ((row.pushed, -1), (row.wanted, 1)):
            if image is not None:
                rows.append(row.row)
                images.append(image)
                signs.append(sign)
    return Items(tuple(rows), tuple(images), tuple(signs))


def planned(number: int, epoch: int, items: Items, first_ord: int, counters: int | None = None) -> Batch:
    """A batch as it is written down before anything is sent; a counter names the batch whose surplus it cancels."""
    kind = Kind.CONTENT if counters is None else Kind.COUNTER
    return Batch(number, epoch, kind, State.PLANNED, *items, first_ord=first_ord, counters=counters)


def begun(batch: Batch, now: float) -> Batch:
    """The batch as committed before its POST, whole or its missing items; what a census saw before is void."""
    state = batch.state if batch.resend else State.SENDING
    return replace(batch, state=state, attempts=batch.attempts + 1, sent_at=now, resend=False, seen=None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A batch after an event, and what else the same commit does."""

    batch: Batch
    moves: bool = False
    """Pushed becomes what the batch says; rows whose wanted equals it leave due."""
    parts: tuple[tuple[int, ...], ...] = ()
    """Rows to be tried apart: a refused batch cut in two."""
    refused: tuple[int, int | None] | None = None
    """The row, and its image, that goes to failures and is not due while that image is wanted."""
    counter: Items | None = None
    """A counter to be planned."""
    give_up: str = ""
    """Why rows can't repair the table: raise, then clear."""


def confirmed(batch: Batch, epoch: int, now: float) -> Outcome:
    """Accepted, or found whole by a census; only the first time, and only content of the current epoch moves pushed."""
    moves = batch.kind is Kind.CONTENT and batch.confirmed_at is None and batch.epoch == epoch
    first = now if batch.confirmed_at is None else batch.confirmed_at
    settled = replace(batch, state=State.CONFIRMED, confirmed_at=first, missing=(), resend=False, seen=None)
    return Outcome(settled, moves=moves)


def pushed_by(batch: Batch) -> dict[int, int | None]:
    """What each row's pushed image is once the batch has landed: None where only the negation went."""
    pushed: dict[int, int | None] = {}
    for row, image, sign in zip(batch.rows, batch.images, batch.signs, strict=True):
        if sign > 0:
            pushed[row] = image
        else:
            pushed.setdefault(row, None)
    return pushed


def answered(batch: Batch, sent: Sequence[int], answer: Answer, epoch: int, now: float) -> Outcome:
    """The batch after its POST of the items at `sent`."""
    whole = batch.state is State.SENDING
    if answer is Answer.ACCEPTED:
        return confirmed(batch, epoch, now) if whole else Outcome(batch)
    if answer is Answer.UNKNOWN:
        return Outcome(replace(batch, state=State.DOUBTFUL) if whole else batch)
    if answer is Answer.AGAIN:
        return Outcome(
            replace(batch, state=State.PLANNED) if whole else replace(batch, missing=tuple(sent), resend=True)
        )
    return _refused(batch)


def _refused(batch: Batch) -> Outcome:
    if batch.kind is Kind.COUNTER or not batch.unresolved:
        void = replace(batch, state=State.VOID) if batch.unresolved else batch
        return Outcome(void, give_up=f"the sink refused a repair of batch {batch.counters or batch.id}")
    refused = replace(batch, state=State.REFUSED, missing=(), resend=False, seen=None)
    pushed = pushed_by(batch)
    if len(pushed) == 1:
        return Outcome(refused, refused=next(iter(pushed.items())))
    rows = tuple(pushed)
    return Outcome(refused, parts=(rows[: len(rows) // 2], rows[len(rows) // 2 :]))


def taken_over(batch: Batch) -> Batch:
    """A batch as a new holder of the lease finds it: what was being sent is in doubt, what is planned stays."""
    return replace(batch, state=State.DOUBTFUL) if batch.state is State.SENDING else batch


def raised(batch: Batch) -> Batch:
    """Any batch of a table after its epoch was raised: nothing of it is awaited any more."""
    state = State.VOID if batch.unresolved else batch.state
    return replace(batch, state=state, extra=(), missing=(), resend=False, seen=None)


def is_young(batch: Batch, now: float, settle: float) -> bool:
    """Whether its last POST may still be landing. A stamp further ahead than settle is a clock's that was set back."""
    return batch.sent_at is not None and abs(now - batch.sent_at) < settle
