"""Datasets and tables: created, listed, changed and removed."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.faults import Fault
from emulators.powerbi import settings, shown
from emulators.powerbi.checks import check_change, keeps, parse_dataset, parse_table
from emulators.powerbi.datasets import Dataset, Table, find_table, make_dataset
from emulators.powerbi.rules import Refused, error
from emulators.powerbi.world import World, new_id

_BLOG: Final = "https://powerbi.microsoft.com/blog/announcing-the-retirement-of-real-time-streaming-in-power-bi/"
_DEPRECATED: Final = {
    "error": {
        "code": "FeatureDeprecatedError",
        "pbi.error": {
            "code": "FeatureDeprecatedError",
            "details": [
                {"code": "LearnMoreLink", "detail": {"value": _BLOG}},
                {
                    "code": "FeatureDeprecatedMessage",
                    "detail": {"value": "Creation of streaming dataset is deprecated."},
                },
            ],
            "exceptionCulprit": 1,
        },
    }
}


async def list_datasets(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The datasets of the workspace; several may have one name. A stale list lacks what is too new."""
    at = world.clock.now() - (fault.seconds if fault and fault.kind == "stale" else 0)
    here = [one for one in world.datasets.values() if one.workspace == request.path_params["workspace"]]
    found = [shown.dataset(one) for one in here if one.created_at <= at]
    return shown.values(request, "datasets", found)


async def create(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A new dataset, also under a name that another has."""
    workspace = request.path_params["workspace"]
    if world.rules.broken("dataset.creation", not world.settings.creation):
        raise Refused("dataset.creation", 400, _DEPRECATED)
    words = {name.lower(): value for name, value in request.query_params.multi_items()}
    retention = words.get("defaultretentionpolicy", "None")
    if world.rules.broken("schema.retention", retention not in ("None", "basicFIFO")):
        raise Refused("schema.retention", 400, error("InvalidRequest", "defaultRetentionPolicy is None or basicFIFO"))
    count = sum(one.workspace == workspace for one in world.datasets.values())
    if world.rules.broken("dataset.many", count >= settings.DATASETS):
        raise Refused("dataset.many", 400, error("InvalidRequest", f"A workspace has {settings.DATASETS} datasets"))
    schema = parse_dataset(world.rules, world.settings, await request.body())
    first = make_dataset(new_id(), workspace, schema, retention, world.rules, world.clock)
    again = make_dataset(new_id(), workspace, schema, retention, world.rules, world.clock)
    made = iter([first, again])

    def effect() -> None:
        dataset = next(made)
        dataset.created_at, dataset.owner = world.clock.now(), client
        world.datasets[dataset.id] = dataset

    world.effects.carry_out(fault, effect)
    body = {"id": first.id, "name": first.name, "defaultRetentionPolicy": retention}
    return JSONResponse(body, world.settings.create_status)


async def get(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """One dataset."""
    return JSONResponse(shown.dataset(found(world, request)))


async def delete(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A dataset goes, with its rows and its reports."""
    dataset = found(world, request)

    def effect() -> None:
        world.datasets.pop(dataset.id, None)
        if world.rules.broken("dataset.reports", True):
            world.reports = {key: one for key, one in world.reports.items() if one.dataset != dataset.id}

    world.effects.carry_out(fault, effect)
    return Response()


async def list_tables(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """The names of the tables, and nothing else."""
    dataset = found(world, request)
    if world.rules.broken("dataset.push", dataset.refreshable):
        message = f"Dataset {dataset.id} is not Push API dataset."
        raise Refused("dataset.push", world.settings.tables_of_model_status, error("ItemNotFound", message))
    return shown.values(request, "tables", [{"name": name} for name in dataset.tables])


async def put(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """A table's schema is replaced: columns and measures may be added."""
    dataset, table = found_table(world, request)
    tables = [one.schema for one in dataset.tables.values()]
    schema = parse_table(world.rules, world.settings, await request.body(), table.schema.name, tables)
    chosen = world.settings
    refuse = chosen.destructive_put == "refuse"
    kept = check_change(world.rules, table.schema, schema) if refuse else keeps(table.schema, schema)
    grown = kept and len(schema.columns) > len(table.schema.columns)
    clears = chosen.additive_put == "clear" and grown if kept else chosen.destructive_put != "keep"
    world.effects.carry_out(fault, lambda: table.change(schema, clears, world.clock.now()))
    return JSONResponse({"name": schema.name}, world.settings.put_status)


def found(world: World, request: Request) -> Dataset:
    """The dataset of a call's address."""
    return world.dataset(request.path_params["workspace"], request.path_params["dataset"])


def found_table(world: World, request: Request) -> tuple[Dataset, Table]:
    """The push model and the table of a call's address."""
    dataset = found(world, request)
    if world.rules.broken("dataset.push", dataset.refreshable):
        message = f"Dataset {dataset.id} is not Push API dataset."
        raise Refused("dataset.push", 404, error("ItemNotFound", message))
    return dataset, find_table(world.rules, dataset, request.path_params["table"])
