"""Time and Cost Entries, and Project Time Cost: approved hours valued at the internal rate of their day.

The second table has no employee, day, hours, item or WBS, so that nobody's cost of an hour can be told from it.
"""

from __future__ import annotations

from decimal import Decimal

from oracle import billing
from oracle.books import Books
from oracle.periods import period_of_day
from oracle.rates import hours, in_company_currency, internal_rate
from oracle.tables import Columns, mapped
from oracle.values import Record, amount, clock, date_of, day, exact, named, number, reference

STREAM = "TimeCostTransactions"
TIME, COST = 1, 2
KINDS = {TIME: "Time", COST: "Cost"}
FINAL = 20
APPROVAL = {
    1: "Draft",
    2: "Rejected",
    10: "In approval",
    11: "In approval",
    14: "In approval",
    16: "In approval",
    19: "In approval",
    FINAL: "Final",
}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=SyncProjectTimeCostTransactions."""


def _client(_: Books, entry: Record) -> str:
    return reference(entry["ProjectAccount"] or entry["Account"] or entry["SubscriptionAccount"])


def _hours(books: Books, entry: Record) -> Decimal:
    return amount(hours(books, entry)) if entry["Type"] == TIME else Decimal(0)


def _value(books: Books, entry: Record) -> Decimal:
    """The sales value in company currency; nothing where its currency has no rate, rather than a wrong amount."""
    own = in_company_currency(
        books, books.company(entry), exact(entry["AmountFC"]), entry["Currency"], date_of(entry["Date"])
    )
    return amount(own)


COLUMNS: Columns = {
    "Company Key": Books.company,
    "Date": lambda _, entry: day(entry["Date"]),
    "Period Key": lambda books, entry: period_of_day(books, entry, "Date"),
    "Project Key": lambda _, entry: reference(entry["Project"]),
    "WBS Key": lambda _, entry: reference(entry["WBS"]),
    "Relation Key": _client,
    "Employee Key": lambda _, entry: reference(entry["Employee"]),
    "Item Key": lambda _, entry: reference(entry["Item"]),
    "Type No": lambda _, entry: entry["Type"],
    "Kind": lambda _, entry: named(KINDS, entry["Type"]),
    "Hour Status No": lambda _, entry: entry["HourStatus"],
    "Approval": lambda _, entry: named(APPROVAL, entry["HourStatus"]),
    "Billing Method": lambda books, entry: billing.method_label(billing.method_of_entry(books, entry)),
    "Billable No": lambda books, entry: int(billing.billable(books, entry) == billing.BILLABLE),
    "Billable": billing.billable,
    "Entry Number": lambda _, entry: entry["EntryNumber"],
    "From": lambda _, entry: clock(entry["StartTime"]),
    "To": lambda _, entry: clock(entry["EndTime"]),
    "Subscription": lambda _, entry: entry["SubscriptionNumber"],
    "Currency": lambda _, entry: entry["Currency"],
    "Price": lambda _, entry: number(entry["PriceFC"]),
}
AMOUNTS: Columns = {
    "_Hours": _hours,
    "_Quantity": lambda _, entry: amount(entry["Quantity"]),
    "_Sales Value": _value,
}
TABLE = mapped("Time and Cost Entries", STREAM, COLUMNS, amounts=AMOUNTS, mode="reversal")


def _rate(books: Books, entry: Record) -> tuple[Decimal, str]:
    return internal_rate(books, entry["Employee"], date_of(entry["Date"]))


COST_COLUMNS: Columns = {
    "Company Key": Books.company,
    "Period Key": COLUMNS["Period Key"],
    "Project Key": COLUMNS["Project Key"],
    "Relation Key": _client,
    "Rate Source": lambda books, entry: _rate(books, entry)[1],
    "Hour Status No": COLUMNS["Hour Status No"],
}


def _is_valued(books: Books, entry: Record) -> bool:
    is_approved_time = entry["Type"] == TIME and entry["HourStatus"] == FINAL
    return is_approved_time and books.settings.time_cost == "rates"


TIME_COST = mapped(
    "Project Time Cost",
    STREAM,
    COST_COLUMNS,
    amounts={"_Cost": lambda books, entry: amount(hours(books, entry) * _rate(books, entry)[0])},
    mode="reversal",
    only=_is_valued,
)
