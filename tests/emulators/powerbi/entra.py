"""Entra's token endpoint for client credentials: secrets, certificate assertions, and the error bodies."""

from __future__ import annotations

import base64
import secrets
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, unquote_plus

from emulators.clock import Clock
from emulators.powerbi import assertions, settings
from emulators.powerbi.assertions import Certificate
from emulators.powerbi.rules import Refused, Rulebook
from emulators.powerbi.tokens import RESOURCE, Caller, Tokens

_SUFFIX: Final = "/.default"
_FORM: Final = "application/x-www-form-urlencoded"
_RESOURCES: Final = {
    RESOURCE, "https://graph.microsoft.com", "https://storage.azure.com", "https://api.fabric.microsoft.com",
}  # fmt: skip
"""What has a service principal in the tenants; tokens for others than Power BI are given, and no use here."""
_TENANTLESS: Final = ("common", "organizations", "consumers")


@dataclass(frozen=True)
class App:
    """An application: its tenant, its secret and its certificate."""

    client_id: str
    tenant: str
    secret: str
    certificate: Certificate


class Entra:
    """Answers token requests. `base` is the address under which it is reached, once that is known."""

    def __init__(
        self, tenants: dict[str, str], apps: list[App], clock: Clock, rules: Rulebook, chosen: settings.Settings
    ) -> None:
        self.tenants = tenants
        self.apps = {app.client_id: app for app in apps}
        self.tokens = Tokens(clock, rules, chosen)
        self._clock = clock
        self._rules = rules
        self._settings = chosen
        self._presented: set[str] = set()
        self.base = ""

    def token(self, tenant: str, kind: str, body: bytes, authorization: str) -> dict[str, Any]:
        """The answer to a token request of a media type; Refused with Entra's error body."""
        identity = self._tenant(tenant)
        sent = parse_qsl(body.decode("latin-1")) if kind.partition(";")[0].strip().lower() == _FORM else []
        form = dict(sent)
        message = "The request is not properly formatted. A parameter is duplicated."
        self._check("token.once", len(form) == len(sent), "invalid_request", 9000411, message)
        credentials = [name for name in ("client_secret", "client_assertion") if name in form]
        header = _basic(authorization)
        message = "The request has more than one way of client authentication."
        single = len(credentials) + bool(header) <= 1
        self._check("token.one-credential", single, "invalid_request", 90013, message)
        form |= header
        missing = next((name for name in ("grant_type", "client_id", "scope") if not form.get(name)), None)
        message = f"The request body must contain the following parameter: '{missing}'."
        self._check("token.form", missing is None, "invalid_request", 900144, message)
        grant = form.get("grant_type") == "client_credentials"
        self._check("token.grant", grant, "unsupported_grant_type", 70003, "The app requested an unsupported grant.")
        app = self.apps.get(form.get("client_id", "").lower())
        if app is None or app.tenant != identity:
            message = f"Application with identifier '{form.get('client_id')}' was not found in the directory."
            raise self._refused("token.client", "unauthorized_client", 700016, message)
        resource = self._resource(form.get("scope", ""))
        self._authenticate(app, form, tenant)
        return self.tokens.issue(Caller(app.client_id, app.tenant), resource)

    def discovery(self, tenant: str) -> dict[str, Any]:
        """The tenant's OpenID configuration, which Microsoft's own libraries read before they ask for a token."""
        identity = self._tenant(tenant)
        at = f"{self.base}/{identity}"
        return {
            "token_endpoint": f"{at}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "authorization_endpoint": f"{at}/oauth2/v2.0/authorize",
            "issuer": f"{at}/v2.0",
            "jwks_uri": f"{at}/discovery/v2.0/keys",
            "response_types_supported": ["code", "id_token", "token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def _tenant(self, named: str) -> str:
        """The id of a tenant that is named by its id or its domain."""
        tenantless = named.lower() in _TENANTLESS
        message = "Tenant-identifying information was not found in either the request or implied by any credentials."
        self._check("token.common", not tenantless, "invalid_request", 50059, message)
        for identity, domain in self.tenants.items():
            if named.lower() in (identity, domain):
                return identity
        message = f"Tenant '{named}' not found. Check to make sure you have the correct tenant ID."
        raise self._refused("token.tenant", "invalid_request", 90002, message)

    def _resource(self, scope: str) -> str:
        """The one resource that a scope names."""
        message = f"The provided value for scope {scope} is not valid."
        whole = scope.endswith(_SUFFIX) and " " not in scope
        self._check("token.scope", whole, "invalid_scope", 70011, message)
        resource = scope.removesuffix(_SUFFIX)
        message = f"The resource principal named {resource} was not found in the tenant."
        self._check("token.resource", resource in _RESOURCES, "invalid_resource", 500011, message)
        return resource

    def _authenticate(self, app: App, form: dict[str, str], tenant: str) -> None:
        if "client_assertion" in form:
            self._check_assertion(app, form, tenant)
            return
        message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        self._check("token.credential", "client_secret" in form, "invalid_request", 7000218, message)
        message = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
            f"value, not the client secret ID, for a secret added to app '{app.client_id}'."
        )
        right = secrets.compare_digest(form.get("client_secret", "").encode(), app.secret.encode())
        self._check("token.secret", right, "invalid_client", 7000215, message)
        message = f"The provided client secret keys for app '{app.client_id}' are expired."
        self._check("token.secret-age", not self._settings.secret_expired, "invalid_client", 7000222, message)

    def _check_assertion(self, app: App, form: dict[str, str], tenant: str) -> None:
        """By the machine's clock: that of whoever signs is not moved on with the emulator's."""
        kind, assertion = form.get("client_assertion_type"), form["client_assertion"]
        message = "The request body must contain the following parameter: 'client_assertion_type'."
        self._check("token.assertion-type", kind == assertions.TYPE, "invalid_request", 900144, message)
        audiences = {f"{self.base}/{name}/oauth2/v2.0/token" for name in (app.tenant, tenant)}
        found = assertions.faults(
            assertion, app.certificate, app.client_id, audiences, time.time(), self._settings.assertion_life_s
        )
        for wrong in found:
            self._check(wrong.rule, False, "invalid_client", wrong.code, wrong.message)
        once = assertion not in self._presented or self._settings.assertion_again == "accept"
        self._check("token.assertion-again", once, "invalid_client", 50027, "The assertion was presented before.")
        self._presented.add(assertion)

    def _check(self, rule: str, holds: bool, kind: str, code: int, message: str) -> None:
        if self._rules.broken(rule, not holds):
            raise self._refused(rule, kind, code, message)

    def _refused(self, rule: str, kind: str, code: int, message: str) -> Refused:
        trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
        stamp = f"{datetime.fromtimestamp(self._clock.now(), UTC):%Y-%m-%d %H:%M:%SZ}"
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
