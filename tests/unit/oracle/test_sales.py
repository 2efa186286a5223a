"""Sales invoices: one stream of headers, lines and VAT lines in which a sale is negative."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fakes.exact_records import Blank, at, books, but, month, record
from oracle import sales
from oracle.books import Books

JANUARY = month(2026, 1, (2026, 1, 1), (2026, 1, 31))


def row(number: int, **fields: Any) -> Blank:
    shared = {
        "ID": f"row {number}", "InvoiceID": "INV", "LineNumber": number, "InvoiceNumber": 26001, "Type": 8020,
        "Status": 50, "InvoiceDate": at(2026, 1, 31), "InvoiceTo": "Debtor", "OrderedBy": "Buyer", "Currency": "EUR",
    }  # fmt: skip
    return record(**shared | fields)


HEADER = row(
    0, AmountDC="=-121", VATAmountDC="=-21", AmountFC="=-121", AmountDiscountExclVat="=-10", DueDate=at(2026, 3, 2),
    SalespersonFullName="Ilse de Wit", Description="Work of January", Journal=" 70", SalesChannelDescription="Web",
)  # fmt: skip
LINE = row(
    1, AmountDC="=-100", VATAmountDC="=-21", AmountFC="=-100", Quantity="=-8", UnitPrice="=12.123456", Item="ITEM",
    GLAccount="8000-ID", CostCenter=" k1", Project="PRJ", ProjectWBS="WBS", Employee="EMP", VATCode="2  ",
    Description="Advice", UnitCode="hour ", StartTime=at(2026, 1, 5, 9, 30), VATPercentage="=0.21",
)  # fmt: skip
VAT = row(9999, AmountDC="=-21", VATAmountDC="=0")
BOOKS = books(SalesInvoices=[HEADER, LINE, VAT], FinancialPeriods=[JANUARY])


def lines(known: Books) -> list[dict[str, Any]]:
    return list(sales.INVOICE_LINES.named(known))


def test_an_invoice_is_positive_gross_vat_and_net() -> None:
    (invoice,) = sales.INVOICES.named(BOOKS)

    assert (invoice["_Gross Amount"], invoice["_VAT Amount"], invoice["_Net Amount"]) == (121, 21, 100)
    assert (invoice["_Discount"], invoice["_Gross Amount FC"]) == (10, 121)
    assert invoice["Amount Band"] == "< 1,000"


def test_an_invoice_has_its_keys_dates_and_labels() -> None:
    (invoice,) = sales.INVOICES.named(BOOKS)

    assert invoice["Invoice Key"] == "inv"
    assert (invoice["Relation Key"], invoice["Ordered By Key"]) == ("debtor", "buyer")
    assert (invoice["Invoice Date"], invoice["Due Date"]) == ("2026-01-31T00:00:00", "2026-03-02T00:00:00")
    assert invoice["Period Key"] == "nl-100001|2026-01"
    assert (invoice["Type"], invoice["Status"], invoice["Journal"]) == ("Invoice", "Processed", "70")


def test_a_credit_note_is_negative() -> None:
    credit = row(0, Type=8021, AmountDC="=60.50", VATAmountDC="=10.50")
    (invoice,) = sales.INVOICES.named(books(SalesInvoices=[credit]))

    assert (invoice["Type"], invoice["_Gross Amount"], invoice["_Net Amount"]) == ("Credit note", Decimal("-60.5"), -50)


def test_the_header_is_no_line_and_vat_lines_are_lines_of_another_kind() -> None:
    found = lines(BOOKS)

    assert [(one["Line Number"], one["Line Kind No"]) for one in found] == [(1, 1), (9999, 2)]
    assert len(list(sales.INVOICES.of(BOOKS))) == 1


def test_line_kinds_part_at_9000() -> None:
    edges = books(SalesInvoices=[row(8999), row(9000)])

    assert [one["Line Kind No"] for one in lines(edges)] == [1, 2]


def test_a_line_has_its_amounts_and_what_they_are_by() -> None:
    line = lines(BOOKS)[0]

    assert (line["_Net Amount"], line["_VAT Amount"], line["_Quantity"]) == (100, 21, 8)
    assert line["Unit Price"] == Decimal("12.123456")
    assert (line["Cost Center Key"], line["Cost Unit Key"]) == ("nl-100001|K1", "(none)")
    assert (line["Project Key"], line["WBS Key"], line["Employee Key"]) == ("prj", "wbs", "emp")
    assert (line["VAT Code"], line["Unit"]) == ("2", "hour")
    assert (line["Service From"], line["Service To"]) == ("2026-01-05T00:00:00", None)


def test_a_line_that_lacks_a_field_of_the_invoice_takes_it_from_the_header() -> None:
    line = lines(BOOKS)[0]
    bare = but(LINE, InvoiceDate=None, Status=None, InvoiceTo=None, Currency=None)
    taken = lines(books(SalesInvoices=[bare, HEADER], FinancialPeriods=[JANUARY]))[0]

    assert line["Salesperson"] == "Ilse de Wit"
    assert taken["Invoice Date"] == "2026-01-31T00:00:00"
    assert (taken["Status No"], taken["Relation Key"], taken["Currency"]) == (50, "debtor", "EUR")
    assert taken["Description"] == "Advice"


def test_amounts_are_rounded_each_before_any_sum_and_ties_go_away_from_zero() -> None:
    thirds = books(SalesInvoices=[row(1, AmountDC="=-33.33335"), row(2, AmountDC="=-0.30000000000000004")])

    assert [one["_Net Amount"] for one in lines(thirds)] == [Decimal("33.3334"), Decimal("0.3")]
