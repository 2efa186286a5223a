"""One company's books as a stream: its documents, the entries that they and the calendar make, its payment terms.

Months go by in order: documents are posted, payments settle terms, the month is ended, VAT is returned for the month
before, and in the first month of a fiscal year the year before is closed. A term is given when it is settled, or at
the end. Nothing but open terms and running sums is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from emulators.books.balances import Balances
from emulators.books.banking import Bank, matched, paid_out
from emulators.books.company import TODAY, Company
from emulators.books.desk import OTHER, Desk
from emulators.books.documents import PROCESSED, Document, PurchaseInvoice, SalesInvoice, rows_of
from emulators.books.filling import filler
from emulators.books.model import Entry
from emulators.books.monthly import accrued, assets, deferred, depreciation, payroll, petty, revalued, vat_return
from emulators.books.openings import opening
from emulators.books.operations import Operations
from emulators.books.parties import GROUP
from emulators.books.payments import Planner
from emulators.books.terms import Term, term_of
from emulators.books.trading import purchase_entry, sales_entry
from emulators.books.traps import traps
from emulators.books.yearend import closing

Event = Document | Entry | Term
OPEN_AFTER: Final = date(2026, 9, 30)
_RETURN_DAY: Final = 20
_SHORTEST: Final = 2
"""An entry has two lines at least."""
_LARGE: Final = 10_000 * 10_000
"""Odd entries of such amounts stay on one balance account, so that the result remains plausible."""
_MINUTE_MS: Final = 60_000
_DRAFT: Final = 10


@dataclass(frozen=True)
class Extent:
    """How much a company's books hold: about `records` in the streams; `people`: lines of a payroll; what comes back
    each month does so in `active` months only; the last `filled` months are filled up; `traps`: the size for odd
    entries, none where there is no room; `closes`: years are closed."""

    records: int
    people: int
    active: frozenset[tuple[int, int]]
    filled: int
    traps: int | None
    closes: bool = True


class Bookkeeper:
    """Keeps the books of one company."""

    def __init__(self, company: Company, operations: Operations, extent: Extent) -> None:
        self.company, self.operations, self.extent = company, operations, extent
        self.desk = Desk(company, operations.relations.clients, operations.relations.suppliers)
        self.desk.open_after = OPEN_AFTER
        self.balances = Balances(company.vat_accounts)
        self.open: dict[str, Term] = {}
        self.records = 0
        self._planner = Planner(self.desk)
        self._bank = Bank(self.desk, self._planner)
        self._of_invoice: dict[str, Term] = {}
        self._assets = assets(company)
        self._age = self._revaluation = 0
        self._accrued: str | None = None
        self.last_return = 0
        """When the last VAT return was written."""
        self._odd: dict[tuple[int, int], list[Entry]] = defaultdict(list)

    def events(self) -> Iterator[Event]:
        """All of it, in the order in which it happened; at the end the terms that are still open."""
        yield from self._posted(self._opening())
        for at, (year, month) in enumerate(self.company.months, 1):
            if (year, month) == (2026, 1) and self.extent.traps is not None:
                self._set_traps(self.extent.traps)
            yield from self._month(year, month, len(self.company.months) - at)
        yield from self.open.values()

    def _opening(self) -> Entry:
        year, month = self.company.months[0]
        day = date(year, month, 1)
        _, period = self.company.period_of(day)
        return opening(self.desk, day, self._assets if self.extent.active else (), in_mid_year=period > 1)

    def _set_traps(self, size: int) -> None:
        """Odd entries, each in the month in which it was written."""
        for entry in traps(self.desk, size):
            for line in entry.lines:
                if abs(line.amount) >= _LARGE:
                    line.account, line.cost_center = self.company.account("suspense"), None
            written = datetime.fromtimestamp(entry.created / 1000, UTC)
            self._odd[max((2026, 1), (written.year, written.month))].append(entry)

    def _month(self, year: int, month: int, left: int) -> Iterator[Event]:
        """`left` months come after this one."""
        goal = self.records + (self.extent.records - self.records) // (left + 1)
        last = min(self.company.end_of(*self.company.period_of(date(year, month, 1))), TODAY)
        for document in self.operations.month(year, month):
            self.records += rows_of(document)
            yield document
            yield from self._document(document)
        self._of_invoice = {key: term for key, term in self._of_invoice.items() if term.settled is None}
        for entry in self._odd.pop((year, month), []):
            yield from self._posted(entry)
        for event in self._bank.month(year, month):
            yield from self._posted(event) if isinstance(event, Entry) else self._settled(event)
        if (year, month) in self.extent.active:
            yield from self._recurring(last)
        while left < self.extent.filled and goal - self.records >= _SHORTEST:
            day = last.replace(day=1 + int(self.desk.dice.random() * last.day))
            yield from self._posted(filler(self.desk, day, goal - self.records))
        if (year, month) in self.extent.active:
            yield from self._returned(last)
        first = (year, month) == self.company.months[0]
        if self.extent.closes and self.company.period_of(last)[1] == 1 and not first:
            yield from self._closed(last)

    def post(self, entry: Entry) -> Term | None:
        """Count an entry, and open its term."""
        self.records += len(entry.lines)
        self.balances.post(entry)
        term = term_of(entry)
        if term is not None:
            self.records += 1
            self.open[term.id] = term
            self._planner.add(term, getattr(term.relation, "kind", "") == GROUP)
        return term

    def _posted(self, entry: Entry | None) -> Iterator[Entry]:
        if entry is not None and entry.lines:
            self.post(entry)
            yield entry

    def _settled(self, term: Term) -> Iterator[Term]:
        if self.open.get(term.id) is term:
            del self.open[term.id]
        else:
            self.records += 1
        yield term

    def _document(self, document: Document) -> Iterator[Event]:
        if isinstance(document, SalesInvoice) and document.status == PROCESSED and not document.removed:
            yield from self._invoiced(sales_entry(self.desk, document), document)
        elif isinstance(document, PurchaseInvoice) and document.status != _DRAFT:
            yield from self._invoiced(purchase_entry(self.desk, document), document)

    def _invoiced(self, entry: Entry, document: SalesInvoice | PurchaseInvoice) -> Iterator[Event]:
        term = self.post(entry)
        yield entry
        if term is None:
            return
        if isinstance(document, SalesInvoice):
            self._of_invoice[document.id] = term
            taken = self._of_invoice.pop(document.credits, None) if document.credits else None
            if taken is not None and taken.settled is None and taken.amount > 0 > term.amount:
                for settled in matched(term, taken, entry):
                    yield from self._settled(settled)

    def _recurring(self, last: date) -> Iterator[Entry]:
        desk, company = self.desk, self.company
        pay_day = last.replace(day=min(25, last.day))
        people = [company.codes[at % len(company.codes)] for at in range(self.extent.people)]
        yield from self._posted(payroll(desk, pay_day, people, self._wage()))
        first = company.months[0]
        age = (last.year - first[0]) * 12 + last.month - first[1] + 1
        yield from self._posted(depreciation(desk, last, self._assets, self._age, age))
        self._age = age
        fiscal = company.period_of(last)[0]
        places = [one for one in sorted(self.extent.active) if company.period_of(date(*one, 1))[0] == fiscal]
        for entry in deferred(desk, last, places.index((last.year, last.month)), len(places)):
            yield from self._posted(entry)
        yield from self._accruals(last)
        yield from self._posted(petty(desk, last))
        revaluation, self._revaluation = revalued(desk, last, self.open.values(), self._revaluation)
        yield from self._posted(revaluation)
        if company.module and (last.year, last.month) != first:
            late = desk.purchase(*company.period_of(last.replace(day=1)), last.replace(day=1) - timedelta(days=1))
            late.created += 9 * 86_400_000
            yield from self._posted(late)

    def _accruals(self, last: date) -> Iterator[Entry]:
        if self._accrued:
            for entry in accrued(self.desk, last.replace(day=1), self._accrued, back=True):
                yield from self._posted(entry)
        self._accrued = f"{last:%Y-%m}"
        for entry in accrued(self.desk, last, self._accrued, back=False):
            yield from self._posted(entry)

    def _wage(self) -> int:
        """What one person earns in a month, in units."""
        return (4_300 if self.company.country == "NL" else 4_050) * 10_000

    def _returned(self, last: date) -> Iterator[Entry]:
        """VAT of the months before this one, then what is owed to staff and tax offices."""
        before = last.replace(day=1) - timedelta(days=1)
        sums, written = self.balances.vat_until(*self.company.period_of(before))
        usual = datetime(last.year, last.month, min(_RETURN_DAY, last.day), 10, tzinfo=UTC).timestamp() * 1000
        if written:
            self.last_return = max(int(usual), written + _MINUTE_MS)
            yield from self._posted(vat_return(self.desk, before, self.last_return, sums))
        accounts = [self.company.account(role) for role in ("wages_due", "wage_tax", "vat_due", "card")]
        owed = [(account, self.balances.total[account]) for account in accounts]
        yield from self._posted(paid_out(self.desk, owed, last))

    def _closed(self, last: date) -> Iterator[Entry]:
        """The year before, ended on the day before this month."""
        day = last.replace(day=1) - timedelta(days=1)
        year, _ = self.company.period_of(day)
        yield from self._posted(self._unprocessed(day))
        created = int(datetime(last.year, last.month, 28, 16, tzinfo=UTC).timestamp() * 1000)
        for entry in closing(self.desk, day, created, self.balances.result[year], self.balances.until(year)):
            yield from self._posted(entry)

    def _unprocessed(self, day: date) -> Entry:
        """An entry of the last day that stays open: cash taken to the bank."""
        entry = self.desk.entry(OTHER, "memorial", day)
        entry.status = 20
        for at, (role, amount) in enumerate((("bank", 250), ("cash", -250)), 1):
            entry.lines.append(self.desk.line(at, self.company.account(role), amount * 10_000))
        return entry
