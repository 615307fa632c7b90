import os
import subprocess
import sys

import psutil
import pytest

from pipeline_lib.profiling import resident_memory
from pipeline_lib.profiling.resident_memory import read_resident_mib

NESTED = """
import subprocess, sys
with subprocess.Popen([sys.executable, "-c", "print('here', flush=True); input()"], stdin=subprocess.PIPE) as child:
    input()
"""


@pytest.mark.parametrize("tells_children", [True, False])
def test_all_that_a_process_has_started_counts_beside_itself(
    monkeypatch: pytest.MonkeyPatch, tells_children: bool
) -> None:
    if tells_children and not resident_memory._TELLS_CHILDREN:
        pytest.skip("this system does not tell a process' children")
    monkeypatch.setattr(resident_memory, "_TELLS_CHILDREN", tells_children)
    command = [sys.executable, "-c", NESTED]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()  # of the inner one
        (grandchild,) = psutil.Process(child.pid).children()
        resident_mib = read_resident_mib(os.getpid())
        child.communicate()
    assert next(iter(resident_mib)) == os.getpid()
    assert {child.pid, grandchild.pid} < set(resident_mib)
    assert all(mib > 1 for mib in (resident_mib[child.pid], resident_mib[grandchild.pid]))


def test_a_process_that_has_ended_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    with pytest.raises(psutil.NoSuchProcess):
        read_resident_mib(ended.pid)


def test_a_child_that_ends_between_two_looks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    monkeypatch.setattr(resident_memory, "_TELLS_CHILDREN", True)
    monkeypatch.setattr(resident_memory, "_descendants", lambda _: [ended.pid])
    assert list(read_resident_mib(os.getpid())) == [os.getpid()]
