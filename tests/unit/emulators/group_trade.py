"""What must hold of the group's operational records at every moment; each check reads records alone, and asserts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise

from fakes.exact_group import Books, Record, grouped

CREDITS = frozenset({8021, 8024})
PROCESSED = 50
VAT = 24
"""The type of VAT accounts."""
Group = Mapping[int, Books]
MISSING: tuple[tuple[str, str, str], ...] = (
    ("TimeCostTransactions", "Item", "Items"), ("TimeCostTransactions", "Project", "Projects"),
    ("TimeCostTransactions", "WBS", "ProjectWBS"), ("TimeCostTransactions", "Employee", "Employees"),
    ("TimeCostTransactions", "Account", "Accounts"), ("SalesInvoices", "InvoiceTo", "Accounts"),
    ("SalesInvoices", "Item", "Items"), ("SalesInvoices", "Project", "Projects"),
    ("SalesInvoices", "ProjectWBS", "ProjectWBS"), ("SalesInvoices", "GLAccount", "GLAccounts"),
    ("SalesInvoices", "Employee", "Employees"), ("PurchaseOrders", "Supplier", "Accounts"),
    ("PurchaseOrders", "Item", "Items"), ("PurchaseOrders", "Project", "Projects"),
    ("PurchaseOrders", "CostCenter", "Costcenters"), ("PurchaseInvoices", "Supplier", "Accounts"),
    ("PurchaseInvoiceLines", "Item", "Items"), ("PurchaseInvoiceLines", "Project", "Projects"),
    ("PurchaseInvoiceLines", "PurchaseOrderLine", "PurchaseOrderLines"), ("Projects", "Account", "Accounts"),
    ("ProjectWBS", "Project", "Projects"), ("ProjectWBS", "PartOf", "ProjectWBS"),
    ("EmploymentInternalRates", "Employee", "Employees"), ("Items", "ItemGroup", "ItemGroups"),
    ("Items", "GLRevenue", "GLAccounts"), ("TransactionLines", "GLAccount", "GLAccounts"),
    ("TransactionLines", "Account", "Accounts"), ("TransactionLines", "Project", "Projects"),
    ("TransactionLines", "Item", "Items"), ("PaymentTerms", "Account", "Accounts"),
)  # fmt: skip
"""(entity, field, the entity that it refers to)."""


def money(rows: Iterable[Record], name: str = "AmountDC") -> Decimal:
    return sum((row[name] for row in rows if row[name] is not None), Decimal(0))


def invoices_have_their_entries(group: Group) -> None:
    """Invariant 6: a processed invoice has one entry with its number, alike in net, VAT and gross; others have none."""
    for books in group.values():
        sold = [line for line in books.lines if line["Type"] in (20, 21)]
        entries = grouped(sold, lambda line: line["InvoiceNumber"])
        for rows in grouped(books.of["SalesInvoices"], lambda row: row["InvoiceID"]).values():
            header = next(row for row in rows if row["LineNumber"] == 0)
            lines = entries.pop(header["InvoiceNumber"], []) if header["InvoiceNumber"] is not None else []
            if header["Status"] != PROCESSED:
                assert not lines
                continue
            assert len({line["EntryID"] for line in lines}) == 1
            assert (lines[0]["Type"] == 21) == (header["Type"] in CREDITS)
            kinds = {line["ID"]: books.kind(line) for line in lines}
            own = [row for row in rows if 0 < row["LineNumber"] < 9000]
            net = [line for line in lines if 0 < line["LineNumber"] < 9000 and kinds[line["ID"]] != VAT]
            assert money(net) == money(own)
            assert money(line for line in lines if kinds[line["ID"]] == VAT) == header["VATAmountDC"]
            assert money(line for line in lines if line["LineNumber"] == 0) == -header["AmountDC"]
            terms = [term for term in books.of["PaymentTerms"] if term["EntryID"] == lines[0]["EntryID"]]
            assert money(terms) == -header["AmountDC"]
        assert not entries, "a sales entry without an invoice"


def credit_notes_mirror(group: Group) -> None:
    """Invariant 6: a credit note has the opposite sign in everything, in sync and on the normal endpoint."""
    for books in group.values():
        for row in books.of["SalesInvoices"]:
            if row["LineNumber"] == 0 and row["AmountDC"]:
                assert (row["AmountDC"] > 0) == (row["Type"] in CREDITS)
        for row in books.of["SalesInvoiceHeaders"]:
            assert not row["AmountDC"] or (row["AmountDC"] < 0) == (row["Type"] in CREDITS)


def purchases_have_their_entries(group: Group) -> None:
    """Invariant 7: an invoice of the module is its entry; what an order says is invoiced is what the invoices bill."""
    module = next(books for books in group.values() if books.of["PurchaseInvoices"])
    entries = grouped(
        (line for line in module.lines if line["Type"] in (30, 31)), lambda line: (line["YourRef"], line["Account"])
    )
    lines = grouped(module.of["PurchaseInvoiceLines"], lambda line: line["InvoiceID"])
    for invoice in module.of["PurchaseInvoices"]:
        found = entries[invoice["YourRef"], invoice["Supplier"]]
        heads = [line for line in found if line["LineNumber"] == 0 and -line["AmountDC"] == invoice["AmountDC"]]
        assert heads
        assert money(lines[invoice["ID"]]) + invoice["VATAmount"] == invoice["AmountDC"]
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for line in module.of["PurchaseInvoiceLines"]:
        if line["PurchaseOrderLine"]:
            billed[line["PurchaseOrderLine"]] += line["Quantity"]
    for line in module.of["PurchaseOrderLines"]:
        assert line["InvoicedQuantity"] == billed.pop(line["ID"], 0)
        assert 0 <= line["InvoicedQuantity"] <= line["ReceivedQuantity"] <= line["Quantity"]
    assert not billed


def partners_agree(group: Group) -> None:
    """Invariant 12: what one company says another owes it, the other says it owes; fees alike, per period."""
    owed: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    charged: dict[tuple[int, int, str], Decimal] = defaultdict(Decimal)
    numbers = {row["VATNumber"]: row["Code"] for books in group.values() for row in books.of["HrmDivisions"]}
    for division, books in group.items():
        partners = {row["ID"]: numbers[row["VATNumber"]] for row in books.of["Accounts"] if row["Type"] == "D"}
        for term in books.of["PaymentTerms"]:
            if term["Account"] in partners and term["EndDate"] is None:
                other = partners[term["Account"]]
                owed[min(division, other), max(division, other)] += term["AmountDC"]
        for line in books.lines:
            traded = line["Type"] in (20, 21, 30, 31) and 0 < line["LineNumber"] < 9000
            if traded and line["Account"] in partners and books.accounts[line["GLAccount"]]["BalanceType"] == "W":
                other = partners[line["Account"]]
                charged[min(division, other), max(division, other), line["Date"]] += line["AmountDC"]
    assert charged
    assert not {key: value for key, value in charged.items() if value}
    assert not {key: value for key, value in owed.items() if value}


def hourly(books: Books) -> set[str]:
    """The parts of projects whose hours are billed as they are worked: their method, the part's above, or the type."""
    parts = {row["ID"]: row for row in books.of["ProjectWBS"]}
    types = {row["ID"]: row["Type"] for row in books.of["Projects"]}

    def method(part: Record) -> int:
        if part["InvoiceMethod"] is not None:
            return int(part["InvoiceMethod"])
        return int(types[part["Project"]]) if part["PartOf"] is None else method(parts[part["PartOf"]])

    return {key for key, part in parts.items() if method(part) == 3}


