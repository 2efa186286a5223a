"""What a stack leaves in `.run/` for people and programs: `env` for the command line, and where each part is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from launcher.folders import run_folder

if TYPE_CHECKING:
    from launcher.stack import Stack

SCHEMA = "exactbi.parts/1"


def write_environment(stack: Stack) -> None:
    """`env` beside the stack's files, and for the demo `.run/env`, which `exactbi` falls back to."""
    text = "".join(f"{name}={value}\n" for name, value in sorted(stack.environment.items()))
    for path in {stack.folder / "env", _folder(stack) / "env"}:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(text)


def write_parts(stack: Stack) -> None:
    """`.run/demo.json` (for other stacks in their own folder): `exactbi.parts/1`."""
    path = _folder(stack) / ("demo.json" if stack.plan.name == "demo" else "parts.json")
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"schema": SCHEMA, "parts": parts(stack)}, indent=1) + "\n")
    draft.rename(path)


def withdraw(stack: Stack) -> None:
    """Take back what would lead commands to addresses where nobody answers any more."""
    for folder in {stack.folder, _folder(stack)}:
        for name in ("env", "demo.json", "parts.json"):
            (folder / name).unlink(missing_ok=True)


def _folder(stack: Stack) -> Path:
    return run_folder() if stack.plan.name == "demo" else stack.folder


def parts(stack: Stack) -> list[dict[str, Any]]:
    """Each part with its process and its addresses; no password."""
    address = urlsplit(stack.dsn)
    found = [
        _part(stack, "postgres", data=f"postgresql://{address.hostname}:{address.port}{address.path}"),
        _part(stack, "kafka", data=stack.broker.bootstrap),
        _part(stack, "exact-emulator", data=stack.exact.ready["sites"]["nl"], control=stack.exact.ready["control"]),
        _part(stack, "powerbi-emulator", data=stack.powerbi.ready["api"], control=stack.powerbi.ready["control"]),
    ]
    for name, port in stack.ports.items():
        base = f"http://127.0.0.1:{port}"
        found.append(_part(stack, name, data=base, health=base + "/health", metrics=base + "/metrics"))
    return found


def _part(stack: Stack, name: str, **addresses: str) -> dict[str, Any]:
    child = stack.children.get(name)
    empty: dict[str, Any] = {"data": None, "control": None, "health": None, "metrics": None}
    return {"name": name, "pid": child.pid if child else None, **empty, **addresses}
