"""The parts themselves: what the fixtures give, restarts, and what becomes of children of a killed launcher."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

from launcher import tansu
from launcher.folders import CHECKOUT
from launcher.parts import Broker
from launcher.processes import Child, Command, Deadline, PartError

PROGRAM = """
import time
from launcher.processes import end_on_signals
end_on_signals()
try:
    print(flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print("ended")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_program_in_the_background_of_a_shell_ends_in_order(number: signal.Signals) -> None:
    command = ["/bin/sh", "-c", 'trap "" INT; exec "$0" -c "$1"', sys.executable, PROGRAM]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "tests")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.send_signal(number)

        assert program.stdout.read() == "ended\n"


async def test_a_test_gets_a_migrated_database_of_its_own(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("select count(*) from outbox") == 0
    await pool.execute("insert into customer (id) values ('acme')")


async def test_what_another_test_wrote_is_not_there(pool: asyncpg.Pool) -> None:
    assert await pool.fetchval("select count(*) from customer") == 0


@pytest.mark.kafka
def test_the_broker_answers_on_the_loopback_address_only(kafka: str, kafka_part: Broker) -> None:
    if kafka_part.child is None:
        pytest.skip("the broker is not ours")
    assert kafka.startswith("127.0.0.1:")


def test_a_restarted_broker_keeps_its_address(tmp_path: Path) -> None:
    broker = tansu.start(tmp_path / "kafka.log")
    before = broker.child.pid
    broker.child.kill()
    broker.restart()
    assert broker.child.pid != before
    assert broker.child.is_alive
    broker.close()


def test_a_part_that_ends_by_itself_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child(Command("lamp", ["sh", "-c", "echo out of oil; exit 7"], tmp_path / "lamp.log"))
    with pytest.raises(PartError, match=r"lamp ended with status 7(.|\n)*out of oil"):
        _wait_for_ever(Deadline(child))


def test_a_part_that_is_late_is_named(tmp_path: Path) -> None:
    child = Child(Command("snail", ["sleep", "60"], tmp_path / "snail.log"))
    deadline = Deadline(child, within_s=0.1)
    with pytest.raises(PartError, match="snail is late"):
        _wait_for_ever(deadline)
    child.kill()


LAUNCHER = """
import sys, time
from pathlib import Path
from launcher.processes import Child, Command
child = Child(Command("sleeper", ["sleep", "600"], Path(sys.argv[1])))
print(child.pid, flush=True)
time.sleep(600)
"""


def test_children_end_when_their_launcher_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", LAUNCHER, str(tmp_path / "log")], stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        child = int(launcher.stdout.readline())
        assert _runs(child)
        launcher.send_signal(signal.SIGKILL)
    end = time.monotonic() + 10
    while _runs(child) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _runs(child)


def _wait_for_ever(deadline: Deadline) -> None:
    while True:
        deadline.step()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"
