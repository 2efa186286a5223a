"""Makes the checkout's .venv from wheels; standard library only, so that any Python from 3.8 can read it.

Status: 0 fine, 3 something is missing (the one command that mends it is printed).
"""

from __future__ import annotations

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a Ctrl-C ends it without a word; the next set-up goes on from there

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable, Optional

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".setup"
LOCK = ROOT / "requirements.lock"
VERSIONS = ("3.14", "3.13", "3.12", "3.11")
MISSING = 3

PROBE = """
import sys
print("old" if sys.version_info < (3, 11) else "new" if sys.version_info >= (3, 15) else "fit")
import ensurepip, venv
print("whole")
"""


def main() -> int:
    """Set up what is not yet set up; a finished set-up costs a few milliseconds."""
    os.chdir(str(ROOT))
    stamp = wanted_stamp()
    if is_current(stamp):
        return 0
    try:
        with OneAtATime():
            return 0 if is_current(stamp) else set_up(stamp)
    except OSError as error:
        say("{} can't be written ({}): take a checkout of your own".format(error.filename or ROOT, error.strerror))
        return MISSING


def set_up(stamp: str) -> int:
    """Make or complete .venv; the stamp is written last, so that an interrupted set-up is taken up again."""
    if not is_ours():
        python, lacks_venv = find_python()
        if python is None:
            return missing(lacks_venv)
        say("making .venv with " + python)
        run([python, "-m", "venv", "--clear", str(VENV)])
    count = sum(1 for line in LOCK.read_text().splitlines() if "==" in line)
    say("installing {} pinned wheels".format(count))
    pip = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    wheels = [*pip, "--require-hashes", "--only-binary", ":all:", "--no-deps", "-r", str(LOCK)]
    if run(wheels, check=False):
        say("not every wheel could be had: pip says above whether the index or a wheel for this machine is missing")
        return MISSING
    say("linking the workspace's packages")
    editable = [word for path in packages() for word in ("-e", str(path))]
    run([*pip, "--no-deps", "--no-build-isolation", "--no-index", *editable])
    STAMP.write_text(stamp)
    say("done")
    return 0


def packages() -> list[Path]:
    """The folders of the workspace's packages."""
    found = [ROOT / "libs" / "common", *sorted((ROOT / "services").iterdir()), ROOT / "tests"]
    return [path for path in found if (path / "pyproject.toml").is_file()]


def wanted_stamp() -> str:
    """What decides the content of .venv, in one line: its place, the lock, the packages' own files, this file."""
    digest = hashlib.sha256(str(VENV).encode())
    for path in [LOCK, Path(__file__), *(path / "pyproject.toml" for path in packages())]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(stamp: str) -> bool:
    """Whether .venv was finished for this very stamp and its interpreter is still there."""
    try:
        return STAMP.read_text() == stamp and PYTHON.exists()
    except OSError:
        return False


def is_ours() -> bool:
    """Whether there is a .venv made at this very place by an interpreter that still runs and fits."""
    try:
        settings = (VENV / "pyvenv.cfg").read_text().split("\n")
    except OSError:
        return False
    here = any(line.startswith("command") and line.endswith(" " + str(VENV)) for line in settings)
    return here and probe(str(PYTHON)) == ["fit", "whole"]


def find_python() -> tuple[str | None, str | None]:
    """(an interpreter that can make .venv, one that could but for its missing venv module)."""
    lacks_venv = None
    for name in [*("python" + version for version in VERSIONS), sys.executable, "python3"]:
        answer = probe(name)
        if answer == ["fit", "whole"]:
            return name, None
        if answer == ["fit"] and lacks_venv is None:
            lacks_venv = name
    return None, lacks_venv


def probe(python: str) -> list[str]:
    """What the interpreter says to PROBE; nothing where it can't be run (a shim without its version, say)."""
    try:
        answer = subprocess.run(
            [python, "-I", "-c", PROBE], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=30, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return answer.stdout.decode().split()


def missing(lacks_venv: str | None) -> int:
    """Print the one command for this system."""
    if lacks_venv is None:
        say("CPython 3.11 to 3.14 is needed and was not found. Install it with:")
    else:
        say(lacks_venv + " lacks the modules venv and ensurepip. Install them with:")
    print("    " + remedy(shutil.which, os.geteuid() == 0, lacks_venv), file=sys.stderr)
    return MISSING


def remedy(which: Callable[[str], Optional[str]], is_root: bool, lacks_venv: str | None) -> str:
    """The command that installs Python, or its venv module, by this system's package manager."""
    if which("brew"):
        return "brew install python@3.13"
    version = "" if lacks_venv is None else Path(lacks_venv).name.replace("python", "")
    own = lacks_venv is not None and version in ("", "3")
    apt = "python3-venv" if own else "python{0} python{0}-venv".format(version or "3.11")
    commands = {
        "apt-get": "apt-get install -y " + apt,
        "dnf": "dnf install -y python3.12",
        "pacman": "pacman -S --needed --noconfirm python",
        "zypper": "zypper install -y python312",
        "apk": "apk add python3 py3-pip",
    }
    for manager, command in commands.items():
        if which(manager):
            return command if is_root else "sudo " + command
    return "pyenv install 3.13 && pyenv global 3.13"


class OneAtATime:
    """Holds the lock of set-ups in this checkout, so that two `make`s at once make one .venv."""

    def __enter__(self) -> None:
        import fcntl

        (ROOT / ".cache").mkdir(exist_ok=True)
        self.file = (ROOT / ".cache" / "setup.lock").open("w")
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        self.file.close()


def run(command: list[str], check: bool = True) -> int:
    """Run a command whose output goes to our stderr; end with MISSING where it must not fail and does."""
    status = subprocess.run(command, stdout=sys.stderr, check=False).returncode
    if status and check:
        say("this command failed: " + " ".join(command))
        raise SystemExit(MISSING)
    return status


def say(what: str) -> None:
    """A line of progress."""
    print("setup: " + what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
