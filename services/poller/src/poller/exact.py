"""A division, and a connection's user, as the poller calls them through the gateway."""

from __future__ import annotations

from typing import Protocol

from exactbi.connections.exact_gateway import Target
from exactbi.exact_online.client import Answer
from exactbi.postgres.lease import Lease


class Gateway(Protocol):
    """Calls Exact, with budgets and tokens."""

    async def get(self, target: Target, url_or_path: str, lease: Lease | None = None) -> Answer: ...


class DivisionCalls:
    """Calls of one division; each aborts before it is sent where the lease is lost."""

    def __init__(self, gateway: Gateway, customer: str, connection: str, site: str, division: int) -> None:
        self._gateway = gateway
        self._place = (customer, connection, site, division)

    async def get(self, endpoint: str, url: str, lease: Lease) -> Answer:
        """One call; errors as the gateway's."""
        return await self._gateway.get(Target(*self._place, endpoint), url, lease)


class AccountCalls:
    """Calls that find out which divisions there are."""

    def __init__(self, gateway: Gateway, customer: str, connection: str, site: str) -> None:
        self._gateway = gateway
        self._place = (customer, connection, site)

    async def get(self, division: int | None, endpoint: str, url: str) -> Answer:
        """One call; errors as the gateway's."""
        customer, connection, site = self._place
        return await self._gateway.get(Target(customer, connection, site, division, endpoint), url)
