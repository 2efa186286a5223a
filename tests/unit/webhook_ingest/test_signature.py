"""The signature of a notice."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from webhook_ingest.signature import Signed, sign, sliced

SECRET = "a webhook secret"
CONTENT = (
    b'{"Topic":"SalesEntries","ClientId":"0c5c2d9a-3c9a-4a53-9f36-6f9d4f1b8a11","Division":441609,"Action":"Update",'
    b'"Key":"3b0cf8c2-6b9e-4a77-ae1c-0b8a2b7c9b10","ExactOnlineEndpoint":"https://start.exactonline.nl/x(guid\'3\')",'
    b'"EventCreatedOn":"2026-01-06T16:26:08.587"}'
)


def body(content: bytes, secret: str = SECRET) -> bytes:
    return b'{"Content":' + content + b',"HashCode":"' + sign(content, secret) + b'"}'


def test_a_body_of_exact_is_sliced_and_its_signature_holds() -> None:
    signed = sliced(body(CONTENT))

    assert signed is not None
    assert signed.content == CONTENT
    assert signed.is_by([SECRET])


def test_the_hash_is_upper_case_hex_over_the_bytes_as_sent() -> None:
    # RFC 4231, test case 2.
    assert sign(b"what do ya want for nothing?", "Jefe") == (
        b"5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"
    )


def test_the_previous_secret_holds_too_and_another_does_not() -> None:
    signed = sliced(body(CONTENT, "previous"))

    assert signed is not None
    assert signed.is_by(["current", "previous"])
    assert not signed.is_by(["current"])
    assert not signed.is_by([])


def test_a_hash_in_lower_case_is_not_exacts() -> None:
    signed = sliced(body(CONTENT))

    assert signed is not None
    assert not Signed(signed.content, signed.hash_code.lower()).is_by([SECRET])


def test_a_hash_inside_the_content_is_content() -> None:
    inner = b'{"Topic":"x","HashCode":"' + b"A" * 64 + b'"}'

    signed = sliced(body(inner))

    assert signed is not None
    assert signed.content == inner


@given(st.binary(max_size=300))
def test_no_bytes_but_signed_ones_are_believed(junk: bytes) -> None:
    signed = sliced(junk)

    assert signed is None or not signed.is_by([SECRET])


@given(st.integers(0, len(body(CONTENT)) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, flip: int) -> None:
    changed = bytearray(body(CONTENT))
    changed[position] ^= flip

    signed = sliced(bytes(changed))

    assert signed is None or not signed.is_by([SECRET])


@given(st.dictionaries(st.text(), st.text() | st.integers(), max_size=5), st.booleans())
def test_whatever_the_content_is_its_bytes_are_signed_as_they_are(content: dict[str, object], spaced: bool) -> None:
    raw = json.dumps(content, separators=(", ", ": ") if spaced else (",", ":")).encode()

    signed = sliced(body(raw))

    assert signed is not None
    assert signed.content == raw
    assert signed.is_by([SECRET])
