"""A skipped test is a failure, unless its reason is written down."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[2]

pytest_plugins = ["pytester"]


def test_a_skip_without_a_reason_in_skips_toml_fails_the_run(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((TESTS / "conftest.py").read_text())
    (pytester.path / "skips.toml").write_text(
        '[[skip]]\ntest = "test_some.py::test_known"\nreason = "not ours"\nwhy = "so it is"\n'
    )
    pytester.makepyfile(
        test_some="""
        import pytest

        def test_known(): pytest.skip("not ours")
        def test_other(): pytest.skip("not ours")
        @pytest.mark.skip(reason="too slow")
        def test_marked(): pass
        @pytest.mark.xfail(reason="not yet")
        def test_expected(): raise AssertionError
        """
    )
    ran = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    ran.assert_outcomes(skipped=1, failed=1, errors=1, xfailed=1)
    ran.stdout.fnmatch_lines(["*test_marked was skipped (too slow): mend it, or give its reason in tests/skips.toml"])


def test_every_reason_is_of_a_test_that_is_there() -> None:
    for skip in tomllib.loads((TESTS / "skips.toml").read_text())["skip"]:
        file, name = skip["test"].split("::")
        assert f"def {name}(" in (TESTS.parent / file).read_text()
        assert f'"{skip["reason"]}"' in (TESTS.parent / file).read_text()
        assert skip["why"]
