"""Purchase orders with what is still to be invoiced, and invoices of the purchase module."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fakes.exact_records import NL, Blank, at, books, record
from oracle import purchase_invoices, purchase_orders


def order_line(**fields: Any) -> Blank:
    shared = {
        "ID": "l",
        "PurchaseOrderID": "PO",
        "LineNumber": 1,
        "OrderStatus": 20,
        "AmountDC": "=1000",
        "Quantity": "=8",
    }
    return record(**shared | fields)


def ordered(*lines: Blank) -> list[dict[str, Any]]:
    return list(purchase_orders.TABLE.named(books(PurchaseOrders=list(lines))))


@pytest.mark.parametrize(
    ("invoiced", "status", "is_open"),
    [
        ("=0", 10, "1000"), (None, 10, "1000"), ("=2", 20, "750"), ("=8", 20, "0"), ("=9", 20, "0"),
        ("=2", 30, "0"), ("=2", 40, "0"), ("=0.001", 20, "999.875"), ("=0.0000004", 20, "1000"),
    ],
)  # fmt: skip
def test_what_is_open_of_an_order_is_the_part_not_invoiced(invoiced: str | None, status: int, is_open: str) -> None:
    (line,) = ordered(order_line(InvoicedQuantity=invoiced, OrderStatus=status))

    assert line["_Open Amount"] == Decimal(is_open)
    assert line["_Net Amount"] == 1000


def test_a_line_without_quantity_has_nothing_open_and_a_return_is_open_by_its_part() -> None:
    empty, back = ordered(
        order_line(Quantity="=0"), order_line(Quantity="=-4", InvoicedQuantity="=-1", AmountDC="=-400")
    )

    assert empty["_Open Amount"] == 0
    assert back["_Open Amount"] == -300


def test_the_header_of_an_order_is_no_line_and_cost_centres_are_known_by_their_code_field() -> None:
    header = order_line(LineNumber=0)
    (line,) = ordered(
        header,
        order_line(CostCenter="guid", CostCenterCode="k10", CostUnitCode="U1", ReceiptStatus=10, InvoiceStatus=40),
    )

    assert (line["Cost Center Key"], line["Cost Unit Key"]) == ("nl-100001|K10", "nl-100001|U1")
    assert (line["Order Status"], line["Receipt Status"], line["Invoice Status"]) == ("Partial", "Open", "Cancelled")
    assert line["Order Key"] == "po"


HEADER = record(
    ID="PI", FinancialYear=2026, FinancialPeriod=3, InvoiceDate=at(2026, 3, 31), Supplier="SUP", Type=8033, Status=50,
    EntryNumber=26300001, ExchangeRate="=0.9", YourRef="R-1",
)  # fmt: skip


def bought(*lines: Blank) -> list[dict[str, Any]]:
    rates = [record(SourceCurrency="USD", TargetCurrency="EUR", Rate="=0.8", StartDate=at(2026, 3, 1))]
    known = books(
        PurchaseInvoices=[Blank({"division": NL} | {k: v for k, v in HEADER.items() if k != "Division"})],
        PurchaseInvoiceLines=list(lines),
        ExchangeRates=rates,
        HrmDivisions=[record(Code=NL, Currency="EUR")],
    )
    return list(purchase_invoices.TABLE.named(known))


def bought_line(**fields: Any) -> Blank:
    shared = {"ID": "pl", "InvoiceID": "pi", "Amount": "=50", "Currency": "USD", "division": NL, "site": "nl"}
    return Blank({name: value for name, value in record(**shared | fields).items() if name != "Division"})


def test_a_line_has_its_headers_period_supplier_and_status() -> None:
    (line,) = bought(bought_line(AmountDC="=45", VATAmount="=10.5", QuantityInDefaultUnits="=12", Quantity="=1"))

    assert line["Company Key"] == "nl-100001"
    assert (line["Period Key"], line["Relation Key"]) == ("nl-100001|2026-03", "sup")
    assert (line["Type"], line["Status"], line["Entry Number"]) == ("Invoice", "Processed", 26300001)
    assert (line["_Net Amount"], line["_Net Amount FC"], line["_VAT Amount FC"]) == (45, 50, Decimal("10.5"))
    assert line["_Quantity"] == 12


def test_a_line_without_its_amount_in_company_currency_is_converted_at_the_rate_of_the_day() -> None:
    missing = bought_line()
    dollars, own = bought(missing, bought_line(Currency="EUR"))
    (pounds,) = bought(bought_line(Currency="GBP"))

    assert (dollars["_Net Amount"], own["_Net Amount"], pounds["_Net Amount"]) == (40, 50, 0)


def test_a_line_whose_header_is_gone_keeps_its_amount() -> None:
    (line,) = bought(bought_line(InvoiceID="other", AmountDC="=45"))

    assert (line["_Net Amount"], line["Relation Key"], line["Period Key"]) == (45, "(none)", None)
