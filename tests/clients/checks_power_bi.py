"""What the clients of Power BI gave back, against what the emulator's control port shows."""

from __future__ import annotations

from typing import Any

from launcher.control import Control

Results = dict[str, Any]


def pypowerbi(found: Results, control: Control, ready: dict[str, Any]) -> None:
    """AssertionError where a step's result is not what Power BI holds."""
    _workspaces(found, ready["workspaces"][0])
    _datasets(found, control, ready["refreshable"][0])
    _reports(found)
    assert found["refusals"] == {
        "put_table": 405,
        "refresh_of_a_push_model": 415,
        "my_workspace": 403,
        "a_text_as_a_number": 400,
    }
    assert found["history"] == [{"status": "Unknown", "refreshType": "ViaApi", "started": True}]


def _workspaces(found: Results, mine: dict[str, str]) -> None:
    assert found["groups"] == [mine["id"]]
    assert found["group_is_there"]
    assert found["made_group"]["name"] == "made by pypowerbi"
    assert found["filtered_groups"] == ["made by pypowerbi"]
    assert found["second_group"] == ["made by pypowerbi"]


def _datasets(found: Results, control: Control, imported: str) -> None:
    kept, dropped = found["kept"], found["dropped"]
    assert set(found["datasets"]) == {imported, kept, dropped}
    assert found["tables"] == ["Hours", "Clients"]
    assert found["one"] == {"name": "by pypowerbi", "add_rows": True, "refreshable": False}
    assert found["datasets_after_delete"] == 2
    assert list(control.lines(f"/control/rows/{kept}/Clients")) == []
    rows = list(control.lines(f"/control/rows/{kept}/Hours"))
    assert [row["Client"] for row in rows] == ["Ünal & Søn", "Zeta", "Alpha"]
    assert sum(row["Hours"] for row in rows) == 11
    journal = [(one["verb"], one["table"], len(one["rows"])) for one in control.lines("/control/journal")]
    assert journal == [("POST", "Hours", 2), ("POST", "Hours", 1), ("POST", "Clients", 1), ("DELETE", "Clients", 0)]


def _reports(found: Results) -> None:
    assert found["reports"] == ["Profitability"]
    assert found["one_report"] == "Profitability"
    assert found["clone"] == {"name": "Copy", "dataset": found["kept"]}
    assert found["rebound_to"] == found["kept"]
    assert found["reports_after_delete"] == ["Profitability"]
