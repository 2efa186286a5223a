"""What stands around the ledger, as records: journals, periods, their status, VAT codes, cost units, rates, budgets."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from typing import Final

from emulators.books.company import Company
from emulators.books.ids import guid_of
from emulators.books.model import Account, decimal_text
from emulators.books.rates import CURRENCIES
from emulators.exact import values as json_text
from emulators.exact.shapes import MASTERS_CREATED, Author, Rendered, Shape
from emulators.exact.values import key_id

JOURNAL_TYPES: Final = {10: "Cash", 12: "Bank", 20: "Sales", 22: "Purchase", 90: "General journal"}
_REOPENED: Final = "90"
"""The journal whose one period was opened again."""
_SCENARIOS: Final = (("B1", "Begroting", 100), ("B2", "Bijgestelde begroting", 108))
TRANSACTION_TYPES: Final = {
    10: "Opening balance", 20: "Sales entry", 21: "Sales credit note", 30: "Purchase entry",
    31: "Purchase credit note", 40: "Cash flow", 50: "VAT return", 70: "Asset - Depreciation",
    71: "Asset - Investment", 72: "Asset - Revaluation", 73: "Asset - Transfer", 74: "Asset - Split",
    75: "Asset - Discontinue", 76: "Asset - Sales", 80: "Revaluation", 82: "Exchange rate difference",
    83: "Payment difference", 84: "Deferred revenue", 85: "Tracking number:Revaluation", 86: "Deferred cost",
    87: "VAT on prepayment", 90: "Other", 95: "Accrued revenue", 96: "Accrued cost", 120: "Delivery",
    121: "Sales return", 122: "Receipt", 123: "Purchase return", 130: "Shop order stock receipt",
    131: "Shop order stock reversal", 140: "Issue to parent", 145: "Shop order time entry", 150: "Requirement issue",
    151: "Requirement reversal", 160: "Labour hours", 170: "Payroll", 180: "Stock count", 181: "Stock revaluation",
    195: "Stock transfer", 290: "Correction", 310: "Period closing", 320: "Year end reflection",
    321: "Year end costing", 322: "Year end profits to gross profit", 323: "Year end costs to gross profit",
    324: "Year end tax", 325: "Year end gross profit to net profit", 326: "Year end net result to balance sheet",
    327: "Year end closing balance", 328: "Year start opening balance", 3000: "Budget",
}  # fmt: skip
"""GLTransactionTypes; names after the list on the docs page FinancialTransactionTransactionLines."""


class LedgerRender:
    """Renders one company's records."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._stamp = Author(company).stamp(MASTERS_CREATED)

    def masters(self) -> Iterator[Rendered]:
        """All of them, entity by entity."""
        yield from self._journals()
        yield from self._periods()
        yield from self._statuses()
        yield from self._vat_codes()
        yield from self._cost_units()
        yield from self._rates()
        yield from self._types()
        yield from self._budgets()

    def _id(self, kind: str, name: str) -> str:
        return guid_of(0, f"{kind} of {self._company.key}", name)

    def _shape(self, name: str) -> Shape:
        fields = Shape(name, self._company).entity.fields
        return Shape(name, self._company, {key: value for key, value in self._stamp.items() if key in fields})

    def _record(self, shape: Shape, key: str, found: dict[str, str]) -> Rendered:
        return shape.of(key, None, {"ID": json_text.guid(key)} | found)

    def _journals(self) -> Iterator[Rendered]:
        shape, company = self._shape("Journals"), self._company
        account_of = {"sales": "debtors", "purchase": "creditors", "bank": "bank", "cash": "cash", "card": "card"}
        for role, journal in company.journals.items():
            found = {
                "Code": json_text.text(journal.code), "Description": json_text.text(journal.description),
                "Type": str(company.journal_type(role)), "Currency": json_text.text(company.currency),
                "IsBlocked": "false", "AllowVAT": "true", "AllowVariableCurrency": "true",
            }  # fmt: skip
            if role in account_of:
                account = company.account(account_of[role])
                found |= _account(account) | {"GLAccountType": str(account.type)}
            yield self._record(shape, self._id("journal", journal.code), found)

    def _periods(self) -> Iterator[Rendered]:
        shape = self._shape("FinancialPeriods")
        for period in self._company.periods():
            found = {
                "FinYear": str(period.year), "FinPeriod": str(period.number), "StartDate": json_text.day(period.start),
                "EndDate": json_text.day(period.end),
            }  # fmt: skip
            yield self._record(shape, self._id("period", f"{period.year}-{period.number}"), found)

    def _statuses(self) -> Iterator[Rendered]:
        """One for each journal and period; of one closed period one journal was opened again."""
        shape, company = self._shape("JournalStatusList"), self._company
        for period in company.periods():
            for role, journal in company.journals.items():
                reopened = journal.code == _REOPENED and period.end == date(2026, 8, 31)
                closed = company.is_closed(period.year, period.number) and not reopened
                kind = company.journal_type(role)
                keys = json_text.text(journal.code), str(period.number), str(period.year)
                found = {
                    "Journal": keys[0], "Period": keys[1], "Year": keys[2],
                    "JournalDescription": json_text.text(journal.description), "JournalType": str(kind),
                    "JournalTypeDescription": json_text.text(JOURNAL_TYPES[kind]), "Status": "1" if closed else "0",
                    "StatusDescription": '"Closed"' if closed else '"Open"',
                }  # fmt: skip
                yield shape.of(key_id(*keys), None, found)

    def _vat_codes(self) -> Iterator[Rendered]:
        shape, company = self._shape("VATCodes"), self._company
        for booking in company.vats.values():
            code = booking.code
            role = "GLToClaim" if code.type == "I" else "GLToPay"
            account = company.account(booking.account)
            found = {
                "Code": json_text.text(code.code), "Description": json_text.text(code.description),
                "Percentage": code.rate, "Type": json_text.text(code.type), "IsBlocked": "false",
                "Charged": json_text.boolean(bool(booking.reverse_points)), role: json_text.guid(account.id),
                f"{role}Code": json_text.text(account.code), f"{role}Description": json_text.text(account.description),
                "Country": json_text.text(company.country),
            }  # fmt: skip
            yield self._record(
                shape, code.id, {key: value for key, value in found.items() if key in shape.entity.fields}
            )

    def _cost_units(self) -> Iterator[Rendered]:
        shape = self._shape("Costunits")
        for unit in self._company.cost_units:
            found = {"Code": json_text.text(unit.code), "Description": json_text.text(unit.description)}
            yield self._record(shape, unit.id, found)

    def _rates(self) -> Iterator[Rendered]:
        """What one of a foreign currency is worth in the company's, from the first of each month."""
        shape, company = self._shape("ExchangeRates"), self._company
        for source in CURRENCIES:
            if source == company.currency:
                continue
            for year, month in company.months:
                start = date(year, month, 1)
                found = {
                    "SourceCurrency": json_text.text(source), "TargetCurrency": json_text.text(company.currency),
                    "Rate": decimal_text(company.rate(source, start)), "StartDate": json_text.day(start),
                }  # fmt: skip
                yield self._record(shape, self._id("rate", f"{source} {start}"), found)

    def _types(self) -> Iterator[Rendered]:
        shape = self._shape("GLTransactionTypes")
        for number, name in TRANSACTION_TYPES.items():
            yield shape.of(key_id(str(number)), None, {"ID": str(number), "Description": json_text.text(name)})

    def _budgets(self) -> Iterator[Rendered]:
        """Two scenarios; ledger sign; by month of the last two years, for some cost centres and for none."""
        company, dice = self._company, random.Random(f"budget {self._company.key}")
        scenarios, budgets = self._shape("BudgetScenarios"), self._shape("Budgets")
        years = (company.open_year - 1, company.open_year)
        accounts = [one for one in company.accounts if one.balance_type == "W" and 110 <= one.type <= 126][:20]
        for code, name, percent in _SCENARIOS:
            key = self._id("scenario", code)
            shown = {"Code": json_text.text(code), "Description": json_text.text(name)}
            span = {"FromYear": str(years[0]), "ToYear": str(years[1])}
            yield self._record(scenarios, key, shown | span)
            of = {"BudgetScenario": json_text.guid(key)} | {f"BudgetScenario{at}": text for at, text in shown.items()}
            for account in accounts:
                base = (1 if account.side == "D" else -1) * percent * (50 + int(dice.random() * 400)) * 100
                for year in years:
                    for period in range(1, 13):
                        yield self._budget(budgets, of, account, year, period, base * 100)

    def _budget(
        self, shape: Shape, of: dict[str, str], account: Account, year: int, period: int, amount: int
    ) -> Rendered:
        center = self._company.codes[period % 4] if account.type >= 120 else None
        key = self._id("budget", f"{of['BudgetScenarioCode']} {account.code} {year}-{period}")
        found = {
            "ReportingYear": str(year), "ReportingPeriod": str(period), "AmountDC": decimal_text(amount),
            "Costcenter": json_text.text(center),
        }  # fmt: skip
        return self._record(shape, key, of | _account(account) | found)


def _account(account: Account) -> dict[str, str]:
    return {
        "GLAccount": json_text.guid(account.id), "GLAccountCode": json_text.text(account.code),
        "GLAccountDescription": json_text.text(account.description[:60]),
    }  # fmt: skip
