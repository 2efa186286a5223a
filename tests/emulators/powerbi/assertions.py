"""Client assertions: a signed statement of an application that replaces its secret.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials. Microsoft's own libraries send RS256 or
PS256, `x5t` or `x5t#S256` with the padding of base64, times as floats and no `nbf`; the service takes all of these.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS: Final = ("PS256", "RS256")
SKEW_S: Final = 300
"""How far the clocks of two machines may differ."""
_UNCHECKED: Final[Any] = {
    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False, "verify_sub": False,
}  # fmt: skip
"""Claims are checked here, since each has its own answer."""
_UNSIGNED: Final[Any] = {**_UNCHECKED, "verify_signature": False}


class Wrong(NamedTuple):
    """What is wrong with an assertion: the rule it breaks, Entra's code, and what to say."""

    rule: str
    code: int
    message: str


class Certificate:
    """An application's certificate."""

    def __init__(self, pem: bytes) -> None:
        loaded = x509.load_pem_x509_certificate(pem)
        der = loaded.public_bytes(Encoding.DER)
        self.public_key: Any = loaded.public_key()
        self.thumbprints = {"x5t#S256": _b64(hashlib.sha256(der).digest()), "x5t": _b64(hashlib.sha1(der).digest())}

    def signed(self, assertion: str, header: dict[str, Any]) -> bool:
        """Whether it names this certificate by a thumbprint, and was signed with its key."""
        if not any(str(header.get(name)).rstrip("=") == value for name, value in self.thumbprints.items()):
            return False
        try:
            jwt.decode(assertion, self.public_key, list(ALGORITHMS), _UNCHECKED)
        except jwt.InvalidTokenError:
            return False
        return True


def faults(
    assertion: str, certificate: Certificate, client_id: str, audiences: set[str], now: float, life: float
) -> Iterator[Wrong]:
    """Everything that is wrong with an assertion for this application, in the order in which it is looked at."""
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options=_UNSIGNED)
        issued, starts, ends = (claims.get(name, now) for name in ("iat", "nbf", "exp"))
        if "exp" not in claims or not all(type(one) in (int, float) for one in (issued, starts, ends)):
            raise ValueError("nbf, iat and exp are numbers of seconds, and exp is there")
    except (jwt.InvalidTokenError, ValueError) as wrong:
        yield Wrong("token.assertion-form", 50027, f"JWT token is invalid or malformed: {wrong}")
        return
    if header.get("alg") not in ALGORITHMS:
        yield Wrong("token.assertion-algorithm", 50027, f"The algorithm '{header.get('alg')}' is not supported")
    if not certificate.signed(assertion, header):
        yield Wrong("token.assertion", 700027, "Client assertion contains an invalid signature")
    if not claims.get("iss") == claims.get("sub") == client_id:
        yield Wrong(
            "token.assertion-subject", 700021, "Client assertion application identifier doesn't match 'client_id'"
        )
    if not isinstance(claims.get("aud"), str) or claims["aud"] not in audiences:
        yield Wrong("token.assertion-audience", 700023, "Client assertion audience claim doesn't match Realm issuer")
    if not starts - SKEW_S <= now < ends:
        yield Wrong("token.assertion-time", 700024, "Client assertion is not within its valid time range")
    if ends - now > life + SKEW_S:
        yield Wrong("token.assertion-life", 700024, "Client assertion is valid for too long")
    if not claims.get("jti"):
        yield Wrong("token.assertion-jti", 50027, "JWT token is invalid or malformed: it has no 'jti'")


def _b64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
