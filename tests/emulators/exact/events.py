"""What a webhook notice tells: its content, and its bytes with the signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulators.exact.oauth import App
from emulators.exact.values import wall_ms


@dataclass(frozen=True)
class Event:
    """A change of a record that a topic tells about; `ids` are the records that it touched."""

    topic: str
    path: str
    division: int
    key: str
    action: str
    at: float
    ids: tuple[str, ...] = ()

    def signed_for(self, app: App, base: str) -> bytes:
        """The notice as this app gets it; EventCreatedOn is Dutch wall time without a zone."""
        wall = datetime.fromtimestamp(wall_ms(self.at) / 1000, UTC).replace(tzinfo=None)
        content = {
            "Topic": self.topic, "ClientId": app.client_id, "Division": self.division, "Action": self.action,
            "Key": self.key, "ExactOnlineEndpoint": f"{base}/api/v1/{self.division}/{self.path}(guid'{self.key}')",
            "EventCreatedOn": wall.isoformat(timespec="milliseconds"),
        }  # fmt: skip
        return signed(content, app.webhook_secret)


def signed(content: dict[str, Any], secret: str) -> bytes:
    """`{"Content":{...},"HashCode":"HEX"}` without blanks; the HMAC-SHA256 is over the Content as it is sent."""
    raw = json.dumps(content, separators=(",", ":")).encode()
    code = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().upper()
    return b'{"Content":' + raw + b',"HashCode":"' + code.encode() + b'"}'
