"""The finance model posted as a dataset: its measures asked through executeQueries, on a ledger summed by hand.

Two companies in EUR, one in GBP. Pushed for nl-1: revenue of March (an invoice of 1,000, changed to 1,200: three rows),
a cost of 300 in April without a cost centre, an entry that was deleted again; for be-2 revenue of 500 in March; for
uk-3 revenue of 70 in March.
"""

from __future__ import annotations

from typing import Any

import pytest

from fakes import finance_model
from fakes.finance_ledger import ACCOUNTS, COMPANIES, period
from fakes.power_bi_emulator import Twin

DIMENSIONS: dict[str, list[dict[str, Any]]] = {
    "Companies": [{"Company Key": key, "Company": key, "Currency": one} for key, one in COMPANIES.items()],
    "Fiscal Periods": [
        {name: str(value) if name.endswith("Date") else value for name, value in period(key, 2024, month).items()}
        for key in COMPANIES
        for month in (3, 4)
    ],
    "GL Accounts": [
        {"GL Account Key": code, "Code": code, "Account Type No": kind, "Balance Type": balance, "Section No": section}
        for code, kind, balance, section in ACCOUNTS
    ],
    "Cost Centers": [{"Cost Center Key": "A", "Cost Center": "Sales"}],
    "Transaction Types": [{"Transaction Type No": 20, "Entry Class No": 1}],
    "Model State": [{"State No": 0}],
}


def line(company: str, month: int, account: str, amount: float, entry: str, sign: int = 1) -> dict[str, Any]:
    """A pushed row; one with sign -1 takes another back."""
    return {
        "Company Key": company, "Period Key": period(company, 2024, month)["Period Key"], "GL Account Key": account,
        "Cost Center Key": "a" if account == "8000" else "(none)", "Transaction Type No": 20, "Entry Key": entry,
        "Status No": 50, "Side Code": "C" if account == "8000" else "D", "_Amount": amount, "_sign": sign,
    }  # fmt: skip


LINES = [
    line("nl-1", 3, "8000", -1000, "e1"), line("nl-1", 3, "8000", 1000, "e1", -1), line("nl-1", 3, "8000", -1200, "e1"),
    line("nl-1", 4, "4000", 300, "e2"),
    line("nl-1", 4, "4000", 40, "e3"), line("nl-1", 4, "4000", -40, "e3", -1),
    line("be-2", 3, "8000", -500, "e4"),
    line("uk-3", 3, "8000", -70, "e5"),
]  # fmt: skip


@pytest.fixture
async def group(power_bi: Twin) -> Twin:
    document = finance_model.document()
    created = await power_bi.create(*document["tables"], relationships=document["relationships"])
    assert created.is_success, created.text
    for table, rows in {**DIMENSIONS, "GL Lines": LINES}.items():
        posted = await power_bi.post(table, *rows)
        assert posted.is_success, posted.text
    return power_bi


async def test_a_measure_of_the_model_by_company_and_month(group: Twin) -> None:
    found = await group.result("""
        EVALUATE SUMMARIZECOLUMNS(
            'Companies'[Company Key], 'Fiscal Periods'[Month Index], "r", [Result], "e", [Journal Entries])
        ORDER BY 'Companies'[Company Key], 'Fiscal Periods'[Month Index]
    """)

    assert [tuple(row.values()) for row in found] == [
        ("be-2", 24291, 500, 1),
        ("nl-1", 24291, 1200, 1),
        ("nl-1", 24292, -300, 1),
        ("uk-3", 24291, 70, 1),
    ]


async def test_amounts_of_several_currencies_are_blank_and_return_with_one(group: Twin) -> None:
    query = 'EVALUATE CALCULATETABLE(ROW("r", [Result], "m", [Gross Margin %], "n", [Journal Entries]){})'

    assert await group.result(query.format("")) == [{"[n]": 4}]
    assert await group.result(query.format(', Companies[Currency] = "EUR"')) == [{"[r]": 1400, "[m]": 1, "[n]": 3}]


async def test_a_measure_that_a_query_defines_stands_beside_those_of_the_model(group: Twin) -> None:
    found = await group.result("""
        DEFINE MEASURE '_Finance'[Cost share] = DIVIDE ( [Operating Costs], [Revenue] )
        VAR chosen = TREATAS ( { "nl-1" }, Companies[Company Key] )
        EVALUATE CALCULATETABLE ( ROW ( "s", [Cost share], "y", [Result YTD] ), chosen )
    """)

    assert found == [{"[s]": 0.25, "[y]": 900}]


async def test_the_blank_member_shows_what_belongs_to_no_cost_centre(group: Twin) -> None:
    found = await group.result("""
        EVALUATE CALCULATETABLE (
            SUMMARIZECOLUMNS ( 'Cost Centers'[Cost Center], "r", [Result] ), 'Companies'[Company Key] = "NL-1" )
        ORDER BY 'Cost Centers'[Cost Center]
    """)

    assert found == [{"[r]": -300}, {"Cost Centers[Cost Center]": "Sales", "[r]": 1200}]


async def test_while_the_model_is_rebuilt_amounts_are_blank(group: Twin) -> None:
    await group.clear("Model State")
    await group.post("Model State", {"State No": 1})

    assert await group.result('EVALUATE ROW("r", [Result], "b", [Hours])') == [{}]


async def test_a_bare_filter_on_a_related_date_is_a_setting(group: Twin) -> None:
    await group.post("Calendar", {"Date": "2024-03-31", "Month Index": 24291})
    await group.post("Open Items", {"Invoice Date": "2024-03-31", "Line Type": 20, "_Amount": 5, "_sign": 1})
    query = """EVALUATE CALCULATETABLE ( CALCULATETABLE ( ROW ( "n", SUM ( 'Open Items'[_sign] ) ),
        'Open Items'[Invoice Date] <= DATE ( 2024, 4, 1 ) ), 'Open Items'[Line Type] = 22 )"""

    assert await group.result(query) == [{"[n]": 1}]
    await group.set(dates_clear="one")
    assert await group.result(query) == [{}]
