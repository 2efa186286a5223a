"""How long changes took, from what the two emulators say."""

from __future__ import annotations

from typing import Any

from launcher.arrivals import arrivals, quantiles

ENTRY = "AAAA0000-0000-0000-0000-000000000001"


def change(at: str = "2026-11-24T10:00:00Z", entity: str = "TransactionLines", key: str = ENTRY) -> dict[str, Any]:
    return {"entity": entity, "key": key, "at": at}


def post(at: float, key: str = ENTRY.lower(), table: str = "GL Lines", column: str = "Entry Key") -> dict[str, Any]:
    return {"verb": "POST", "at": at, "table": table, "rows": [{column: key}]}


TEN = 1795514400.0
"""2026-11-24T10:00:00Z"""


def test_a_change_arrives_with_the_first_post_after_it_that_has_its_key() -> None:
    journal = [post(TEN - 5), post(TEN + 1, key="other"), post(TEN + 2), post(TEN + 9)]
    assert arrivals([change()], journal) == [2.0]


def test_a_change_that_no_post_shows_does_not_count() -> None:
    assert arrivals([change(), change(entity="Costcenters")], [post(TEN - 5)]) == []


def test_a_deletion_of_all_rows_is_no_arrival() -> None:
    assert arrivals([change()], [{"verb": "DELETE", "at": TEN + 1, "table": "GL Lines", "rows": []}]) == []


def test_an_account_arrives_in_its_own_table() -> None:
    journal = [post(TEN + 3, table="GL Accounts", column="GL Account Key")]
    assert arrivals([change(entity="GLAccounts")], journal) == [3.0]


def test_quantiles_of_nothing_are_null() -> None:
    assert quantiles([]) == {"p50": None, "p99": None, "max": None}


def test_quantiles_are_of_the_sorted_seconds() -> None:
    assert quantiles([float(n) for n in reversed(range(1, 101))]) == {"p50": 51.0, "p99": 100.0, "max": 100.0}
