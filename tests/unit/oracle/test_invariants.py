"""The checks of books as a whole: each passes sound books, and finds what was spoilt in them."""

from __future__ import annotations

from typing import Any

import pytest

from fakes.exact_records import BE, NL, Blank, at, but, record
from fakes.small_ledger import COMPANIES, LINES, PERIODS, model
from oracle import group_invariants as group
from oracle import ledger_invariants as ledger
from oracle import trade_invariants as trade
from oracle.model import Model


def spoilt(at_line: int, **fields: Any) -> Model:
    return model(TransactionLines=[but(line, **fields) if n == at_line else line for n, line in enumerate(LINES)])


@pytest.mark.parametrize("check", [ledger.entries_are_whole, ledger.periods_balance, ledger.balances_balance,
                                   ledger.closed_years_are_closed])  # fmt: skip
def test_sound_books_have_no_findings(check: Any) -> None:
    assert list(check(model())) == []


def test_an_entry_that_does_not_sum_to_zero_or_is_of_two_kinds_is_found() -> None:
    (off,) = ledger.entries_are_whole(spoilt(0, AmountDC="=100.01"))
    (two,) = ledger.entries_are_whole(spoilt(0, Status=20))

    assert off == "entry ('nl-100001', 'e1') sums to 0.01"
    assert "several kinds" in two


def test_an_entry_that_is_off_in_its_own_currency_is_found() -> None:
    (found,) = ledger.entries_are_whole(spoilt(0, AmountFC="=5", Currency="USD"))

    assert found == "entry ('nl-100001', 'e1', 'USD') sums to 5 in its currency"


def test_a_line_in_another_period_breaks_both_periods_and_the_balance_between() -> None:
    moved = spoilt(1, FinancialYear=2026, FinancialPeriod=1)

    assert len(list(ledger.periods_balance(moved))) == 2
    assert list(ledger.balances_balance(moved)) == ["nl-100001 at 2025-12-28T00:00:00: accounts add up to 100.00"]


def test_a_result_account_that_keeps_an_amount_in_a_closed_year_is_found() -> None:
    kept = [but(line, AmountDC=f"={line['AmountDC'] * 9 // 10}") if line["EntryID"] == "e5" else line for line in LINES]
    (found,) = ledger.closed_years_are_closed(model(TransactionLines=kept))

    assert found == "nl-100001 2025: result account nl fees still holds -10"


def test_a_balance_that_is_carried_over_and_not_brought_back_is_found() -> None:
    lost = [line for line in LINES if line["EntryID"] != "e7"]

    assert len(list(ledger.closed_years_are_closed(model(TransactionLines=lost)))) == 2


def test_a_report_that_differs_from_the_lines_is_found() -> None:
    reports = [
        record(
            GLAccount=line["GLAccount"], ReportingYear=line["FinancialYear"], ReportingPeriod=line["FinancialPeriod"],
            AmountDebit=f"={max(line['AmountDC'], 0)}", AmountCredit=f"={min(line['AmountDC'], 0)}", Count=1,
            Division=line["Division"],
        )
        for line in LINES
    ]  # fmt: skip
    short = [*reports[:-1]]

    assert list(group.reports_equal_lines(model(ReportingBalance=reports))) == []
    assert len(list(group.reports_equal_lines(model(ReportingBalance=short)))) == 1


def owed(amount: str, account: str, kind: int = 20, **fields: Any) -> Blank:
    shared = {"LineType": kind, "AmountDC": amount, "InvoiceDate": at(2025, 12, 1), "Account": account}
    return record(**shared | fields)


def test_open_items_must_equal_the_control_account_of_each_relation() -> None:
    belgian = [line for line in LINES if line["Division"] == BE]
    lines = [but(line, Account="c") if "debtors" in line["GLAccount"] else line for line in belgian]
    terms = [
        owed("=7", "c", InvoiceDate=at(2025, 6, 1), Division=BE),
        owed("=30", "c", InvoiceDate=at(2025, 12, 5), Division=BE),
        owed("=20", "c", InvoiceDate=at(2026, 1, 5), Division=BE),
    ]
    sound = model(TransactionLines=lines, PaymentTerms=terms, FinancialPeriods=PERIODS)
    early = model(TransactionLines=lines, PaymentTerms=[but(terms[0], EndDate=at(2026, 1, 1)), *terms[1:]])

    assert list(ledger.open_items_equal_control_accounts(sound)) == []
    assert list(ledger.open_items_equal_control_accounts(early)) == [
        "be-200001 20 2026-01-28 c: open items 50.00, ledger 57.00"
    ]


