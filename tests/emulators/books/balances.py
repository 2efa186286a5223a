"""Running balances of a company: what the month's and the year's end need to know of all that was posted before."""

from __future__ import annotations

from collections import defaultdict

from emulators.books.model import Account, Entry
from emulators.books.yearend import CARRY_OVER, RESULT_CLOSING

BUDGET = 3000


class Balances:
    """Sums in units. Budget entries count nowhere; balance carry-over (327, 328) not in what is cumulative."""

    def __init__(self, vat_accounts: list[Account]) -> None:
        self._vat_accounts = set(vat_accounts)
        self.total: dict[Account, int] = defaultdict(int)
        self.result: dict[int, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        self._balance: dict[int, dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        self._vat: dict[tuple[int, int], dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        self._vat_written: dict[tuple[int, int], int] = defaultdict(int)

    def post(self, entry: Entry) -> None:
        if entry.type == BUDGET or entry.type in CARRY_OVER:
            return
        result = None if entry.type in RESULT_CLOSING else self.result[entry.year]
        for line in entry.lines:
            account = line.account
            if account is None:
                continue
            self.total[account] += line.amount
            if result is not None and account.balance_type == "W":
                result[account] += line.amount
            if account.balance_type == "B":
                self._balance[entry.year][account] += line.amount
            if account in self._vat_accounts:
                period = entry.year, entry.period
                self._vat[period][account] += line.amount
                self._vat_written[period] = max(self._vat_written[period], entry.created)

    def vat_until(self, year: int, period: int) -> tuple[list[tuple[Account, int]], int]:
        """What stands on each VAT account up to a period, and when the last of it was written."""
        sums: dict[Account, int] = defaultdict(int)
        written = 0
        for of, amounts in self._vat.items():
            if of <= (year, period):
                written = max(written, self._vat_written[of])
                for account, amount in amounts.items():
                    sums[account] += amount
        return list(sums.items()), written

    def until(self, year: int) -> dict[Account, int]:
        """The balance accounts at the end of a year."""
        sums: dict[Account, int] = defaultdict(int)
        for of, amounts in self._balance.items():
            if of <= year:
                for account, amount in amounts.items():
                    sums[account] += amount
        return sums
