"""What the measures of the ledger must show, from live rows alone."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal

from oracle.model import Choice, Model, Money, minus, negative, ratio

LEDGER = "GL Lines"
PERIODS = "Fiscal Periods"
LATE_DAYS = 10
NEARLY_NOTHING = Decimal("0.005")


def ledger_amount(model: Model, choice: Choice) -> Money:
    """Debit less credit."""
    return model.money(LEDGER, "_Amount", choice)


def debit(model: Model, choice: Choice) -> Money:
    """What is on the debit side."""
    return ledger_amount(model, choice.where("GL Lines[Side Code]", {"D"}))


def credit(model: Model, choice: Choice) -> Money:
    """What is on the credit side, positive."""
    return negative(ledger_amount(model, choice.where("GL Lines[Side Code]", {"C"})))


def of_result(choice: Choice) -> Choice:
    """The lines that count in the result."""
    return choice.where("GL Accounts[Balance Type]", {"W"}).where("Transaction Types[Entry Class No]", {1, 2})


def result(model: Model, choice: Choice) -> Money:
    """Income less cost, without closing entries."""
    return negative(ledger_amount(model, of_result(choice)))


def revenue(model: Model, choice: Choice) -> Money:
    """Section 10 of the result."""
    return result(model, choice.where("GL Accounts[Section No]", {10}))


def cost_of_sales(model: Model, choice: Choice) -> Money:
    """Section 20, positive."""
    return negative(result(model, choice.where("GL Accounts[Section No]", {20})))


def gross_margin(model: Model, choice: Choice) -> Money:
    """Revenue less cost of sales."""
    return minus(revenue(model, choice), cost_of_sales(model, choice))


def gross_margin_share(model: Model, choice: Choice) -> Money:
    """Gross margin of revenue."""
    return ratio(gross_margin(model, choice), revenue(model, choice))


def operating_costs(model: Model, choice: Choice) -> Money:
    """Sections 30 to 50, positive."""
    return negative(result(model, choice.where("GL Accounts[Section No]", {30, 40, 50})))


def operating_result(model: Model, choice: Choice) -> Money:
    """Gross margin less operating costs."""
    return minus(gross_margin(model, choice), operating_costs(model, choice))


def last_end(model: Model, choice: Choice) -> str:
    """The last day of the periods that are chosen."""
    return str(max(period["End Date"] for period in model.chosen(PERIODS, choice)))


def result_ytd(model: Model, choice: Choice) -> Money:
    """Each company's result from the start of its own fiscal year to the last chosen day."""
    if not model.shows(choice):
        return None
    end, sums = last_end(model, choice), []
    for company in model.chosen("Companies", choice):
        key = company["Company Key"]
        own = [period for period in model.table(PERIODS) if period["Company Key"] == key]
        years = [one["Fiscal Year"] for one in own if one["Start Date"] <= end <= one["End Date"]]
        keys = [
            one["Period Key"] for one in own if years and one["Fiscal Year"] == max(years) if one["End Date"] <= end
        ]
        cut = choice.without(PERIODS, "Companies").where("Companies[Company Key]", {key})
        sums.append(result(model, cut.where("Fiscal Periods[Period Key]", keys)))
    amounts = [one for one in sums if one is not None]
    return sum(amounts, Decimal(0)) if amounts else None


def result_previous_year(model: Model, choice: Choice) -> Money:
    """The result of the same months a year before."""
    months = {period["Month Index"] - 12 for period in model.chosen(PERIODS, choice)}
    return result(model, choice.without(PERIODS).where("Fiscal Periods[Month Index]", months))


def budget(model: Model, choice: Choice) -> Money:
    """The budgeted result; blank unless one scenario is left."""
    scenarios = {row["Scenario"] for row in model.rows("Budget Lines", choice)}
    if len(scenarios) != 1:
        return None
    return negative(model.money("Budget Lines", "_Amount", choice.where("GL Accounts[Balance Type]", {"W"})))


def budget_variance(model: Model, choice: Choice) -> Money:
    """Result less budget; blank without a budget."""
    planned = budget(model, choice)
    return None if planned is None else minus(result(model, choice), planned)


def _until(model: Model, choice: Choice) -> Choice:
    """From the first line to the last chosen day, in whatever period; carried-over balances do not count twice."""
    end = last_end(model, choice)
    cut = choice.without(PERIODS, "Calendar").where("Fiscal Periods[End Date]", lambda day: day is None or day <= end)
    return cut.where("Transaction Types[Entry Class No]", {1, 2, 3})


def balance(model: Model, choice: Choice) -> Money:
    """Balance sheet accounts, cumulative; debit positive."""
    return ledger_amount(model, _until(model, choice).where("GL Accounts[Balance Type]", {"B"}))


def result_not_yet_closed(model: Model, choice: Choice) -> Money:
    """What result accounts still hold: it completes the balance sheet."""
    cut = _until(model, choice).without("GL Accounts")
    return ledger_amount(model, cut.where("GL Accounts[Balance Type]", {"W"}))


def balance_sheet_check(model: Model, choice: Choice) -> Money:
    """Must be zero."""
    whole = balance(model, choice.without("GL Accounts"))
    return minus(whole, negative(result_not_yet_closed(model, choice)))


def journal_entries(model: Model, choice: Choice) -> int:
    """How many entries have a line."""
    return len({row["Entry Key"] for row in model.rows(LEDGER, choice)})


def unbalanced_entries(model: Model, choice: Choice) -> int:
    """Entries that do not sum to zero, whatever account, cost centre, project or relation is chosen."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in model.rows(LEDGER, choice.without("GL Accounts", "Cost Centers", "Projects", "Relations")):
        sums[row["Entry Key"]] += row["_Amount"]
    return sum(abs(amount) >= NEARLY_NOTHING for amount in sums.values())


def entered_after_period_end(model: Model, choice: Choice) -> Money:
    """The result of lines entered more than ten days after the end of their period."""
    if not model.shows(choice):
        return None
    late = [
        row["_Amount"]
        for row in model.rows(LEDGER, of_result(choice))
        if _is_late(row["Entered On"], model.other(LEDGER, row, PERIODS, "End Date"))
    ]
    return -sum(late, Decimal(0)) if late else None


def _is_late(entered: str | None, end: str | None) -> bool:
    if entered is None:
        return False
    return end is None or date.fromisoformat(entered[:10]) > date.fromisoformat(end[:10]) + timedelta(days=LATE_DAYS)


def result_not_processed(model: Model, choice: Choice) -> Money:
    """The part of the result that is not processed yet."""
    return result(model, choice.where("GL Lines[Status No]", {20}))


def unclassified_amount(model: Model, choice: Choice) -> Money:
    """What stands on accounts that are neither of the balance sheet nor of the result."""
    return ledger_amount(model, choice.where("GL Accounts[Balance Type]", lambda kind: kind is None))


def last_entry_date(model: Model, choice: Choice) -> str | None:
    """The newest date of a line."""
    return max((row["Date"] for row in model.rows(LEDGER, choice) if row["Date"] is not None), default=None)
