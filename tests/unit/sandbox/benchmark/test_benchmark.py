import os
from pathlib import Path

import psutil
import pytest

from sandbox.airflow_server import SandboxError
from sandbox.benchmark import inputs
from sandbox.benchmark.__main__ import main
from sandbox.benchmark.costs import Cost, sample_memory
from sandbox.benchmark.inputs import demo_input, input_in
from sandbox.benchmark.table import growth_line, lines_of, without_traced

pytestmark = pytest.mark.slow

WHOLE = Cost("From raw data to the analysis' tables", 0, None, 10.0, 15.0, 3_000_000_000)
PROCESSING = Cost("Processing", 1, None, 4.0, 6.0, 1_000_000_000)
READING = Cost("Reading", 2, 1_500, 2.5, 5.0, 500_000_000)
TRACED = Cost("Writing traced data", 1, 1_000, 5.0, 7.0, 3_000_000_000)
TABLES = Cost("Making tables", 1, None, 1.0, 1.0, 2_000_000_000)


def test_a_table_shows_steps_within_steps_then_the_whole_then_traced_data_apart() -> None:
    assert list(lines_of("1000", [WHOLE, PROCESSING, READING, TRACED, TABLES])) == [
        "1000                                          rows   wall s    CPU s  peak GB",
        "Processing                                             4.00     6.00     1.00",
        "  Reading                                    1,500     2.50     5.00     0.50",
        "Making tables                                          1.00     1.00     2.00",
        "All but traced data                                    5.00     8.00     1.00",
        "Writing traced data                          1,000     5.00     7.00     3.00",
    ]


def test_without_traced_data_the_whole_keeps_its_name() -> None:
    assert without_traced([WHOLE, PROCESSING]).description == "From raw data to the analysis' tables"


def test_growth_is_told_as_a_ratio() -> None:
    line = growth_line(("1000", PROCESSING), ("10000", WHOLE))
    assert line == "From 1000 to 10000: 2.5 times the wall time, 2.5 times the CPU time"


def test_a_folder_that_is_no_input_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="expected Raw Data, Coded Coda Files and"):
        input_in(tmp_path)


@pytest.fixture
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout with nothing beside it."""
    monkeypatch.setattr(inputs, "CACHE", tmp_path / "cache")
    monkeypatch.setattr("sandbox.benchmark.costs.CACHE", tmp_path / "cache")
    monkeypatch.setattr(inputs, "SHARED", tmp_path / "shared")


@pytest.mark.usefixtures("_alone")
def test_a_checkout_of_its_own_measures_the_demos_world_which_it_invents_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["60"])
    main(["60", "--traced"])
    printed = capsys.readouterr()
    assert printed.err.count("Inventing 60 messages") == 1
    names = [line.split("  ")[0] for line in printed.out.splitlines()]
    assert names.count("demo-60") == 2
    assert names.count("Processing") == 2
    assert names.count("All but traced data") == 1
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["demo-60"]


def test_a_process_that_is_gone_while_it_is_looked_at_is_looked_at_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: psutil.Process) -> str:
        raise psutil.NoSuchProcess(os.getpid())

    monkeypatch.setattr(psutil.Process, "status", gone)
    samples: list[tuple[float, int]] = []
    sample_memory(os.getpid(), samples)
    assert samples == []


@pytest.mark.usefixtures("_alone")
def test_a_run_that_fails_is_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    demo_input(60)
    (tmp_path / "cache/demo-60/Raw Data/geedka_demog.jsonl").write_text("{")
    with pytest.raises(SandboxError, match="demo-60: the run failed with exit code 1"):
        main(["60"])
    assert "is no complete JSON" in capfd.readouterr().err
