"""What is sealed opens in its own place, with its own key, and nowhere else."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest

from exactbi.errors import KEY_MISSING, KEY_UNKNOWN, ConfigurationError
from exactbi.secrets import Aad, Keyring, Sealed, new_key_file

PLACE = Aad("acme", "secret", "sealed", "exact/nl/client_secret")
KEK = os.urandom(32)


def ring(*keks: bytes) -> Keyring:
    keyring = Keyring.of(keks or (KEK,))
    keyring.learn(keyring.new_data_key("acme"))
    return keyring


def test_what_is_sealed_opens() -> None:
    keyring = ring()
    assert keyring.open(keyring.seal(b"plain", PLACE), PLACE) == b"plain"


def test_two_seals_of_one_text_differ() -> None:
    keyring = ring()
    assert keyring.seal(b"plain", PLACE).sealed != keyring.seal(b"plain", PLACE).sealed


@pytest.mark.parametrize(
    "place",
    [
        Aad("other", "secret", "sealed", PLACE.row),
        Aad("acme", "refresh_token", "sealed", PLACE.row),
        Aad("acme", "secret", "other", PLACE.row),
        Aad("acme", "secret", "sealed", "exact/be/client_secret"),
    ],
)
def test_a_ciphertext_does_not_open_in_another_place(place: Aad) -> None:
    keyring = ring()
    with pytest.raises(ConfigurationError) as raised:
        keyring.open(keyring.seal(b"plain", PLACE), place)
    assert raised.value.code is KEY_UNKNOWN


def test_places_are_not_confused_by_their_separators() -> None:
    assert Aad("a", "b|c", "d", "e").encoded() != Aad("a|b", "c", "d", "e").encoded()


def test_a_changed_ciphertext_does_not_open() -> None:
    keyring = ring()
    sealed = keyring.seal(b"plain", PLACE)
    broken = Sealed(sealed.data_key, sealed.sealed[:-1] + bytes([sealed.sealed[-1] ^ 1]))
    for text in (broken, Sealed(sealed.data_key, b"")):
        with pytest.raises(ConfigurationError):
            keyring.open(text, PLACE)


def test_a_data_key_of_another_key_file_is_refused() -> None:
    key = ring().new_data_key("acme")
    with pytest.raises(ConfigurationError, match="lacks"):
        Keyring.of([os.urandom(32)]).learn(key)


def test_a_data_key_of_another_customer_is_refused() -> None:
    keyring = ring()
    key = keyring.new_data_key("acme")
    with pytest.raises(ConfigurationError):
        keyring.learn(type(key)(key.id, "other", key.kek, key.wrapped))


def test_an_older_key_of_the_file_still_opens() -> None:
    old = ring()
    key = old.new_data_key("acme")
    old.learn(key)
    sealed = old.seal(b"plain", PLACE)
    rotated = Keyring.of([os.urandom(32), KEK])
    rotated.learn(key)
    assert rotated.open(sealed, PLACE) == b"plain"


def test_a_key_that_only_opens_seals_nothing() -> None:
    keyring = Keyring.of([KEK])
    keyring.learn(keyring.new_data_key("acme"), seals=False)
    assert not keyring.can_seal("acme")
    with pytest.raises(ConfigurationError):
        keyring.seal(b"plain", PLACE)


def test_a_key_file_is_made_for_its_owner_only_and_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    new_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    Keyring.from_file(path)
    with pytest.raises(FileExistsError):
        new_key_file(path)


@pytest.mark.parametrize("text", ["", "not base64", base64.b64encode(b"short").decode(), "\xe9"])
def test_another_file_is_no_key(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        Keyring.from_file(path)
    assert raised.value.code is KEY_MISSING


def test_a_missing_file_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be used"):
        Keyring.from_file(tmp_path / "none")


def test_a_keyring_prints_no_key() -> None:
    assert "AESGCM" not in repr(ring())
