"""Nothing secret reaches a log."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from exactbi.observability.logs import REDACTED, configure, redact

CANARY = "c4n4ry-s3cr3t"


@pytest.fixture
def configured(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure("debug")
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://exactbi:{CANARY}@db:5432/x",
        f"Authorization: Bearer {CANARY}",
        f'{{"access_token":"{CANARY}","expires_in":"600"}}',
        f"grant_type=refresh_token&refresh_token={CANARY}&client_id=1",
        f"https://exactbi/exact/callback?code={CANARY}&state=4",
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
    kept = {"chunk": 7, "error_code": "MAP_FIELD", "tokens_left": 3, "url": "https://start.exactonline.nl/api/v1/1/x"}

    assert redact(kept) == kept


def test_a_line_is_one_json_object_without_the_canary(configured: None, capsys: pytest.CaptureFixture[str]) -> None:
    dsn = f"postgresql://u:{CANARY}@h/d"
    structlog.get_logger("ours").warning("given", dsn=dsn, token=CANARY, nested=[{"secret": CANARY}])
    logging.getLogger("theirs").error("failed with Bearer %s", CANARY)
    try:
        raise ValueError(f"refresh_token={CANARY}")
    except ValueError:
        structlog.get_logger("ours").exception("raised")

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert [json.loads(line)["level"] for line in lines] == ["warning", "error", "error"]
    assert CANARY not in "".join(lines)
