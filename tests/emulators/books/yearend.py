"""The ends of fiscal years.

Dutch and German: type 310 books each profit and loss account against itself, the result to the reserve. Belgian:
costs (321) and revenue (320) are gathered on closing accounts, 326 takes the result to the balance sheet, 327 empties
each balance account on the last day and 328 restores it on the first (docs page FinancialTransactionTransactionLines).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from emulators.books.desk import Desk
from emulators.books.model import Account, Entry

CLOSED, REFLECTED, COSTED, TO_BALANCE, EMPTIED, RESTORED = 310, 320, 321, 326, 327, 328
RESULT_CLOSING = (310, 320, 321, 322, 323, 324, 325, 326)
CARRY_OVER = (327, 328)
Balances = dict[Account, int]


def closing(desk: Desk, day: date, created: int, result: Balances, balance: Balances) -> Iterator[Entry]:
    """The closing entries of a year that ends on `day`: `result` per profit and loss account of the year, `balance`
    per balance account since ever, before the closing."""
    if desk.company.country != "BE":
        yield _against(desk, CLOSED, day, created, result, desk.company.account("reserve"))
        return
    costs = {account: amount for account, amount in result.items() if account.side == "D"}
    revenue = {account: amount for account, amount in result.items() if account.side != "D"}
    on_costs, on_revenue = desk.company.account("closing_costs"), desk.company.account("closing_revenue")
    yield _against(desk, COSTED, day, created, costs, on_costs)
    yield _against(desk, REFLECTED, day, created, revenue, on_revenue)
    reserve = desk.company.account("reserve")
    totals = {on_costs: sum(costs.values()), on_revenue: sum(revenue.values())}
    yield _against(desk, TO_BALANCE, day, created, totals, reserve)
    final = dict(balance)
    final[reserve] = final.get(reserve, 0) + sum(totals.values())
    for kind, on, sign in ((EMPTIED, day, -1), (RESTORED, day + timedelta(days=1), 1)):
        entry = desk.entry(kind, "closing", on, created)
        entry.status = 50
        for account, amount in final.items():
            if amount:
                entry.lines.append(desk.line(len(entry.lines) + 1, account, sign * amount))
        yield entry


def _against(desk: Desk, kind: int, day: date, created: int, amounts: Balances, account: Account) -> Entry:
    """Each account back to zero, the sum to `account`."""
    entry = desk.entry(kind, "closing", day, created)
    entry.status = 50
    for one, amount in amounts.items():
        if amount:
            entry.lines.append(desk.line(len(entry.lines) + 1, one, -amount))
    entry.lines.append(desk.line(len(entry.lines) + 1, account, sum(amounts.values())))
    return entry
