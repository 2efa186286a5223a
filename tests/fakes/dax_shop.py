"""A second small model for DAX: two facts, two dimensions, a relationship on dates.

Companies      Calendar           Sales                                   Plans
Key  Currency  Date        Month  No  Company  On          Amount  Open   Company  Amount
c1   EUR       2026-01-31  1      1   c1       2026-01-31  10      yes    c1       100
c2   EUR       2026-02-28  2      2   C1       2026-02-28  20      no     c2       50
c3   GBP       2026-03-31  3      3   c2       2026-02-28  5       no     c3       30
                                  4   c3       2026-03-31  7       yes
"""

from __future__ import annotations

from emulators.powerbi.dax.views import Link, Model
from fakes.dax_model import table_view

_DATES = ["2026-01-31", "2026-02-28", "2026-03-31"]
_SIDES = {"both": [("calendar", "date"), ("sales", "on")], "one": [("calendar", "date")], "none": []}


def shop(dates_clear: str = "both", stranger: bool = False) -> Model:
    """The model above; with a stranger, the fourth sale is of a company that there is not."""
    companies = table_view("Companies", Key=("String", ["c1", "c2", "c3"]), Currency=("String", ["EUR", "EUR", "GBP"]))
    calendar = table_view("Calendar", Date=("DateTime", _DATES), Month=("Int64", [1, 2, 3]))
    sales = table_view(
        "Sales",
        No=("Int64", [1, 2, 3, 4]),
        Company=("String", ["c1", "C1", "c2", "zz" if stranger else "c3"]),
        On=("DateTime", [_DATES[0], _DATES[1], _DATES[1], _DATES[2]]),
        Amount=("Decimal", [10, 20, 5, 7]),
        Open=("String", ["yes", "no", "no", "yes"]),
    )
    plans = table_view("Plans", Company=("String", ["c1", "c2", "c3"]), Amount=("Decimal", [100, 50, 30]))
    links = [
        Link("sales", "company", "companies", "key"),
        Link("sales", "on", "calendar", "date"),
        Link("plans", "company", "companies", "key"),
    ]
    tables = {"companies": companies, "calendar": calendar, "sales": sales, "plans": plans}
    measures = {"sold": "SUM(Sales[Amount])", "planned": "SUM(Plans[Amount])"}
    return Model(tables, measures, links, frozenset(_SIDES[dates_clear]))
