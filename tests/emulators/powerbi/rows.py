"""POST rows and DELETE rows: limits, checks, landing."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from emulators.clock import retry_after
from emulators.faults import Fault
from emulators.powerbi import settings
from emulators.powerbi.datasets import Dataset, Table, find_table
from emulators.powerbi.posting import check_rows
from emulators.powerbi.rules import Refused, error, throttled
from emulators.powerbi.store import Batch
from emulators.powerbi.world import World

_OVER_ROWS = (
    "You are over your rows per hour limit for this dataset. To push more rows per hour, upgrade your account to "
    "Power BI Pro or retry your push later."
)


async def post(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """Rows are appended."""
    dataset, table = _found(world, request)
    try:
        if world.rules.broken("rows.pending", not dataset.pending.enter()):
            raise throttled("rows.pending", 1)
        body = await request.body()
        _admit(world, dataset)
        batch = check_rows(world.rules, table, body)
        _check_room(world, dataset, table, batch)
        world.effects.carry_out(fault, _landing(world, dataset, table, batch, fault))
    finally:
        dataset.pending.leave()
    return Response()


async def delete(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """All rows of the table go."""
    dataset, table = _found(world, request)

    def effect() -> None:
        now = world.clock.now()
        table.clear(now)
        world.journal.add(now, dataset.id, table.schema.name, None, fault.kind if fault else None)

    world.effects.carry_out(fault, effect)
    return Response()


def _landing(world: World, dataset: Dataset, table: Table, batch: Batch, fault: Fault | None) -> Callable[[], None]:
    kept = batch.first(fault.kept(batch.size)) if fault and fault.kind == "partial" else batch
    kind = fault.kind if fault else None

    def effect() -> None:
        if world.settings.duplicate_keys == "refuse" and table.rows.duplicates(kept):
            return
        now = world.clock.now()
        table.land(kept, now)
        dataset.rows.use(now, kept.size)
        world.journal.add(now, dataset.id, table.schema.name, kept.post, kind)

    return effect


def _found(world: World, request: Request) -> tuple[Dataset, Table]:
    dataset = world.dataset(request.path_params["workspace"], request.path_params["dataset"])
    if dataset.refreshable:
        raise Refused("table.found", 404, error("ItemNotFound", f"Dataset {dataset.id} is not Push API dataset."))
    return dataset, find_table(world.rules, dataset, request.path_params["table"])


def _admit(world: World, dataset: Dataset) -> None:
    """Count the request in the minute and in the hour; refuse it by the one that holds for this model."""
    now = world.clock.now()
    window = dataset.hour if dataset.big() else dataset.minute
    wait = window.wait(now)
    refused = world.rules.broken(window.name, wait > 0)
    if not refused or world.settings.refused_calls_count:
        dataset.minute.use(now)
        dataset.hour.use(now)
    if refused:
        raise throttled(window.name, wait)


def _check_room(world: World, dataset: Dataset, table: Table, batch: Batch) -> None:
    wait = dataset.rows.wait(world.clock.now(), batch.size)
    if world.rules.broken("rows.hourly", wait > 0):
        headers = {"Retry-After": str(retry_after(wait))}
        raise Refused("rows.hourly", 429, error("RowsPerHourExceeded", _OVER_ROWS), headers)
    full = dataset.retention == "None" and table.rows.size + batch.size > settings.ROWS_STORED
    if world.rules.broken("rows.stored", full):
        message = f"The table would have more than {settings.ROWS_STORED} rows"
        raise Refused("rows.stored", 400, error("BadRequest", message))
    repeated = table.rows.duplicates(batch) if world.settings.duplicate_keys == "refuse" else None
    if world.rules.broken("rows.key", repeated is not None):
        message = f"Column '<pi>{repeated}</pi>' in table '<pi>{table.schema.name}</pi>' contains a duplicate value"
        raise Refused("rows.key", 400, error("BadRequest", message))
