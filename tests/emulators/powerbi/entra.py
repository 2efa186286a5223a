"""Entra's token endpoint for client credentials: secrets, certificate assertions, and the error bodies."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from emulators.clock import Clock
from emulators.powerbi import settings
from emulators.powerbi.rules import Refused, Rulebook, error

RESOURCE: Final = "https://analysis.windows.net/powerbi/api"
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS: Final = ["PS256", "RS256"]


class App:
    """An application of the tenant: its secret and its certificate."""

    def __init__(self, client_id: str, secret: str, certificate: bytes) -> None:
        self.client_id = client_id
        self.secret = secret
        loaded = x509.load_pem_x509_certificate(certificate)
        der = loaded.public_bytes(Encoding.DER)
        self.public_key: Any = loaded.public_key()
        self.thumbprints = {"x5t#S256": _b64(hashlib.sha256(der).digest()), "x5t": _b64(hashlib.sha1(der).digest())}


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
        if tenant != self.tenant:
            raise self._refused("token.tenant", "invalid_request", 90002, f"Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            raise self._refused("token.form", "unsupported_grant_type", 70003, "The grant type is not supported.")
        if form.get("scope") != f"{RESOURCE}/.default":
            raise self._refused("token.scope", "invalid_scope", 70011, "The provided value for 'scope' is not valid.")
        app = self._authenticate(form, authorization)
        return {"token_type": "Bearer", "expires_in": self._life(), "access_token": self._issue(app)}

    def reader(self, authorization: str | None) -> str:
        """The client id of a bearer token; Refused when there is none, or it has expired."""
        scheme, _, token = (authorization or "").partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise jwt.InvalidTokenError("no bearer token")
            claims = jwt.decode(
                token,
                self._key,
                ["HS256"],
                audience=RESOURCE,
                options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError as wrong:
            raise Refused(
                "auth.bearer", 401, error("Unauthorized", str(wrong)), {"WWW-Authenticate": "Bearer"}
            ) from wrong
        if self._rules.broken("auth.expired", claims["exp"] <= self._clock.now()):
            message = "Access token has expired, resubmit with a new access token"
            raise Refused("auth.expired", self._settings.expired_status, error("TokenExpired", message))
        return str(claims["appid"])

    def _authenticate(self, form: dict[str, str], authorization: str) -> str:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() == "basic":
            user, _, password = base64.b64decode(encoded).decode().partition(":")
            form = form | {"client_id": unquote_plus(user), "client_secret": unquote_plus(password)}
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            message = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            raise self._refused("token.client", "unauthorized_client", 700016, message)
        if "client_assertion" in form:
            self._check_assertion(app, form)
        elif "client_secret" not in form:
            message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
            raise self._refused("token.credential", "invalid_request", 7000218, message)
        elif not secrets.compare_digest(form["client_secret"].encode(), app.secret.encode()):
            message = f"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '{app.client_id}'."
            raise self._refused("token.secret", "invalid_client", 7000215, message)
        return app.client_id

    def _check_assertion(self, app: App, form: dict[str, str]) -> None:
        """RS256 or PS256, by x5t#S256 or x5t; times may be floats and nbf may be missing, as Microsoft's clients send."""
        try:
            if form.get("client_assertion_type") != _ASSERTION_TYPE:
                raise jwt.InvalidTokenError("client_assertion_type")
            token = form["client_assertion"]
            header = jwt.get_unverified_header(token)
            if not any(header.get(name) == thumbprint for name, thumbprint in app.thumbprints.items()):
                raise jwt.InvalidTokenError("the thumbprint is not of a certificate of the application")
            claims = jwt.decode(
                token, app.public_key, _ALGORITHMS, audience=f"{self.base}/{self.tenant}/oauth2/v2.0/token",
                issuer=app.client_id, options={"require": ["exp", "jti", "sub"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )  # fmt: skip
            if claims["sub"] != app.client_id or not float(claims.get("nbf", 0)) - 300 <= self._clock.now() < float(
                claims["exp"]
            ):
                raise jwt.InvalidTokenError("sub, nbf or exp")
        except (jwt.InvalidTokenError, ValueError) as wrong:
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
        body = {
            "error": kind,
            "error_description": f"AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {at:%Y-%m-%d %H:%M:%SZ}",
            "error_codes": [code], "timestamp": f"{at:%Y-%m-%d %H:%M:%SZ}", "trace_id": trace, "correlation_id": correlation,
            "error_uri": f"{self.base}/error?code={code}",
        }  # fmt: skip
        return Refused(rule, self._settings.token_error_status, body)


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
