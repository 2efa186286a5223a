"""Run as a script: becomes the command that follows, which ends when the launcher is gone. Standard library only.

    python guard.py LAUNCHER_PID LIFELINE_FD SIGNAL USER -- COMMAND...

LIFELINE_FD is the reading end of a pipe that the launcher holds open. USER is `uid:gid`, or `-` to stay who we are.
The death signal is set after the change of user, because that change clears it (prctl(2), PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys

PR_SET_PDEATHSIG = 1
LOOK_S = 1.0


def main(arguments: list[str]) -> None:
    """Change user, tie our end to the launcher's, become the command."""
    launcher, lifeline, end_signal = (int(word) for word in arguments[:3])
    command = arguments[arguments.index("--") + 1 :]
    if arguments[3] != "-":
        become(arguments[3])
    if sys.platform == "linux":
        die_with_parent(end_signal)
    else:
        leave_watcher(lifeline, end_signal)
    if os.getppid() != launcher:
        sys.exit("the launcher ended before its child began")
    os.close(lifeline)
    os.execvpe(command[0], command, os.environ)


def become(user: str) -> None:
    """Give up root's groups and identity for good."""
    uid, gid = (int(number) for number in user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(end_signal: int) -> None:
    """Linux: the kernel sends the signal when the thread that started us ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, end_signal, 0, 0, 0):
        sys.exit(f"prctl(PR_SET_PDEATHSIG) failed with errno {ctypes.get_errno()}")


def leave_watcher(lifeline: int, end_signal: int) -> None:
    """Elsewhere: a second process waits for the end of the launcher's pipe or of the command."""
    command = os.getpid()
    if os.fork():
        return
    os.setsid()
    while os.getppid() == command:
        if select.select([lifeline], [], [], LOOK_S)[0]:
            os.kill(command, end_signal)
            break
    os._exit(0)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    main(sys.argv[1:])
