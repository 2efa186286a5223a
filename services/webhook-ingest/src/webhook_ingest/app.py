"""Builds the service."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from exactbi.connections.vault import Vault
from exactbi.errors import KEY_MISSING, ConfigurationError
from exactbi.process.service import Assembly, Resources, Worker
from exactbi.secrets import Keyring
from webhook_ingest.accept import Acceptor
from webhook_ingest.handlers import Ingest
from webhook_ingest.known import Directory, reader
from webhook_ingest.notice import Origin
from webhook_ingest.settings import CUSTOMER_BURST, CUSTOMER_PER_S
from webhook_ingest.throttle import Throttle


@contextlib.asynccontextmanager
async def service(resources: Resources) -> AsyncIterator[Assembly]:
    """Routes that take notices, and the loop that makes them durable."""
    if resources.settings.key_file is None:
        raise ConfigurationError(KEY_MISSING, "EXACTBI_KEY_FILE is not set")
    vault = Vault(resources.pool, Keyring.from_file(resources.settings.key_file))
    await vault.check()
    paths = {
        connection.webhook_path: Origin(customer.id, connection.name, connection.site, connection.client_id)
        for customer in resources.customers.values()
        for connection in customer.connections
    }
    acceptor = Acceptor(resources.pool)
    ingest = Ingest(
        Directory(paths, reader(resources.pool, vault), resources.clock),
        acceptor,
        Throttle(CUSTOMER_PER_S, CUSTOMER_BURST),
        resources.clock,
    )
    yield Assembly(
        workers=[Worker("accept", acceptor.run)],
        routes=ingest.routes(),
        in_flight=lambda: {"notices": acceptor.in_flight},
    )