def test_companies_of_a_group_must_owe_each_other_alike() -> None:
    companies = [but(one, VATNumber=f"V{one['Code']}") for one in COMPANIES]
    relations = [record(ID="to-be", VATNumber=f"V{BE}"), record(ID="to-nl", VATNumber=f"V{NL}", Division=BE)]
    claim, debt = owed("=90", "to-be"), owed("=-90", "to-nl", kind=22, Division=BE)
    months = [period for period in PERIODS if period["FinYear"] == 2026 and period["Division"] == NL][:1]

    def books(*terms: Blank) -> Model:
        return model(HrmDivisions=companies, Accounts=relations, PaymentTerms=list(terms), FinancialPeriods=months)

    assert list(group.companies_owe_each_other_alike(books(claim, debt))) == []
    assert list(group.companies_owe_each_other_alike(books(claim))) == [
        "2026-01-28: nl-100001 claims 90.00 of be-200001, which owes 0.00"
    ]
    assert len(list(group.companies_owe_each_other_alike(books(debt)))) == 1


def test_a_year_must_open_with_what_the_year_before_left_on_balance_sheet_accounts() -> None:
    def opening(account: str, amount: str) -> Blank:
        return record(ReportingYear=2026, GLAccount=account, Amount=amount)

    entity = "OpeningBalanceCurrentYearAfterEntry"
    right = [opening("NL DEBTORS", "=100"), opening("nl equity", "=-100")]
    wrong = [opening("nl debtors", "=100"), opening("nl equity", "=-99"), opening("nl bank", "=-1")]

    assert list(group.opening_balances_equal_lines(model(**{entity: right}))) == []
    assert len(list(group.opening_balances_equal_lines(model(**{entity: wrong})))) == 2


def test_only_processed_lines_are_in_the_processed_opening_balance() -> None:
    lines = [but(line, Status=20) if line["EntryID"] == "e1" else line for line in LINES]
    opened = [record(ReportingYear=2026, GLAccount="nl equity", Amount="=-100")]

    def findings(entity: str) -> list[str]:
        return list(group.opening_balances_equal_lines(model(**{entity: opened, "TransactionLines": lines})))

    assert findings("OpeningBalanceCurrentYearProcessed") == []
    assert len(findings("OpeningBalanceCurrentYearAfterEntry")) == 1


def test_what_one_company_earns_of_another_must_cost_it_as_much() -> None:
    companies = [but(one, VATNumber=f"V{one['Code']}") for one in COMPANIES]
    relations = [record(ID="to-be", VATNumber=f"V{BE}"), record(ID="to-nl", VATNumber=f"V{NL}", Division=BE)]
    earned = record(
        GLAccount="nl fees", AmountDC="=-90", FinancialYear=2026, FinancialPeriod=1, Type=20, Account="to-be"
    )
    spent = but(
        earned, GLAccount="nl material", AmountDC="=90", FinancialPeriod=7, Account="to-nl", Division=BE, Type=30
    )

    def found(*lines: Blank) -> list[str]:
        known = model(HrmDivisions=companies, Accounts=relations, TransactionLines=[*LINES, *lines])
        return list(group.companies_charge_each_other_alike(known))

    assert found(earned, spent) == []
    assert found(earned) == ["2026-01: between be-200001 and nl-100001 -90.00 is earned or spent by one side only"]


def test_a_gap_between_periods_is_found() -> None:
    gapless = [
        record(FinYear=2026, FinPeriod=1, StartDate=at(2026, 1, 1), EndDate=at(2026, 1, 31)),
        record(FinYear=2026, FinPeriod=2, StartDate=at(2026, 2, 1), EndDate=at(2026, 2, 28)),
    ]
    late = [gapless[0], but(gapless[1], StartDate=at(2026, 2, 2))]

    assert list(ledger.periods_cover_every_day_once(model(FinancialPeriods=gapless))) == []
    assert len(list(ledger.periods_cover_every_day_once(model(FinancialPeriods=late)))) == 1


