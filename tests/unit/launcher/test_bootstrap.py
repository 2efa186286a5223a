"""The bootstrap: what it tells to do where something is missing, and when it has nothing to do."""

from __future__ import annotations

import ast
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

BOOTSTRAP = Path(__file__).resolve().parents[3] / "tools" / "bootstrap.py"
REMEDY = runpy.run_path(str(BOOTSTRAP))["remedy"]


def remedy(manager: str, is_root: bool = True, lacks_venv: str | None = None) -> str:
    found: str = REMEDY(lambda name: name if name == manager else None, is_root, lacks_venv)
    return found


def test_it_parses_on_python_3_8() -> None:
    ast.parse(BOOTSTRAP.read_text(), feature_version=(3, 8))


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("brew", "brew install python@3.13"),
        ("apt-get", "apt-get install -y python3.11 python3.11-venv"),
        ("dnf", "dnf install -y python3.12"),
        ("pacman", "pacman -S --needed --noconfirm python"),
        ("zypper", "zypper install -y python312"),
        ("apk", "apk add python3 py3-pip"),
    ],
)
def test_without_python_it_names_the_one_command_of_this_system(manager: str, command: str) -> None:
    assert remedy(manager) == command


def test_without_root_the_command_asks_for_it() -> None:
    assert remedy("dnf", is_root=False) == "sudo dnf install -y python3.12"
    assert remedy("brew", is_root=False) == "brew install python@3.13"


@pytest.mark.parametrize(
    ("python", "packages"), [("python3", "python3-venv"), ("/usr/bin/python3.12", "python3.12 python3.12-venv")]
)
def test_a_python_without_venv_needs_only_that(python: str, packages: str) -> None:
    assert remedy("apt-get", lacks_venv=python) == f"apt-get install -y {packages}"


def test_where_nothing_fits_it_says_so_and_exits_with_3(tmp_path: Path) -> None:
    copy = tmp_path / "tools" / "bootstrap.py"
    copy.parent.mkdir()
    copy.write_text(BOOTSTRAP.read_text().replace("(3, 11)", "(4, 0)"))
    for folder in ("libs/common", "services", "tests"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "requirements.lock").touch()
    done = subprocess.run([sys.executable, str(copy)], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "CPython 3.11 to 3.14 is needed" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_checkout_that_can_not_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "services").mkdir()
    (tmp_path / "requirements.lock").touch()
    (tmp_path / ".cache").touch()  # a file where a folder belongs: what root, too, can't write
    copy = tmp_path / "tools" / "bootstrap.py"
    copy.write_text(BOOTSTRAP.read_text())

    done = subprocess.run([sys.executable, str(copy)], capture_output=True, text=True, check=False)

    assert (done.returncode, len(done.stderr.splitlines())) == (3, 1)
    assert "take a checkout of your own" in done.stderr
