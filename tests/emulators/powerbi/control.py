"""The control port of the Power BI emulator: rows, journal, statistics, settings and rules."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from emulators.control import body, refusal, shared_routes
from emulators.powerbi import tenancy
from emulators.powerbi.datasets import Dataset
from emulators.powerbi.rules import RULES
from emulators.powerbi.settings import Settings
from emulators.powerbi.world import World
from emulators.wire import json_lines


def routes(world: World) -> list[Route]:
    """Every route of the control port."""
    return [
        Route("/control/rows/{dataset}/{table}", partial(_rows, world)),
        Route("/control/journal", partial(_journal, world)),
        Route("/control/calls", partial(_calls, world)),
        Route("/control/stats", partial(_statistics, world)),
        Route("/control/settings", partial(_settings, world), methods=["GET", "POST"]),
        Route("/control/rules", partial(_rules, world), methods=["GET", "POST"]),
        *tenancy.routes(world),
        *shared_routes(world.clock, world.faults),
    ]


async def _rows(world: World, request: Request) -> Response:
    """The rows of a table as they were posted: `/control/rows/{dataset}/{table}`, the dataset by id or name."""
    world.effects.run()
    try:
        table = world.named(request.path_params["dataset"]).tables[request.path_params["table"]]
    except KeyError as missing:
        return JSONResponse({"error": f"no {missing}"}, 404)
    posts = list(table.rows.posts)
    lines = (line for post in posts for line in post.posted())
    return json_lines(islice(lines, table.shown(table.rows.size).start, None))


async def _journal(world: World, request: Request) -> Response:
    """Every landing; `?dataset=`, `?table=` and `?after=n` choose some."""
    world.effects.run()
    dataset = request.query_params.get("dataset")
    try:
        identity = world.named(dataset).id if dataset else None
        after = int(request.query_params.get("after", "0"))
    except (KeyError, ValueError) as wrong:
        return refusal(wrong)
    return json_lines(world.journal.lines(after, identity, request.query_params.get("table")))


async def _calls(world: World, request: Request) -> Response:
    """The last 10,000 calls of the data port; `?after=n` chooses some."""
    try:
        return json_lines(world.log.after(int(request.query_params.get("after", "0"))))
    except ValueError as wrong:
        return refusal(wrong)


async def _statistics(world: World, request: Request) -> Response:
    world.effects.run()
    return JSONResponse(_stats(world))


async def _settings(world: World, request: Request) -> Response:
    """`POST` changes the settings that it names."""
    if request.method == "POST":
        try:
            merged = msgspec.convert(msgspec.to_builtins(world.settings) | await body(request), Settings)
        except (ValueError, TypeError) as wrong:
            return refusal(wrong)
        tenancy.delay_role(world, merged)
        for name, value in msgspec.structs.asdict(merged).items():
            setattr(world.settings, name, value)
    return JSONResponse(msgspec.to_builtins(world.settings))


async def _rules(world: World, request: Request) -> Response:
    """`POST {"off": [ids]}` switches these off and all others on."""
    if request.method == "POST":
        try:
            world.rules.switch((await body(request))["off"])
        except (KeyError, ValueError, TypeError) as wrong:
            return refusal(wrong)
    return JSONResponse([asdict(rule) | {"on": rule.id not in world.rules.off} for rule in RULES.values()])


def _stats(world: World) -> dict[str, Any]:
    now = world.clock.now()
    pushed = [dataset for dataset in world.datasets.values() if not dataset.refreshable]
    limits = {dataset.id: _limits(dataset, now) for dataset in pushed}
    queries = {client: window.shown(now) for client, window in world.queries.items()}
    return {
        "calls": dict(world.calls),
        "answers": dict(world.answers),
        "refused": dict(world.rules.refusals),
        "s429": sum(n for answer, n in world.answers.items() if answer.endswith(" 429")),
        "peak_use": _peak_use([*limits.values(), queries]),
        "limits": limits,
        "queries": queries,
        "rows": {
            dataset.id: {name: len(table.shown(table.rows.size)) for name, table in dataset.tables.items()}
            for dataset in pushed
        },
        "bound_s": max(
            (one["bound_s"] for shown in limits.values() for one in shown.values() if "bound_s" in one), default=0
        ),
    }


def _limits(dataset: Dataset, now: float) -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {
        one.name: one.shown(now) for one in (dataset.minute, dataset.hour, dataset.rows)
    }
    if not dataset.big():
        shown.pop(dataset.hour.name)
    shown["rows.pending"] = dict(dataset.pending.shown())
    return shown


def _peak_use(groups: list[dict[str, dict[str, Any]]]) -> float:
    """The largest part of any limit that was ever used, 1 for all of it."""
    return max((one["peak"] / one["limit"] for group in groups for one in group.values()), default=0.0)