INVOICE = [
    record(InvoiceID="I", InvoiceNumber=1, LineNumber=0, Status=50, AmountDC="=-121"),
    record(InvoiceID="I", InvoiceNumber=1, LineNumber=1, Status=50, AmountDC="=-100"),
    record(InvoiceID="I", InvoiceNumber=1, LineNumber=9999, Status=50, AmountDC="=-21"),
]
ENTRY = [
    record(EntryID="E", InvoiceNumber=1, LineNumber=0, Type=20, GLAccount="d", AmountDC="=121"),
    record(EntryID="E", InvoiceNumber=1, LineNumber=1, Type=20, GLAccount="r", AmountDC="=-100"),
    record(EntryID="E", InvoiceNumber=1, LineNumber=9999, Type=20, GLAccount="v", AmountDC="=-21"),
]
TERM = record(TransactionEntryID="e", AmountDC="=121", LineType=20, InvoiceDate=at(2026, 1, 1))


def sold(invoice: list[Blank], entry: list[Blank], *terms: Blank) -> list[str]:
    known = model(SalesInvoices=invoice, TransactionLines=entry, PaymentTerms=list(terms))
    return [*trade.processed_invoices_are_entered(known), *trade.headers_equal_their_lines(known)]


def test_a_processed_invoice_equals_its_entry_and_terms() -> None:
    part = but(TERM, AmountDC="=60")
    assert sold(INVOICE, ENTRY, TERM) == []
    assert sold(INVOICE, [], TERM) == ["processed invoice ('nl-100001', 1) has 0 entries"]
    assert sold(INVOICE, ENTRY, part) == ["invoice ('nl-100001', 1): gross 121, payment terms 60"]
    dearer = [but(ENTRY[0], AmountDC="=122"), but(ENTRY[1], AmountDC="=-101"), ENTRY[2]]
    assert [text.split(": ")[1] for text in sold(INVOICE, dearer, TERM)] == [
        "gross 121, entry 122", "net 100, revenue lines 101",
    ]  # fmt: skip


def test_where_there_are_invoices_no_sales_entry_is_without_one() -> None:
    stray = [but(line, EntryID="F", InvoiceNumber=2) for line in ENTRY]

    assert sold([], ENTRY) == []
    assert sold(INVOICE, [*ENTRY, *stray], TERM) == ["sales entry of number ('nl-100001', 2) has no invoice"]


def test_an_open_invoice_has_no_entry_and_a_header_is_the_sum_of_its_lines() -> None:
    still_open = [but(row, Status=20) for row in INVOICE]
    short = INVOICE[:2]

    assert sold(still_open, []) == []
    assert len(sold(still_open, ENTRY)) == 1
    assert sold(short, ENTRY, TERM) == ["invoice i: header -121, lines -100"]


def test_orders_are_invoiced_as_their_invoice_lines_say() -> None:
    order = record(ID="O", LineNumber=1, OrderStatus=20, AmountDC="=100", Quantity="=4", InvoicedQuantity="=3")
    line = record(ID="L", InvoiceID="P", PurchaseOrderLine="o", Quantity="=3", Amount="=75", AmountDC="=75")
    sound = model(PurchaseOrders=[order], PurchaseInvoiceLines=[line])

    assert list(trade.orders_are_never_open_below_nothing(sound)) == []
    assert len(list(trade.orders_are_never_open_below_nothing(model(PurchaseOrders=[order])))) == 1


def test_an_invoice_of_the_purchase_module_is_entered_at_its_net_amount() -> None:
    header = record(ID="P", Status=50, YourRef="R7")
    line = record(ID="L", InvoiceID="p", Amount="=75", AmountDC="=75")
    entry = [record(Type=30, LineNumber=1, YourRef="R7", AmountDC="=75", GLAccount="c", FinancialYear=2026)]
    known = {"PurchaseInvoices": [header], "PurchaseInvoiceLines": [line]}

    assert list(trade.purchase_invoices_are_entered(model(**known, TransactionLines=entry))) == []
    assert len(list(trade.purchase_invoices_are_entered(model(**known, TransactionLines=[])))) == 1
    draft = known | {"PurchaseInvoices": [but(header, Status=10)]}
    assert list(trade.purchase_invoices_are_entered(model(**draft, TransactionLines=[]))) == []


def test_nobody_works_more_than_a_day_a_day() -> None:
    def day(hours: str) -> Blank:
        return record(Type=1, HourStatus=20, Employee="E", Date=at(2026, 1, 5), Quantity=hours)

    assert list(trade.days_have_24_hours(model(TimeCostTransactions=[day("=16"), day("=8")]))) == []
    assert len(list(trade.days_have_24_hours(model(TimeCostTransactions=[day("=16"), day("=8.5")])))) == 1
