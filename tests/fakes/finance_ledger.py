"""Random small books of three companies: live records, and the rows that pushed them, with every reversal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

Record = dict[str, Any]
COMPANIES: Final = {"nl-1": "EUR", "be-2": "EUR", "uk-3": "GBP"}
FIRST_MONTH: Final = {"nl-1": 1, "be-2": 7, "uk-3": 1}
"""The month in which a company's fiscal year starts."""
YEARS: Final = (2024, 2025)
ACCOUNTS: Final = [  # code, type, balance type, section
    ("1300", 20, "B", None), ("1600", 22, "B", None), ("1100", 12, "B", None),
    ("8000", 110, "W", 10), ("7000", 111, "W", 20), ("4000", 125, "W", 30), ("4300", 122, "W", 40),
    ("9999", 90, None, None),
]  # fmt: skip
TYPES: Final = {20: 1, 21: 1, 30: 1, 31: 1, 90: 1, 10: 2, 310: 3, 327: 4, 3000: 9}
"""A transaction type's class."""
BUCKETS: Final = [("Not due", -99999, 0), ("1-30", 1, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("over 90", 91, 99999)]
_ADDITIVE: Final = ("_Amount", "_Net Amount", "_Open Amount", "_Hours", "_Sales Value", "_Cost", "_Quantity", "_sign")
OPEN_END: Final = datetime(2999, 12, 31)  # noqa: DTZ001 (a model's dates have no zone)


def day(year: int, month: int, of_month: int = 1) -> datetime:
    return datetime(year, month, of_month)  # noqa: DTZ001 (a model's dates have no zone)


@dataclass
class Ledger:
    """`live` are the records as they are now, `pushed` the rows of the dataset; dimensions are in both."""

    live: dict[str, list[Record]] = field(default_factory=dict)
    pushed: dict[str, list[Record]] = field(default_factory=dict)


def make_ledger(random: Random, size: int, rebuilding: bool = False) -> Ledger:
    """Books of about `size` records in each fact, a third of them changed or deleted since."""
    ledger = Ledger()
    for table, rows in _dimensions(random, rebuilding).items():
        ledger.live[table] = ledger.pushed[table] = rows
    for table, make in _MAKERS.items():
        ledger.live[table], ledger.pushed[table] = _pushed(random, [make(random) for _ in range(size)], make)
    budget = [_budget(random) for _ in range(size)]
    ledger.live["Budget Lines"] = ledger.pushed["Budget Lines"] = budget
    return ledger


def _pushed(
    random: Random, records: list[Record], make: Callable[[Random], Record]
) -> tuple[list[Record], list[Record]]:
    """What is live, and what was pushed: an edit is the old image negated and the new one, a delete a negation."""
    live, rows = [], []
    for record in records:
        rows.append(record | {"_sign": 1})
        end = random.random()
        if end < 0.3:
            rows.append(_negated(rows[-1]))
        if end < 0.2:
            changed = make(random) | {name: record[name] for name in ("Entry Key", "Invoice Key") if name in record}
            rows.append(changed | {"_sign": 1})
        if not 0.2 <= end < 0.3:
            live.append(rows[-1])
    random.shuffle(rows)
    return live, [row | {"_row": at} for at, row in enumerate(rows)]


def _negated(row: Mapping[str, Any]) -> Record:
    return {name: -value if name in _ADDITIVE else value for name, value in row.items()}


def _dimensions(random: Random, rebuilding: bool) -> dict[str, list[Record]]:
    days = [day(2024, 1) + timedelta(days=7 * at) for at in range(105)]
    return {
        "Companies": [{"Company Key": key, "Company": key.upper(), "Currency": one} for key, one in COMPANIES.items()],
        "Calendar": [
            {"Date": one, "Year Month": f"{one:%Y-%m}", "Month Index": one.year * 12 + one.month} for one in days
        ],
        "Due Calendar": [{"Due Date": one, "Due Month": f"{one:%Y-%m}"} for one in days],
        "Fiscal Periods": [period(key, year, month) for key in COMPANIES for year in YEARS for month in range(1, 13)],
        "GL Accounts": [
            {"GL Account Key": f"{key}|{code}", "Company Key": key, "Code": code, "Account Type No": kind,
             "Balance Type": balance, "Section No": section}
            for key in COMPANIES for code, kind, balance, section in ACCOUNTS
        ],
        "Cost Centers": [{"Cost Center Key": one, "Cost Center": one} for one in ("a", "b")],
        "Transaction Types": [{"Transaction Type No": no, "Entry Class No": of} for no, of in TYPES.items()],
        "Relations": [{"Relation Key": one, "Relation": one, "Group Client": one[0]} for one in ("x1", "x2", "y1")],
        "Projects": [
            {"Project Key": "(none)", "Project": "(no project)", "Is Project No": 0, "Budgeted Hours": None},
            {"Project Key": "p1", "Project": "P-1", "Is Project No": 1, "Budgeted Hours": Decimal("40.5")},
            {"Project Key": "p2", "Project": "P-2", "Is Project No": 1, "Budgeted Hours": Decimal(100)},
        ],
        "Ageing Buckets": [
            {"Bucket": name, "Order": at, "From Days": low, "To Days": high}
            for at, (name, low, high) in enumerate(BUCKETS)
        ],
        "Data Status": [
            {"Company Key": key, "Complete Through": on + timedelta(hours=4), "Business Date": on}
            for key in COMPANIES for on in random.sample(days[60:], random.choice([0, 1, 2]))
        ],
        "Model State": [{"State No": 1 if rebuilding else 0}],
    }  # fmt: skip


def period(company: str, year: int, month: int) -> Record:
    """The fiscal period of a calendar month."""
    start, after = day(year, month), day(year + month // 12, month % 12 + 1)
    fiscal = year + (FIRST_MONTH[company] > 1 and month >= FIRST_MONTH[company])
    number = (month - FIRST_MONTH[company]) % 12 + 1
    return {
        "Period Key": f"{company}|{fiscal}-{number:02}", "Company Key": company, "Fiscal Year": fiscal,
        "Period": number, "Start Date": start, "End Date": after - timedelta(days=1), "Month Index": year * 12 + month,
    }  # fmt: skip


def _money(random: Random) -> Decimal:
    return Decimal(random.choice([100000, 1, -250000, 333333, -5, random.randint(-(10**7), 10**7)])) / 10_000


def _common(random: Random) -> Record:
    """What most facts have. A key in ten points at no row of its dimension."""
    company = random.choice(list(COMPANIES))
    return {
        "Company Key": company,
        "Period Key": period(company, random.choice(YEARS), random.randint(1, 12))["Period Key"],
        "GL Account Key": f"{company}|{random.choice(ACCOUNTS)[0] if random.random() > 0.05 else 'gone'}",
        "Cost Center Key": random.choice(["a", "b", "A", "gone"]),
        "Relation Key": random.choice(["x1", "x2", "y1", "gone", None]),
        "Project Key": random.choice(["(none)", "p1", "p2", "P1", "gone"]),
    }


def _date(random: Random) -> datetime:
    return day(2024, 1) + timedelta(days=7 * random.randrange(105))


def _gl_line(random: Random) -> Record:
    amount = _money(random)
    return _common(random) | {
        "Date": _date(random), "Transaction Type No": random.choice(list(TYPES)),
        "Entry Key": f"e{random.randrange(8)}",
        "Status No": random.choice([20, 50]), "Side Code": "D" if amount >= 0 else "C", "Entered On": _date(random),
        "_Amount": amount,
    }  # fmt: skip


def _open_item(random: Random) -> Record:
    on = _date(random)
    settled = OPEN_END if random.random() < 0.5 else on + timedelta(days=random.randrange(200))
    return _common(random) | {
        "Invoice Date": on, "Due Date": on + timedelta(days=random.choice([0, 7, 28, 91])), "Settled On": settled,
        "Line Type": random.choice([20, 22]), "_Amount": _money(random),
    }  # fmt: skip


def _budget(random: Random) -> Record:
    return _common(random) | {"Scenario": random.choice(["Plan", "Plan", "Hope"]), "_Amount": _money(random)}


def _invoice(random: Random) -> Record:
    return _common(random) | {
        "Invoice Key": f"i{random.randrange(6)}", "Invoice Date": _date(random), "Due Date": _date(random),
        "Type No": random.choice([8020, 8021, 8023, 8024]), "Status No": random.choice([10, 20, 50, 50]),
        "Line Kind No": random.choice([1, 1, 2]), "_Net Amount": _money(random),
    }  # fmt: skip


def _order(random: Random) -> Record:
    return _common(random) | {
        "Order Date": _date(random), "Receipt Date": _date(random), "Order Status No": random.choice([10, 20, 30, 40]),
        "_Net Amount": _money(random), "_Open Amount": abs(_money(random)),
    }  # fmt: skip


def _entry(random: Random) -> Record:
    found = _common(random)
    return found | {
        "Date": _date(random), "Type No": random.choice([1, 1, 2]), "Hour Status No": random.choice([1, 2, 10, 20, 20]),
        "Billable No": random.choice([0, 1]), "Currency": COMPANIES[found["Company Key"]],
        "_Hours": Decimal(random.randrange(-2, 16)) / 2, "_Sales Value": _money(random),
    }  # fmt: skip


def _cost(random: Random) -> Record:
    return _common(random) | {"Hour Status No": 20, "_Cost": _money(random)}


_MAKERS: Final[dict[str, Callable[[Random], Record]]] = {
    "GL Lines": _gl_line,
    "Open Items": _open_item,
    "Sales Invoices": _invoice,
    "Sales Invoice Lines": _invoice,
    "Purchase Order Lines": _order,
    "Time and Cost Entries": _entry,
    "Project Time Cost": _cost,
}
