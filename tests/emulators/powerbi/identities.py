"""The tenant, its application and its workspace: the same in every run, but for secret, key and certificate."""

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

TENANT: Final = str(uuid.uuid5(uuid.NAMESPACE_DNS, "tenant.demo.exactbi"))
CLIENT: Final = str(uuid.uuid5(uuid.NAMESPACE_DNS, "app.demo.exactbi"))
WORKSPACE: Final = str(uuid.uuid5(uuid.NAMESPACE_DNS, "workspace.demo.exactbi"))
WORKSPACE_NAME: Final = "exactbi demo"
REFRESHABLE: Final = str(uuid.uuid5(uuid.NAMESPACE_DNS, "refreshable.demo.exactbi"))


@dataclass(frozen=True)
class Credentials:
    """The application's secret, and the files of its certificate and private key (PEM)."""

    secret: str
    certificate: Path
    private_key: Path

    def ready(self) -> dict[str, Any]:
        """The application as the ready file has it."""
        return {
            "client_id": CLIENT,
            "client_secret": self.secret,
            "certificate": str(self.certificate),
            "private_key": str(self.private_key),
        }


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
    made = Credentials(f"{secrets.token_urlsafe(30)}~", folder / "powerbi-app.crt.pem", folder / "powerbi-app.key.pem")
    write_private(made.certificate, certificate.public_bytes(Encoding.PEM))
    write_private(made.private_key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return made
