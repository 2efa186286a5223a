"""Every event of three years, and all the mess that is normal, is in the small group: one line of a table each.

Each is looked for in the records alone, under two seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from fakes.exact_group import SIZES, Books, Record, grouped, moment, opened, read, total

Group = dict[int, Books]
FIRM, HOLDING, BELGIAN, GERMAN = 100001, 100002, 200001, 300001
SUBMITTED, APPROVED, REJECTED = 10, 20, 2
BELGIAN_ENDS = {320, 321, 326, 327, 328}


@pytest.fixture(scope="module", params=[1, 7], ids=["seed 1", "seed 7"])
def small(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Group:
    with opened(tmp_path_factory.mktemp("small"), SIZES["small"][0], 0, request.param) as sites:
        return read(site.store for site in sites if site.divisions)


def every(group: Group, name: str) -> Iterator[Record]:
    for books in group.values():
        yield from books.of[name]


def lines(group: Group, *types: int) -> list[Record]:
    return [line for line in every(group, "TransactionLines") if line["Type"] in types]


def some(name: str, fits: Callable[[Record], Any]) -> Callable[[Group], Any]:
    """Whether a record of an entity fits."""
    return lambda group: [one for one in every(group, name) if fits(one)]


def worked(fits: Callable[[Record], Any]) -> Callable[[Group], Any]:
    return some("TimeCostTransactions", fits)


def posted(*types: int) -> Callable[[Group], Any]:
    """Whether each of these types has entries."""
    return lambda group: {line["Type"] for line in lines(group, *types)} == set(types)


def foreign(kind: int) -> Callable[[Group], Any]:
    return lambda group: [line for line in lines(group, kind) if line["Currency"] == "USD"]


def written_off(group: Group, part: str) -> bool:
    """Whether a receivable was written off against an account of costs that no payment explains."""
    books = group[FIRM]
    entries = [
        entry for entry in books.entries(90, 83).values() if any(line["Description"] == "Afgeboekt" for line in entry)
    ]
    return any((entry[0]["Type"] == 83) == (part == "difference") for entry in entries)


def terms_of(group: Group) -> Iterator[list[Record]]:
    """The terms of each entry, where there is more than one."""
    for books in group.values():
        yield from (
            found for found in grouped(books.of["PaymentTerms"], lambda one: one["EntryID"]).values() if found[1:]
        )


def credit_notes(group: Group) -> Iterator[tuple[list[Record], list[Record]]]:
    """Each credit note with the invoice that it takes back, both as rows of the stream."""
    for books in group.values():
        invoices = grouped(books.of["SalesInvoices"], lambda row: row["InvoiceID"])
        by_number = {head(rows)["InvoiceNumber"]: rows for rows in invoices.values()}
        for rows in invoices.values():
            words = (head(rows)["Description"] or "").split()
            if head(rows)["Type"] == 8021 and words[0] == "Credit" and words[1].isdecimal():
                yield rows, by_number[int(words[1])]


def head(rows: list[Record]) -> Record:
    return next(row for row in rows if row["LineNumber"] == 0)


def is_whole(note: list[Record], invoice: list[Record]) -> bool:
    return bool(head(note)["AmountDC"] == -head(invoice)["AmountDC"])


def month(record: Record, field: str = "InvoiceDate") -> tuple[int, int]:
    day = moment(record[field])
    return day.year, day.month


def invoiced(group: Group, words: str) -> list[Record]:
    return [row for row in every(group, "SalesInvoices") if words in (row["Description"] or "")]


def sold(group: Group, code: str) -> list[Record]:
    """Rows of invoices whose items have codes that begin so."""
    return [row for row in every(group, "SalesInvoices") if (row["ItemCode"] or "").startswith(code)]


def new_rates(group: Group) -> Iterator[date]:
    """The days from which rates hold, but for each employee's first."""
    for books in group.values():
        for of in grouped(books.of["EmploymentInternalRates"], lambda one: one["Employee"]).values():
            yield from sorted(moment(one["StartDate"]) for one in of)[1:]


def deleted_invoice(group: Group) -> bool:
    """An invoice of which only the delete log knows."""
    ids = {row["InvoiceID"] for row in every(group, "SalesInvoices")}
    return any(one["EntityType"] == 13 and one["EntityKey"] not in ids for one in every(group, "Deleted"))


