"""What must hold between the group's ledger, its open items and its companies, read from the records."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from fakes.exact_group import CARRY_OVER, Books, Record, grouped, moment, period, total

CONTROL = {20: 20, 22: 22}
"""Account types of control accounts, and the LineType of their terms."""


def settled_in(term: Record) -> tuple[int, int]:
    """The period in which a term ended; far away while it is open."""
    return (9_999, 12) if term["EndDate"] is None else (int(term["EndYear"]), int(term["EndPeriod"]))


def test_open_items_explain_the_control_accounts_by_relation_at_every_period_end(group: dict[int, Books]) -> None:
    for books in group.values():
        for kind in CONTROL:
            lines = [line for line in books.of_type(kind) if line["Type"] not in CARRY_OVER]
            terms = [term for term in books.of["PaymentTerms"] if term["LineType"] == CONTROL[kind]]
            by_relation = grouped(terms, lambda term: term["Account"])
            assert {line["Account"] for line in lines} == set(by_relation)
            for relation, booked in grouped(lines, lambda line: line["Account"]).items():
                for end in sorted({period(line) for line in booked}):
                    balance = total(line for line in booked if period(line) <= end)
                    items = [
                        term
                        for term in by_relation[relation]
                        if (term["TransactionReportingYear"], term["TransactionReportingPeriod"]) <= end
                        and settled_in(term) > end
                    ]
                    assert total(items) == balance


def test_a_term_is_settled_altogether_or_not_at_all(group: dict[int, Books]) -> None:
    for books in group.values():
        for term in books.of["PaymentTerms"]:
            ended = term["EndDate"] is not None
            assert (term["Status"] == 50) == ended == term["IsFullyPaid"] == (term["EndYear"] is not None)
            assert not ended or moment(term["EndDate"]) >= moment(term["InvoiceDate"])


def test_each_processed_invoice_has_one_entry_of_its_number_and_amounts(group: dict[int, Books]) -> None:
    checked = 0
    for books in group.values():
        entries = grouped(
            (line for line in books.lines if line["Type"] in (20, 21)),
            lambda line: (line["InvoiceNumber"], line["JournalCode"]),
        )
        terms = grouped(books.of["PaymentTerms"], lambda term: term["EntryID"])
        for rows in grouped(books.of["SalesInvoices"], lambda row: row["InvoiceID"]).values():
            header = next(row for row in rows if row["LineNumber"] == 0)
            found = entries.get((header["InvoiceNumber"], header["Journal"]), [])
            if header["Status"] != 50:
                assert header["InvoiceNumber"] is None or not found
                continue
            checked += 1
            assert len({line["EntryID"] for line in found}) == 1
            first = next(line for line in found if line["LineNumber"] == 0)
            assert (first["Type"] == 21) == (header["Type"] == 8021)
            net = [line for line in found if 0 < line["LineNumber"] < 9000]
            vat = [line for line in found if line["LineNumber"] >= 9000]
            assert total([first]) == -total([header])
            assert total(net) == total(row for row in rows if 0 < row["LineNumber"] < 9000)
            assert total(vat) == total(row for row in rows if row["LineNumber"] >= 9000)
            assert total(terms[first["EntryID"]]) == total([first])
    assert checked > 20


def test_a_module_invoice_is_its_entry(group: dict[int, Books]) -> None:
    checked = 0
    for books in group.values():
        entries = grouped(
            (line for line in books.lines if line["Type"] in (30, 31)), lambda line: line["DocumentNumber"]
        )
        lines_of = grouped(books.of["PurchaseInvoiceLines"], lambda line: line["InvoiceID"])
        for invoice in books.of["PurchaseInvoices"]:
            if invoice["Status"] == 10:
                continue
            checked += 1
            found = entries.get(invoice["EntryNumber"], [])
            net = [line for line in found if 0 < line["LineNumber"] < 9000]
            assert len({line["EntryID"] for line in found}) == 1
            assert total(net, "AmountFC") == total(lines_of[invoice["ID"]], "Amount")
    assert checked > 10


def mirrored(books: dict[int, Books], types: tuple[int, ...], owner: str) -> dict[tuple[str, str, object], Decimal]:
    """Net amounts and balances with companies of the group, by (company, partner, calendar month)."""
    found: dict[tuple[str, str, object], Decimal] = defaultdict(Decimal)
    names = {one.of["HrmDivisions"][0]["Description"] for one in books.values()}
    for one in books.values():
        own = one.of["HrmDivisions"][0]["Description"]
        for line in one.of_type(*types):
            if line["AccountName"] in names:
                at = moment(line["Date"])
                key = (own, line["AccountName"]) if owner == "seller" else (line["AccountName"], own)
                found[(*key, (at.year, at.month))] += Decimal(line["AmountDC"])
    return {key: amount for key, amount in found.items() if amount}


def test_what_one_company_claims_of_another_the_other_owes_it(group: dict[int, Books]) -> None:
    receivable = mirrored(group, (20,), "seller")
    payable = mirrored(group, (22,), "buyer")
    assert receivable
    assert receivable == {key: -amount for key, amount in payable.items()}


def test_income_of_the_group_is_its_cost_in_the_same_month(group: dict[int, Books]) -> None:
    income = mirrored(group, (110,), "seller")
    cost = mirrored(group, (111, 120, 121), "buyer")
    assert income
    assert income == {key: -amount for key, amount in cost.items()}


def test_what_lines_refer_to_exists_but_for_one_known_orphan(group: dict[int, Books]) -> None:
    orphans = set()
    for books in group.values():
        names = {"GLAccount": "GLAccounts", "Account": "Accounts", "Project": "Projects", "Item": "Items"}
        known = {field: {row["ID"] for row in books.of[name]} for field, name in names.items()}
        codes = {row["Code"].strip().upper() for row in books.of["Costcenters"]}
        for line in books.lines:
            orphans |= {(field, line[field]) for field in names if line[field] and line[field] not in known[field]}
            assert not (line["CostCenter"] or "").strip() or line["CostCenter"].strip().upper() in codes
    assert len(orphans) <= 1
    assert all(field == "Item" for field, _ in orphans)


def test_the_delete_log_has_one_record_for_each_delete(group: dict[int, Books]) -> None:
    for books in group.values():
        log = [(one["EntityType"], one["EntityKey"], one["Timestamp"]) for one in books.of["Deleted"]]
        assert len(log) == len(set(log))
