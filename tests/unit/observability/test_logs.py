"""Nothing secret reaches a log."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from exactbi.observability.logs import REDACTED, redact

CANARY = "c4n4ry-s3cr3t"


PROGRAM = """
import logging, structlog, sys
from exactbi.observability.logs import configure
configure("debug")
canary = sys.argv[1]
dsn, inner = f"postgresql://u:{canary}@h/d", [{"secret": canary}]
structlog.get_logger("ours").warning("given", dsn=dsn, token=canary, inner=inner)
logging.getLogger("theirs").error("failed with Bearer %s", canary)
try:
    raise ValueError("refresh_token=" + canary)
except ValueError:
    structlog.get_logger("ours").exception("raised")
"""


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://exactbi:{CANARY}@db:5432/x",
        f"Authorization: Bearer {CANARY}",
        f'{{"access_token":"{CANARY}","expires_in":"600"}}',
        f"grant_type=refresh_token&refresh_token={CANARY}&client_id=1",
        f"https://exactbi/exact/callback?code={CANARY}&state=4",
        f'{{"code":"{CANARY}"}}',
        f"client_secret: '{CANARY}'",
    ],
)
def test_a_secret_in_a_text_is_taken_out(text: str) -> None:
    assert CANARY not in str(redact(text))
    assert REDACTED in str(redact(text))


@pytest.mark.parametrize("name", ["client_secret", "refresh_token", "password", "Authorization", "code"])
def test_what_has_a_secrets_name_is_taken_out(name: str) -> None:
    assert redact({"outer": {name: CANARY}}) == {"outer": {name: REDACTED}}


def test_the_rest_stays() -> None:
    kept = {
        "chunk": 7,
        "code": "MAP_FIELD",
        "body": '{"code":"ItemNotFound"}',
        "tokens_left": 3,
        "url": "https://start.exactonline.nl/api/v1/1/x",
    }

    assert redact(kept) == kept


def test_a_line_is_one_json_object_without_the_canary() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, CANARY], capture_output=True, text=True, check=True)

    lines = done.stderr.splitlines()
    assert [json.loads(line)["level"] for line in lines] == ["warning", "error", "error"]
    assert CANARY not in done.stderr
