"""People at work on the group's ledger: entries are posted, edited, processed, deleted, paid, each as a whole.

What other records rest on stays: entries of processed invoices keep their amounts, entries between companies of the
group are not touched, what a VAT return counted is not taken away, and closed years are closed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from emulators.books.company import TODAY
from emulators.books.desk import BANK, CREDIT, OTHER, PURCHASE, SALE
from emulators.books.ids import guid_of
from emulators.books.parties import GROUP
from emulators.exact import ledger_edits as edits
from emulators.exact.change_rows import Rows
from emulators.exact.commits import Write
from emulators.exact.division import Division
from emulators.exact.entities import ENTITIES, TRANSACTION_LINES
from emulators.exact.ledger_edits import LINES, TERMS
from emulators.exact.postings import Postings
from emulators.exact.row import Row
from emulators.exact.values import NULL, moment_ms, parsed

Made = tuple[str, list[Write], str]
"""The entry, what is written, and the entry's type."""
_CONTROL: Final = frozenset({20, 22})
_VAT: Final = 24
_OPEN, _PROCESSED = "20", "50"
_LATE_MONTHS: Final = 3


class LedgerChanges:
    """Makes changes of the ledger lines of one site's companies."""

    def __init__(self, rows: Rows, postings: Postings) -> None:
        self._rows, self._postings = rows, postings
        self._kinds: dict[str, Callable[[Division], Made]] = {
            "create": lambda place: self._posted(place, late=False),
            "backdate": lambda place: self._posted(place, late=True),
            "edit": self._edited, "delete": self._deleted, "restamp": self._restamped, "process": self._processed,
        }  # fmt: skip

    def change(self, place: Division, kind: str) -> Made:
        """One change; NothingLeftError when no entry is left for it."""
        self._rows.begin()
        return self._kinds[kind](place)

    def _posted(self, place: Division, *, late: bool) -> Made:
        """A new entry of this month, up to today, or, late, of one of the three before."""
        desk, dice = place.books.keeper.desk, self._rows.dice
        month = TODAY.month - (1 + int(dice.random() * _LATE_MONTHS) if late else 0)
        day = date(TODAY.year, month, 1 + int(dice.random() * (28 if late else TODAY.day)))
        year, period = place.books.company.period_of(day)
        by_hand = dice.random() < 0.6
        entry = desk.purchase(year, period, day) if by_hand else desk.memorial(year, period, 4, day)
        entry.created, entry.status = self._rows.now(), int(_OPEN)
        return entry.id, self._postings.entry(place, entry), str(entry.type)

    def _edited(self, place: Division) -> Made:
        """A cost centre, a text, an amount moved, or another amount with all that follows from it."""
        lines = self._entry(place, self._is_editable)
        kind, term = self._type(lines), self._term(place, lines)
        writes: list[Write] | None = None
        if self._rows.dice.random() < 0.5:
            if kind == OTHER and not self._touches(place, lines, {*_CONTROL, _VAT}):
                writes = edits.moved(self._rows, lines)
            elif kind == PURCHASE and self._is_free(place, lines):
                writes = edits.repriced(self._rows, lines, term)
        if writes is None and self._rows.dice.random() < 0.7:
            books = place.books
            writes = edits.recoded(self._rows, lines, books.company.codes, books.render.center_texts)
        return self._made(lines, writes or edits.described(self._rows, lines))

    def _deleted(self, place: Division) -> Made:
        """An open entry with its term; only what nothing else rests on."""
        lines = self._entry(place, lambda rows: self._is_free(place, rows))
        term = self._term(place, lines)
        writes = self._rows.removed(LINES, lines)
        return self._made(lines, writes + (self._rows.removed(TERMS, [term]) if term else []))

    def _restamped(self, place: Division) -> Made:
        lines = self._entry(place, self._is_editable)
        return self._made(lines, self._rows.restamped(LINES, lines))

    def _processed(self, place: Division) -> Made:
        lines = self._entry(place, lambda rows: rows[0].values[_STATUS] == _OPEN)
        return self._made(lines, edits.processed(self._rows, lines, self._term(place, lines)))

    def _made(self, lines: list[Row], writes: list[Write]) -> Made:
        return str(lines[0].parent), writes, lines[0].values[_TYPE]

    def _entry(self, place: Division, fits: Callable[[list[Row]], bool]) -> list[Row]:
        """The lines of an entry of the open year that fits."""
        found: list[list[Row]] = []
        year = str(place.books.company.open_year)

        def suits(row: Row) -> bool:
            if row.values[_YEAR] != year or row.parent in self._rows.held():
                return False
            lines = self._rows.of(LINES, place.code, parent=row.parent)
            if fits(lines):
                found.append(lines)
            return bool(found)

        self._rows.one(LINES, place.code, suits)
        return found[0]

    def _is_editable(self, lines: list[Row]) -> bool:
        return self._type(lines) in (SALE, CREDIT, PURCHASE, OTHER, BANK)

    def _is_free(self, place: Division, lines: list[Row]) -> bool:
        """Whether the entry may go: open, made by hand, unpaid, in no VAT return, of nobody else's concern."""
        values = lines[0].values
        kind = self._type(lines)
        if values[_STATUS] != _OPEN or kind not in (PURCHASE, OTHER):
            return False
        if kind == OTHER:
            return not self._touches(place, lines, {*_CONTROL, _VAT})
        by_hand = parsed(values[_REFERENCE]).startswith("D-")
        term = self._term(place, lines)
        unpaid = term is not None and self._is_whole(term, lines)
        return by_hand and unpaid and not self._is_returned(place, lines)

    def _is_whole(self, term: Row, lines: list[Row]) -> bool:
        header = next(row for row in lines if edits.number(row) == 0)
        of = ENTITIES[TERMS].at
        return term.values[of("EndDate")] == NULL and term.values[of("AmountDC")] == header.values[_AMOUNT]

    def _is_returned(self, place: Division, lines: list[Row]) -> bool:
        """Whether a VAT return may have counted it: it was there before the last one was written."""
        period = int(lines[0].values[_PERIOD])
        written = moment_ms(lines[0].values[_CREATED]) or 0
        this = place.books.company.period_of(TODAY)[1]
        return period < this and written <= place.books.keeper.last_return

    def _touches(self, place: Division, lines: list[Row], types: set[int]) -> bool:
        """Whether a line stands on an account of one of these types, or on none."""
        kinds = place.books.account_types
        return any(kinds.get(parsed(row.values[_ACCOUNT]), 0) in {*types, 0} for row in lines)

    def _term(self, place: Division, lines: list[Row]) -> Row | None:
        """The term of an entry's line 0; a company of the group is left alone."""
        header = next((row for row in lines if edits.number(row) == 0), None)
        if header is None:
            return None
        found = self._rows.of(TERMS, place.code, key=guid_of(0, "term", header.id))
        held = self._rows.held()
        return found[0] if found and found[0].id not in held else None

    @staticmethod
    def _type(lines: list[Row]) -> int:
        return int(lines[0].values[_TYPE])


def partners(place: Division) -> set[str]:
    """The relations that are companies of the group."""
    return {party.id for party in place.operations.parties if party.kind == GROUP}


_TYPE, _YEAR, _PERIOD, _STATUS, _REFERENCE, _CREATED, _ACCOUNT, _AMOUNT = map(
    TRANSACTION_LINES.at,
    ("Type", "FinancialYear", "FinancialPeriod", "Status", "YourRef", "Created", "GLAccount", "AmountDC"),
)
