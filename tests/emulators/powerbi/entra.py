"""Entra's token endpoint for client credentials: secrets, certificate assertions, and the error bodies."""

from __future__ import annotations

import base64
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

import jwt

from emulators.clock import Clock
from emulators.powerbi import assertions, settings
from emulators.powerbi.assertions import Certificate
from emulators.powerbi.rules import Refused, Rulebook, error

RESOURCE: Final = "https://analysis.windows.net/powerbi/api"
_OPTIONS: Final[Any] = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""Times are checked here, by the emulator's clock."""


@dataclass(frozen=True)
class App:
    """An application of the tenant: its secret and its certificate."""

    client_id: str
    secret: str
    certificate: Certificate


class Entra:
    """Issues and reads access tokens."""

    def __init__(self, tenant: str, apps: list[App], clock: Clock, rules: Rulebook, chosen: settings.Settings) -> None:
        self.tenant = tenant
        self.apps = {app.client_id: app for app in apps}
        self._clock = clock
        self._rules = rules
        self._settings = chosen
        self._key = secrets.token_bytes(32)
        self.base = ""

    def token(self, tenant: str, body: bytes, authorization: str) -> dict[str, Any]:
        """The answer to a token request; Refused with Entra's error body."""
        form = dict(parse_qsl(body.decode("latin-1")))
        if self._rules.broken("token.tenant", tenant != self.tenant):
            raise self._refused("token.tenant", "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if self._rules.broken("token.form", form.get("grant_type") != "client_credentials"):
            raise self._refused("token.form", "unsupported_grant_type", 70003, "The grant type is not supported.")
        if self._rules.broken("token.scope", form.get("scope") != f"{RESOURCE}/.default"):
            raise self._refused("token.scope", "invalid_scope", 70011, "The provided value for 'scope' is not valid.")
        app = self._authenticate(form, authorization)
        return {"token_type": "Bearer", "expires_in": self._life(), "access_token": self._issue(app)}

    def reader(self, authorization: str | None) -> str:
        """The client id of a bearer token; Refused when there is none, or it has expired."""
        scheme, _, token = (authorization or "").partition(" ")
        try:
            claims = jwt.decode(token, self._key, ["HS256"], _OPTIONS, audience=RESOURCE)
        except jwt.InvalidTokenError as wrong:
            body, headers = error("Unauthorized", str(wrong)), {"WWW-Authenticate": "Bearer"}
            raise Refused("auth.bearer", 401, body, headers) from wrong
        if scheme.lower() != "bearer":
            raise Refused("auth.bearer", 401, error("Unauthorized"), {"WWW-Authenticate": "Bearer"})
        if self._rules.broken("auth.expired", claims["exp"] <= self._clock.now()):
            message = "Access token has expired, resubmit with a new access token"
            raise Refused("auth.expired", self._settings.expired_status, error("TokenExpired", message))
        return str(claims["appid"])

    def _authenticate(self, form: dict[str, str], authorization: str) -> str:
        form |= _basic(authorization)
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            message = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            raise self._refused("token.client", "unauthorized_client", 700016, message)
        if "client_assertion" in form:
            self._check_assertion(app, form)
        elif self._rules.broken("token.credential", "client_secret" not in form):
            message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise self._refused("token.credential", "invalid_request", 7000218, message)
        elif self._rules.broken("token.secret", not _equal(form.get("client_secret", ""), app.secret)):
            message = (
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                f"value, not the client secret ID, for a secret added to app '{app.client_id}'."
            )
            raise self._refused("token.secret", "invalid_client", 7000215, message)
        return app.client_id

    def _check_assertion(self, app: App, form: dict[str, str]) -> None:
        try:
            if form.get("client_assertion_type") != assertions.TYPE:
                raise assertions.AssertionRefusedError("client_assertion_type is not the one for JWTs")
            audience = f"{self.base}/{self.tenant}/oauth2/v2.0/token"
            app.certificate.check(form["client_assertion"], app.client_id, audience, self._clock.now())
        except assertions.AssertionRefusedError as wrong:
            if not self._rules.broken("token.assertion", True):
                return
            message = f"Client assertion failed signature validation: {wrong}."
            raise self._refused("token.assertion", "invalid_client", 50012, message) from wrong

    def _life(self) -> int:
        return self._clock.whole(settings.TOKEN_S)

    def _issue(self, client_id: str) -> str:
        now = self._clock.now()
        claims = {
            "aud": RESOURCE, "iss": f"https://sts.windows.net/{self.tenant}/", "iat": int(now), "nbf": int(now),
            "exp": now + self._life(), "appid": client_id, "tid": self.tenant, "uti": secrets.token_urlsafe(12),
        }  # fmt: skip
        return jwt.encode(claims, self._key, "HS256")

    def _refused(self, rule: str, kind: str, code: int, message: str) -> Refused:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        at = datetime.fromtimestamp(self._clock.now(), UTC)
        stamp = f"{at:%Y-%m-%d %H:%M:%SZ}"
        described = f"{message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
        body = {
            "error": kind,
            "error_description": f"AADSTS{code}: {described}",
            "error_codes": [code],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{self.base}/error?code={code}",
        }
        return Refused(rule, self._settings.token_error_status, body)


def _equal(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())


def _basic(authorization: str) -> dict[str, str]:
    """The client's id and secret from a Basic header, if there is one."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": unquote_plus(user), "client_secret": unquote_plus(password)}
