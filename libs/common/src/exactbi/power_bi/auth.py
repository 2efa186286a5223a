"""Tokens for Power BI: client credentials of a service principal, by secret or by certificate. No I/O.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import jwt
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from exactbi.errors import (
    PBI_APP_UNKNOWN,
    PBI_CLIENT_REFUSED,
    PBI_UNREACHABLE,
    ConfigurationError,
    ExactbiError,
    TransientError,
)

SCOPE: Final = "https://analysis.windows.net/powerbi/api/.default"
RENEW_BEFORE: Final = 300.0
"""Seconds before its end at which a token is replaced; a twelfth of its life where that is shorter."""
ASSERTION_LIFE: Final = 600
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# AADSTS90055, 90024, 90012: the tenant is throttled, or time mends it otherwise.
# https://learn.microsoft.com/entra/identity-platform/reference-error-codes
_PASSING: Final = frozenset({"temporarily_unavailable", "server_error"})
_UNKNOWN: Final = frozenset({50059, 90002, 900023, 700016})
"""The same page: no tenant or a wrong one; an application that the tenant does not have."""


@dataclass(frozen=True)
class Principal:
    """A service principal; `secret` is a client secret, or certificate and private key as one PEM text."""

    login: str
    tenant: str
    client_id: str
    secret: str = field(repr=False)
    by_certificate: bool = False


@dataclass(frozen=True)
class TokenRequest:
    """A form to POST to the token endpoint."""

    url: str
    form: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Token:
    """An access token, to be replaced from `renew_at` on (Unix seconds)."""

    value: str = field(repr=False)
    renew_at: float


def token_request(principal: Principal, now: float) -> TokenRequest:
    """Ask for a token; ConfigurationError (PBI_CLIENT_REFUSED) where the certificate can't be read."""
    url = f"{principal.login.rstrip('/')}/{principal.tenant}/oauth2/v2.0/token"
    form = {"grant_type": "client_credentials", "client_id": principal.client_id, "scope": SCOPE}
    if not principal.by_certificate:
        return TokenRequest(url, form | {"client_secret": principal.secret})
    assertion = {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": _assertion(principal, url, now)}
    return TokenRequest(url, form | assertion)


def _assertion(principal: Principal, audience: str, now: float) -> str:
    """https://learn.microsoft.com/entra/identity-platform/certificate-credentials"""
    pem = principal.secret.encode()
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        key = load_pem_private_key(pem, password=None)
    except ValueError as error:
        raise ConfigurationError(PBI_CLIENT_REFUSED, "the certificate's PEM text can't be read") from error
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(PBI_CLIENT_REFUSED, "the certificate's key is not an RSA key")
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    issued = int(now)
    claims = {
        "aud": audience,
        "iss": principal.client_id,
        "sub": principal.client_id,
        "jti": str(uuid.uuid4()),
        "nbf": issued,
        "iat": issued,
        "exp": issued + ASSERTION_LIFE,
    }
    return jwt.encode(claims, key, algorithm="PS256", headers={"x5t#S256": thumbprint})


class _Body(msgspec.Struct):
    access_token: str = ""
    expires_in: float = 0.0
    error: str = ""
    error_codes: list[int] = []


_BODY: Final = msgspec.json.Decoder(_Body, strict=False)


def parse_token(status: int, body: bytes, asked_at: float) -> Token:
    """The token in the endpoint's answer.

    TransientError where time mends it, else ConfigurationError (PBI_CLIENT_REFUSED): 400 and 401 both occur.
    """
    try:
        answer = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        answer = _Body()
    if status == 200 and answer.access_token:
        life = answer.expires_in
        return Token(answer.access_token, asked_at + life - min(RENEW_BEFORE, life / 12))
    raise _refusal(status, answer)


def _refusal(status: int, answer: _Body) -> ExactbiError:
    said = f"Entra answered {status} {answer.error} {','.join(f'AADSTS{code}' for code in answer.error_codes)}".strip()
    if status in (400, 401, 403) and answer.error not in _PASSING:
        unknown = _UNKNOWN.intersection(answer.error_codes)
        return ConfigurationError(PBI_APP_UNKNOWN if unknown else PBI_CLIENT_REFUSED, said)
    return TransientError(PBI_UNREACHABLE, said)
