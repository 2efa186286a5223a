"""`make check`: runs every check to its end, then says which failed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CHECKS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy", "--no-incremental"],  # its cache keeps "has no attribute" of a module that came later
    "imports": ["lint-imports"],
    "dependencies": ["deptry", "libs/common/src", "--config", "libs/common/pyproject.toml"],
    "architecture": ["pytest", "-q", "tests/unit/architecture"],
}
"""Each by its program in .venv; they are quiet where all is well, so what is printed is what to mend."""


def main() -> int:
    """0 where all is well, 1 where a check found something."""
    failed = [name for name, command in CHECKS.items() if not passes(name, command)]
    failed += [] if locks_name_no_address() else ["lock"]
    print("check: " + ("all is well" if not failed else "failed: " + ", ".join(failed)))
    return 1 if failed else 0


def passes(name: str, command: list[str]) -> bool:
    """Run a check; its output is shown only where it fails."""
    began = time.monotonic()
    done = subprocess.run([str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"check: {name}: {'ok' if not done.returncode else 'FAILED'} ({time.monotonic() - began:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout + done.stderr, flush=True)
    return not done.returncode


def locks_name_no_address() -> bool:
    """The locks pin every package by hash and say nothing of where it comes from or of the machine that made them."""
    locks = [ROOT / "requirements.lock", *sorted((ROOT / "tests" / "clients").glob("*.lock"))]
    lines = [line for lock in locks for line in lock.read_text().splitlines()]
    wrong = [line for line in lines if "://" in line or "# via" in line or line.startswith(("-", "/", "."))]
    unpinned = [line for line in lines if "==" in line and not line.endswith("\\")]
    for line in wrong + unpinned:
        print(f"check: lock: {line}")
    return not wrong and not unpinned


if __name__ == "__main__":
    sys.exit(main())
