import json
import subprocess
from pathlib import Path

import pytest

from sandbox.benchmark import dags
from sandbox.benchmark.dags import Measure, main


@pytest.mark.parametrize(
    ("measure", "line"),
    [
        (Measure("in time", 9.994, 10), "  in time                               9.99 CPU s (bar: 10)"),
        (Measure("too long", 10.01, 10), "  too long                             10.01 CPU s (bar: 10)  OVER"),
        (Measure("nobody's", 12.0, None), "  nobody's                             12.00 CPU s"),
    ],
    ids=["in time", "over", "no bar"],
)
def test_what_is_over_its_bar_is_marked(measure: Measure, line: str) -> None:
    assert str(measure) == line


def test_measures_that_are_over_their_bars_are_counted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = [("floor", 50, None), ("cold", 11, 10), ("warm", 7, 10)]
    script = f"for line in {[json.dumps(each) for each in told]}: print(line)"
    for name in ("PASSES", "LOOK_OF_A_TASK", "BOARD"):
        monkeypatch.setattr(dags, name, script if name == "PASSES" else "")
    assert main(["--projects", "1", "--keep", str(tmp_path)]) == 3
    assert capsys.readouterr().out.count("OVER") == 3


def test_a_script_that_fails_fails_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        list(dags._run("raise SystemExit(3)", {"PYTHONPATH": str(tmp_path)}))
