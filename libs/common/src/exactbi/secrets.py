"""Encryption of what must stay secret: AES-256-GCM under a data key per customer, which the key of a file wraps."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from exactbi.errors import KEY_MISSING, KEY_UNKNOWN, ConfigurationError

KEY_BYTES: Final = 32
# NIST SP 800-38D, 8.2: 96 bits; random ones are safe for 2^32 messages of a key.
NONCE_BYTES: Final = 12


@dataclass(frozen=True)
class Aad:
    """Where a ciphertext belongs; it opens nowhere else."""

    customer: str
    table: str
    column: str
    row: str

    def encoded(self) -> bytes:
        """The four parts, so that no two places read the same."""
        return json.dumps([self.customer, self.table, self.column, self.row]).encode()


@dataclass(frozen=True)
class Sealed:
    """A ciphertext (nonce first) and the data key that opens it."""

    data_key: uuid.UUID
    sealed: bytes


@dataclass(frozen=True)
class WrappedKey:
    """A customer's data key as it is stored; `kek` names the key that wraps it."""

    id: uuid.UUID
    customer: str
    kek: str
    wrapped: bytes


@dataclass
class Keyring:
    """Keys in memory: those of the key file, and the data keys learned so far.

    The first key of the file wraps new data keys, the others only open. Nothing of it is ever printed.
    """

    _keks: dict[str, AESGCM] = field(repr=False)
    _active_kek: str
    _data_keys: dict[uuid.UUID, AESGCM] = field(default_factory=dict, repr=False)
    _wrapped: dict[uuid.UUID, WrappedKey] = field(default_factory=dict, repr=False)
    _newest: dict[str, uuid.UUID] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, keys: Sequence[bytes]) -> Keyring:
        """From raw keys of 32 bytes, the active one first."""
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ConfigurationError(KEY_MISSING, f"a key is not {KEY_BYTES} bytes long")
        ids = [_key_id(key) for key in keys]
        return cls({key_id: AESGCM(key) for key_id, key in zip(ids, keys, strict=True)}, ids[0])

    @classmethod
    def from_file(cls, path: str | Path) -> Keyring:
        """From a file with a key a line, 32 bytes in base64; ConfigurationError where there is none."""
        try:
            lines = Path(path).read_text("ascii").split()
            return cls.of([base64.b64decode(line, validate=True) for line in lines])
        except (OSError, UnicodeDecodeError, binascii.Error) as error:
            raise ConfigurationError(
                KEY_MISSING, f"the key file {path} can't be used: {type(error).__name__}"
            ) from None

    def new_data_key(self, customer: str) -> WrappedKey:
        """A new data key, to be stored, and learned once it is."""
        key_id, key = uuid.uuid4(), AESGCM.generate_key(256)
        wrapped = _encrypt(self._keks[self._active_kek], key, _wrapping(customer, key_id))
        return WrappedKey(key_id, customer, self._active_kek, wrapped)

    def learn(self, key: WrappedKey, seals: bool = True) -> None:
        """Unwrap a stored data key, which from now on seals for its customer unless it only opens.

        KEY_UNKNOWN where the file lacks the key that wraps it.
        """
        kek = self._keks.get(key.kek)
        if kek is None:
            raise ConfigurationError(KEY_UNKNOWN, f"data key {key.id} is wrapped by {key.kek}, which the file lacks")
        self._data_keys[key.id] = AESGCM(_decrypt(kek, key.wrapped, _wrapping(key.customer, key.id)))
        self._wrapped[key.id] = key
        if seals:
            self._newest[key.customer] = key.id

    def knows(self, data_key: uuid.UUID) -> bool:
        """Whether a data key was learned."""
        return data_key in self._data_keys

    def wrapped(self, data_key: uuid.UUID) -> WrappedKey:
        """A learned data key as it is stored, to be kept beside a ciphertext outside the database."""
        return self._wrapped[data_key]

    def can_seal(self, customer: str) -> bool:
        """Whether a data key of the customer was learned."""
        return customer in self._newest

    def seal(self, plain: bytes, aad: Aad) -> Sealed:
        """Encrypt for one place, under the customer's newest key."""
        key_id = self._newest.get(aad.customer)
        if key_id is None:
            raise ConfigurationError(KEY_UNKNOWN, f"no data key of {aad.customer} was learned")
        return Sealed(key_id, _encrypt(self._data_keys[key_id], plain, aad))

    def open(self, sealed: Sealed, aad: Aad) -> bytes:
        """Decrypt; KEY_UNKNOWN for an unknown key, another place, or a changed ciphertext."""
        key = self._data_keys.get(sealed.data_key)
        if key is None:
            raise ConfigurationError(KEY_UNKNOWN, f"data key {sealed.data_key} is unknown")
        return _decrypt(key, sealed.sealed, aad)


def new_key_file(path: Path) -> None:
    """Create a key file, readable by its owner only; FileExistsError where there is one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"exactbi key file\0" + key).hexdigest()[:12]


def _wrapping(customer: str, key_id: uuid.UUID) -> Aad:
    return Aad(customer, "data_key", "wrapped", str(key_id))


def _encrypt(key: AESGCM, plain: bytes, aad: Aad) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.encrypt(nonce, plain, aad.encoded())


def _decrypt(key: AESGCM, sealed: bytes, aad: Aad) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad.encoded())
    except (InvalidTag, ValueError):
        raise ConfigurationError(
            KEY_UNKNOWN, f"{aad.table}.{aad.column} of {aad.customer} does not open with its key"
        ) from None
