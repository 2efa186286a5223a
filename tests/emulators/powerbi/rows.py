"""POST rows and DELETE rows: limits, checks, landing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from emulators.clock import retry_after
from emulators.faults import Fault
from emulators.powerbi import schemas, sequences, settings
from emulators.powerbi.datasets import Dataset, Table
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
    dataset, table = schemas.found_table(world, request)
    dataset.pending.limit = world.settings.pending_posts
    try:
        if world.rules.broken("rows.pending", not dataset.pending.enter()):
            raise throttled("rows.pending", 1, world.settings.pending_status)
        body = await request.body()
        _admit(world, dataset)
        number = sequences.number(world, request, table, client)
        batch = check_rows(world.rules, world.settings, world.bodies, table, body)
        _check_room(world, dataset, table, batch)
        landing = _landing(world, dataset, table, batch, fault)

        def effect() -> None:
            if sequences.takes(world, table, client, number):
                landing()

        world.effects.carry_out(fault, effect)
    finally:
        dataset.pending.leave()
    return Response()


async def delete(world: World, request: Request, client: str, fault: Fault | None) -> Response:
    """All rows of the table go."""
    dataset, table = schemas.found_table(world, request)

    def effect() -> None:
        now = world.clock.now()
        table.clear(now)
        world.journal.add(now, dataset.id, table.schema.name, None, fault.kind if fault else None)

    lag = world.clock.window(world.settings.delete_lag_s)
    world.effects.carry_out(fault, partial(world.effects.after, lag, effect) if lag else effect)
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


def _admit(world: World, dataset: Dataset) -> None:
    """Count the request in the minute and in the hour; refuse it by the one that holds for this model."""
    now = world.clock.now()
    windows = [dataset.hour if dataset.big() else dataset.minute]
    if world.settings.posts_a_second:
        dataset.second.limit = world.settings.posts_a_second
        windows.append(dataset.second)
    full = [one for one in windows if world.rules.broken(one.name, one.wait(now) > 0)]
    if not full or world.settings.refused_calls_count:
        for window in (dataset.minute, dataset.hour, dataset.second):
            window.use(now)
    if full:
        raise throttled(full[0].name, full[0].wait(now))


def _check_room(world: World, dataset: Dataset, table: Table, batch: Batch) -> None:
    dataset.rows.limit = world.settings.rows_an_hour
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
