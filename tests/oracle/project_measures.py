"""What the measures of projects must show, from live rows alone."""

from __future__ import annotations

from decimal import Decimal

from oracle.ledger_measures import last_end, result, revenue
from oracle.model import Choice, Model, Money, minus, negative, ratio

ENTRIES = "Time and Cost Entries"
TIME, REJECTED, FINAL = 1, 2, 20
REVENUE_SECTION = 10


def of_hours(choice: Choice) -> Choice:
    """Time entries of any status but rejected ones."""
    time = choice.where("Time and Cost Entries[Type No]", {TIME})
    return time.where("Time and Cost Entries[Hour Status No]", lambda status: status != REJECTED)


def of_final(choice: Choice) -> Choice:
    """Entries that are approved."""
    return choice.where("Time and Cost Entries[Hour Status No]", {FINAL})


def of_billable(choice: Choice) -> Choice:
    """Approved entries that are billable by their method, time and costs."""
    return of_final(choice).where("Time and Cost Entries[Billable No]", {1})


def of_external_cost(choice: Choice) -> Choice:
    """Ledger cost with a project."""
    return _on_projects(choice).where("GL Accounts[Section No]", lambda section: section != REVENUE_SECTION)


def of_project_revenue(choice: Choice) -> Choice:
    """Ledger revenue with a project."""
    return _on_projects(choice).where("GL Accounts[Section No]", {REVENUE_SECTION})


def _on_projects(choice: Choice) -> Choice:
    return choice.where("Projects[Is Project No]", {1})


def hours(model: Model, choice: Choice) -> Money:
    """Hours of any status but rejected ones. They have no currency, so several may be added."""
    return model.total(ENTRIES, "_Hours", of_hours(choice))


def approved_hours(model: Model, choice: Choice) -> Money:
    """Final hours."""
    return hours(model, of_final(choice))


def billable_hours(model: Model, choice: Choice) -> Money:
    """Final hours that are billable."""
    return hours(model, of_billable(choice))


def billability(model: Model, choice: Choice) -> Money:
    """Billable hours of approved ones."""
    return ratio(billable_hours(model, choice), approved_hours(model, choice))


def hours_awaiting_approval(model: Model, choice: Choice) -> Money:
    """Hours that are neither final nor rejected."""
    return hours(model, choice.where("Time and Cost Entries[Hour Status No]", lambda status: status != FINAL))


def billable_value(model: Model, choice: Choice) -> Money:
    """The sales value of what is billable, time and costs; blank over several currencies of entries, too."""
    cut = of_billable(choice)
    currencies = {row["Currency"] for row in model.rows(ENTRIES, cut)}
    return model.money(ENTRIES, "_Sales Value", cut) if len(currencies) == 1 else None


def average_hourly_rate(model: Model, choice: Choice) -> Money:
    """The value of a billable hour."""
    value = billable_value(model, choice.where("Time and Cost Entries[Type No]", {TIME}))
    return ratio(value, billable_hours(model, choice))


def project_revenue(model: Model, choice: Choice) -> Money:
    """Ledger revenue with a project."""
    return result(model, of_project_revenue(choice))


def revenue_without_project(model: Model, choice: Choice) -> Money:
    """Ledger revenue without one, or with one that is not there: both together are all revenue."""
    return revenue(model, choice.where("Projects[Is Project No]", {0, None}))


def project_external_cost(model: Model, choice: Choice) -> Money:
    """Ledger cost with a project, positive."""
    return negative(result(model, of_external_cost(choice)))


def project_time_cost(model: Model, choice: Choice) -> Money:
    """Approved hours at the internal rates of their days."""
    return model.money("Project Time Cost", "_Cost", choice)


def project_margin(model: Model, choice: Choice) -> Money:
    """Revenue less external cost less time."""
    ledger = minus(project_revenue(model, choice), project_external_cost(model, choice))
    return minus(ledger, project_time_cost(model, choice))


def project_margin_share(model: Model, choice: Choice) -> Money:
    """Margin of revenue."""
    return ratio(project_margin(model, choice), project_revenue(model, choice))


def budget_hours_used(model: Model, choice: Choice) -> Money:
    """Approved hours up to the last chosen day, of the budgeted hours of the projects that are chosen."""
    end = last_end(model, choice)
    cut = choice.without("Fiscal Periods").where("Fiscal Periods[End Date]", lambda day: day is None or day <= end)
    budgets = [project["Budgeted Hours"] for project in model.chosen("Projects", choice)]
    planned = sum((one for one in budgets if one is not None), Decimal(0))
    return ratio(approved_hours(model, cut), planned)
