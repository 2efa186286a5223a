"""HTTP to the emulators' control ports and the services' health addresses, never through a proxy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx

TIMEOUT_S = 120.0
LOOK_TIMEOUT_S = 3.0


class Control:
    """The control port of an emulator."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._client = httpx.Client(base_url=base, timeout=TIMEOUT_S, trust_env=False)

    def get(self, path: str) -> Any:
        """A JSON answer; httpx.HTTPStatusError where it is refused."""
        answer = self._client.get(path)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """As `get`, with a body."""
        answer = self._client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """A list, one JSON object a line; fractions come as Decimal, of the text that was sent."""
        with self._client.stream("GET", path) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line:
                    yield json.loads(line, parse_float=Decimal)

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()


def answers_ok(url: str) -> bool:
    """Whether a GET is answered with 200 right now."""
    try:
        return httpx.get(url, timeout=LOOK_TIMEOUT_S, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
