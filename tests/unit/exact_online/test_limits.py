"""What Exact's headers say of its limits, and what its refusals mean."""

from __future__ import annotations

import pytest

from exactbi.errors import ConfigurationError, ExactbiError, PermanentError, SuspendedError, TransientError
from exactbi.exact_online.limits import Allowance, parse_allowance, parse_date, suspended_for
from exactbi.exact_online.refusals import is_expired, refusal

NOW = 1_800_000_000.0
JSON = b'{"error":{"message":{"value":"no"}}}'


def test_headers_are_read() -> None:
    headers = {
        "x-ratelimit-minutely-remaining": "12",
        "x-ratelimit-minutely-reset": str(int((NOW + 20) * 1000)),
        "x-ratelimit-remaining": "4000",
        "retry-after": "7",
    }
    assert parse_allowance(headers, NOW) == Allowance(12, NOW + 20, 4000, None, 7.0)


@pytest.mark.parametrize("text", [str(int((NOW + 30) * 1000)), str(int(NOW + 30)), "30"])
def test_a_reset_is_understood_in_milliseconds_in_seconds_and_as_what_remains(text: str) -> None:
    assert parse_allowance({"x-ratelimit-reset": text}, NOW).day_resets_at == NOW + 30


def test_what_remains_may_be_told_in_milliseconds() -> None:
    headers = {"x-ratelimit-reset": "3600000", "x-ratelimit-minutely-reset": "30000"}
    told = parse_allowance(headers, NOW)
    assert (told.day_resets_at, told.minute_resets_at) == (NOW + 3_600, NOW + 30)


@pytest.mark.parametrize("text", ["", "soon", "-1", "99999999999999999", "1.5"])
def test_a_reset_that_makes_no_sense_is_left_out(text: str) -> None:
    assert parse_allowance({"x-ratelimit-minutely-reset": text}, NOW).minute_resets_at is None


def test_exacts_clock_is_its_date_header() -> None:
    exact = parse_date({"date": "Tue, 24 Nov 2026 10:00:00 GMT"})
    assert exact is not None
    assert exact.isoformat() == "2026-11-24T10:00:00+00:00"
    assert parse_date({"date": "yesterday"}) is None
    assert parse_date({}) is None


@pytest.mark.parametrize(
    ("allowance", "seconds"),
    [
        (Allowance(retry_after=7), 7),
        (Allowance(minute_remaining=0, minute_resets_at=NOW + 20), 20),
        (Allowance(minute_remaining=0), 60),
        (Allowance(minute_remaining=0, minute_resets_at=NOW - 245), 60),
        (Allowance(day_remaining=0, day_resets_at=NOW + 9_000), 9_000),
        (Allowance(), 90),
    ],
)
def test_a_429_says_how_long_to_wait(allowance: Allowance, seconds: float) -> None:
    assert suspended_for(allowance, NOW, minute=60, unadvised=90) == seconds


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        (400, {}, JSON, PermanentError),
        (404, {}, JSON, PermanentError),
        (403, {}, JSON, ConfigurationError),
        (401, {"reason": "NoDivisionAccess"}, JSON, ConfigurationError),
        (401, {}, JSON, TransientError),
        (408, {}, JSON, TransientError),
        (302, {}, b"", TransientError),
        (404, {}, b"<html>gateway</html>", TransientError),
        (500, {}, JSON, TransientError),
        (503, {}, b"", TransientError),
        (599, {}, b"", TransientError),
        (200, {}, b" <html>maintenance</html>", TransientError),
        (429, {}, b"", SuspendedError),
    ],
)
def test_a_status_leads_to_who_acts(
    status: int, headers: dict[str, str], body: bytes, expected: type[ExactbiError]
) -> None:
    assert type(refusal(status, headers, body, None, NOW)) is expected


def test_a_success_is_no_error() -> None:
    assert refusal(200, {}, b"{}", None, NOW) is None


def test_retry_after_suspends_also_beside_a_503() -> None:
    error = refusal(503, {}, b"", 30.0, NOW)
    assert isinstance(error, SuspendedError)
    assert error.until == NOW + 30


def test_only_a_401_without_a_reason_speaks_of_the_token() -> None:
    assert is_expired(401, {})
    assert not is_expired(401, {"reason": "BlockedUser"})
    assert not is_expired(403, {})
