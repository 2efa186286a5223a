"""Exact Online's OAuth: the consent address, token requests, and what their answers mean. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from exactbi.exact_online.limits import TOKEN_LIFE
from exactbi.exact_online.protocol import is_markup


@dataclass(frozen=True)
class App:
    """A registered app, as it speaks to one site."""

    base: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str = ""


@dataclass(frozen=True)
class TokenRequest:
    """A form to POST to the token endpoint; without a Bearer header, which Exact answers with 401."""

    url: str
    form: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Granted:
    """New tokens. `lifetime`: seconds that the access token lives, from the sending of the request."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    lifetime: float = TOKEN_LIFE


class Outcome(StrEnum):
    """What a refused or failed token request says."""

    DEAD = "dead"
    """A verdict: the presented refresh token is old, expired or invalid."""
    EARLY = "early"
    """Less than 570 s after the last token: what we have is still good."""
    BLOCKED = "blocked"
    """The client's credentials are refused, or the body is unknown: nothing is said of the token."""
    UNCLEAR = "unclear"
    """No verdict: 5xx, markup, an empty body, no answer."""


@dataclass(frozen=True)
class Refused:
    """An answer without tokens. `detail` is safe to store and to show."""

    outcome: Outcome
    detail: str


# The three bodies that condemn the presented token: github.com/picqer/exact-php-client/issues/640 ("Old refresh token
# used."), github.com/websmurf/laravel-exact-online/issues/22 ("The refresh token expired at ..."), and a test of
# pypi.org/project/django-exact ("Refresh token is invalid.").
_VERDICT: Final = re.compile(r"old refresh token used|refresh token expired at|refresh token is invalid", re.IGNORECASE)
# github.com/websmurf/laravel-exact-online/issues/31; other clients saw another status and another first word.
_EARLY: Final = re.compile(r"access.?token not expired", re.IGNORECASE)
_EARLY_REASON: Final = "TooEarlyToRefreshTokens"
REFUSED_GRANT: Final = "invalid_grant"
"""RFC 6749, 5.2: the code or the token is refused, not the app."""
# The gateway before Exact, when it finds nothing behind it.
_PROXY_FAULT: Final = re.compile(r"unable to identify proxy", re.IGNORECASE)


class _Tokens(msgspec.Struct):
    access_token: str = ""
    refresh_token: str = ""
    expires_in: float = TOKEN_LIFE
    error: str = ""
    error_description: str = ""


_TOKENS: Final = msgspec.json.Decoder(_Tokens, strict=False)


def consent_url(app: App, state: str) -> str:
    """The page on which a user of Exact consents; `state` comes back with the code."""
    query = {"client_id": app.client_id, "redirect_uri": app.redirect_uri, "response_type": "code", "state": state}
    return f"{app.base}/api/oauth2/auth?{urlencode(query)}&force_login=0"


def parse_redirect(url: str, state: str) -> str:
    """The code in the address that the consent page led to, decoded; ValueError with the reason if it has none."""
    query = parse_qs(urlsplit(url.strip()).query)
    if "error" in query:
        raise ValueError(f"consent was refused: {query['error'][0][:100]}")
    if "code" not in query:
        raise ValueError("that is not the address that a consent ends on: it holds no code")
    if query.get("state") != [state]:
        raise ValueError("the address belongs to another consent (its state differs)")
    return query["code"][0]


def code_request(app: App, code: str) -> TokenRequest:
    """Exchange a consent's code."""
    return _request(app, {"grant_type": "authorization_code", "code": code, "redirect_uri": app.redirect_uri})


def refresh_request(app: App, refresh_token: str) -> TokenRequest:
    """Exchange a refresh token, which this uses up."""
    return _request(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def parse_answer(status: int, headers: Mapping[str, str], body: bytes) -> Granted | Refused:
    """What the token endpoint's answer means. Only the three known bodies are a verdict on the presented token."""
    if status == 429 or status >= 500 or 300 <= status < 400 or not body.strip() or is_markup(body):
        return Refused(Outcome.UNCLEAR, f"status {status} without tokens")
    try:
        answer = _TOKENS.decode(body)
    except msgspec.DecodeError:
        return Refused(_unread(body), f"status {status}, body unknown")
    if status == 200 and answer.access_token and answer.refresh_token:
        return Granted(answer.access_token, answer.refresh_token, answer.expires_in)
    said = f"status {status}: {answer.error[:40]} {answer.error_description[:120]}".strip()
    if headers.get("reason") == _EARLY_REASON or _EARLY.search(answer.error_description):
        return Refused(Outcome.EARLY, said)
    if status != 200 and _VERDICT.search(answer.error_description):
        return Refused(Outcome.DEAD, said)
    return Refused(Outcome.UNCLEAR if status == 200 else _unread(body), said)


def _unread(body: bytes) -> Outcome:
    """A body without tokens that is none of the known ones."""
    return Outcome.UNCLEAR if _PROXY_FAULT.search(body[:1_000].decode("utf-8", "replace")) else Outcome.BLOCKED


def _request(app: App, form: dict[str, str]) -> TokenRequest:
    credentials = {"client_id": app.client_id, "client_secret": app.client_secret}
    return TokenRequest(f"{app.base}/api/oauth2/token", form | credentials)
