"""How each kind of entry is made: sales, purchases, bank, payroll, memorials, opening and closing.

Line 0 is the header's own posting (receivable, payable, bank), 9999 the VAT posting, as in
forums.invantive.com/t/1855; the lines of an entry add up to zero.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

from emulators.books.chart import CENTERS_IN_USE, CLIENTS, JOURNALS, accounts, cost_centers, relations
from emulators.books.ids import next_guid
from emulators.books.model import UNITS, Account, Entry, Line

SALE, PURCHASE, BANK, MEMORIAL, PAYROLL, OPENING, CLOSING = 20, 30, 40, 90, 170, 10, 310
BUDGET: Final = 3000
VAT_LINE: Final = 9999
_VAT: Final = (("2  ", "0.21", 2100), ("1  ", "0.09", 900), ("0", "0", 0))
"""Code (with trailing blanks, as published clients see them), percentage as a fraction, and in basis points."""
_USD_RATE: Final = ("0.92", 92)
_DAY_MS: Final = 86_400_000
_EPOCH: Final = 719_163
_PAY_SHARES: Final = (("4010", 0.18), ("4020", 0.09))
_DESCRIPTIONS: Final = (
    "Advies week", "Project Noord", "Licentie per maand", "Huur kantoor", 'Factuur "spoed"', "Café & lunch ☕",
    "Reiskosten", "Onderhoud", "Ontwikkeling sprint", "Correctie",
)  # fmt: skip


class Makers:
    """Makes entries one after another; numbers and dice go on where the last entry left them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(f"books {seed}")
        self.accounts = accounts(seed)
        self.by_code = {account.code: account for account in self.accounts}
        self.cost_centers = cost_centers(seed)
        self.relations = relations(seed)
        self.number = 24_000_000
        self.invoice = 240_000
        self.revenue = [self.by_code[code] for code in ("8000", "8010", "8020", "8030")]
        self.costs = [one for one in self.accounts if "4100" <= one.code < "4700"]
        self.codes = [code for code, _ in CENTERS_IN_USE]

    def entry(self, kind: int, journal: str, year: int, period: int, day: date | None = None) -> Entry:
        """An entry without lines; its date lies in its period, its creation on the day after."""
        dice = self.dice
        self.number += 1
        on = day or date(year, period, 1 + int(dice.random() * 28))
        created = (on.toordinal() - _EPOCH + 1) * _DAY_MS + int(dice.random() * _DAY_MS)
        return Entry(next_guid(dice), self.number, kind, JOURNALS[journal], year, period, on, created)

    def line(self, number: int, account: Account | None, amount: int) -> Line:
        return Line(next_guid(self.dice), number, account, amount)

    def amount(self) -> int:
        """A positive amount in whole cents, many small ones and few large ones."""
        return 100 * int(10 ** (2.5 + 4.2 * self.dice.random()))

    def text(self) -> str:
        dice = self.dice
        return f"{_DESCRIPTIONS[int(dice.random() * len(_DESCRIPTIONS))]} {int(dice.random() * 9999)}"

    def cost_center(self) -> str | None:
        """The code of a cost centre in use, now and then in another case; none for one line in eight."""
        at = int(self.dice.random() * len(self.codes) * 8 / 7)
        return None if at >= len(self.codes) else self.codes[at]

    def sale(self, year: int, period: int, day: date | None = None) -> Entry:
        """An invoice: the receivable at line 0, revenue lines, the VAT at 9999; one in nine is in dollars."""
        entry = self.entry(SALE, "70", year, period, day)
        self.invoice += 1
        entry.invoice, entry.reference = self.invoice, f"PO-{self.invoice % 997}"
        client = self.relations[int(self.dice.random() ** 2 * CLIENTS)]
        rows = 1 + int(self.dice.random() * 4)
        self._trade(entry, self.by_code["1300"], self.by_code["1500"], self.revenue, rows, sign=-1)
        for line in entry.lines:
            line.relation = client
        if self.dice.random() < 1 / 9:
            _in_dollars(entry)
        return entry

    def purchase(self, year: int, period: int, day: date | None = None) -> Entry:
        """A supplier's invoice: the payable at line 0, cost lines, the VAT at 9999."""
        entry = self.entry(PURCHASE, "60", year, period, day)
        self.invoice += 1
        entry.invoice, entry.document = self.invoice, 7_000_000 + self.invoice
        supplier = self.relations[CLIENTS + int(self.dice.random() * (len(self.relations) - CLIENTS))]
        rows = 1 + int(self.dice.random() * 3)
        self._trade(entry, self.by_code["1600"], self.by_code["1520"], self.costs, rows, sign=1)
        for line in entry.lines:
            line.relation = supplier
        return entry

    def _trade(
        self, entry: Entry, control: Account, vat_account: Account, choice: list[Account], rows: int, sign: int
    ) -> None:
        code, rate, points = _VAT[int(self.dice.random() * len(_VAT))]
        entry.due = entry.date + timedelta(days=30)
        header = self.line(0, control, 0)
        header.description = self.text()
        lines, vat_total = [header], 0
        for number in range(1, rows + 1):
            net = self.amount()
            vat = (net // 100 * points + 5_000) // UNITS * 100
            line = self.line(number, choice[int(self.dice.random() * len(choice))], sign * net)
            line.cost_center, line.description = self.cost_center(), self.text()
            line.vat_code, line.vat_rate, line.vat_type = code, rate, "I" if sign > 0 else "E"
            line.vat_base, line.vat, line.quantity = net, vat, str(1 + int(self.dice.random() * 40))
            vat_total += vat
            lines.append(line)
        if vat_total:
            lines.append(self.line(VAT_LINE, vat_account, sign * vat_total))
        header.amount = -sum(line.amount for line in lines)
        entry.lines = lines

    def bank(self, year: int, period: int, day: date | None = None) -> Entry:
        """A bank statement: line 0 is the bank's movement; receipts and payments of relations."""
        entry = self.entry(BANK, "20", year, period, day)
        lines = [self.line(0, self.by_code["1100"], 0)]
        for number in range(1, 2 + int(self.dice.random() * 6)):
            receipt = self.dice.random() < 0.6
            line = self.line(
                number, self.by_code["1300" if receipt else "1600"], self.amount() * (-1 if receipt else 1)
            )
            line.relation, line.description = self.relations[int(self.dice.random() * len(self.relations))], self.text()
            lines.append(line)
        return _balanced(entry, lines)

    def payroll(self, year: int, period: int, day: date | None = None) -> Entry:
        """The month's wages per cost centre, without a line 0."""
        entry = self.entry(PAYROLL, "95", year, period, day or date(year, period, 25))
        lines: list[Line] = []
        for code in self.codes[: 3 + int(self.dice.random() * 5)]:
            gross = self.amount() + 250_000 * UNITS // 100
            for account, share in (("4000", 1.0), *_PAY_SHARES):
                line = self.line(len(lines) + 1, self.by_code[account], int(gross * share) // 100 * 100)
                line.cost_center, line.description = code, f"Salaris {year}-{period:02d}"
                lines.append(line)
        total = sum(line.amount for line in lines)
        tax = total * 2 // 5 // 100 * 100
        lines.append(self.line(len(lines) + 1, self.by_code["1540"], -tax))
        lines.append(self.line(len(lines) + 1, self.by_code["1550"], tax - total))
        entry.lines = lines
        return entry

    def memorial(self, year: int, period: int, rows: int, day: date | None = None) -> Entry:
        """A general journal entry of exactly `rows` lines, at least two."""
        entry = self.entry(MEMORIAL, "90", year, period, day)
        lines = []
        for number in range(1, rows):
            account = self.costs[int(self.dice.random() * len(self.costs))]
            line = self.line(number, account, self.amount() * (1 if self.dice.random() < 0.5 else -1))
            line.cost_center, line.description = self.cost_center(), self.text()
            lines.append(line)
        lines.append(self.line(rows, self.by_code["2000"], -sum(line.amount for line in lines)))
        entry.lines = lines
        return entry

    def opening(self, year: int) -> Entry:
        """What the company began with, balanced by its reserve."""
        entry = self.entry(OPENING, "99", year, 1, date(year, 1, 1))
        codes = ("0200", "0210", "0300", "0310", "0500", "0700", "1000", "1100", "1110", "3000")
        lines: list[Line] = []
        for number, code in enumerate(codes, 1):
            account = self.by_code[code]
            amount = 100 * int(10 ** (5 + 2.5 * self.dice.random()))
            lines.append(self.line(number, account, amount if account.side == "D" else -amount))
        lines.append(self.line(len(lines) + 1, self.by_code["0510"], -sum(line.amount for line in lines)))
        entry.lines = lines
        return entry

    def closing(self, year: int, balances: dict[Account, int]) -> Entry:
        """Type 310: every profit and loss account of a year against itself, the result to the reserve."""
        entry = self.entry(CLOSING, "98", year, 12, date(year, 12, 31))
        lines: list[Line] = []
        for account, amount in balances.items():
            if amount:
                lines.append(self.line(len(lines) + 1, account, -amount))
        lines.append(self.line(len(lines) + 1, self.by_code["0510"], -sum(line.amount for line in lines)))
        entry.lines = lines
        return entry


def _balanced(entry: Entry, lines: list[Line]) -> Entry:
    """Give line 0 what the others leave."""
    lines[0].amount = -sum(line.amount for line in lines[1:])
    entry.lines = lines
    return entry


def _in_dollars(entry: Entry) -> None:
    """Dollar amounts beside the euros; they too add up to zero."""
    entry.currency, entry.rate = "USD", _USD_RATE[0]
    for line in entry.lines[1:]:
        line.foreign = line.amount // _USD_RATE[1] * 100
    entry.lines[0].foreign = -sum(line.foreign or 0 for line in entry.lines[1:])
