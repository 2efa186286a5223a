"""A refusal of Power BI's means what the call was about."""

from __future__ import annotations

from typing import cast
from uuid import UUID

import pytest

from exactbi.clock import Scale
from exactbi.config.customer import PowerBi
from exactbi.connections.budgets import Budgets
from exactbi.connections.power_bi_gateway import Place, PowerBiGateway
from exactbi.connections.vault import Vault
from exactbi.errors import (
    PBI_FORBIDDEN,
    PBI_NOT_FOUND,
    PBI_QUERIES_FORBIDDEN,
    PBI_SUSPENDED,
    PBI_UNREACHABLE,
    PBI_WORKSPACE,
    Code,
)
from exactbi.power_bi.client import PowerBiClient
from exactbi.power_bi.protocol import verdict
from fakes.clocks import HeldClock


@pytest.fixture
def gateway() -> PowerBiGateway:
    clock = HeldClock()
    configured = PowerBi(tenant="t", client_id=str(UUID(int=1)), workspace=str(UUID(int=2)))
    place = Place("c", configured, "https://login.example", "https://api.example")
    unused = cast(Vault, None), cast(Budgets, None), cast(PowerBiClient, None)
    return PowerBiGateway(place, *unused, clock, Scale(1.0))


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        ("list", 404, PBI_WORKSPACE),
        ("query", 404, PBI_NOT_FOUND),
        ("rows", 404, PBI_NOT_FOUND),
        ("list", 403, PBI_FORBIDDEN),
        ("query", 403, PBI_QUERIES_FORBIDDEN),
        ("rows", 401, PBI_FORBIDDEN),
        ("query", 429, PBI_SUSPENDED),
        ("query", 503, PBI_UNREACHABLE),
    ],
)
def test_a_refusal_has_the_code_of_its_cause(gateway: PowerBiGateway, call: str, status: int, code: Code) -> None:
    api = gateway.api
    requests = {
        "list": api.list_datasets(),
        "query": api.execute_query("d", "EVALUATE x"),
        "rows": api.post_rows("d", "t", b""),
    }

    assert gateway.error(verdict(status, b'{"error":{"code":"x"}}'), requests[call].subject).code is code
