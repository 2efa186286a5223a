"""The frame of every command, run as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-c", "from exactbi.cli import main; main()"]


def run(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("EXACTBI_")}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=clean | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    assert run(tmp_path, "nonsense").returncode == 2


def test_a_wrong_setting_is_status_3_with_its_variable_named(tmp_path: Path) -> None:
    done = run(tmp_path, "customer", "list", EXACTBI_SCALE="1000")

    assert done.returncode == 3
    assert "EXACTBI_SCALE" in done.stderr


def test_an_absent_database_is_status_4_and_json_is_the_last_line(tmp_path: Path) -> None:
    done = run(tmp_path, "failures", "list", "--json", EXACTBI_POSTGRES="postgresql://exactbi:hush@127.0.0.1:1/exactbi")

    assert done.returncode == 4
    assert json.loads(done.stdout.splitlines()[-1])["error"]["code"] == "PART_UNREACHABLE"
    assert "hush" not in done.stdout + done.stderr


@pytest.mark.parametrize(("mode", "status"), [(0o600, 3), (0o644, 4)])
def test_variables_that_are_unset_come_from_a_file_that_nobody_else_can_read(
    tmp_path: Path, mode: int, status: int
) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "env").write_text("EXACTBI_SCALE=1000\n")
    (tmp_path / ".run" / "env").chmod(mode)

    done = run(tmp_path, "failures", "list", EXACTBI_POSTGRES="postgresql://127.0.0.1:1/x")

    assert done.returncode == status
    assert str(Path(".run/env")) in done.stderr
