"""A module whose docstring says no I/O reaches nothing that does any, not even through what it imports."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = [ROOT / "libs" / "common" / "src", *sorted((ROOT / "services").glob("*/src"))]
MARK = re.compile(r"\bno I/O\b", re.IGNORECASE)
FORBIDDEN = {
    "httpx",
    "asyncpg",
    "aiokafka",
    "faststream",
    "uvicorn",
    "starlette",
    "socket",
    "subprocess",
    "exactbi.clock",
}


def _marked() -> dict[str, Path]:
    found = {}
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
            if MARK.search(docstring):
                found[".".join(path.relative_to(source).with_suffix("").parts)] = path
    return found


@cache
def _graph() -> grimp.ImportGraph:
    packages = sorted({path.name for source in SOURCES for path in source.iterdir() if (path / "__init__.py").exists()})
    return grimp.build_graph(
        *packages, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def test_the_cores_are_marked() -> None:
    assert {"exactbi.exact_online.protocol", "exactbi.exact_online.limits", "exactbi.power_bi.protocol"} <= set(
        _marked()
    )


@pytest.mark.parametrize("module", sorted(_marked()))
def test_a_pure_module_reaches_no_io(module: str) -> None:
    graph = _graph()
    reached = graph.find_upstream_modules(module) & (FORBIDDEN & graph.modules)
    assert reached == set(), [graph.find_shortest_chain(module, name) for name in reached]
