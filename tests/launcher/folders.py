"""Where parts keep their state: `.run/` in the checkout, or, for root, a folder that an unprivileged user can enter."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

from launcher.processes import PartError, PrerequisiteError, User

CHECKOUT = Path(__file__).resolve().parents[2]
RUN = CHECKOUT / ".run"
FALLBACK_ID = 65534
SHARED_ROOTS = ("/var/tmp", "/tmp")


def run_folder() -> Path:
    """`.run/`, made where it is missing; it holds passwords, so its owner alone may look into it."""
    try:
        RUN.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise PrerequisiteError(
            f"{RUN} can't be made ({error.strerror}): use a checkout that you may write to"
        ) from None
    if not os.access(RUN, os.W_OK | os.X_OK):
        raise PrerequisiteError(f"{RUN} belongs to somebody else: remove it, or use a checkout of your own")
    return RUN


def unprivileged() -> User | None:
    """Whom PostgreSQL runs as: nobody where we are root (it refuses root), ourselves else."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return User(FALLBACK_ID, FALLBACK_ID)
    return User(entry.pw_uid, entry.pw_gid)


def state_folder() -> Path:
    """The folder for state of parts: `.run/state`, for root a link to a folder of ours outside the checkout."""
    link = run_folder() / "state"
    if os.geteuid() != 0:
        link.mkdir(exist_ok=True)
        return link
    target = _roots_folder()
    if not link.is_symlink() or link.readlink() != target:
        if link.is_symlink():
            link.unlink()
        link.symlink_to(target)
    return target


def _roots_folder() -> Path:
    """One folder per checkout, owned by root, that others may pass through but not list or write."""
    mark = hashlib.sha256(str(CHECKOUT).encode()).hexdigest()[:12]
    for root in SHARED_ROOTS:
        folder = Path(root) / f"exactbi-{mark}"
        try:
            folder.mkdir(mode=0o711, exist_ok=True)
        except OSError:
            continue
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid != 0:
            raise PartError(f"{folder} belongs to somebody else: remove it")
        folder.chmod(0o711)
        return folder
    raise PartError(f"none of {', '.join(SHARED_ROOTS)} can hold the parts' state")


def fresh(folder: Path, owner: User | None) -> Path:
    """An empty folder that only its owner can enter."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    if owner:
        os.chown(folder, owner.uid, owner.gid)
    return folder


@contextlib.contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold what is called `name` in this checkout; PrerequisiteError where another process does."""
    with (run_folder() / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PrerequisiteError(
                f"{name} is already running in this checkout: end it there, or use another clone"
            ) from None
        yield
