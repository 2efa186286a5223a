"""Each table is written by one package, or through one module, so that its invariants have one home."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [ROOT / "libs" / "common" / "src", *sorted((ROOT / "services").glob("*/src"))]
MIGRATIONS = ROOT / "libs" / "common" / "src" / "exactbi" / "postgres" / "migrations"
SINKS = ROOT / "libs" / "common" / "src" / "exactbi" / "config" / "sinks.py"
TABLE = re.compile(r"create table (?:if not exists )?(\w+)", re.IGNORECASE)
MADE_BY_ACTIVATION = {"sink", "sink_table"}
"""Activation makes the rows that the pusher then owns, so that rows applied before its first start are due
somewhere. The exception is for exactly these two tables, in that one module."""
WRITE = re.compile(
    r"\b(?:insert\s+into|delete\s+from|merge\s+into|update(?=\s+\w+\s+(?:as\s+)?(?:\w+\s+)?set\b))\s+(\w+)", re.I
)


def test_each_table_is_written_by_one_package() -> None:
    shared = {table: sorted(writers) for table, writers in _writers().items() if len(writers) > 1}
    assert shared == {}, "move the statements to the package that owns the table"


def test_each_table_of_the_migrations_has_a_writer() -> None:
    assert _tables() - set(_writers()) == set()


def _tables() -> set[str]:
    text = "\n".join(path.read_text() for path in MIGRATIONS.glob("*.sql"))
    return {name.lower() for name in TABLE.findall(text)}


def _writers() -> dict[str, set[str]]:
    tables = _tables() | {"schema_version"}
    found: dict[str, set[str]] = defaultdict(set)
    for source in SOURCES:
        for path in source.rglob("*.py"):
            exempt = MADE_BY_ACTIVATION if path == SINKS else set()
            for name in WRITE.findall(path.read_text()):
                if name.lower() in tables - exempt:
                    found[name.lower()].add(_package(path.relative_to(source)))
    return dict(found)


def _package(path: Path) -> str:
    """A service is one package; in the library each folder is one."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:2]) if parts[0] == "exactbi" else parts[0]
