"""Entries as the addresses by journal show them: headers and lines made from an entry's ledger lines. No I/O.

Sales and purchase entries are told by their types, bank and cash entries by the type of their journal; what is left is
a general journal entry (docs pages SalesEntrySalesEntries, FinancialTransactionBankEntries and their siblings). A
header is what line 0 says. Lines leave line 0 and the rows from 9000 out, but those of a general journal: it has no
other place for them. Their signs are unknown: here a line of a sale or a statement is positive where it makes line 0
larger, that of a purchase where it costs, that of a general journal where it is debit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from emulators.exact import values as json_text
from emulators.exact.entities import ENTITIES, TRANSACTION_LINES, Entity
from emulators.exact.render_ledger import TRANSACTION_TYPES
from emulators.exact.values import NULL, moment_ms

SALES, PURCHASE, BANK, CASH, GENERAL = KINDS = ("Sales", "Purchase", "Bank", "Cash", "GeneralJournal")
_OF_TYPE: Final = {"20": SALES, "21": SALES, "30": PURCHASE, "31": PURCHASE, "40": BANK}
_BUDGET: Final = "3000"
_FIRST_SPECIAL: Final = 9000
_STATUS: Final = {"20": "Open", "50": "Processed"}
_CENT: Final = Decimal("0.01")
_RENAMED: Final = {
    "Customer": "Account", "CustomerName": "AccountName", "Supplier": "Account", "SupplierName": "AccountName",
    "EntryDate": "Date", "Journal": "JournalCode", "Rate": "ExchangeRate", "ReportingPeriod": "FinancialPeriod",
    "ReportingYear": "FinancialYear", "VATBaseAmountFC": "AmountVATBaseFC", "VATAmountFC": "AmountVATFC",
    "OurRef": "InvoiceNumber",
}  # fmt: skip
"""What the entries call otherwise than the ledger does."""
_IN_COMPANYS: Final = {
    "VATBaseAmountDC": "AmountVATBaseFC", "VATAmountDC": "AmountVATFC", "AmountVATDC": "AmountVATFC",
}  # fmt: skip
"""What the ledger has in the entry's currency only."""
Values = list[str]


@dataclass(frozen=True)
class Shown:
    """How one kind is shown: its two entities, and the sign that line 0 and the other lines get."""

    header: Entity
    lines: Entity
    header_sign: int
    line_sign: int


def _shown(kind: str, header_sign: int, line_sign: int) -> Shown:
    names = {GENERAL: ("GeneralJournalEntries", "GeneralJournalEntryLines")}
    header, lines = names.get(kind, (f"{kind}Entries", f"{kind}EntryLines"))
    return Shown(ENTITIES[header], ENTITIES[lines], header_sign, line_sign)


SHOWN: Final = {
    SALES: _shown(SALES, 1, -1), PURCHASE: _shown(PURCHASE, -1, 1), BANK: _shown(BANK, 1, -1),
    CASH: _shown(CASH, 1, -1), GENERAL: _shown(GENERAL, 1, 1),
}  # fmt: skip
KIND_OF: Final = {entity.name: kind for kind, of in SHOWN.items() for entity in (of.header, of.lines)}
"""By the name of either entity."""


def kind_of(line: Values, cash_journals: frozenset[str]) -> str | None:
    """The kind of a ledger line's entry; `cash_journals` are JSON texts of codes. Budgets are no entries."""
    kind = _OF_TYPE.get(line[_TYPE], GENERAL)
    if kind == BANK and line[_JOURNAL] in cash_journals:
        return CASH
    return None if line[_TYPE] == _BUDGET else kind


def is_line(kind: str, line: Values) -> bool:
    """Whether a ledger line of an entry of that kind is among the entry's lines."""
    if kind == GENERAL:
        return line[_ACCOUNT] != NULL
    return 0 < int(line[_NUMBER]) < _FIRST_SPECIAL


def line_of(kind: str, line: Values) -> Values:
    """A ledger line as its kind of entry shows it."""
    shown = SHOWN[kind]
    found = _copied(shown.lines, line)
    for name in ("AmountDC", "AmountFC"):
        found[name] = signed(shown.line_sign, line[TRANSACTION_LINES.at(name)])
    rate = line[TRANSACTION_LINES.at("ExchangeRate")]
    for name, source in _IN_COMPANYS.items():
        found[name] = _in_companys(line[TRANSACTION_LINES.at(source)], rate)
    return _filled(shown.lines, found)


def header_of(kind: str, lines: Sequence[Values], balances: tuple[Decimal, Decimal] | None = None) -> Values:
    """The header over an entry's ledger lines; `balances` before and after a statement."""
    shown = SHOWN[kind]
    ordered = sorted(lines, key=lambda line: int(line[_NUMBER]))
    first = ordered[0]
    found = _copied(shown.header, first)
    found["Modified"] = max((line[_MODIFIED] for line in ordered), key=lambda text: moment_ms(text) or 0)
    found["StatusDescription"] = json_text.text(_STATUS.get(first[_STATUS_AT]))
    found["TypeDescription"] = json_text.text(TRANSACTION_TYPES.get(int(first[_TYPE])))
    found["Reversal"] = "false"
    vat = [line for line in ordered if int(line[_NUMBER]) >= _FIRST_SPECIAL]
    for field in ("AmountDC", "AmountFC"):
        at = TRANSACTION_LINES.at(field)
        found[field] = signed(shown.header_sign, first[at])
        found[f"VAT{field}"] = plain(-shown.header_sign * sum((Decimal(line[at]) for line in vat), Decimal(0)))
    if balances:
        found["OpeningBalanceFC"], found["ClosingBalanceFC"] = map(plain, balances)
    return _filled(shown.header, found)


def is_statement(line: Values) -> bool:
    """Whether a ledger line is line 0 of a bank or cash entry."""
    return line[_NUMBER] == "0" and line[_TYPE] == "40"


def place_of(line: Values) -> tuple[int, int]:
    """Where a statement stands among those of its journal: by date, then number."""
    return moment_ms(line[_DATE]) or 0, int(line[_ENTRY_NUMBER])


def signed(sign: int, text: str) -> str:
    """A number's text, or that of its opposite, with all its decimals."""
    if sign > 0 or text == NULL or not Decimal(text):
        return text
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"


def plain(value: Decimal) -> str:
    """The shortest decimal text, without an exponent, zero without a sign."""
    return f"{value.normalize():f}" if value else "0"


def _copied(entity: Entity, line: Values) -> dict[str, str]:
    """The fields that a ledger line has too, under the same name or another."""
    names = {name: _RENAMED.get(name, name) for name in entity.fields}
    return {name: line[TRANSACTION_LINES.at(own)] for name, own in names.items() if own in TRANSACTION_LINES.fields}


def _filled(entity: Entity, found: dict[str, str]) -> Values:
    return [found.get(name, NULL) for name in entity.fields]


def _in_companys(amount: str, rate: str) -> str:
    """An amount of the entry's currency in the company's, in whole cents."""
    if amount == NULL or Decimal(rate) == 1:
        return amount
    return plain((Decimal(amount) * Decimal(rate)).quantize(_CENT, rounding="ROUND_HALF_UP"))


_TYPE, _JOURNAL, _ACCOUNT, _NUMBER, _MODIFIED, _STATUS_AT, _DATE, _ENTRY_NUMBER = map(
    TRANSACTION_LINES.at,
    ("Type", "JournalCode", "GLAccount", "LineNumber", "Modified", "Status", "Date", "EntryNumber"),
)
