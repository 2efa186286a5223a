"""Every table of the four packs, and which tables each pack shows.

Left out, because they tell of our own process and not of Exact's records: Data Status (what of it can be told is in
`findings`), the columns State and Checked At of Ledger Proof, and the tables that only hold measures.
"""

from __future__ import annotations

from oracle import (
    accounts,
    budgets,
    calendars,
    codes,
    companies,
    employees,
    hours,
    items,
    open_items,
    periods,
    projects,
    proof,
    purchase_invoices,
    purchase_orders,
    relations,
    sales,
    transaction_types,
)
from oracle.tables import TABLES, Table, fixed

BUCKETS = (
    ("Not due", 1, -99_999, 0),
    ("1-30", 2, 1, 30),
    ("31-60", 3, 31, 60),
    ("61-90", 4, 61, 90),
    ("over 90", 5, 91, 99_999),
)
AGEING_BUCKETS = fixed("Ageing Buckets", ("Bucket", "Order", "From Days", "To Days"), lambda _: BUCKETS)

CURRENT = 0
MODEL_STATE = fixed("Model State", ("State No",), lambda _: ((CURRENT,),))
"""Once nothing is being rebuilt."""

GL_LINES = TABLES[0]
SHARED = (
    companies.TABLE,
    calendars.CALENDAR,
    calendars.DUE_CALENDAR,
    periods.TABLE,
    accounts.TABLE,
    codes.COST_CENTERS,
    codes.COST_UNITS,
    relations.TABLE,
    items.TABLE,
    MODEL_STATE,
)
PROJECT_DIMENSIONS = (projects.PROJECTS, projects.WBS, employees.TABLE)

PACKS: dict[str, tuple[Table, ...]] = {
    "finance": (
        GL_LINES,
        open_items.TABLE,
        budgets.TABLE,
        proof.TABLE,
        codes.JOURNAL_TABLE,
        transaction_types.TABLE,
        AGEING_BUCKETS,
        *SHARED,
    ),
    "sales": (sales.INVOICES, sales.INVOICE_LINES, *SHARED),
    "purchasing": (purchase_orders.TABLE, purchase_invoices.TABLE, *SHARED),
    "projects": (hours.TABLE, hours.TIME_COST, *PROJECT_DIMENSIONS, *SHARED),
}
ALL: dict[str, Table] = {table.name: table for pack in PACKS.values() for table in pack}
"""Each table once, by its name."""
