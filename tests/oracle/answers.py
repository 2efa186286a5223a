"""The three answers of day one, computed from records: hours by client, projects, the month by cost centre.

Amounts are decimal texts, shares fractions with four decimals, None is blank. Amounts of different currencies are never
added: a row is of one currency.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from oracle import project_measures as measures
from oracle.ledger_measures import LEDGER, of_result
from oracle.model import ALL_OF_IT, Choice, Model, Money, Named, minus, negative, ratio

Answer = dict[str, Any]
_CENT = Decimal("0.01")
_SHARE = Decimal("0.0001")
_ENTRIES = measures.ENTRIES


def billable_hours_by_client(model: Model, choice: Choice = ALL_OF_IT) -> list[Answer]:
    """Approved and billable hours and their value, by client of the group and currency; most billable hours first."""

    def by(row: Named) -> tuple[str, str]:
        client = model.other(_ENTRIES, row, "Relations", "Group Client")
        return client or "", model.other(_ENTRIES, row, "Companies", "Currency") or ""

    approved = model.grouped(_ENTRIES, "_Hours", measures.of_hours(measures.of_final(choice)), by)
    billable = model.grouped(_ENTRIES, "_Hours", measures.of_hours(measures.of_billable(choice)), by)
    worth = model.grouped(_ENTRIES, "_Sales Value", measures.of_billable(choice), by)
    currencies: dict[tuple[str, str], set[Any]] = defaultdict(set)
    for row in model.rows(_ENTRIES, measures.of_billable(choice)):
        currencies[by(row)].add(row["Currency"])
    order = sorted(approved, key=lambda key: (-billable.get(key, Decimal(0)), key))
    return [
        {
            "client": key[0],
            "currency": key[1],
            "approved_hours": shown(approved[key]),
            "billable_hours": shown(billable.get(key)),
            "billability": share(ratio(billable.get(key), approved[key])),
            "billable_value": shown(worth.get(key) if len(currencies[key]) == 1 else None),
        }
        for key in order
    ]


def project_profitability(model: Model, choice: Choice = ALL_OF_IT) -> list[Answer]:
    """Revenue, external cost, time and margin of each project that has any, by company and project."""

    def by(row: Named) -> tuple[str, str]:
        return row["Company Key"], row["Project Key"]

    revenue = model.grouped(LEDGER, "_Amount", of_result(measures.of_project_revenue(choice)), by)
    external = model.grouped(LEDGER, "_Amount", of_result(measures.of_external_cost(choice)), by)
    on_projects = choice.where("Projects[Is Project No]", {1})
    time = model.grouped("Project Time Cost", "_Cost", on_projects, by)
    hours = model.grouped(_ENTRIES, "_Hours", measures.of_hours(measures.of_final(on_projects)), by)
    found = []
    for company, key in sorted(revenue.keys() | external.keys() | time.keys()):
        of = (company, key)
        income = negative(revenue.get(of))
        margin = minus(minus(income, external.get(of)), time.get(of))
        found.append(
            {
                "company": company,
                "project": model.keyed("Projects")[key]["Project"],
                "currency": model.keyed("Companies")[company]["Currency"],
                "revenue": shown(income),
                "external_cost": shown(external.get(of)),
                "time_cost": shown(time.get(of)),
                "margin": shown(margin),
                "margin_share": share(ratio(margin, income)),
                "approved_hours": shown(hours.get(of)),
            }
        )
    return sorted(found, key=lambda one: (one["company"], one["project"]))


def monthly_gl_by_cost_centre(model: Model, choice: Choice = ALL_OF_IT) -> list[Answer]:
    """The result by company, month in which the fiscal period ends, cost centre and section."""

    def by(row: Named) -> tuple[str, str, str, int]:
        month = model.other(LEDGER, row, "Fiscal Periods", "Month") or ""
        center = model.other(LEDGER, row, "Cost Centers", "Cost Center") or ""
        return row["Company Key"], month[:7], center, model.other(LEDGER, row, "GL Accounts", "Section No")

    sums = model.grouped(LEDGER, "_Amount", of_result(choice), by)
    return [
        {"company": company, "month": month, "cost_centre": center, "section": section, "result": shown(-amount)}
        for (company, month, center, section), amount in sorted(sums.items())
    ]


def answers(model: Model, choice: Choice = ALL_OF_IT) -> dict[str, list[Answer]]:
    """All three, by the names that the demo reports them under."""
    return {
        "billable_hours_by_client": billable_hours_by_client(model, choice),
        "project_profitability": project_profitability(model, choice),
        "monthly_gl_by_cost_centre": monthly_gl_by_cost_centre(model, choice),
    }


def shown(amount: Money) -> str | None:
    """An amount with two decimals, or as many as it has."""
    if amount is None:
        return None
    cents = amount.quantize(_CENT, ROUND_HALF_UP)
    return f"{cents:f}" if cents == amount else f"{amount.normalize():f}"


def share(part: Money) -> str | None:
    """A fraction with four decimals."""
    return None if part is None else f"{part.quantize(_SHARE, ROUND_HALF_UP):f}"
