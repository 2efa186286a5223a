"""GL Accounts and Cost Centers: one row an account, one row a code, and the member that stands for nothing."""

from __future__ import annotations

from typing import Any

from oracle.values import NONE, Record, code_key, company, day, label, text

ACCOUNT_TYPES = {
    10: "Cash",
    12: "Bank",
    14: "Credit card",
    16: "Payment services",
    20: "Accounts receivable",
    21: "Prepayment accounts receivable",
    22: "Accounts payable",
    24: "VAT",
    25: "Employees payable",
    26: "Prepaid expenses",
    27: "Accrued expenses",
    29: "Income taxes payable",
    30: "Fixed assets",
    32: "Other assets",
    35: "Accumulated depreciation",
    40: "Inventory",
    50: "Capital stock",
    52: "Retained earnings",
    55: "Long term debt",
    60: "Current portion of debt",
    90: "General",
    100: "Tax payable",
    110: "Revenue",
    111: "Cost of goods",
    120: "Other costs",
    121: "Sales, general administrative expenses",
    122: "Depreciation costs",
    123: "Research and development",
    125: "Employee costs",
    126: "Employment costs",
    130: "Exceptional costs",
    140: "Exceptional income",
    150: "Income taxes",
    160: "Interest income",
    300: "Year end reflection",
    301: "Indirect year end costing",
    302: "Direct year end costing",
}
"""https://start.exactonline.nl/docs/HlpRestAPIResourcesDetails.aspx?name=FinancialGLAccounts, field Type."""

CONTROL_TYPES = frozenset({20, 21, 22, 24})
SECTIONS = {
    10: ("Revenue", {110}),
    20: ("Cost of sales", {111}),
    30: ("Employee costs", {125}),
    40: ("Depreciation", {122}),
    50: ("Other operating costs", {120, 121, 123, 126}),
    60: ("Financial", {160}),
    70: ("Exceptional", {130, 140}),
    80: ("Taxes", {150}),
}
UNCLASSIFIED = (90, "Unclassified")
STATEMENTS = {"B": "Balance Sheet", "W": "Profit and Loss"}
SIDES = {"D": "Debit", "C": "Credit"}
COST_CENTER_USE = {0: "Optional", 1: "Mandatory", 2: "No"}

ACCOUNT_ATTRIBUTES = (
    "GL Account Key",
    "Company Key",
    "Code",
    "Description",
    "GL Account",
    "Account Type No",
    "Account Type",
    "Balance Type",
    "Statement",
    "Side",
    "Section No",
    "Result Section",
    "Group Account",
    "Is Control",
    "Cost Center Use",
    "Is Blocked",
)
NO_ACCOUNT = (
    NONE,
    NONE,
    NONE,
    "(no account)",
    "(no account)",
    None,
    None,
    None,
    None,
    None,
    None,
    None,
    NONE,
    False,
    None,
    False,
)


def account_row(site: str, account: Record) -> tuple[Any, ...]:
    """The row of a GL account."""
    code = account["Code"].strip()
    kind = account["Type"]
    section, section_name = _section(account["BalanceType"], kind)
    return (
        account["ID"].lower(),
        company(site, account),
        code,
        text(account["Description"]),
        text(label(code, account["Description"])),
        kind,
        None if kind is None else ACCOUNT_TYPES.get(kind, str(kind)),
        account["BalanceType"],
        STATEMENTS.get(account["BalanceType"]),
        SIDES.get(account["BalanceSide"]),
        section,
        section_name,
        code,
        kind in CONTROL_TYPES,
        COST_CENTER_USE.get(account["UseCostcenter"]),
        bool(account["IsBlocked"]),
    )


def _section(balance_type: str | None, kind: int | None) -> tuple[int | None, str | None]:
    if balance_type != "W":
        return None, None
    return next(((number, name) for number, (name, kinds) in SECTIONS.items() if kind in kinds), UNCLASSIFIED)


COST_CENTER_ATTRIBUTES = (
    "Cost Center Key",
    "Company Key",
    "Code",
    "Description",
    "Cost Center",
    "End Date",
    "Group Cost Center",
)
NO_COST_CENTER = (NONE, NONE, NONE, "(no cost centre)", "(no cost centre)", None, NONE)


def cost_center_row(site: str, center: Record) -> tuple[Any, ...]:
    """The row of a cost centre."""
    code = center["Code"].strip()
    return (
        code_key(site, center, code),
        company(site, center),
        code,
        text(center["Description"]),
        text(label(code, center["Description"])),
        day(center["EndDate"]),
        code,
    )
