"""openingbalance/CurrentYear and PreviousYear: what balance accounts held when a year began.

The cumulative balance at the end of the year before, zeros left out; AfterEntry with open entries (status 20),
Processed without (docs pages OpeningBalanceCurrentYearAfterEntry and its three siblings). Budget lines and the
carry-over of balances (327, 328) are not in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from emulators.books.balances import BUDGET
from emulators.books.company import Company
from emulators.books.yearend import CARRY_OVER
from emulators.exact import values as json_text
from emulators.exact.entities import ENTITIES
from emulators.exact.reporting import Sums, plain
from emulators.exact.shapes import Rendered
from emulators.exact.values import NULL, key_id

_OPEN: Final = 20
_YEARS: Final = {"CurrentYear": 0, "PreviousYear": 1}
_LEFT_OUT: Final = frozenset({BUDGET, *CARRY_OVER})


def opening_balances(company: Company, sums: Sums) -> Iterator[Rendered]:
    """The records of all four addresses."""
    for which, back in _YEARS.items():
        for name, with_open in (("AfterEntry", True), ("Processed", False)):
            year = company.open_year - back
            for account, amount in _cumulative(sums, year, with_open=with_open).items():
                if amount:
                    yield _record(f"OpeningBalance{which}{name}", company, sums, account, year, amount)


def _cumulative(sums: Sums, before: int, *, with_open: bool) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for (year, _, account, _, _, kind, status), (debit, credit, _) in sums.groups.items():
        counts = year < before and kind not in _LEFT_OUT and (with_open or status != _OPEN)
        if counts and sums.accounts[account].balance_type == "B":
            found[account] += debit - credit
    return found


def _record(name: str, company: Company, sums: Sums, account: str, year: int, amount: int) -> Rendered:
    entity, found = ENTITIES[name], sums.accounts[account]
    values = [NULL] * len(entity.fields)
    shown = {
        "Division": str(company.division), "GLAccount": json_text.guid(account), "ReportingYear": str(year),
        "Amount": plain(amount), "BalanceSide": json_text.text(found.side), "GLAccountCode": json_text.text(found.code),
        "GLAccountDescription": json_text.text(found.description[:60]),
    }  # fmt: skip
    for field, value in shown.items():
        values[entity.at(field)] = value
    return name, key_id(*(values[entity.at(key)] for key in entity.keys)), None, values
