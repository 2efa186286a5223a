"""The clients of Power BI: what each is told, and the calls that the emulator saw."""

from __future__ import annotations

from typing import Any, Final

from clients import checks_power_bi
from clients.runs import Client, Run

REPORT, IMPORT = "Profitability", "exactbi import"


def _task(run: Run) -> dict[str, Any]:
    """The administrator lets applications make workspaces; a person has made a report."""
    run.control.post("/control/settings", {"create_switch": True})
    report = run.control.post("/control/reports", {"name": REPORT, "dataset": IMPORT})
    app = run.ready["apps"][0]
    return {
        "api": run.ready["api"],
        "login": run.ready["login"],
        "tenant": run.ready["tenant"],
        "workspace": run.ready["workspaces"][0]["id"],
        "import_model": run.ready["refreshable"][0],
        "report": report["id"],
        **{name: app[name] for name in ("client_id", "certificate", "private_key")},
    }


def _check(found: dict[str, Any], run: Run) -> None:
    checks_power_bi.pypowerbi(found, run.control, run.ready)


def _calls(run: Run) -> list[str]:
    return [f"{call['method']} {call['path']} {call['status']}" for call in run.control.lines("/control/calls")]


CLIENTS: Final = {client.name: client for client in (Client("pypowerbi", "powerbi", _task, _check, _calls),)}
