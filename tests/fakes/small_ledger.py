"""Three companies' ledgers of a dozen entries, small enough to add up by hand.

Dutch (EUR, calendar year), Belgian (EUR, year from July), British (GBP). Amounts are whole; debit positive.
"""

from __future__ import annotations

from typing import Any

from fakes.exact_records import BE, NL, Blank, at, month, record
from oracle.books import Books
from oracle.model import Model

UK = 400001
SITES = {NL: "nl", BE: "be", UK: "uk"}
DUTCH, BELGIAN, BRITISH = "nl-100001", "be-200001", "uk-400001"
_ACCOUNTS = {
    "debtors": (20, "B"), "creditors": (22, "B"), "bank": (12, "B"), "equity": (50, "B"), "fees": (110, "W"),
    "material": (111, "W"), "wages": (125, "W"),
}  # fmt: skip


def account(name: str) -> Blank:
    """An account of a company: `nl fees`."""
    kind, statement = _ACCOUNTS[name.split()[1]]
    division = {"nl": NL, "be": BE, "uk": UK}[name.split()[0]]
    return record(ID=name, Code=name.split()[1], Description="", Type=kind, BalanceType=statement, Division=division)


def entry(key: str, period: tuple[int, int], kind: int, amounts: dict[str, int], **fields: Any) -> list[Blank]:
    """An entry's lines: amounts by account."""
    division = {"nl": NL, "be": BE, "uk": UK}[next(iter(amounts)).split()[0]]
    created = at(2026, 2, 1)
    shared = {"EntryID": key, "FinancialYear": period[0], "FinancialPeriod": period[1], "Type": kind, "Status": 50}
    return [
        record(
            **{"GLAccount": name, "AmountDC": f"={amount}", "Division": division, "Created": created} | shared | fields
        )
        for name, amount in amounts.items()
    ]


LINES = [
    *entry("e1", (2025, 12), 20, {"nl debtors": 100, "nl fees": -100}, Project="P", CostCenter="k1"),
    *entry("e2", (2026, 1), 20, {"nl debtors": 250, "nl fees": -250}, Status=20, CostCenter="K2"),
    *entry("e3", (2026, 1), 30, {"nl creditors": -80, "nl material": 80}, Project="P", CostCenter="K1"),
    *entry("e4", (2026, 1), 90, {"nl bank": -60, "nl wages": 60}, Project="gone"),
    *entry("e5", (2025, 12), 310, {"nl fees": 100, "nl equity": -100}),
    *entry("e6", (2025, 12), 327, {"nl debtors": -100, "nl equity": 100}),
    *entry("e7", (2026, 1), 328, {"nl debtors": 100, "nl equity": -100}),
    *entry("b1", (2026, 6), 20, {"be debtors": 30, "be fees": -30}),
    *entry("b2", (2026, 7), 20, {"be debtors": 20, "be fees": -20}),
    *entry("b3", (2025, 12), 20, {"be debtors": 7, "be fees": -7}),
    *entry("u1", (2026, 1), 20, {"uk debtors": 1000, "uk fees": -1000}),
]
PERIODS = [
    *(month(year, n, (year, n, 1), (year, n, 28)) for year in (2025, 2026) for n in (1, 12)),
    month(2025, 12, (2025, 6, 1), (2025, 6, 30), Division=BE),
    month(2026, 6, (2025, 12, 1), (2025, 12, 28), Division=BE),
    month(2026, 7, (2026, 1, 1), (2026, 1, 28), Division=BE),
    month(2026, 1, (2026, 1, 1), (2026, 1, 28), Division=UK),
]
COMPANIES = [
    record(Code=code, HID="1", Currency=currency, Status=0)
    for code, currency in ((NL, "EUR"), (BE, "EUR"), (UK, "GBP"))
]


def model(**more: list[Blank]) -> Model:
    """The three companies, with more records where a test needs them."""
    entities = {
        "TransactionLines": LINES,
        "GLAccounts": [account(name) for name in sorted({line["GLAccount"] for line in LINES})],
        "FinancialPeriods": PERIODS,
        "HrmDivisions": COMPANIES,
        "Costcenters": [record(Code="K1", Description="Sales"), record(Code="K2", Description="Office")],
        "Projects": [record(ID="p", Code="P-1", Description="Rollout", SalesTimeQuantity="=40", Type=3)],
    }
    return Model(Books.of(entities | more, SITES))
