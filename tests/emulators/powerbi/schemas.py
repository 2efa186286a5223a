"""Groups, datasets and tables: created, listed, changed and removed."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.faults import Fault
from emulators.powerbi.datasets import Dataset, find_table, make_dataset
from emulators.powerbi.identities import CLIENT, WORKSPACE, WORKSPACE_NAME
from emulators.powerbi.model import check_change, parse_dataset, parse_table
from emulators.powerbi.rules import Refused, error
from emulators.powerbi.world import World, new_id

_DEPRECATED = {
    "error": {
        "code": "FeatureDeprecatedError",
        "pbi.error": {
            "code": "FeatureDeprecatedError",
            "details": [
                {
                    "code": "FeatureDeprecatedMessage",
                    "detail": {"value": "Creation of streaming dataset is deprecated."},
                }
            ],
            "exceptionCulprit": 1,
        },
    }
}


async def list_groups(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The workspaces that the application can see."""
    group = {"id": WORKSPACE, "name": WORKSPACE_NAME, "isReadOnly": False, "isOnDedicatedCapacity": False}
    return _value([group | {"type": "Workspace"}])


async def list_datasets(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The datasets of the workspace; several may have one name."""
    world.check_workspace(request.path_params["workspace"])
    return _value([_shown(dataset) for dataset in world.datasets.values()])


async def create(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A new dataset, also under a name that another has."""
    world.check_workspace(request.path_params["workspace"])
    if not world.settings.creation:
        raise Refused("schema.mode", 400, _DEPRECATED)
    retention = request.query_params.get("defaultRetentionPolicy", "None")
    if retention not in ("None", "basicFIFO"):
        raise Refused("schema.json", 400, error("InvalidRequest", "defaultRetentionPolicy is None or basicFIFO"))
    schema = parse_dataset(world.rules, await request.body())
    fifo = world.rules.broken("rows.fifo", retention == "basicFIFO")
    dataset = make_dataset(new_id(), schema, retention, fifo, world.clock)

    def effect() -> None:
        world.datasets[dataset.id] = dataset

    world.effects.carry_out(fault, effect)
    body = {"id": dataset.id, "name": dataset.name, "defaultRetentionPolicy": retention}
    return JSONResponse(body, world.settings.create_status)


async def get(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """One dataset."""
    return JSONResponse(_shown(_dataset(world, request)))


async def delete(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A dataset goes, with its rows."""
    dataset = _dataset(world, request)

    def effect() -> None:
        world.datasets.pop(dataset.id, None)

    world.effects.carry_out(fault, effect)
    return Response()


async def list_tables(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The names of the tables, and nothing else."""
    return _value([{"name": name} for name in _dataset(world, request).tables])


async def put(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A table's schema is replaced: columns and measures may be added."""
    table = find_table(world.rules, _dataset(world, request), request.path_params["table"])
    schema = parse_table(world.rules, await request.body())
    if schema.name != table.schema.name:
        raise Refused("schema.json", 400, error("InvalidRequest", "A table cannot be renamed"))
    refuse = world.settings.destructive_put == "refuse"
    kept = check_change(world.rules, table.schema, schema) if refuse else _keeps(table.schema, schema)
    world.effects.carry_out(fault, lambda: table.change(schema, kept, world.clock.now()))
    return JSONResponse({"name": schema.name}, world.settings.put_status)


def _keeps(old: Any, new: Any) -> bool:
    kinds = {column.name: column.kind for column in new.columns}
    return all(kinds.get(column.name) == column.kind for column in old.columns)


def _dataset(world: World, request: Request) -> Dataset:
    return world.dataset(request.path_params["workspace"], request.path_params["dataset"])


def _value(items: list[dict[str, Any]]) -> Response:
    return JSONResponse({"value": items})


def _shown(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "addRowsAPIEnabled": not dataset.refreshable,
        "configuredBy": CLIENT,
        "isRefreshable": dataset.refreshable,
        "isEffectiveIdentityRequired": False,
        "isEffectiveIdentityRolesRequired": False,
        "isOnPremGatewayRequired": False,
    }
