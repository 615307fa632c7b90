import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from mprof import read_mprofile_file

from pipeline_lib.profiling.memory import memory_profile
from pipeline_lib.progress import step

MIB = 2**20


def sample_count(profile: Path) -> int:
    return profile.read_text().count("MEM ")


def wait_for_samples(profile: Path, count: int) -> None:
    """Lets the sampler go on until there are some more; bounded by the test run's own patience only."""
    until = sample_count(profile) + count
    while sample_count(profile) < until:
        os.sched_yield()


def others() -> set[str]:
    """What this process has started already, such as emulators for other tests."""
    return {str(process.pid) for process in psutil.Process().children(recursive=True)}


@pytest.mark.slow
def test_mprof_reads_the_samples_and_the_steps_as_its_own(tmp_path: Path) -> None:
    profile, before = tmp_path / "process.mprof", others()
    with memory_profile(profile, "process"), step("Finding distinct texts"):
        held = bytearray(os.urandom(100 * MIB))
        wait_for_samples(profile, 2)
        del held
    read = read_mprofile_file(profile)
    assert read["cmd_line"] == "process\n"
    # A process in which many tests ran may give some of its memory back meanwhile.
    assert max(read["mem_usage"]) - read["mem_usage"][0] > 75
    assert sorted(read["func_timestamp"]) == ["process.Finding_distinct_texts", "process.all_of_it"]
    ((began, ended, *_, level),) = read["func_timestamp"]["process.Finding_distinct_texts"]
    assert began < ended
    assert level == 1
    assert set(read["children"]) <= before


@pytest.mark.slow
def test_child_processes_are_sampled_and_the_sampler_is_not(tmp_path: Path) -> None:
    profile, before = tmp_path / "analyse.mprof", others()
    code = f"import sys; held = bytearray(b'x' * {100 * MIB}); print(flush=True); sys.stdin.read()"
    with (
        memory_profile(profile, "analyse"),
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child,
    ):
        assert child.stdout is not None
        child.stdout.readline()
        wait_for_samples(profile, 2)
        child.communicate()
    read = read_mprofile_file(profile)
    assert set(read["children"]) - before == {str(child.pid)}
    assert max(memory for memory, _ in read["children"][str(child.pid)]) > 100
    assert max(read["mem_usage"]) > 100 + min(read["mem_usage"])


def test_a_step_that_fails_is_marked_and_its_error_is_the_works_own(tmp_path: Path) -> None:
    profile = tmp_path / "process.mprof"
    with pytest.raises(LookupError), memory_profile(profile, "process"), step("Failing"):
        raise LookupError
    assert "process.Failing" in read_mprofile_file(profile)["func_timestamp"]


@pytest.mark.slow
def test_the_samples_of_a_process_that_was_killed_stay_and_the_sampler_ends(tmp_path: Path) -> None:
    profile = tmp_path / "process.mprof"
    code = (
        "import sys\nfrom pathlib import Path\nfrom pipeline_lib.profiling.memory import memory_profile\n"
        f"with memory_profile(Path({str(profile)!r}), 'process'):\n    print(flush=True)\n    sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        killed.stdout.readline()
        wait_for_samples(profile, 2)
        killed.send_signal(signal.SIGKILL)
    while any(str(profile) in argument for process in psutil.process_iter() for argument in _command(process)):
        os.sched_yield()
    assert len(read_mprofile_file(profile)["timestamp"]) >= 2


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_work_goes_on_where_nothing_can_sample_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with memory_profile(tmp_path / "process.mprof", "process"):
        pass
    assert caplog.messages == ["Memory is not profiled: the sampler did not start"]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "named"), [([], "<!-- Reading "), (["--flame"], "<!-- process.Reading -->")])
def test_mprof_plots_it_with_its_steps(tmp_path: Path, options: list[str], named: str) -> None:
    profile, plot = tmp_path / "process.mprof", tmp_path / "plot.svg"
    with memory_profile(profile, "process"), step("Reading"):
        wait_for_samples(profile, 2)
    command = [sys.executable, "-m", "mprof", "plot", *options, "--backend", "Agg", "-o", str(plot), str(profile)]
    subprocess.run(command, check=True, capture_output=True)
    assert named in plot.read_text(encoding="utf-8")
