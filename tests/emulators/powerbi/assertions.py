"""Client assertions: a signed statement of an application that replaces its secret.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials. Microsoft's own libraries send RS256 or
PS256, `x5t` or `x5t#S256`, times as floats and no `nbf`; the service takes all of these.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ALGORITHMS: Final = ["PS256", "RS256"]
_EARLY_S: Final = 300
_OPTIONS: Final[Any] = {"require": ["exp", "jti", "sub"], "verify_exp": False, "verify_nbf": False, "verify_iat": False}
"""Times are checked here, by the emulator's clock."""


class AssertionRefusedError(Exception):
    """Why an assertion proves nothing."""


class Certificate:
    """An application's certificate."""

    def __init__(self, pem: bytes) -> None:
        loaded = x509.load_pem_x509_certificate(pem)
        der = loaded.public_bytes(Encoding.DER)
        self.public_key: Any = loaded.public_key()
        self.thumbprints = {"x5t#S256": _b64(hashlib.sha256(der).digest()), "x5t": _b64(hashlib.sha1(der).digest())}

    def check(self, assertion: str, client_id: str, audience: str, now: float) -> None:
        """AssertionRefusedError unless it is signed with this certificate, for this application, and valid now."""
        try:
            header = jwt.get_unverified_header(assertion)
            if not any(header.get(name) == value for name, value in self.thumbprints.items()):
                raise AssertionRefusedError("the thumbprint is not that of the application's certificate")
            claims = jwt.decode(
                assertion,
                self.public_key,
                _ALGORITHMS,
                _OPTIONS,
                audience=audience,
                issuer=client_id,
                subject=client_id,
            )
            starts, ends = float(claims.get("nbf", 0)) - _EARLY_S, float(claims["exp"])
        except (jwt.InvalidTokenError, TypeError, ValueError) as wrong:
            raise AssertionRefusedError(str(wrong)) from wrong
        if not starts <= now < ends:
            raise AssertionRefusedError("the assertion is not valid at this time")


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
