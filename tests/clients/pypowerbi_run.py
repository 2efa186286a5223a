"""The steps of `pypowerbi` (https://github.com/cmberryau/pypowerbi), as its README and its own tests use it.

The token is got by Microsoft's own MSAL, with the application's certificate. Runs in the clients' own environment, with
the task's file as its argument; prints what the clients gave back as JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msal
from pypowerbi.client import PowerBIClient
from pypowerbi.dataset import Column, Dataset, Row, Table
from requests.exceptions import HTTPError

HOURS = Table(
    "Hours", [Column("Client", "String"), Column("Day", "DateTime"), Column("Hours", "Decimal"), Column("No", "Int64")]
)
CLIENTS = Table("Clients", [Column("Client", "String")])


def token(task: dict[str, Any]) -> dict[str, str]:
    """A bearer token, in the shape that pypowerbi takes."""
    app = msal.ConfidentialClientApplication(
        task["client_id"],
        authority=f"{task['login']}/{task['tenant']}",
        client_credential={
            "private_key": Path(task["private_key"]).read_text(),
            "public_certificate": Path(task["certificate"]).read_text(),
        },
        instance_discovery=False,
    )
    answer = app.acquire_token_for_client(["https://analysis.windows.net/powerbi/api/.default"])
    if "access_token" not in answer:
        sys.exit(f"MSAL got no token: {answer}")
    return {"accessToken": answer["access_token"]}


def status(step: Callable[[], Any]) -> int:
    """The status with which a step is refused; pypowerbi puts the response where requests has the error number."""
    try:
        step()
    except HTTPError as error:
        return int(error.errno.status_code)  # type: ignore[union-attr]
    return 200


def groups(client: Any, mine: str) -> dict[str, Any]:
    """Workspaces: listed, found, made, filtered, paged."""
    before = [group.id for group in client.groups.get_groups()]
    made = client.groups.create_group("made by pypowerbi", workspace_v2=True)
    filtered = client.groups.get_groups(filter_str="contains(name,'pypowerbi') and isReadOnly eq false")
    return {
        "groups": before,
        "group_is_there": client.groups.has_group(mine),
        "made_group": {"id": made.id, "name": made.name},
        "filtered_groups": [group.name for group in filtered],
        "second_group": [group.name for group in client.groups.get_groups(top=1, skip=1)],
    }


def datasets(client: Any, mine: str) -> dict[str, Any]:
    """Push models: made, listed, filled, emptied in part, removed."""
    kept = client.datasets.post_dataset(Dataset("by pypowerbi", tables=[HOURS, CLIENTS]), mine).id
    dropped = client.datasets.post_dataset(Dataset("by pypowerbi", tables=[CLIENTS]), mine).id
    listed = [dataset.id for dataset in client.datasets.get_datasets(mine)]
    first = [
        Row(Client="Ünal & Søn", Day="2026-11-24T00:00:00Z", Hours=7.5, No=1),
        Row(Client="Zeta", Day="2026-11-24", Hours=2, No=2),
    ]
    client.datasets.post_rows(kept, "Hours", first, mine)
    client.datasets.post_rows(kept, "Hours", [Row(Client="Alpha", Hours=1.5)], mine)
    client.datasets.post_rows(kept, "Clients", [Row(Client="Zeta")], mine)
    client.datasets.delete_rows(kept, "Clients", mine)
    one = client.datasets.get_dataset(kept, mine)
    client.datasets.delete_dataset(dropped, mine)
    return {
        "kept": kept,
        "dropped": dropped,
        "datasets": listed,
        "tables": [table.name for table in client.datasets.get_tables(kept, mine)],
        "one": {"name": one.name, "add_rows": one.add_rows_api_enabled, "refreshable": one.is_refreshable},
        "datasets_after_delete": client.datasets.count(mine),
    }


def refreshes(client: Any, mine: str, model: str) -> dict[str, Any]:
    """An import model: refreshed, and its history."""
    client.datasets.refresh_dataset(model, notify_option="NoNotification", group_id=mine)
    found = client.datasets.get_dataset_refresh_history(model, mine, top=1)
    shown = [{"status": one["status"], "refreshType": one["refreshType"]} for one in found]
    return {"history": [{**one, "started": found[0]["startTime"].year >= 2026} for one in shown]}


def reports(client: Any, mine: str, report: str, dataset: str) -> dict[str, Any]:
    """Reports: listed, cloned onto another dataset, bound to it, removed."""
    before = [one.name for one in client.reports.get_reports(mine)]
    clone = client.reports.clone_report(report, "Copy", mine, dataset, mine)
    client.reports.rebind_report(report, dataset, mine)
    bound = client.reports.get_report(report, mine)
    client.reports.delete_report(clone.id, mine)
    return {
        "reports": before,
        "one_report": bound.name,
        "clone": {"name": clone.name, "dataset": clone.dataset_id},
        "rebound_to": bound.dataset_id,
        "reports_after_delete": [one.name for one in client.reports.get_reports(mine)],
    }


def refusals(client: Any, mine: str, dataset: str) -> dict[str, int]:
    """What the service refuses, as the client shows it."""
    return {
        "put_table": status(lambda: client.datasets.put_table(dataset, "Clients", CLIENTS, mine)),
        "refresh_of_a_push_model": status(lambda: client.datasets.refresh_dataset(dataset, group_id=mine)),
        "my_workspace": status(lambda: client.datasets.get_datasets()),
        "a_text_as_a_number": status(lambda: client.datasets.post_rows(dataset, "Hours", [Row(Hours="many")], mine)),
    }


def main() -> None:
    task = json.loads(Path(sys.argv[1]).read_text())
    client, mine = PowerBIClient(task["api"], token(task)), task["workspace"]
    found = {**groups(client, mine), **datasets(client, mine), **refreshes(client, mine, task["import_model"])}
    found |= reports(client, mine, task["report"], found["kept"])
    found["refusals"] = refusals(client, mine, found["kept"])
    print(json.dumps({"client": "pypowerbi", "version": version("pypowerbi"), "results": found}))


if __name__ == "__main__":
    main()
