"""What an answer of Exact's data API that is no success means: HTTP status to error. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from exactbi.errors import (
    EXACT_FORBIDDEN,
    EXACT_NOT_FOUND,
    EXACT_REFUSED,
    EXACT_SUSPENDED,
    EXACT_TOKEN_REFUSED,
    EXACT_UNREACHABLE,
    Code,
    ConfigurationError,
    ExactbiError,
    PermanentError,
    SuspendedError,
    TransientError,
)
from exactbi.exact_online.protocol import error_message, is_markup

# Values of the header Reason on 401 and 403: github.com/picqer/exact-php-client/pull/451
REASONS: Final = frozenset(
    {"BlockedUser", "InactiveUser", "BlockedCustomer", "LicenseExpired", "DivisionBlocked", "NoDivisionAccess"}
)
_PERMANENT: Final[dict[int, Code]] = {
    400: EXACT_REFUSED,
    404: EXACT_NOT_FOUND,
    405: EXACT_REFUSED,
    410: EXACT_NOT_FOUND,
    414: EXACT_REFUSED,
}


def is_expired(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the access token was refused as such, so that a newer one may help."""
    return status == 401 and headers.get("reason") not in REASONS


def refusal(
    status: int, headers: Mapping[str, str], body: bytes, retry_after: float | None, now: float
) -> ExactbiError | None:
    """The error of an answer; None for a success. `retry_after`: seconds, where Exact or its limits ask to wait.

    Markup instead of JSON, redirects, 408, 5xx and everything unknown are mended by time.
    """
    if status == 200 and not is_markup(body):
        return None
    said = f"Exact answered {status}: {_said(headers, body)}"
    if status == 429:
        return SuspendedError(EXACT_SUSPENDED, said, now + (retry_after or 0.0))
    if status >= 500 and retry_after is not None:
        return SuspendedError(EXACT_UNREACHABLE, said, now + retry_after)
    if status == 403 or (status == 401 and not is_expired(status, headers)):
        return ConfigurationError(EXACT_FORBIDDEN, said)
    if is_expired(status, headers):
        return TransientError(EXACT_TOKEN_REFUSED, said)
    code = _PERMANENT.get(status)
    if code is not None and not is_markup(body):
        return PermanentError(code, said)
    return TransientError(EXACT_UNREACHABLE, said)


def _said(headers: Mapping[str, str], body: bytes) -> str:
    reason = headers.get("reason", "")
    said = "a page of markup" if is_markup(body) else error_message(body)
    return f"{reason[:40]} {said}".strip()
