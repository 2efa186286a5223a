"""The tenants, their applications and workspaces: the same in every run, but for secrets, key and certificate.

The second tenant belongs to another firm: its application sees nothing of the first, whichever ids it guesses.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from emulators.ready import write_private


def _named(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


TENANT: Final = _named("tenant.demo.exactbi")
CLIENT: Final = _named("app.demo.exactbi")
WORKSPACE: Final = _named("workspace.demo.exactbi")
WORKSPACE_NAME: Final = "exactbi demo"
REFRESHABLE: Final = _named("refreshable.demo.exactbi")
REFRESHABLE_NAME: Final = "exactbi import"
OTHER_TENANT: Final = _named("tenant.other.exactbi")
OTHER_CLIENT: Final = _named("app.other.exactbi")
OTHER_WORKSPACE: Final = _named("workspace.other.exactbi")
TENANTS: Final = {TENANT: "exactbi-demo.onmicrosoft.com", OTHER_TENANT: "exactbi-other.onmicrosoft.com"}
"""Each tenant's id and its verified domain; a token can be asked for under either."""


@dataclass(frozen=True)
class Credentials:
    """The applications' secrets, and the files of the certificate and private key that both have (PEM)."""

    secret: str
    certificate: Path
    private_key: Path
    other_secret: str = "another"

    def ready(self) -> list[dict[str, Any]]:
        """The applications as the ready file has them."""
        files = {"certificate": str(self.certificate), "private_key": str(self.private_key)}
        return [
            {"client_id": CLIENT, "client_secret": self.secret, **files, "tenant": TENANT},
            {"client_id": OTHER_CLIENT, "client_secret": self.other_secret, **files, "tenant": OTHER_TENANT},
        ]


def make_credentials(folder: Path) -> Credentials:
    """New ones, their files in `folder`, readable by the owner only."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "exactbi demo application")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )
    files = folder / "powerbi-app.crt.pem", folder / "powerbi-app.key.pem"
    made = Credentials(f"{secrets.token_urlsafe(30)}~", *files, f"{secrets.token_urlsafe(30)}~")
    write_private(made.certificate, certificate.public_bytes(Encoding.PEM))
    write_private(made.private_key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made
