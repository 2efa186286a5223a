"""The journal of received refresh tokens: an encrypted, fsynced file outside the database: no restore sets it back."""

from __future__ import annotations

import base64
import binascii
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exactbi.secrets import Sealed, WrappedKey

VERSION: Final = 1


@dataclass(frozen=True)
class Entry:
    """A received refresh token. `received_at`: Unix seconds. It carries its data key, since a restore may lose that."""

    customer: str
    connection: str
    token: uuid.UUID
    grant: int
    generation: int
    received_at: float
    sealed: Sealed
    key: WrappedKey


class Journal:
    """Appended by any process of the installation; a line is one write, so lines of two processes never mix."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entry: Entry) -> None:
        """Append and fsync; OSError where the volume fails. Blocks: call it in a thread."""
        line = json.dumps(_fields(entry), separators=(",", ":")).encode() + b"\n"
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if not is_new and not _ends_line(self._path):
                line = b"\n" + line
            while line:  # a volume that is nearly full takes a part, and refuses only the next
                line = line[os.write(descriptor, line) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(self._path.parent)

    def newest(self, customer: str, connection: str, generations: int) -> list[Entry]:
        """The tokens of the last generations of a connection's newest grant, oldest first. Blocks."""
        entries = [e for e in self._entries() if (e.customer, e.connection) == (customer, connection)]
        grant = max((entry.grant for entry in entries), default=0)
        of_grant = sorted(
            (entry for entry in entries if entry.grant == grant), key=lambda e: (e.generation, e.received_at)
        )
        return [entry for entry in of_grant if entry.generation > of_grant[-1].generation - generations]

    def _entries(self) -> Iterator[Entry]:
        """All readable entries; a torn line, left by a crash, is passed over."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            try:
                yield _entry(json.loads(line))
            except (ValueError, KeyError, TypeError, binascii.Error):
                continue


def _fields(entry: Entry) -> dict[str, Any]:
    return {
        "v": VERSION,
        "customer": entry.customer,
        "connection": entry.connection,
        "token": str(entry.token),
        "grant": entry.grant,
        "generation": entry.generation,
        "received_at": entry.received_at,
        "sealed": base64.b64encode(entry.sealed.sealed).decode(),
        "data_key": str(entry.key.id),
        "kek": entry.key.kek,
        "wrapped": base64.b64encode(entry.key.wrapped).decode(),
    }


def _entry(fields: dict[str, Any]) -> Entry:
    key_id = uuid.UUID(fields["data_key"])
    return Entry(
        fields["customer"],
        fields["connection"],
        uuid.UUID(fields["token"]),
        fields["grant"],
        fields["generation"],
        fields["received_at"],
        Sealed(key_id, base64.b64decode(fields["sealed"], validate=True)),
        WrappedKey(key_id, fields["customer"], fields["kek"], base64.b64decode(fields["wrapped"], validate=True)),
    )


def _ends_line(path: Path) -> bool:
    """Whether the file ends with a whole line, so that a torn one does not swallow the next."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
