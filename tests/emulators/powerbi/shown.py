"""How lists and datasets look in answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.powerbi.datasets import Dataset, Refresh, Report

_PORTAL: Final = "https://app.powerbi.com"


def values(request: Request, kind: str, items: list[dict[str, Any]]) -> Response:
    """A list in its OData envelope."""
    root = str(request.base_url).rstrip("/") + "/v1.0/myorg/"
    group = request.path_params.get("workspace")
    at = f"groups/{group}/" if group else ""
    return JSONResponse({"@odata.context": f"{root}{at}$metadata#{kind}", "value": items})


def dataset(one: Dataset) -> dict[str, Any]:
    """https://learn.microsoft.com/rest/api/power-bi/datasets/get-dataset-in-group"""
    return {
        "id": one.id,
        "name": one.name,
        "webUrl": f"{_PORTAL}/groups/{one.workspace}/datasets/{one.id}",
        "addRowsAPIEnabled": not one.refreshable,
        "configuredBy": one.owner,
        "isRefreshable": one.refreshable,
        "isEffectiveIdentityRequired": False,
        "isEffectiveIdentityRolesRequired": False,
        "isOnPremGatewayRequired": False,
        "targetStorageMode": "Abf",
        "createdDate": moment(one.created_at),
        "upstreamDatasets": [],
        "users": [],
    }


def report(one: Report) -> dict[str, Any]:
    """https://learn.microsoft.com/rest/api/power-bi/reports/get-report-in-group"""
    at = f"{_PORTAL}/groups/{one.workspace}/reports/{one.id}"
    embedded = f"{_PORTAL}/reportEmbed?reportId={one.id}&groupId={one.workspace}"
    found = {"id": one.id, "reportType": one.kind, "name": one.name, "webUrl": at, "embedUrl": embedded}
    return found | {"datasetId": one.dataset, "datasetWorkspaceId": one.workspace}


def refresh(one: Refresh, now: float) -> dict[str, Any]:
    """https://learn.microsoft.com/rest/api/power-bi/datasets/get-refresh-history-in-group"""
    status = one.status(now)
    found: dict[str, Any] = {
        "requestId": one.id,
        "id": int(one.id[:8], 16),
        "refreshType": "ViaEnhancedApi" if one.enhanced else "ViaApi",
        "startTime": moment(one.started_at),
        "status": status,
    }
    if status != "Unknown":
        found["endTime"] = moment(one.ends_at)
    if status == "Failed":
        found["serviceExceptionJson"] = '{"errorCode":"ModelRefreshFailed_CredentialsNotSpecified"}'
    return found


def moment(at: float) -> str:
    """UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
