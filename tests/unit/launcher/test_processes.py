"""Children: their environment, and the watcher that stands in where the kernel sends no death signal."""

from __future__ import annotations

import os
import subprocess
import sys

from launcher.processes import GUARD, child_environment

AS_ELSEWHERE = (
    "import runpy, sys; sys.platform = 'elsewhere'; sys.argv = sys.argv[1:]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


def test_local_parts_are_never_reached_through_a_proxy() -> None:
    os.environ["ALL_PROXY"] = os.environ["HTTPS_PROXY"] = "socks5://nowhere.invalid:1"
    try:
        environment = child_environment({})
    finally:
        del os.environ["ALL_PROXY"], os.environ["HTTPS_PROXY"]

    assert environment["NO_PROXY"] == "127.0.0.1,localhost"
    assert not {"ALL_PROXY", "HTTPS_PROXY"} & environment.keys()


def test_settings_of_ours_reach_a_child_only_where_they_are_given() -> None:
    os.environ["EXACTBI_TRIED"] = "outer"
    try:
        assert "EXACTBI_TRIED" not in child_environment({})
        assert child_environment({"EXACTBI_TRIED": "given"})["EXACTBI_TRIED"] == "given"
    finally:
        del os.environ["EXACTBI_TRIED"]


def test_without_death_signals_a_watcher_ends_the_child_with_the_launchers_pipe() -> None:
    lifeline, ours = os.pipe()
    words = [str(GUARD), str(os.getpid()), str(lifeline), "9", "-", "--", "sleep", "60"]
    with subprocess.Popen([sys.executable, "-c", AS_ELSEWHERE, *words], pass_fds=[lifeline]) as child:
        os.close(lifeline)
        os.close(ours)
        assert child.wait(10) == -9
