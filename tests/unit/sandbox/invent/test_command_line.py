from pathlib import Path

import pytest

from sandbox.invent.__main__ import main

DEMO = Path(__file__).parents[4] / "configs" / "demo"


def test_it_writes_the_input_and_says_what_a_run_has_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(DEMO), str(tmp_path), "--people", "20", "--seed", "4"]) == 0
    said = capsys.readouterr().out
    assert "messages that count, of" in said
    assert "s01e01_water_raw" in said
    assert {path.name for path in tmp_path.iterdir()} == {"Raw Data", "Coded Coda Files"}


def test_a_config_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "pipeline.json"), str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("pipeline.json: ")
