"""What the books hold, in Exact's own terms: record counts, and exact sums per division, account and period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from emulators.exact.entities import STORED, TRANSACTION_LINES
from emulators.exact.row import SEPARATOR
from emulators.exact.store import Store
from emulators.exact.values import NULL, guid_text, iso

_FIELDS = ("GLAccount", "FinancialYear", "FinancialPeriod", "AmountDC", "EntryID")


@dataclass
class _Sum:
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    lines: int = 0
    entries: set[str] = field(default_factory=set)


def truth(store: Store, now: float) -> dict[str, Any]:
    """Live records per entity, and the ledger's sums; amounts are exact decimal texts."""
    return {"at": iso(now), "records": store.counts(), "sums": list(_sums(store))}


def _sums(store: Store) -> Iterator[dict[str, Any]]:
    positions = [TRANSACTION_LINES.at(name) for name in _FIELDS]
    found: dict[tuple[int, str, str, str], _Sum] = defaultdict(_Sum)
    for division, _, _, body in store.snapshot(TRANSACTION_LINES):
        values = body.split(SEPARATOR)
        account, year, period, amount, entry = (values[at] for at in positions)
        one = found[(division, account.strip('"'), year, period)]
        value = Decimal(amount or 0)
        one.debit += max(value, Decimal(0))
        one.credit += max(-value, Decimal(0))
        one.lines += 1
        one.entries.add(entry)
    for (division, account, year, period), one in sorted(found.items()):
        where = {"division": division, "account": account or None, "period": f"{year}-{int(period):02d}"}
        sums = {"debit": f"{one.debit:f}", "credit": f"{one.credit:f}", "amount": f"{one.debit - one.credit:f}"}
        yield where | sums | {"lines": one.lines, "entries": len(one.entries)}


def records(store: Store, entity_name: str, site: str) -> Iterator[str]:
    """Every live record of one moment as a JSON line: site, division, all its fields; numbers keep their full text."""
    template = _template(entity_name)[1:]
    for division, _, _, body in store.snapshot(STORED[entity_name]):
        fields = template % tuple(value or NULL for value in body.split(SEPARATOR))
        yield one_line(f'{{"site":"{site}","division":{division},{fields}')


def history(store: Store, entity_name: str, site: str) -> Iterator[str]:
    """`{"site","id","version","at","deleted","record"}` of every version that each record ever had."""
    template = _template(entity_name)
    for key, version, at, deleted, body in store.history(STORED[entity_name]):
        record = NULL if body is None else template % tuple(value or NULL for value in body.split(SEPARATOR))
        gone = "true" if deleted else "false"
        head = f'{{"site":"{site}","id":"{guid_text(key)}","version":{version},"at":"{iso(at)}"'
        yield one_line(f'{head},"deleted":{gone},"record":{record}}}')


def one_line(json_text: str) -> str:
    """The same JSON without the characters at which some readers of lines would break it."""
    if json_text.isascii():
        return json_text
    return json_text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")


def _template(entity_name: str) -> str:
    return "{" + ",".join(f'"{name}":%s' for name in STORED[entity_name].fields) + "}"
