"""The signature of a notice. [no I/O]

Exact sends `{"Content":{...},"HashCode":"<hex>"}` in one line; the hash is HMAC-SHA256, keyed by the app's webhook
secret, over the bytes of Content as they are sent, braces included
(https://support.exactonline.com/community/s/knowledge-base#All-All-DNO-Content-webhooksc).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PREFIX: Final = b'{"Content":'
HASH: Final = b',"HashCode":"'
SUFFIX: Final = b'"}'
HASH_LENGTH: Final = 64


@dataclass(frozen=True)
class Signed:
    """The two parts of a body; `content` is not to be parsed before `is_by` is true."""

    content: bytes
    hash_code: bytes

    def is_by(self, secrets: Sequence[str]) -> bool:
        """Whether one of the secrets signed the content; takes as long whichever did."""
        matches = [hmac.compare_digest(sign(self.content, secret), self.hash_code) for secret in secrets]
        return any(matches)


def sliced(body: bytes) -> Signed | None:
    """The parts of a body; None where it has not Exact's shape."""
    cut = len(body) - len(SUFFIX) - HASH_LENGTH - len(HASH)
    if cut < len(PREFIX) or not (body.startswith(PREFIX) and body.endswith(SUFFIX) and body.startswith(HASH, cut)):
        return None
    return Signed(body[len(PREFIX) : cut], body[cut + len(HASH) : -len(SUFFIX)])


def sign(content: bytes, secret: str) -> bytes:
    """The hash as Exact writes it: upper-case hex."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest().upper().encode()
