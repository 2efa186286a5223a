"""Builds the service."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from exactbi.connections.budgets import Budgets
from exactbi.connections.power_bi_gateway import Place, PowerBiGateway
from exactbi.connections.vault import Vault
from exactbi.errors import KEY_MISSING, ConfigurationError
from exactbi.kafka.subscription import Subscription
from exactbi.messages import topics
from exactbi.postgres.lease import Lease
from exactbi.power_bi.client import PowerBiClient
from exactbi.process.service import Assembly, Resources, Worker
from exactbi.secrets import Keyring
from pbi_pusher.books import Sink
from pbi_pusher.crew import SinkWorker, crew_of, in_flight
from pbi_pusher.deliver import Delivery
from pbi_pusher.handlers import Handlers
from pbi_pusher.ledger import Ledger
from pbi_pusher.remap import Remapper
from pbi_pusher.settings import GROUP, Windows
from pbi_pusher.sweeper import Sweeper
from pbi_pusher.upkeep import Hands


@contextlib.asynccontextmanager
async def service(resources: Resources) -> AsyncIterator[Assembly]:
    """The route of rows, and a worker per sink."""
    settings, pool, clock, scale = resources.settings, resources.pool, resources.clock, resources.scale
    if settings.key_file is None:
        raise ConfigurationError(KEY_MISSING, "EXACTBI_KEY_FILE is not set")
    vault = Vault(pool, Keyring.from_file(settings.key_file))
    await vault.check()
    budgets = Budgets(pool, clock, scale, off=settings.limits == "off")
    client = PowerBiClient(clock)
    gateways = {
        customer.id: PowerBiGateway(
            Place(customer.id, customer.power_bi, settings.login_url, settings.powerbi_url),
            vault,
            budgets,
            client,
            clock,
            scale,
        )
        for customer in resources.customers.values()
    }

    def delivery(sink: Sink, lease: Lease, hands: Hands) -> Delivery:
        schedules = resources.customers[sink.customer].schedules
        windows = Windows.of(schedules, scale, paced=settings.limits == "on")
        ledger = Ledger(pool, sink, lease, clock)
        return Delivery(ledger, lease, gateways[sink.customer], windows, clock, hands)

    def build(sink: Sink) -> SinkWorker:
        return SinkWorker(sink, delivery, settings.dsn, clock)

    crew = crew_of(pool, list(resources.customers), build)
    handlers, sweeper = Handlers(pool), Sweeper(pool, scale)
    try:
        yield Assembly(
            subscriptions=[Subscription(topics.ROWS, GROUP, handlers.rows)],
            workers=[
                Worker("sinks", crew.run),
                Worker("due rows", crew.listen),
                Worker("sweeps", sweeper.run),
                Worker("re-map", Remapper(pool, scale).run),
            ],
            in_flight=lambda: {**in_flight(crew.workers), "chunks": handlers.in_hand, "sweeps": sweeper.in_hand},
        )
    finally:
        await client.aclose()
