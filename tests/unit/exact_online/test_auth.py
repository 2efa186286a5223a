"""Consent addresses, and what the token endpoint's answers mean."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from exactbi.exact_online.auth import (
    App,
    Granted,
    Outcome,
    Refused,
    code_request,
    consent_url,
    parse_answer,
    parse_redirect,
    refresh_request,
)

APP = App("https://start.exactonline.nl", "client", "s3cret", "https://us.example/exact/callback")
GRANTED = b'{"access_token":"a","token_type":"bearer","expires_in":"600","refresh_token":"r"}'


def described(error: str, description: str) -> bytes:
    return f'{{"error":"{error}","error_description":"{description}"}}'.encode()


def test_the_consent_address_carries_app_redirect_and_state() -> None:
    query = parse_qs(urlsplit(consent_url(APP, "st")).query)
    assert query["client_id"] == ["client"]
    assert query["redirect_uri"] == [APP.redirect_uri]
    assert query["state"] == ["st"]


def test_the_code_is_decoded_from_the_redirect() -> None:
    assert (
        parse_redirect("https://us.example/exact/callback?code=stamp%21IAAA%2F%2B&state=st\n", "st") == "stamp!IAAA/+"
    )


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("code=c&state=other", "another consent"),
        ("code=c", "another consent"),
        ("state=st", "no code"),
        ("nonsense", "no code"),
        ("error=access_denied&state=st", "refused: access_denied"),
    ],
)
def test_another_address_is_refused(query: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_redirect(f"https://us.example/?{query}", "st")


def test_tokens_are_granted_with_a_lifetime_that_is_a_string() -> None:
    answer = parse_answer(200, {}, GRANTED)
    assert isinstance(answer, Granted)
    assert (answer.access_token, answer.refresh_token, answer.lifetime) == ("a", "r", 600.0)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, described("unauthorized_client", "Old refresh token used.")),
        (400, described("unauthorized_client", "Old refresh token used.")),
        (400, described("invalid_request", "The refresh token expired at 1/2/2026 3:04:05 PM and it is now later")),
        (400, described("invalid_grant", "Refresh token is invalid.")),
    ],
)
def test_three_bodies_are_a_verdict_on_the_token(status: int, body: bytes) -> None:
    answer = parse_answer(status, {}, body)
    assert isinstance(answer, Refused)
    assert answer.outcome is Outcome.DEAD


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (400, {}, described("access_denied", "Rate limit exceeded: access_token not expired")),
        (401, {}, described("invalid_request", "Access Token not expired")),
        (400, {"reason": "TooEarlyToRefreshTokens"}, b'{"error":"access_denied"}'),
    ],
)
def test_too_early_is_no_verdict(status: int, headers: dict[str, str], body: bytes) -> None:
    answer = parse_answer(status, headers, body)
    assert isinstance(answer, Refused)
    assert answer.outcome is Outcome.EARLY


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, described("server_error", "Old refresh token used.")),
        (503, b""),
        (200, b"<html>maintenance</html>"),
        (200, b""),
        (200, b"{}"),
        (400, b""),
        (429, b"{}"),
        (302, b"moved"),
        (404, b'{"fault":{"faultstring":"Unable to identify proxy for host: start.exactonline.nl:443"}}'),
    ],
)
def test_what_says_nothing_of_the_token_is_unclear(status: int, body: bytes) -> None:
    answer = parse_answer(status, {}, body)
    assert isinstance(answer, Refused)
    assert answer.outcome is Outcome.UNCLEAR


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, b'{"error":"invalid_request"}'), (401, b'{"error":"invalid_client"}'), (400, b"[]"), (403, b'{"x":1}')],
)
def test_refused_credentials_and_unknown_bodies_block(status: int, body: bytes) -> None:
    answer = parse_answer(status, {}, body)
    assert isinstance(answer, Refused)
    assert answer.outcome is Outcome.BLOCKED


def test_no_secret_is_printed() -> None:
    printed = repr(
        (APP, code_request(APP, "thecode"), refresh_request(APP, "thetoken"), parse_answer(200, {}, GRANTED))
    )
    assert not [secret for secret in ("s3cret", "thecode", "thetoken", "'a'", "'r'") if secret in printed]
