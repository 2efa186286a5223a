"""Builds the transformer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from exactbi.kafka.subscription import Subscription
from exactbi.messages import topics
from exactbi.process.service import Assembly, Resources
from transformer.handlers import Handlers
from transformer.mappings import Mappings
from transformer.settings import GROUP


@asynccontextmanager
async def service(resources: Resources) -> AsyncIterator[Assembly]:
    """One subscription; nothing to close."""
    handlers = Handlers(resources.pool, Mappings(resources.pool), resources.publisher, resources.clock)
    yield Assembly(
        subscriptions=[Subscription(topics.RAW_RECORDS, GROUP, handlers.records)],
        in_flight=lambda: {"chunks": handlers.in_hand},
    )
