"""Logs: one JSON object a line on stderr, with whatever looks like a secret taken out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

REDACTED: Final = "***"
SECRET_NAMES: Final = re.compile(
    r"secret|token|password|passwd|authorization|assertion|private|ciphertext", re.IGNORECASE
)
SECRET_TEXTS: Final = (
    re.compile(r"(?P<keep>://[^/\s:@]*:)[^@\s/]+(?=@)"),
    re.compile(r"(?P<keep>\bBearer\s+)[\w.~+/=-]+", re.IGNORECASE),
    re.compile(
        r"(?P<keep>\b(?:access_token|refresh_token|client_secret|client_assertion|password)\b[\"']?\s*[=:]\s*[\"']?)"
        r"[^\s\"'&,}]+",
        re.IGNORECASE,
    ),
    re.compile(r"(?P<keep>\bcode=)[^\s\"'&]+"),
    re.compile(r"(?P<keep>\bcode\"\s*:\s*\")(?![A-Za-z_]+\")[^\"]+"),
)
ERROR_CODE: Final = re.compile(r"[A-Za-z_]+")
"""Errors have codes too, and they are words; a consent's code has digits and dots."""


def redact(value: object, name: str = "") -> object:
    """`value` without what a secret's name or shape gives away; containers are copied."""
    if name and SECRET_NAMES.search(name) and not isinstance(value, (bool, int, float, type(None))):
        return REDACTED
    if name == "code" and isinstance(value, str) and not ERROR_CODE.fullmatch(value):
        return REDACTED
    if isinstance(value, str):
        for pattern in SECRET_TEXTS:
            value = pattern.sub(rf"\g<keep>{REDACTED}", value)
        return value
    if isinstance(value, dict):
        return {key: redact(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(item) for item in value]
    return value


def _redaction(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: redact(value, name) for name, value in event.items()}


def configure(level: str) -> None:
    """Send structlog's and the standard library's records to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _redaction,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
