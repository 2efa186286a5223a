"""An environment for each client, made from its own lock: it holds nothing of ours, and nothing that is not pinned."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from launcher.folders import run_folder

HERE = Path(__file__).parent
BUILD_LOCK = HERE / "requirements-build.lock"
"""What builds a client that is published as source only."""
STAMP = ".made"


class NotInstallableError(Exception):
    """An environment could not be made; the text says why."""


def environment(name: str, built: tuple[str, ...] = ()) -> Path:
    """The client's interpreter; made at first use, and anew where a lock changed. `built`: packages from source."""
    folder = run_folder() / "clients" / name / "venv"
    python, stamp = folder / "bin" / "python", _stamp(name)
    made = folder / STAMP
    if made.is_file() and made.read_text() == stamp and python.exists():
        return python
    _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    pip = [str(python), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    pip += ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    if built:
        _run([*pip, "-r", str(BUILD_LOCK)])
        pip += ["--no-binary", ",".join(built), "--no-build-isolation", "--use-pep517"]
    _run([*pip, "-r", str(lock(name))])
    made.write_text(stamp)
    return python


def lock(name: str) -> Path:
    """The client's lock."""
    return HERE / f"requirements-{name}.lock"


def _stamp(name: str) -> str:
    digest = hashlib.sha256(sys.version.encode())
    for path in (lock(name), BUILD_LOCK):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotInstallableError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
