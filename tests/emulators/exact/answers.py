"""What the data port answers: OData documents and the vendor's error bodies."""

from __future__ import annotations

import json
from typing import Final

from starlette.responses import Response

_JSON: Final = "application/json; charset=utf-8"


class RefusedError(Exception):
    """A request that Exact does not serve: status, message, and the Reason header of 401 and 403."""

    def __init__(self, status: int, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason


def document(body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, 200, headers, media_type=_JSON)


def refusal(error: RefusedError, headers: dict[str, str] | None = None) -> Response:
    """`{"error":{"code":"","message":{"lang":"","value":...}}}`, code usually empty."""
    shown = {"error": {"code": "", "message": {"lang": "", "value": error.message}}}
    reason = {"Reason": error.reason} if error.reason else {}
    return Response(json.dumps(shown), error.status, (headers or {}) | reason, media_type=_JSON)
