"""ReportingBalance: the ledger's lines summed by year, period, account, cost centre, cost unit, type and status.

Summed while the seed is loaded, and kept up inside each transaction that changes ledger lines. Sums are exact: they
count 10**-18, so that amounts of any length that books hold stay what they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from emulators.books.model import Account, Entry
from emulators.clock import Clock
from emulators.exact import values as json_text
from emulators.exact.entities import ENTITIES, TRANSACTION_LINES
from emulators.exact.row import Row, unpack
from emulators.exact.seed import Rowversions
from emulators.exact.settings import Settings
from emulators.exact.store import Store
from emulators.exact.values import NULL, guid_bytes, guid_text, int64, key_id

BALANCE: Final = ENTITIES["ReportingBalance"]
_OF_LINES: Final = ("FinancialYear", "FinancialPeriod", "GLAccount", "CostCenter", "CostUnit", "Type", "Status")
_GROUP: Final = (
    "ReportingYear", "ReportingPeriod", "GLAccount", "CostCenterCode", "CostUnitCode", "Type", "Status",
)  # fmt: skip
_NAMES: Final = {
    "GLAccountCode": "GLAccountCode", "GLAccountDescription": "GLAccountDescription",
    "CostCenterDescription": "CostCenterDescription", "CostUnitDescription": "CostUnitDescription",
}  # fmt: skip
_AT: Final = [TRANSACTION_LINES.at(name) for name in _OF_LINES]
_AMOUNT: Final = TRANSACTION_LINES.at("AmountDC")
_ACCOUNT: Final = 2
_EXPONENT: Final = 18
_OF_UNIT: Final = 10**14
_ID_BYTES: Final = 6
_IDS_OF_A_GROUP: Final = 2**14
"""A group's IDs lie side by side; the next one is taken where a change gives it a new one (Settings.balance_ids)."""
Group = tuple[str, ...]
"""JSON texts, in the order of _GROUP."""
Key = tuple[int, int, str, str | None, str | None, int, int]
"""The same while the seed is loaded: year, period, account, cost centre, cost unit, type, status."""


def scaled(text: str) -> int:
    """A number's text in units of 10**-18."""
    return int(Decimal(text).scaleb(_EXPONENT))


def plain(value: int) -> str:
    """The shortest decimal text of such a number."""
    sign, (whole, part) = "-" if value < 0 else "", divmod(abs(value), 10**_EXPONENT)
    return f"{sign}{whole}" if not part else f"{sign}{whole}." + f"{part:0{_EXPONENT}d}".rstrip("0")


