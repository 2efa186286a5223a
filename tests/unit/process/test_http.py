"""Health as it is asked for."""

from __future__ import annotations

import httpx
import pytest

from exactbi.process.http import application


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
