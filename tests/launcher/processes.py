"""Child processes: started behind the guard, logged to a file, killed and waited for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, Protocol

GUARD = Path(__file__).with_name("guard.py")
READY_S = 120.0
"""How long any part may take to become ready."""

LOOK_S = 0.05
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
TAIL_LINES = 15


class PartError(Exception):
    """A part did not start, did not become ready or ended by itself; the text names it and quotes its log."""


class PrerequisiteError(PartError):
    """Something that only the caller can give is missing; the text says what."""


@dataclass(frozen=True)
class User:
    """Who a child runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Command:
    """What to run. `end_signal` is what the child gets when the launcher is gone: the part's own way to end at once."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    user: User | None = None
    end_signal: signal.Signals = signal.SIGKILL
    folder: Path | None = None


class Child:
    """A running child process. Start it in a thread that stays: Linux ties its life to that thread."""

    def __init__(self, command: Command) -> None:
        self.command = command
        self.name = command.name
        self._process, self._lifeline = _spawn(command)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; a child that has ended is left alone."""
        if self.is_alive:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a word (kill -9) and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._reap(10)

    def stop(self, number: signal.Signals = signal.SIGTERM, within_s: float = 10.0) -> int:
        """Ask it to end; kill it after `within_s`. The exit status, negative where a signal ended it."""
        self.send(number)
        try:
            return self._reap(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return -int(signal.SIGKILL)

    def restarted(self) -> Child:
        """The same command once more, in a new process."""
        if self.is_alive:
            self.kill()
        return Child(self.command)

    def must_be_alive(self) -> None:
        """PartError with the end of its log where it has ended."""
        if not self.is_alive:
            raise PartError(f"{self.name} ended with status {self._process.returncode}; its log says:\n{self.tail()}")

    def tail(self) -> str:
        """The last lines of its log."""
        try:
            lines = self.command.log.read_text(errors="replace").splitlines()
        except OSError:
            return "(no log)"
        return "\n".join("    " + line for line in lines[-TAIL_LINES:]) or "    (an empty log)"

    def _reap(self, within_s: float) -> int:
        status = self._process.wait(within_s)
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None
        return status


def _spawn(command: Command) -> tuple[subprocess.Popen[bytes], int | None]:
    command.log.parent.mkdir(parents=True, exist_ok=True)
    lifeline, ours = os.pipe()
    user = f"{command.user.uid}:{command.user.gid}" if command.user else "-"
    guard = [str(os.getpid()), str(lifeline), str(int(command.end_signal)), user, "--", *command.arguments]
    with command.log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARD), *guard],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=child_environment(command.environment),
            cwd=command.folder,
            pass_fds=[lifeline],
            start_new_session=True,
        )
    os.close(lifeline)
    return process, ours


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our environment without settings of ours that the caller did not name, and no proxy between local parts."""
    left_out = ("EXACTBI_", "PYTEST_")
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(left_out) and name.lower() not in PROXIES
    }
    return {**inherited, "NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost", **extra}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Part(Protocol):
    """What can be waited for."""

    @property
    def name(self) -> str: ...
    def must_be_alive(self) -> None:
        """PartError where it has ended."""
        ...

    def tail(self) -> str:
        """The last lines of its log."""
        ...


def end_on_signals() -> None:
    """Let SIGINT and SIGTERM end the program by KeyboardInterrupt, also where a shell began it with SIGINT ignored."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


class Deadline:
    """Waits for a part in small steps; PartError names it when it ends by itself or is late."""

    def __init__(self, part: Part, within_s: float = READY_S) -> None:
        self._part = part
        self._within_s = within_s
        self._end = time.monotonic() + within_s

    def step(self) -> None:
        """Call between two looks."""
        self._part.must_be_alive()
        if time.monotonic() > self._end:
            late = f"{self._part.name} is late: not ready after {self._within_s:.0f} s"
            raise PartError(f"{late}; its log says:\n{self._part.tail()}")
        time.sleep(LOOK_S)