class Sums:
    """What the seed's lines add up to: debit, credit and count of each group."""

    def __init__(self) -> None:
        self.groups: dict[Key, list[int]] = {}
        self.accounts: dict[str, Account] = {}

    def add(self, entry: Entry) -> None:
        year, period, kind, status = entry.year, entry.period, entry.type, entry.status
        for line in entry.lines:
            account = line.account
            if account is None:
                continue
            self.accounts[account.id] = account
            key = (year, period, account.id, line.cost_center, line.cost_unit, kind, status)
            amount = line.amount * _OF_UNIT if line.text is None else scaled(line.text)
            found = self.groups.get(key)
            if found is None:
                found = self.groups[key] = [0, 0, 0]
            found[0 if amount >= 0 else 1] += abs(amount)
            found[2] += 1

    def records(self, division: int, centers: dict[str, str], units: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
        """(id, values) of each group; `centers` and `units` are descriptions (JSON texts) by code."""
        for (year, period, account, center, unit, kind, status), (debit, credit, count) in self.groups.items():
            group = (
                str(year), str(period), f'"{account}"', json_text.text(center), json_text.text(unit), str(kind),
                str(status),
            )  # fmt: skip
            found = self.accounts[account]
            names = {
                "GLAccountCode": json_text.text(found.code),
                "GLAccountDescription": json_text.text(found.description[:60]),
                "CostCenterDescription": centers.get(center or "", NULL),
                "CostUnitDescription": units.get(unit or "", NULL),
                "BalanceType": json_text.text(found.balance_type),
            }  # fmt: skip
            yield _record(division, group, names, debit, credit, count)


class ReportingBalances:
    """Keeps a site's balances up while its ledger lines change."""

    def __init__(
        self, store: Store, versions: Rowversions, clock: Clock, settings: Callable[[], Settings] = Settings
    ) -> None:
        self._store, self._versions, self._clock, self._settings = store, versions, clock, settings
        self._changed: dict[tuple[int, Group], list[int]] = {}
        self._names: dict[tuple[int, Group], list[str]] = {}
        store.watch(TRANSACTION_LINES, self._see, self._flush)

    def _see(self, division: int, before: list[str] | None, after: list[str] | None) -> None:
        for values, sign in ((before, -1), (after, 1)):
            if values is None or values[_AT[_ACCOUNT]] == NULL:
                continue
            key = division, tuple(values[at] for at in _AT)
            change = self._changed.setdefault(key, [0, 0, 0])
            amount = scaled(values[_AMOUNT])
            change[0 if amount >= 0 else 1] += sign * abs(amount)
            change[2] += sign
            self._names[key] = values

    def _flush(self) -> None:
        """Write what the transaction changed."""
        changed, names = self._changed, self._names
        self._changed, self._names = {}, {}
        for (division, group), (debit, credit, count) in changed.items():
            if debit or credit or count:
                self._write(division, group, names[division, group], [debit, credit, count])

    def _write(self, division: int, group: Group, line: list[str], change: list[int]) -> None:
        key, values = _record(division, group, _names_of(line), 0, 0, 0)
        found = self._found(division, int(json_text.parsed(values[_ID])))
        if found:
            values = found.values
        else:
            values[BALANCE.at("BalanceType")] = self._balance_type(division, line)
        was = [scaled(values[_DEBIT]), scaled(values[_CREDIT]), int(values[_COUNT])]
        debit, credit, count = (one + other for one, other in zip(was, change, strict=True))
        version, at = self._versions.next(division), self._clock.now()
        if found:
            key = found.id
            if not count or self._settings().balance_ids == "anew":
                self._store.remove(BALANCE, found, version, at)
                values[_ID] = int64(int(json_text.parsed(values[_ID])) + 1)
                key = key_id(values[_ID])
        if not count:
            return
        values[_DEBIT], values[_CREDIT], values[_TOTAL] = plain(debit), plain(credit), plain(debit - credit)
        values[_COUNT] = str(count)
        self._store.put(BALANCE, Row(version, division, key, None, at, values))

    def _found(self, division: int, first: int) -> Row | None:
        """The record of a group, whichever of its IDs it has now."""
        before = guid_bytes(key_id(int64(first - 1)))
        for version, key, body in self._store.page_by_id(BALANCE, division, -1, before, 1):
            if int.from_bytes(key, "big") < first + _IDS_OF_A_GROUP:
                return Row(version, division, guid_text(key), None, 0.0, unpack(body))
        return None

    def _balance_type(self, division: int, line: list[str]) -> str:
        accounts = ENTITIES["GLAccounts"]
        found = self._store.rows(accounts, division, key=json_text.parsed(line[_AT[_ACCOUNT]]))
        return found[0].values[accounts.at("BalanceType")] if found else NULL


def _names_of(line: list[str]) -> dict[str, str]:
    return {shown: line[TRANSACTION_LINES.at(name)] for shown, name in _NAMES.items()}


def _record(
    division: int, group: Group, names: dict[str, str], debit: int, credit: int, count: int
) -> tuple[str, list[str]]:
    values = [NULL] * len(BALANCE.fields)
    digest = hashlib.blake2b(f"{division} {group}".encode(), digest_size=_ID_BYTES).digest()
    number = int64(int.from_bytes(digest, "big") * _IDS_OF_A_GROUP)
    found = dict(zip(_GROUP, group, strict=True)) | names | {"Division": str(division), "ID": number}
    sums = {"AmountDebit": plain(debit), "AmountCredit": plain(credit), "Amount": plain(debit - credit)}
    for name, value in (found | sums | {"Count": str(count)}).items():
        values[BALANCE.at(name)] = value
    return key_id(number), values


_ID, _DEBIT, _CREDIT, _TOTAL, _COUNT = map(BALANCE.at, ("ID", "AmountDebit", "AmountCredit", "Amount", "Count"))