EVENTS: dict[str, Callable[[Group], Any]] = {
    "hours that are approved are invoiced": lambda group: invoiced(group, "Uren "),
    "fixed prices in terms": lambda group: list(every(group, "InvoiceTerms")),
    "retainers": lambda group: sold(group, "B-VOOR"),
    "a credit note for a whole invoice": lambda group: any(is_whole(*pair) for pair in credit_notes(group)),
    "a credit note for a part": lambda group: any(not is_whole(*pair) for pair in credit_notes(group)),
    "a credit note in another period": lambda group: any(
        month(head(note)) != month(head(invoice)) for note, invoice in credit_notes(group)
    ),
    "entries of sales and purchase credit notes": posted(21, 31),
    "part payments": lambda group: any(
        len({term["EndDate"] for term in found}) > 1 or len(found) > 1 for found in terms_of(group)
    ),
    "a discount": lambda group: any(line["Description"] == "Betalingskorting" for line in lines(group, 40)),
    "a small rest written off": lambda group: written_off(group, "difference"),
    "one bad debt": lambda group: written_off(group, "bad"),
    "sheets of the till": some("TransactionLines", lambda one: one["Type"] == 40 and one["JournalCode"] == "10"),
    "payroll journals": posted(170),
    "depreciation": posted(70),
    "deferred and accrued revenue": posted(84, 95),
    "deferred and accrued costs": posted(86, 96),
    "VAT returns": posted(50),
    "invoices in dollars": foreign(20),
    "payments in dollars": foreign(40),
    "open dollars revalued": posted(80),
    "exchange differences of what was paid in dollars": foreign(82),
    "fees between companies": lambda group: invoiced(group, "Managementvergoeding"),
    "rent between the Dutch companies": lambda group: sold({HOLDING: group[HOLDING]}, "G-HUUR"),
    "hours hired from another company": lambda group: [row for row in sold(group, "G-INH") if row["Employee"]],
    "purchases by entry in each company": lambda group: all(books.entries(30) for books in group.values()),
    "the purchase module in one company": lambda group: [
        division for division, books in group.items() if books.of["PurchaseInvoices"]
    ] == [FIRM],
    "orders that are received and invoiced in part": lambda group: any(
        row["ReceivedQuantity"] > 0 for row in every(group, "PurchaseOrders") if row["LineNumber"]
    ) and any(row["InvoicedQuantity"] < row["Quantity"] for row in every(group, "PurchaseOrders") if row["LineNumber"]),
    "costs that are billed on": lambda group: sold(group, "K-"),
    "cost entries": worked(lambda one: one["Type"] == 2),
    "two closed years and an open one": lambda group: {
        line["FinancialYear"] for line in group[FIRM].lines if line["Type"] == 310
    } == {2024, 2025},
    "year-ends of the Dutch and Germans": lambda group: all(group[one].entries(310) for one in (FIRM, HOLDING, GERMAN)),
    "year-ends of the Belgians": lambda group: {line["Type"] for line in group[BELGIAN].lines} >= BELGIAN_ENDS,
    "budgets in two scenarios": lambda group: all(len(books.of["BudgetScenarios"]) == 2 for books in group.values()),
    "a company that joined with its result": lambda group: any(
        group[GERMAN].accounts[line["GLAccount"]]["BalanceType"] == "W"
        for line in group[GERMAN].lines
        if line["Type"] == 10
    ),
    "rates that change in January": lambda group: any(rate.month == 1 for rate in new_rates(group)),
    "a rate that changes in mid-month": lambda group: any(rate.day == 17 for rate in new_rates(group)),
    "reverse-charged VAT on both accounts": lambda group: any(
        len({line["GLAccount"] for line in entry if line["LineNumber"] >= 9000}) == 2 and not total(
            line for line in entry if line["LineNumber"] >= 9000
        )
        for books in group.values() for entry in books.entries(30).values()
    ),
    "an exchange rate for each month": lambda group: (
        {one["SourceCurrency"] for one in every(group, "ExchangeRates")} == {"USD", "GBP"}
    ),
}  # fmt: skip