def hours_are_billed_or_unbilled(group: Group) -> None:
    """Invariant 13: approved value of time and material is invoiced or unbilled, per project."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for books in group.values():
        parts = hourly(books)
        for row in books.of["TimeCostTransactions"]:
            if row["Type"] == 1 and row["HourStatus"] == 20 and row["WBS"] in parts:
                found[row["Project"]] += row["AmountFC"]
        for row in books.of["SalesInvoices"]:
            if row["Employee"] is not None and row["LineNumber"] > 0:
                found[row["Project"]] += row["AmountDC"]
    left = {key: value for books in group.values() for key, value in books.unbilled.items() if value}
    assert found
    assert {key: value for key, value in found.items() if value} == left


def billed_hours_are_approved(group: Group) -> None:
    """Invariant 13: of each person, part and hour type as many hours are approved as are billed, and not credited."""
    left: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for books in group.values():
        for row in books.of["TimeCostTransactions"]:
            if row["HourStatus"] == 20 and row["Type"] == 1 and row["Quantity"] > 0 and row["WBS"]:
                left[row["WBS"], row["Employee"], row["Item"]] += row["Quantity"]
        for row in books.of["SalesInvoices"]:
            if row["Employee"] is not None and row["LineNumber"] > 0 and row["ItemCode"] != "G-INH":
                left[row["ProjectWBS"], row["Employee"], row["Item"]] += row["Quantity"]
    assert min(left.values()) >= 0


def nobody_works_longer_than_a_day(group: Group) -> None:
    """Invariant 13: hours per employee and day."""
    days: Counter[tuple[str, str]] = Counter()
    for books in group.values():
        units = {row["ID"]: 8 if row["Unit"] == "day" else 1 for row in books.of["Items"]}
        for row in books.of["TimeCostTransactions"]:
            if row["Type"] == 1 and row["Quantity"] > 0:
                days[row["Employee"], row["Date"]] += row["Quantity"] * units.get(row["Item"], 1)
    assert max(days.values()) <= 24


def each_day_of_work_has_one_rate(group: Group) -> None:
    """Invariant 13: the rate of a day is one, but for the one employee without."""
    without = set()
    for books in group.values():
        rates = grouped(books.of["EmploymentInternalRates"], lambda row: row["Employee"])
        for row in books.of["TimeCostTransactions"]:
            on = _ms(row["Date"])
            valid = [one for one in rates[row["Employee"]] if _ms(one["StartDate"]) <= on <= _ms(one["EndDate"])]
            assert len(valid) == (1 if rates[row["Employee"]] else 0)
        without |= {row["ID"] for row in books.of["Employees"] if not rates[row["ID"]]}
    assert len(without) == 1


def _ms(text: str | None) -> int:
    return 10**15 if text is None else int(text[6:-2])


def references_exist(group: Group) -> set[str]:
    """Invariant 15: gives what is referred to and is not there."""
    missing: set[str] = set()
    for books in group.values():
        for name, field, target in MISSING:
            ids = {row["ID"] for row in books.of[target]}
            missing |= {row[field] for row in books.of[name]} - {None} - ids
    return missing


def rows_of_a_document_rise_together(group: Group) -> None:
    """Invariant 15: the rowversions of an invoice or order lie together, apart from all others of the stream."""
    for books in group.values():
        for name, parent in (("SalesInvoices", "InvoiceID"), ("PurchaseOrders", "PurchaseOrderID")):
            found = grouped(books.of[name], lambda row, parent=parent: row[parent])  # type: ignore[misc]
            spans = sorted(
                (min(int(row["Timestamp"]) for row in rows), max(int(row["Timestamp"]) for row in rows))
                for rows in found.values()
            )
            assert all(last < first for (_, last), (first, _) in pairwise(spans))


def deletes_are_logged_once(group: Group) -> None:
    """Invariant 15: one entry for each record that went, and none for what is still there."""
    for books in group.values():
        keys = Counter(row["EntityKey"] for row in books.of["Deleted"])
        assert set(keys.values()) == {1}
        for name in ("SalesInvoices", "PurchaseOrders", "TimeCostTransactions", "ProjectWBS", "Accounts"):
            assert not keys.keys() & {row["ID"] for row in books.of[name]}
