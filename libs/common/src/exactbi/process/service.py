"""The silhouette that every service has: what it is given, and what it gives back to be run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

import asyncpg
from starlette.routing import BaseRoute

from exactbi.clock import Clock, Scale
from exactbi.config.customer import Customer
from exactbi.config.settings import Settings
from exactbi.kafka.subscription import Publisher, Subscription


@dataclass(frozen=True)
class Worker:
    """A loop that runs until it is cancelled.

    A transient error starts it again after a while; one that ends, or raises any other, ends the process.
    """

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Assembly:
    """A built service: everything that runs. `in_flight` tells what work it has in its hands right now, by kind."""

    subscriptions: Sequence[Subscription] = ()
    workers: Sequence[Worker] = ()
    routes: Sequence[BaseRoute] = ()
    in_flight: Callable[[], Mapping[str, int]] = field(default=dict)


@dataclass(frozen=True)
class Resources:
    """What a service is built from."""

    settings: Settings
    pool: asyncpg.Pool
    publisher: Publisher
    customers: Mapping[str, Customer]
    clock: Clock
    scale: Scale


Service = Callable[[Resources], AbstractAsyncContextManager[Assembly]]
"""The entry points of the group `exactbi.services`."""
