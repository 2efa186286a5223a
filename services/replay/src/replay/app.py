"""Builds the service."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from exactbi.kafka.subscription import Subscription
from exactbi.messages.topics import FAILURES
from exactbi.process.service import Assembly, Resources, Worker
from replay.handlers import Keeper
from replay.run import Runner


@contextlib.asynccontextmanager
async def service(resources: Resources) -> AsyncIterator[Assembly]:
    """The keeper of failures, and the worker that replays and closes them."""
    runner = Runner(resources.pool, resources.settings.dsn, resources.clock, resources.scale)
    yield Assembly(
        subscriptions=[Subscription(FAILURES, "replay", Keeper(resources.pool).handle)],
        workers=[Worker("replays", runner.run)],
        in_flight=lambda: {"items": runner.in_flight},
    )
