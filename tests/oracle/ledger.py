"""GL Lines: one row a ledger line, all line numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from oracle.values import Record, amount, code_key, company, day, number, reference, text

BUDGET = 3000
DESCRIPTION_LENGTH = 200
STATUS = {20: "Open", 50: "Processed"}
BANDS = ((100, "< 100"), (1_000, "< 1,000"), (10_000, "< 10,000"), (100_000, "< 100,000"))

ATTRIBUTES = (
    "Company Key",
    "Date",
    "Period Key",
    "GL Account Key",
    "Cost Center Key",
    "Cost Unit Key",
    "Relation Key",
    "Project Key",
    "Item Key",
    "Journal Key",
    "Transaction Type No",
    "Entry Key",
    "Entry Number",
    "Line Number",
    "Description",
    "Invoice Number",
    "Your Reference",
    "Document Number",
    "Status",
    "Status No",
    "Side Code",
    "Amount Band",
    "VAT Code",
    "VAT Type",
    "Currency",
    "Exchange Rate",
    "Entered On",
)
AMOUNTS = ("_Amount", "_Amount FC", "_VAT Base FC", "_VAT Amount FC", "_Quantity")


def is_posting(line: Record) -> bool:
    """Not so: a budget, or an empty line without account."""
    return line["Type"] != BUDGET and (line["GLAccount"] is not None or bool(number(line["AmountDC"])))


def row(site: str, line: Record) -> tuple[Any, ...] | None:
    """The row of a line, attributes first; None for what is no posting."""
    if not is_posting(line):
        return None
    booked = number(line["AmountDC"]) or Decimal(0)
    vat = line["VATCode"]
    return (
        company(site, line),
        day(line["Date"]),
        f"{company(site, line)}|{line['FinancialYear']}-{int(line['FinancialPeriod']):02d}",
        reference(line["GLAccount"]),
        code_key(site, line, line["CostCenter"]),
        code_key(site, line, line["CostUnit"]),
        reference(line["Account"]),
        reference(line["Project"]),
        reference(line["Item"]),
        code_key(site, line, line["JournalCode"]),
        line["Type"],
        reference(line["EntryID"]),
        line["EntryNumber"],
        line["LineNumber"],
        text(line["Description"], DESCRIPTION_LENGTH),
        line["InvoiceNumber"],
        text(line["YourRef"]),
        line["DocumentNumber"],
        _status(line["Status"]),
        line["Status"],
        "D" if booked >= 0 else "C",
        band(booked),
        None if vat is None else vat.strip(),
        line["VATType"],
        line["Currency"],
        number(line["ExchangeRate"]),
        day(line["Created"]),
        amount(line["AmountDC"]),
        amount(line["AmountFC"]),
        amount(line["AmountVATBaseFC"]),
        amount(line["AmountVATFC"]),
        amount(line["Quantity"]),
    )


def band(booked: Decimal) -> str:
    """The size class of an amount: the only way to filter by size that survives a reversal."""
    return next((name for limit, name in BANDS if abs(booked) < limit), "more")


def _status(value: int | None) -> str | None:
    return None if value is None else STATUS.get(value, str(value))
