"""What the clients of Exact Online gave back, against the records that the control port shows."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from launcher.control import Control

Results = dict[str, Any]
PAGE, SYNC_PAGE = 60, 1_000


def records(control: Control, entity: str, division: int) -> list[dict[str, Any]]:
    """The division's records of an entity."""
    return [one for one in control.lines(f"/control/records/{entity}") if one["Division"] == division]


def exactonline(found: Results, control: Control, division: int, codes: tuple[str, ...]) -> None:
    """AssertionError where a step's result is not what Exact holds."""
    accounts = records(control, "GLAccounts", division)
    by_code = {one["Code"]: one for one in accounts}
    _connected(found, division)
    assert str(division) in found["divisions"]

    asked = found["accounts_by_code"]
    assert sorted(one["Code"] for one in asked) == sorted(codes)
    assert found["one_account"]["Code"] == codes[0]
    fields = ("ID", "Code", "Description")
    assert all(_same(one, by_code[one["Code"]], fields) for one in [*asked, found["one_account"]])
    assert [one["Code"] for one in found["first_two"]] == sorted(by_code)[:2]

    centers = records(control, "Costcenters", division)
    assert _listed(found["cost_centers"], centers, fields)
    assert len(centers) > PAGE, "the list must be longer than a page"
    lines = records(control, "TransactionLines", division)
    assert _listed(found["lines"], lines, ("ID", "Timestamp", "AmountDC"))
    assert len(lines) > SYNC_PAGE, "the stream must be longer than a page"


def exactpy(found: Results, control: Control, division: int) -> None:
    """As `exactonline`."""
    accounts = records(control, "GLAccounts", division)
    _connected(found, division)
    assert division in found["divisions"]
    assert sorted(found["accounts"]) == sorted([one["ID"], one["Code"], one["Description"]] for one in accounts)
    assert found["pages"] == _pages(len(accounts))
    assert len(found["pages"]) > 1, "the list must be longer than a page"
    assert len(found["filtered"]) == 1
    assert found["by_guid_with_a_blank"] == found["counted_without_a_filter"] == 400


def _connected(found: Results, division: int) -> None:
    assert found["refreshed"], "the refresh gave the same refresh token"
    assert found["division"] == division
    assert isinstance(found["current_division"], int)


def _pages(n: int) -> list[int]:
    return [PAGE] * (n // PAGE) + ([n % PAGE] if n % PAGE else [])


def _listed(got: list[dict[str, Any]], held: Iterable[dict[str, Any]], fields: tuple[str, ...]) -> bool:
    """Each record once, with the same values; amounts by value, since the client makes floats of them."""
    by_id = {one["ID"]: one for one in held}
    return len(got) == len(by_id) and all(_same(one, by_id[one["ID"]], fields) for one in got)


def _same(got: dict[str, Any], held: dict[str, Any], fields: tuple[str, ...]) -> bool:
    return all(_plain(got[field]) == _plain(held[field]) for field in fields)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, (Decimal, float, int)) else value
