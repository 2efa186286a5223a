"""The ready file: written whole, once the emulator serves, and readable by its owner only (it holds secrets)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_ready(path: Path, document: dict[str, Any]) -> None:
    """Write `document` to `path` atomically with mode 0600: a reader sees no file, or all of it."""
    write_private(path, json.dumps(document).encode() + b"\n")


def write_private(path: Path, content: bytes) -> None:
    """Write a file with mode 0600 atomically."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    draft.replace(path)
