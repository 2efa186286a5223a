"""Health as it is asked for."""

from __future__ import annotations

import socket

import httpx
import pytest

from exactbi.errors import ADDRESS_TAKEN, ConfigurationError
from exactbi.process.http import application, server


@pytest.mark.parametrize(("live", "ready"), [(True, True), (True, False), (False, False)])
async def test_health_says_what_is_so(live: bool, ready: bool) -> None:
    async def is_ready() -> bool:
        return ready

    app = application(["replay"], [], lambda: {"messages": 2}, lambda: live, is_ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://process") as client:
        assert (await client.get("/livez")).status_code == (200 if live else 503)
        assert (await client.get("/readyz")).status_code == (200 if ready else 503)
        assert (await client.get("/health")).json() == {
            "services": ["replay"],
            "ready": ready,
            "in_flight": {"messages": 2},
        }
        assert "exactbi_outbox_unpublished" in (await client.get("/metrics")).text


@pytest.mark.parametrize("host", ["127.0.0.1", "203.0.113.1"])
def test_an_address_that_can_not_be_had_is_a_configuration_error(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        with pytest.raises(ConfigurationError, match=f"{host} port {port}") as caught:
            server(application([], [], dict, lambda: True, _true), host, port)

    assert caught.value.code is ADDRESS_TAKEN


async def _true() -> bool:
    return True
