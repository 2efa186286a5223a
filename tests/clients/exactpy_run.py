"""The steps of `exactpy` (https://pypi.org/project/exactpy/), as its README uses it.

Runs in the client's own environment, with the task's file as its argument; prints what the client gave back as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
from exactpy.client import Client
from person import consent, wait


def opened(task: dict[str, Any], folder: Path) -> Client:
    """The client as somebody starts it: what it knows of earlier starts is in its cache file."""
    cache = {"cache_path": folder / "exactpy.json"}
    return Client(
        client_id=task["client_id"],
        client_secret=task["client_secret"],
        redirect_url=task["redirect_uri"],
        base_url=f"{task['site']}/api",
        write_cache_callable_kwargs=cache,
        read_cache_callable_kwargs=cache,
        verbose=False,
    )


def steps(task: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Each step's result, in the order in which they are made."""
    client = opened(task, folder)
    redirected = consent(client.auth_client.get_authorization_url(), task["user"], task["password"])
    client.auth_client.acquire_token(redirected)
    first = client.auth_client.token_info["refresh_token"]
    wait(task["control"], 575)
    client.auth_client.refresh_token()

    client = opened(task, folder)
    client.set_initial_division()
    current = client.division
    divisions = [one.code for one in client.system.divisions.all()]
    client.division = task["division"]
    accounts = client.financial.gl_accounts
    pages = list(accounts.all_paged(filters=_TYPED, skip_invalid=False))
    return {
        "refreshed": client.auth_client.token_info["refresh_token"] != first,
        "current_division": current,
        "divisions": divisions,
        "division": client.get_current_division().code,
        "pages": [len(page) for page in pages],
        "accounts": [[one.id, one.code, one.description] for page in pages for one in page],
        "filtered": [one.code for one in accounts.all(filters=[{"key": "code", "op": "eq", "val": task["codes"][0]}])],
        "counted_without_a_filter": refused(accounts.count),
        "by_guid_with_a_blank": refused(lambda: accounts.show(pages[0][0].id)),
    }


_TYPED = [{"key": "type", "op": "gt", "val": 0}]


def refused(call: Callable[[], object]) -> int:
    """The status with which the vendor refuses; 200 where it does not."""
    try:
        call()
    except httpx.HTTPStatusError as error:
        return error.response.status_code
    return 200


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    found = steps(task, Path(sys.argv[1]).parent)
    print(json.dumps({"client": "exactpy", "version": version("exactpy"), "results": found}))


if __name__ == "__main__":
    main()
