"""The client's times, whatever becomes of the machine's clock."""

from __future__ import annotations

import httpx

from exactbi.exact_online.client import ExactClient
from fakes.clocks import HeldClock


async def test_a_call_takes_as_long_as_it_takes_though_the_clock_is_set_back_meanwhile() -> None:
    clock = HeldClock()

    def answer(_: httpx.Request) -> httpx.Response:
        clock.advance(2.0)
        clock.set_back(3600.0)
        return httpx.Response(200)

    client = ExactClient(clock, httpx.MockTransport(answer))
    try:
        assert (await client.get("https://start.exactonline.nl/", "t", lambda: None)).took == 2.0
    finally:
        await client.aclose()
