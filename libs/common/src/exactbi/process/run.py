"""Runs services: builds what they stand on, consumes, serves HTTP, and ends in order."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Final

import asyncpg
import structlog

from exactbi.clock import Scale, SystemClock
from exactbi.config.customer import load_customers
from exactbi.config.settings import Settings, read_settings
from exactbi.errors import CONFIG_INVALID, SCHEMA_BEHIND, ConfigurationError, ExactbiError, TransientError, exit_status
from exactbi.kafka import administer
from exactbi.kafka.broker import Bus
from exactbi.kafka.profile import PROFILES
from exactbi.kafka.watchdog import Watchdog
from exactbi.observability.logs import configure
from exactbi.outbox.relay import Relay
from exactbi.outbox.republish import Republisher
from exactbi.postgres.migrate import pending
from exactbi.postgres.pool import open_pool, refuse_pooler
from exactbi.process import http
from exactbi.process.handling import Handling
from exactbi.process.observing import Observer
from exactbi.process.service import Assembly, Resources, Service, Worker
from exactbi.process.workers import supervise

GROUP: Final = "exactbi.services"
STAGES: Final[Mapping[str, str]] = {"pbi-pusher": "apply", "webhook-ingest": "ingest"}
"""How failures call a consumer group, where it is not by its name."""
POOL_SIZE: Final = 12
START_TRIES: Final = 60
START_WAIT_S: Final = 1.0

log = structlog.get_logger(__name__)


def main(services: Sequence[str]) -> None:
    """Run the named services until SIGTERM; the process exits with the status of what ended it."""
    status = 0
    try:
        configure("info")
        settings = read_settings()
        configure(settings.log_level)
        asyncio.run(run(settings, services))
    except asyncio.CancelledError:
        log.info("process ended before it ran", services=list(services))
    except ExactbiError as error:
        log.error("process ends", error_code=error.code.name, error=str(error), remedy=error.code.remedy)
        status = exit_status(error)
    sys.exit(status)


def names() -> list[str]:
    """The services that are installed."""
    return sorted(entry.name for entry in entry_points(group=GROUP))


def load(name: str) -> Service:
    """A service by name; ConfigurationError (CONFIG_INVALID) where none is installed by it."""
    for entry in entry_points(group=GROUP, name=name):
        service: Service = entry.load()
        return service
    raise ConfigurationError(CONFIG_INVALID, f"no service is called {name}; there are {', '.join(names())}")


class Stop:
    """The wish to end: cancels a process that still waits for its parts, lets a running one end in order."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.is_running = False
        self._task = asyncio.current_task()

    def ask(self) -> None:
        """What a signal does."""
        self.asked.set()
        if not self.is_running and self._task is not None:
            self._task.cancel()


async def run(settings: Settings, services: Sequence[str]) -> None:
    """As `main`, with settings and no exit; CancelledError where it is told to end before it runs."""
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.ask)
    async with contextlib.AsyncExitStack() as stack:
        pool = await _open(settings)
        stack.push_async_callback(_close, pool)
        bus = Bus(settings.kafka, PROFILES[settings.kafka_profile], settings.topic_prefix)
        resources = Resources(
            settings, pool, bus, load_customers(settings.customers), SystemClock(), Scale(settings.scale)
        )
        assemblies = {name: await stack.enter_async_context(load(name)(resources)) for name in services}
        await _Process(settings, resources, bus, assemblies).run(stop)
    log.info("process ended", services=list(services))


async def _open(settings: Settings) -> asyncpg.Pool:
    """The pool, once PostgreSQL answers and its schema is this version's."""
    for attempt in range(START_TRIES):
        try:
            pool = await open_pool(settings.dsn, POOL_SIZE)
            async with pool.acquire() as connection:
                behind = await pending(connection)
            if not behind:
                await refuse_pooler(settings.dsn)
                return pool
            await pool.close()
            problem: ExactbiError = ConfigurationError(SCHEMA_BEHIND, f"the database lacks {behind[0].name}")
        except TransientError as error:
            problem = error
        if attempt % 10 == 0:
            log.warning("waiting for PostgreSQL", error=str(problem))
        await asyncio.sleep(START_WAIT_S)
    raise problem


async def _close(pool: asyncpg.Pool) -> None:
    try:
        async with asyncio.timeout(5.0):
            await pool.close()
    except TimeoutError:
        pool.terminate()


@dataclass(frozen=True)
class _Process:
    """A process that is built; `run` starts it, and ends it in order."""

    settings: Settings
    resources: Resources
    bus: Bus
    assemblies: Mapping[str, Assembly]

    async def run(self, stop: Stop) -> None:
        pool, clock = self.resources.pool, self.resources.clock
        for assembly in self.assemblies.values():
            for subscription in assembly.subscriptions:
                stage = STAGES.get(subscription.group, subscription.group)
                self.bus.subscribe(subscription, Handling(subscription, stage, pool, clock))
        relay = Relay(pool, self.bus, self.resources.scale)
        watchdog = Watchdog(self.bus.consuming, clock.monotonic)
        observer = Observer(pool, watchdog, self.bus, relay, self.assemblies, clock.monotonic)
        server = http.server(
            http.application(
                list(self.assemblies),
                [route for assembly in self.assemblies.values() for route in assembly.routes],
                observer.in_flight,
                observer.is_live,
                observer.is_ready,
            ),
            self.settings.http_host,
            self.settings.http_port,
        )
        workers = [
            *(worker for assembly in self.assemblies.values() for worker in assembly.workers),
            Worker("relay", relay.run),
            Worker("republish", Republisher(pool, self.resources.scale).run),
            Worker("observe", observer.run),
        ]
        await self._until(stop, server, watchdog, workers, observer)

    async def _until(
        self,
        stop: Stop,
        server: http.Server,
        watchdog: Watchdog,
        workers: Sequence[Worker],
        observer: Observer,
    ) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                serving = group.create_task(server.answer(), name="http")
                await self._start_bus()
                tasks = [group.create_task(supervise(worker), name=worker.name) for worker in workers]
                # The watchdog is not supervised: what it finds is to end the process.
                tasks.append(group.create_task(watchdog.run(), name="watchdog"))
                observer.started = stop.is_running = True
                log.info("process runs", services=list(self.assemblies), port=self.settings.http_port)
                await stop.asked.wait()
                observer.started = False
                await self.bus.stop()
                for task in tasks:
                    task.cancel()
                server.should_exit = True
                await serving
        except* ExactbiError as errors:
            raise errors.exceptions[0] from None
        finally:
            if observer.started:
                await self.bus.stop()

    async def _start_bus(self) -> None:
        profile = PROFILES[self.settings.kafka_profile]
        if profile.creates_topics:
            await self._make_topics()
        await administer.wait(self.settings.kafka, self.settings.topic_prefix)
        await self.bus.start()

    async def _make_topics(self) -> None:
        for attempt in range(START_TRIES):
            try:
                await administer.apply(self.settings.kafka, self.settings.topic_prefix)
            except TransientError as error:
                if attempt % 10 == 0:
                    log.warning("waiting for Kafka", error=str(error))
                await asyncio.sleep(START_WAIT_S)
            else:
                return
