"""A throwaway certificate authority for HTTPS on 127.0.0.1, kept in a folder so that a restart keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme

from emulators.ready import write_private


@dataclass(frozen=True)
class Authority:
    """Files: the authority's certificate, and the server's key with its chain."""

    certificate: Path
    server: Path


def throwaway_authority(folder: Path) -> Authority:
    """The folder's authority, made at first use."""
    made = Authority(folder / "ca.pem", folder / "server.pem")
    if not made.server.exists():
        folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        issued = authority.issue_cert("127.0.0.1", "localhost")
        made.certificate.write_bytes(authority.cert_pem.bytes())
        write_private(made.server, issued.private_key_and_cert_chain_pem.bytes())
    return made