MESS: dict[str, Callable[[Group], Any]] = {
    "late postings into the month before": lambda group: any(
        (created(entry[0]).date() - moment(entry[0]["Date"])).days > 5 for entry in group[FIRM].entries(30).values()
    ),
    "a period that was opened again": lambda group: len(
        {one["Status"] for one in group[FIRM].of["JournalStatusList"] if (one["Year"], one["Period"]) == (2026, 8)}
    ) == 2,
    "entries that are open, and processed ones": lambda group: (
        {line["Status"] for line in every(group, "TransactionLines")} == {20, 50}
    ),
    "an open entry in a closed year": lambda group: any(
        line["Status"] == 20 and line["FinancialYear"] < 2026 for line in group[FIRM].lines
    ),
    "an invoice that was deleted before it was processed": deleted_invoice,
    "hours that were rejected": worked(lambda one: one["HourStatus"] == REJECTED),
    "hours that wait for approval": worked(lambda one: one["HourStatus"] == SUBMITTED),
    "hours taken back with a negative quantity": worked(
        lambda one: one["Quantity"] < 0 and one["HourStatus"] == APPROVED
    ),
    "hours moved to another project after approval": worked(lambda one: (one["Notes"] or "").startswith("Verplaatst")),
    "hours on a client without a project": worked(lambda one: one["Project"] is None and one["Account"]),
    "a project that was moved to another client": lambda group: changed(group, "Projects"),
    "a cost centre that ended": some("Costcenters", lambda one: one["EndDate"]),
    "a client that was merged": some("Accounts", lambda one: one["Blocked"] and one["Parent"] and one["EndDate"]),
    "a client that is blocked": some("Accounts", lambda one: one["Blocked"] and not one["Parent"]),
    "a client that was renamed": lambda group: any("Holding" in one["Name"] for one in changed(group, "Accounts")),
    "lines without a cost centre": some("TransactionLines", lambda one: one["CostCenter"] is None),
    "due in 2099": some("TransactionLines", lambda one: one["DueDate"] and moment(one["DueDate"]).year == 2099),
    "unit prices of six decimals": some("SalesInvoices", lambda one: (one["UnitPrice"] or 0) % Decimal("0.00001")),
    "one line that is 0.1 + 0.2, and thirds": lambda group: {Decimal("0.30000000000000004"), Decimal("33.333333")}
    <= {Decimal(line["AmountDC"]) for line in group[FIRM].lines},
    "line numbers 0 and 9999": lambda group: {0, 9999} <= {line["LineNumber"] for line in group[FIRM].lines},
    "a general journal's line 0 without an account": lambda group: any(
        line["LineNumber"] == 0 and line["Type"] == 90 and line["GLAccount"] is None for line in group[FIRM].lines
    ),
    "an employee without a rate": lambda group: {one["ID"] for one in group[FIRM].of["Employees"]}
    - {one["Employee"] for one in group[FIRM].of["EmploymentInternalRates"]},
    "hour types in days": some("Items", lambda one: one["Unit"] == "day" and one["IsTime"]),
    "activities that leave their way of billing empty": some("ProjectWBS", lambda one: one["InvoiceMethod"] is None),
    "breakdowns of three levels": lambda group: three_levels(group),
    "projects of all five types": lambda group: {one["Type"] for one in every(group, "Projects")} == {1, 2, 3, 4, 5},
    "clients that three companies share": lambda group: len(shared(group)) == 3,
    "VAT codes with trailing blanks and fractions": some(
        "VATCodes", lambda one: one["Code"].endswith(" ") and 0 < one["Percentage"] < 1
    ),
}  # fmt: skip


def created(line: Record) -> datetime:
    return datetime.fromtimestamp(int(line["Created"][6:-2]) / 1000, UTC)


def changed(group: Group, name: str) -> list[Record]:
    """Records that somebody has changed since they were entered."""
    return [one for one in every(group, name) if one["Modified"] != one["Created"]]


def three_levels(group: Group) -> bool:
    above = {one["ID"]: one["PartOf"] for one in every(group, "ProjectWBS")}
    return any(above[one] and above[above[one]] for one in above if above[one])


def shared(group: Group) -> set[str]:
    numbers = [
        {one["VATNumber"] for one in books.of["Accounts"] if one["Status"] == "C" and one["Type"] == "A"}
        for books in group.values() if books.of["Projects"]
    ]  # fmt: skip
    return set.intersection(*numbers) - {None}


@pytest.mark.parametrize("event", EVENTS)
def test_the_small_group_has_the_event(small: Group, event: str) -> None:
    assert EVENTS[event](small)


@pytest.mark.parametrize("mess", MESS)
def test_the_small_group_has_the_mess(small: Group, mess: str) -> None:
    assert MESS[mess](small)


@pytest.mark.parametrize(
    ("division", "rates"),
    [(FIRM, {"0", "0.09", "0.21"}), (HOLDING, {"0", "0.09", "0.21"}), (BELGIAN, {"0", "0.06", "0.12", "0.21"}),
     (GERMAN, {"0", "0.07", "0.19"})],
)  # fmt: skip
def test_each_country_has_its_rates_of_vat_as_fractions(small: Group, division: int, rates: set[str]) -> None:
    assert {str(code["Percentage"]) for code in small[division].of["VATCodes"]} == rates


def test_account_types_fit_the_side_of_the_books_that_they_stand_on(small: Group) -> None:
    general, first_of_result = 90, 110
    for account in every(small, "GLAccounts"):
        on_balance = account["Type"] < first_of_result
        assert account["Type"] == general or (account["BalanceType"] == "B") == on_balance
