"""The calls of the REST API: name, method, address and what they need of their caller."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from emulators.faults import Fault
from emulators.powerbi import groups, queries, refreshes, reports, rows, schemas, sequences
from emulators.powerbi.world import World

Handler = Callable[[World, Request, str, Fault | None], Awaitable[Response]]
_DATASET: Final = "/datasets/{dataset}"
_TABLE: Final = f"{_DATASET}/tables/{{table}}"
_REPORT: Final = "/reports/{report}"


class Named(NamedTuple):
    """A call: `rest` follows the workspace's address; `need` is None where no workspace is concerned."""

    name: str
    verb: str
    rest: str
    need: str | None
    handler: Handler


NAMED: Final = [
    Named("groups.list", "GET", "/groups", None, groups.listed),
    Named("groups.create", "POST", "/groups", None, groups.create),
    Named("permissions.refresh", "POST", "/RefreshUserPermissions", None, groups.refresh_permissions),
    Named("groups.get", "GET", "", "read", groups.get),
    Named("datasets.list", "GET", "/datasets", "read", schemas.list_datasets),
    Named("datasets.create", "POST", "/datasets", "write", schemas.create),
    Named("datasets.get", "GET", _DATASET, "read", schemas.get),
    Named("datasets.delete", "DELETE", _DATASET, "write", schemas.delete),
    Named("tables.list", "GET", f"{_DATASET}/tables", "read", schemas.list_tables),
    Named("tables.put", "PUT", _TABLE, "write", schemas.put),
    Named("rows.post", "POST", f"{_TABLE}/rows", "write", rows.post),
    Named("rows.delete", "DELETE", f"{_TABLE}/rows", "write", rows.delete),
    Named("sequences.list", "GET", f"{_TABLE}/sequenceNumbers", "read", sequences.listed),
    Named("refreshes.post", "POST", f"{_DATASET}/refreshes", "write", refreshes.post),
    Named("refreshes.list", "GET", f"{_DATASET}/refreshes", "read", refreshes.history),
    Named("refreshes.get", "GET", f"{_DATASET}/refreshes/{{refresh}}", "read", refreshes.details),
    Named("refreshes.cancel", "DELETE", f"{_DATASET}/refreshes/{{refresh}}", "write", refreshes.cancel),
    Named("refreshes.schedule", "GET", f"{_DATASET}/refreshSchedule", "read", refreshes.schedule),
    Named("query", "POST", f"{_DATASET}/executeQueries", "build", queries.execute),
    Named("reports.list", "GET", "/reports", "read", reports.listed),
    Named("reports.get", "GET", _REPORT, "read", reports.get),
    Named("reports.delete", "DELETE", _REPORT, "write", reports.delete),
    Named("reports.clone", "POST", f"{_REPORT}/Clone", "write", reports.clone),
    Named("reports.rebind", "POST", f"{_REPORT}/Rebind", "write", reports.rebind),
]
