"""The steps of `exactonline` (https://github.com/ossobv/exactonline), as its README uses it.

Runs in the client's own environment, with the task's file as its argument; prints what the client gave back as JSON.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from exactonline.api import ExactApi
from exactonline.resource import GET
from exactonline.storage.ini import IniStorage
from person import consent, wait

_LINES = "sync/Financial/TransactionLines"
_CONFIG = """[server]
auth_url = {site}/api/oauth2/auth
rest_url = {site}/api
token_url = {site}/api/oauth2/token
[application]
base_url = {redirect_uri}
client_id = {client_id}
client_secret = {client_secret}
"""


def steps(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Each step's result, in the order in which they are made."""
    config = folder / "exactonline.ini"
    config.write_text(_CONFIG.format(**task))
    api = ExactApi(storage=IniStorage(str(config)))

    redirected = consent(api.create_auth_request_url(), task["user"], task["password"])
    api.request_token(parse_qs(urlsplit(redirected).query)["code"][0])
    first = api.storage.get_refresh_token()
    wait(task["control"], 575)
    api.refresh_token()

    divisions, current = api.get_divisions()
    api.set_division(task["division"])
    return {
        "refreshed": api.storage.get_refresh_token() != first,
        "divisions": divisions,
        "current_division": current,
        "division": api.storage.get_division(),
        "accounts_by_code": api.ledgeraccounts.filter(code__in=task["codes"], select="ID,Code,Description"),
        "first_two": api.ledgeraccounts.filter(filter="Type gt 0", orderby="Code", top=2),
        "one_account": api.ledgeraccounts.get(filter=f"Code eq '{task['codes'][0]}'", select="ID,Code,Description"),
        "cost_centers": api.restv1(GET("hrm/Costcenters?$select=ID,Code,Description")),
        "lines": api.restv1(GET(f"{_LINES}?$select=ID,Timestamp,AmountDC&$filter=Timestamp+gt+1L")),
    }


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    found = steps(task, Path(sys.argv[1]).parent)
    print(json.dumps({"client": "exactonline", "version": version("exactonline"), "results": found}))


if __name__ == "__main__":
    main()
