"""The clients of Exact Online: what each is told, and the calls that the emulator saw."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import unquote

from clients import checks_exact
from clients.runs import Client, Run

SITE, DIVISION = "nl", 100001
CODES = ("1300", "8000")
"""Two accounts of the Dutch chart: receivables and revenue."""


def _task(run: Run) -> dict[str, Any]:
    app = next(one for one in run.ready["apps"] if one["site"] == SITE)
    user = next(one for one in run.ready["users"] if one.get("site", SITE) == SITE)
    return {
        "site": run.ready["sites"][SITE],
        "control": run.ready["control"],
        "division": DIVISION,
        "codes": CODES,
        **{name: app[name] for name in ("client_id", "client_secret", "redirect_uri")},
        **{name: user[name] for name in ("user", "password")},
    }


def _calls(run: Run) -> list[str]:
    """`GET /api/... 200` of each call of the journal; the consent page's are the person's."""
    return [
        f"{call['method']} {unquote(call['url'])} {call['status']}" for call in run.control.lines("/control/journal")
    ]


def _exactonline(found: dict[str, Any], run: Run) -> None:
    checks_exact.exactonline(found, run.control, DIVISION, CODES)


def _exactpy(found: dict[str, Any], run: Run) -> None:
    checks_exact.exactpy(found, run.control, DIVISION)


CLIENTS: Final = {
    client.name: client
    for client in (
        Client("exactonline", "exact", _task, _exactonline, _calls, built=("exactonline",)),
        Client("exactpy", "exact", _task, _exactpy, _calls),
    )
}
