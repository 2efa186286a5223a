"""Lookups L1, L4 and L5: an employee's internal rate, hours in a unit, a currency's rate; each as of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from oracle.books import Books
from oracle.values import Record, date_of, exact, reference

INTERNAL, STANDARD, NO_RATE = "Internal rate", "Standard rate", "No rate"


@dataclass(frozen=True)
class InternalRate:
    """What an employee's hour costs, from a day to a day (both included; None: until further notice)."""

    start: date
    end: date | None
    hour: Decimal


def _internal_rates(books: Books) -> Mapping[str, list[InternalRate]]:
    found: dict[str, list[InternalRate]] = defaultdict(list)
    for record in books["EmploymentInternalRates"]:
        if record["InternalRate"] is not None:
            start = date_of(record["StartDate"]) or date.min
            rate = InternalRate(start, date_of(record["EndDate"]), exact(record["InternalRate"]))
            found[reference(record["Employee"])].append(rate)
    return found


def internal_rate(books: Books, employee: str | None, on: date | None) -> tuple[Decimal, str]:
    """L1: an hour's cost on a day and where it comes from; of several the one that began last."""
    of_employee = books.once(_internal_rates).get(reference(employee), []) if employee and on else []
    valid = [rate for rate in of_employee if on and rate.start <= on and (rate.end is None or on <= rate.end)]
    if valid:
        return max(valid, key=lambda rate: rate.start).hour, INTERNAL
    standard = books.settings.standard_rate
    return (Decimal(0), NO_RATE) if standard is None else (standard, STANDARD)


def hours(books: Books, entry: Record) -> Decimal:
    """L4: a time entry's quantity in hours, not rounded. An item without a known unit counts hours."""
    item = books.found("Items", entry["Item"])
    unit = ((item["Unit"] if item is not None else None) or "").strip().lower()
    each = books.settings.unit_hours.get(unit, Fraction(1))
    return exact(entry["Quantity"]) * each.numerator / each.denominator


@dataclass(frozen=True)
class _Rate:
    start: date
    rate: Decimal


def _currency_rates(books: Books) -> Mapping[tuple[str, str, str], list[_Rate]]:
    found: dict[tuple[str, str, str], list[_Rate]] = defaultdict(list)
    for record in books["ExchangeRates"]:
        start, rate = date_of(record["StartDate"]), exact(record["Rate"])
        if start is not None and rate:
            key = (books.company(record), record["SourceCurrency"], record["TargetCurrency"])
            found[key].append(_Rate(start, rate))
    return found


def currency_of(books: Books, company: str) -> str | None:
    """A company's own currency."""
    return books.once(_currencies).get(company)


def _currencies(books: Books) -> dict[str, str]:
    return {books.company_of(one): one["Currency"] for one in books["HrmDivisions"] if books.is_ours(one)}


def in_company_currency(
    books: Books, company: str, amount: Decimal, currency: str | None, on: date | None
) -> Decimal | None:
    """L5: an amount in the company's currency by the newest rate of the day; None where there is none.

    `Rate` x means 1 unit of the company's currency = 1/x of the foreign one, so amounts are multiplied by it:
    https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialExchangeRates.
    """
    own = currency_of(books, company)
    if currency is None or own is None or currency == own:
        return amount
    rates = books.once(_currency_rates).get((company, currency, own), [])
    valid = [rate for rate in rates if on is not None and rate.start <= on]
    return amount * max(valid, key=lambda rate: rate.start).rate if valid else None
