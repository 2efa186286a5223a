"""Bank statements that settle terms, exchange differences, payment differences, bad debts.

Line 0 of a statement is the bank's movement. Payments of other currencies come on statements of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from emulators.books.desk import BANK, DIFFERENCE, EXCHANGE, OTHER, Desk, balanced
from emulators.books.documents import converted
from emulators.books.model import Account, Entry, Line, decimal_text
from emulators.books.payments import BAD, DISCOUNT, PART, SHORT, Plan, Planner
from emulators.books.terms import Term

_LINES_OF_A_STATEMENT: Final = 60
_SHORT: Final = 5_000
_LATER: Final = timedelta(days=12)


class Bank:
    """Makes statements; gives each settled term after the entry that settles it."""

    def __init__(self, desk: Desk, planner: Planner) -> None:
        self._desk, self._planner = desk, planner

    def month(self, year: int, month: int) -> Iterator[Entry | Term]:
        """The month's payments, grouped into statements."""
        kept: list[Plan] = []
        for plan in self._planner.due(year, month):
            if plan.habit == BAD:
                yield from self._written_off(plan.term, plan.day, "bad_debts", OTHER)
            elif plan.habit == "rest":
                yield from self._written_off(plan.term, plan.day, "differences", DIFFERENCE)
            elif plan.term.head.currency != self._desk.company.currency:
                yield from self._foreign(plan)
            else:
                kept.append(plan)
                if len(kept) == _LINES_OF_A_STATEMENT:
                    yield from self._statement(kept)
                    kept = []
        if kept:
            yield from self._statement(kept)

    def _statement(self, plans: list[Plan]) -> Iterator[Entry | Term]:
        desk = self._desk
        entry = desk.entry(BANK, "bank", plans[-1].day)
        lines, settled = [desk.line(0, desk.company.account("bank"), 0)], []
        for plan in plans:
            term = self._paid(plan)
            lines.append(self._against(term, len(lines)))
            if plan.habit == DISCOUNT:
                discount = desk.line(len(lines), desk.company.account("differences"), term.amount // 5_000 * 100)
                discount.description, discount.relation = "Betalingskorting", term.relation
                lines.append(discount)
            term.settled = entry
            settled.append(term)
        lines[0].description = f"Afschrift {entry.date:%Y-%m-%d}"
        yield balanced(entry, lines)
        yield from settled

    def _paid(self, plan: Plan) -> Term:
        """The term that is paid: all, or a part of it."""
        term = plan.term
        if plan.habit == PART:
            part = term.split(term.amount * 2 // 500 * 100 + 100)
            self._planner.again(term, plan.day + _LATER, "full")
            return part
        if plan.habit == SHORT:
            part = term.split(term.amount - _SHORT)
            self._planner.again(term, plan.day + _LATER, "rest")
            return part
        return term

    def _against(self, term: Term, number: int) -> Line:
        line = self._desk.line(number, term.account, -term.amount)
        line.relation, line.offset = term.relation, term.line
        line.description = f"{term.relation.name} {term.head.invoice or ''}".strip()
        return line

    def _foreign(self, plan: Plan) -> Iterator[Entry | Term]:
        """A payment in another currency at the day's rate, and the difference from the rate of the invoice."""
        desk, term = self._desk, plan.term
        rate = desk.company.rate(term.head.currency, plan.day)
        entry = desk.entry(BANK, "bank", plan.day)
        entry.currency, entry.rate = term.head.currency, decimal_text(rate)
        worth = converted(term.foreign, rate)
        lines = [desk.line(0, desk.company.account("bank"), 0), self._against(term, 1)]
        lines[0].foreign, lines[1].foreign, lines[1].amount = term.foreign, -term.foreign, -worth
        yield balanced(entry, lines)
        if worth != term.amount:
            yield self._difference(term, plan.day, worth - term.amount)
        term.settled = entry
        yield term

    def _difference(self, term: Term, day: date, gain: int) -> Entry:
        """Type 82: what the control account is off, against the exchange result."""
        desk = self._desk
        entry = desk.entry(EXCHANGE, "memorial", day)
        entry.currency, entry.rate = term.head.currency, decimal_text(desk.company.rate(term.head.currency, day))
        entry.invoice = term.head.invoice
        lines = [desk.line(1, term.account, gain), desk.line(2, desk.company.account("exchange"), -gain)]
        for line in lines:
            line.foreign, line.relation, line.description = 0, term.relation, "Koersverschil"
        entry.lines = lines
        return entry

    def _written_off(self, term: Term, day: date, role: str, kind: int) -> Iterator[Entry | Term]:
        desk = self._desk
        entry = desk.entry(kind, "memorial", day)
        entry.invoice = term.head.invoice
        cost = desk.line(2, desk.company.account(role), term.amount)
        cost.description, cost.relation = "Afgeboekt", term.relation
        entry.lines = [self._against(term, 1), cost]
        term.settled = entry
        yield entry
        yield term


def matched(credit: Term, invoice: Term, entry: Entry) -> list[Term]:
    """A credit note against the open invoice that it takes back: the settled terms. What is more stays open."""
    settled = []
    for one, other in ((invoice, credit), (credit, invoice)):
        if abs(one.amount) > abs(other.amount):
            settled.append(one.split(-other.amount))
            settled.append(other)
            break
    else:
        settled = [invoice, credit]
    for term in settled:
        term.settled = entry
    return settled


def paid_out(desk: Desk, accounts: Sequence[tuple[Account, int]], day: date) -> Entry | None:
    """Wages, wage tax and VAT as they are due: a statement that brings each account back to zero."""
    owed = [(account, amount) for account, amount in accounts if amount]
    if not owed:
        return None
    entry = desk.entry(BANK, "bank", day)
    lines = [desk.line(0, desk.company.account("bank"), 0)]
    for account, amount in owed:
        line = desk.line(len(lines), account, -amount)
        line.description = f"Betaling {account.description}"
        lines.append(line)
    lines[0].description = f"Afschrift {day:%Y-%m-%d}"
    return balanced(entry, lines)
