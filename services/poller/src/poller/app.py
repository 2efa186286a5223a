"""Builds the service."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from functools import partial

from exactbi.config.customer import Connection, Customer
from exactbi.connections.budgets import Budgets
from exactbi.connections.custodian import Custodian
from exactbi.connections.exact_gateway import ExactGateway
from exactbi.connections.journal import Journal
from exactbi.connections.vault import Vault
from exactbi.errors import KEY_MISSING, ConfigurationError
from exactbi.kafka.subscription import Subscription
from exactbi.messages.topics import ENTITY_KEYS
from exactbi.process.service import Assembly, Resources, Worker
from exactbi.secrets import Keyring
from exactbi.work.divisions import Known
from poller.chunks import Place
from poller.crew import crew_of, in_flight
from poller.discovery import Discovery
from poller.exact import AccountCalls, DivisionCalls
from poller.fetch import Fetch, Source
from poller.handlers import APPLICATION, Notices
from poller.pressure import Pressure
from poller.settings import Windows
from poller.worker import DivisionWorker


@contextlib.asynccontextmanager
async def service(resources: Resources) -> AsyncIterator[Assembly]:
    """The route of entity-keys, a worker per division, the list of divisions, and the keeper of Exact's tokens."""
    settings, pool, clock, scale = resources.settings, resources.pool, resources.clock, resources.scale
    if settings.key_file is None:
        raise ConfigurationError(KEY_MISSING, "EXACTBI_KEY_FILE is not set")
    vault = Vault(pool, Keyring.from_file(settings.key_file))
    await vault.check()
    journal = Journal(settings.token_journal) if settings.token_journal else None
    custodian = Custodian(pool, settings.dsn, vault, clock, scale, settings.exact_url, journal)
    budgets = Budgets(pool, clock, scale, off=settings.limits == "off")
    gateway = ExactGateway(pool, settings, vault, custodian, budgets, clock, scale)
    pressure = Pressure(pool, clock)

    def build(known: Known) -> DivisionWorker:
        windows = Windows(resources.customers[known.customer].schedules, scale)
        place = Place(known.customer, known.site, known.code)
        source = Source(known.id, place, gateway.base(known.site), windows)
        calls = DivisionCalls(gateway, known.customer, known.connection, known.site, known.code)
        return DivisionWorker(source, pool, Fetch(source, pool, calls, clock), pressure, clock, settings.dsn)

    def account(customer: Customer, connection: Connection) -> tuple[AccountCalls, str]:
        return AccountCalls(gateway, customer.id, connection.name, connection.site), gateway.base(connection.site)

    crew = crew_of(pool, list(resources.customers), build)
    discovery = Discovery(pool, settings.dsn, resources.customers, account, clock, scale)
    try:
        yield Assembly(
            subscriptions=[Subscription(ENTITY_KEYS, APPLICATION, Notices(pool).handle)],
            workers=[
                Worker("divisions", crew.run),
                Worker("notices", crew.listen),
                Worker("discovery", discovery.run),
                Worker("tokens", partial(custodian.run, resources.customers)),
            ],
            in_flight=lambda: {**in_flight(crew.workers), "tokens": custodian.in_flight},
        )
    finally:
        await gateway.aclose()
