"""Each answer of Exact that is no success has a code whose remedy is the thing that mends it."""

from __future__ import annotations

import pytest

from exactbi.errors import (
    EXACT_FORBIDDEN,
    EXACT_NOT_FOUND,
    EXACT_REFUSED,
    EXACT_SUSPENDED,
    EXACT_TOKEN_REFUSED,
    EXACT_UNREACHABLE,
    Code,
    SuspendedError,
)
from exactbi.exact_online.refusals import refusal

HTML = b"<!DOCTYPE html><html></html>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "code"),
    [
        (400, {}, b"{}", EXACT_REFUSED),
        (401, {}, b"", EXACT_TOKEN_REFUSED),
        (401, {"reason": "BlockedUser"}, b"", EXACT_FORBIDDEN),
        (403, {}, b"{}", EXACT_FORBIDDEN),
        (404, {}, b"{}", EXACT_NOT_FOUND),
        (404, {}, HTML, EXACT_UNREACHABLE),
        (429, {}, b"", EXACT_SUSPENDED),
        (503, {}, HTML, EXACT_UNREACHABLE),
        (200, {}, HTML, EXACT_UNREACHABLE),
    ],
)
def test_an_answer_has_the_code_of_its_cause(status: int, headers: dict[str, str], body: bytes, code: Code) -> None:
    error = refusal(status, headers, body, None, 0.0)

    assert error is not None
    assert error.code is code


def test_an_outage_that_says_how_long_is_waited_for_and_is_no_spent_limit() -> None:
    error = refusal(503, {}, b"", 30.0, 100.0)

    assert isinstance(error, SuspendedError)
    assert (error.code, error.until) == (EXACT_UNREACHABLE, 130.0)
