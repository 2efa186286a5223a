"""The frame of every command, run as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CUSTOMERS = str(Path(__file__).parents[3] / "deploy" / "customers")
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


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://a:hush@127.0.0.1:port/x",
        "postgresql://a:hush@127.0.0.1:99999/x",
        "postgresql://a:hush@[::1/x",
        "mysql://a:hush@b/x",
    ],
)
def test_what_is_no_address_of_postgresql_is_a_wrong_setting(tmp_path: Path, address: str) -> None:
    done = run(tmp_path, "failures", "list", EXACTBI_POSTGRES=address)

    assert (done.returncode, done.stderr.startswith("CONFIG_INVALID: EXACTBI_POSTGRES")) == (3, True)
    assert "hush" not in done.stderr


@pytest.mark.parametrize("address", ["127.0.0.1:port", "127.0.0.1:99999", "[::1"])
def test_what_is_no_address_of_kafka_is_a_wrong_setting(tmp_path: Path, address: str) -> None:
    done = run(tmp_path, "topics", "apply", EXACTBI_KAFKA=address)

    assert (done.returncode, done.stderr.startswith("CONFIG_INVALID: EXACTBI_KAFKA")) == (3, True)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("EXACTBI_LOG_LEVEL", "bogus"),
        ("EXACTBI_EXACT_URL", "exact"),
        ("EXACTBI_EXACT_URL", "nl=,be="),
        ("EXACTBI_POWERBI_URL", "api.powerbi.com"),
        ("EXACTBI_LOGIN_URL", ""),
        ("EXACTBI_TOPIC_PREFIX", "a b!"),
    ],
)
def test_a_setting_that_can_mean_nothing_is_named(tmp_path: Path, variable: str, value: str) -> None:
    done = run(tmp_path, "customer", "list", **{variable: value})

    assert (done.returncode, done.stderr.splitlines()[0].startswith(f"CONFIG_INVALID: {variable}")) == (3, True)


@pytest.mark.parametrize(
    "words",
    [
        ("up", "pollr"),
        ("up", "--all", "poller"),
        ("replay", "run", "99999999999999999999"),
        ("replay", "run", "1", "--canary", "-1"),
        ("replay", "status", "0"),
        ("approvals", "approve", "99999999999999999999", "--yes"),
        ("failures", "list", "--limit", "-1"),
        ("failures", "list", "--since", "99999999999d"),
        ("failures", "list", "--stage", "delivery"),
        ("failures", "list", "--stream", "GLAccount"),
        ("map", "--sample", "-1"),
    ],
)
def test_an_argument_out_of_its_range_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words, EXACTBI_POSTGRES="postgresql://127.0.0.1:1/x")

    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("verify", "--customer", "dmeo"),
        ("map", "--stream", "GLAccount"),
        ("secrets", "status", "--customer", "dmeo"),
        ("login", "--connection", "be"),
        ("replay", "plan"),
        ("replay", "plan", "--key", "x", "--mode", "as is"),
        ("secrets", "set", "exact/nl/client_secret"),
    ],
)
def test_a_name_that_is_none_is_wrong_usage_not_silence(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = run(tmp_path, *words, EXACTBI_CUSTOMERS=CUSTOMERS, EXACTBI_POSTGRES="postgresql://127.0.0.1:1/x")

    assert done.returncode == 2, done.stderr


def test_what_is_not_confirmed_is_refused_in_json_too(tmp_path: Path) -> None:
    done = run(tmp_path, "approvals", "approve", "1", "--json")

    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (5, "REFUSED")


def test_a_file_of_settings_that_can_not_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".run").mkdir()
    (tmp_path / ".run" / "env").write_bytes(b"EXACTBI_SCALE=\xff")
    (tmp_path / ".run" / "env").chmod(0o600)

    done = run(tmp_path, "customer", "list", EXACTBI_CUSTOMERS=CUSTOMERS)

    assert (done.returncode, "not used" in done.stderr) == (0, True)


def test_a_fault_of_ours_is_one_line_and_its_trace_is_for_the_log(tmp_path: Path) -> None:
    (tmp_path / "typer_is_broken.py").write_text("import typer\ntyper.Typer.__call__ = lambda *_: 1 / 0\n")
    broken = "import typer_is_broken; from exactbi.cli import main; main()"
    command = [sys.executable, "-c", broken, "status"]
    quiet = os.environ | {"PYTHONPATH": str(tmp_path)}

    done = subprocess.run(command, cwd=tmp_path, env=quiet, capture_output=True, text=True, timeout=60, check=False)
    loud = subprocess.run(
        command,
        cwd=tmp_path,
        env=quiet | {"EXACTBI_LOG_LEVEL": "debug"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, "Traceback" in done.stderr, "Traceback" in loud.stderr) == (1, False, True)
    assert done.stderr.startswith("FAULT: ZeroDivisionError: ")


def test_a_file_that_can_not_be_used_is_no_outage(tmp_path: Path) -> None:
    (tmp_path / "typer_is_broken.py").write_text("import typer\ntyper.Typer.__call__ = lambda *_: open('nowhere/x')\n")
    broken = "import typer_is_broken; from exactbi.cli import main; main()"

    done = subprocess.run(
        [sys.executable, "-c", broken, "status"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stderr.startswith("FILE_UNUSABLE: ")) == (3, True)
