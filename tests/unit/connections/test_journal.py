"""The journal keeps every token through torn writes, and gives back the newest."""

from __future__ import annotations

import pickle
import stat
import subprocess
import sys
import uuid
from pathlib import Path

from exactbi.connections.journal import Entry, Journal
from exactbi.secrets import Sealed, WrappedKey

KEY = WrappedKey(uuid.UUID(int=9), "acme", "kek", b"wrapped")


def entry(generation: int, grant: int = 1, connection: str = "nl", at: float = 0.0) -> Entry:
    sealed = Sealed(KEY.id, b"\x00sealed\xff")
    return Entry("acme", connection, uuid.UUID(int=grant * 100 + generation), grant, generation, at, sealed, KEY)


def test_the_newest_tokens_of_the_newest_grant_come_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    entries = [entry(1), entry(2), entry(1, grant=2), entry(2, grant=2), entry(3, grant=2), entry(9, connection="be")]
    for each in entries:
        journal.append(each)
    assert journal.newest("acme", "nl", 2) == entries[3:5]


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert Journal(tmp_path / "journal").newest("acme", "nl", 2) == []


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.append(entry(1))
    path.write_bytes(path.read_bytes() + b'{"v":1,"customer":"ac')
    journal.append(entry(2))
    assert [found.generation for found in journal.newest("acme", "nl", 9)] == [1, 2]


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    Journal(tmp_path / "journal").append(entry(1))
    assert stat.S_IMODE((tmp_path / "journal").stat().st_mode) == 0o600


LIMITED = """
import pickle, resource, signal, sys
from pathlib import Path
from exactbi.connections.journal import Journal

path, entry = Path(sys.argv[1]), pickle.loads(bytes.fromhex(sys.argv[2]))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, resource.RLIM_INFINITY))
try:
    Journal(path).append(entry)
except OSError:
    sys.exit(3)
"""
"""Appends where only 20 bytes more are taken; the limit is a process's."""


def test_a_volume_that_takes_a_part_of_a_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    Journal(path).append(entry(1))

    words = [sys.executable, "-c", LIMITED, str(path), pickle.dumps(entry(2)).hex()]
    assert subprocess.run(words, check=False).returncode == 3

    Journal(path).append(entry(3))
    assert [found.generation for found in Journal(path).newest("acme", "nl", 9)] == [1, 3]
