import argparse
from pathlib import Path

import pytest

from pipeline_lib.cli import COMMANDS, main

TOY = Path(__file__).parents[2] / "data" / "toy_project"
STAGES = ("run", "coda-pull", "fetch", "process", "analyse", "coda-push", "upload", "archive", "upload-logs")


def test_every_stage_can_be_profiled() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for register in COMMANDS:
        register(commands)
    profiled = [name for name, command in commands.choices.items() if "--profile-memory FILE" in command.format_help()]
    assert sorted(profiled) == sorted(STAGES)


def test_a_stage_writes_both_profiles_and_its_memory_can_be_drawn(tmp_path: Path) -> None:
    for folder in ("raw", "coded"):
        (tmp_path / folder).mkdir()
    for flow in ("toy_recovered", "toy_age", "toy_gender", "toy_place"):
        (tmp_path / "raw" / f"{flow}.jsonl").touch()
    memory, cpu, picture = (tmp_path / name for name in ("process.mprof", "process.html", "process.png"))
    command = ["process", "--config", str(TOY), "--raw-data", str(tmp_path / "raw"), "--coded", str(tmp_path / "coded")]
    profiles = ["--profile-memory", str(memory), "--profile-cpu", str(cpu)]
    assert main([*command, "--outputs", str(tmp_path / "Outputs"), *profiles]) == 0
    assert "FUNC process.Finding_automatic_codes" in memory.read_text()
    assert "make_outputs" in cpu.read_text(encoding="utf-8")
    assert main(["plot-memory", str(memory), "--to", str(picture)]) == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_no_profile_is_made_where_none_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["docs", "--check"]) == 0
    assert list(tmp_path.iterdir()) == []
