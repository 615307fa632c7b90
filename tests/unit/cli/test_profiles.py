import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline_lib.cli import COMMANDS, main
from tests.toy import write_toy

REPOSITORY = Path(__file__).parents[3]
TOY = REPOSITORY / "tests/data/toy_project"
STAGES = ("run", "coda-pull", "fetch", "process", "analyse", "coda-push", "upload", "archive", "upload-logs")


def test_every_stage_can_be_profiled() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for register in COMMANDS:
        register(commands)
    profiled = [name for name, command in commands.choices.items() if "--profile-memory FILE" in command.format_help()]
    assert sorted(profiled) == sorted(STAGES)


@pytest.mark.slow
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


NUMBER, TEXT, TOKEN = "252617654321", "kanaari hadal gaar ah", "ca9a91ca9a91ca9a91ca9a91ca9a91ca"
ROW = {
    "avf_phone_id": "avf-phone-uuid-3f5f0b0e-0000-4000-8000-000000000001",
    "message": f"{TEXT} {NUMBER}",
    "received_on": "2026-01-05T10:00:00+03:00",
}


@pytest.mark.slow
@pytest.mark.parametrize(("broken_line", "exit_code"), [("", 0), (f'{{"message": "{TEXT}", {NUMBER}\n', 2)])
def test_neither_profile_shows_what_a_stage_reads_or_is_told_also_where_it_fails_in_the_middle(
    tmp_path: Path, broken_line: str, exit_code: int
) -> None:
    config = write_toy(tmp_path / "configs")
    for folder in ("raw", "coded"):
        (tmp_path / folder).mkdir()
    for flow in ("toy_recovered", "toy_age", "toy_gender", "toy_place"):
        (tmp_path / "raw" / f"{flow}.jsonl").touch()
    (tmp_path / "raw/toy_recovered.jsonl").write_text(f"{json.dumps(ROW)}\n{broken_line}", encoding="utf-8")
    memory, cpu = tmp_path / "process.mprof", tmp_path / "process.html"
    places = ["--config", config, "--raw-data", tmp_path / "raw", "--coded", tmp_path / "coded"]
    asked = ["--outputs", tmp_path / "Outputs", "--profile-memory", memory, "--profile-cpu", cpu, "--user", TOKEN]
    ran = subprocess.run(
        [sys.executable, "-m", "pipeline_lib", "process", *map(str, places + asked)],
        cwd=REPOSITORY,
        env=os.environ | {"RAPID_PRO_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == exit_code, ran.stderr
    told = memory.read_text(encoding="utf-8") + cpu.read_text(encoding="utf-8")
    assert told.startswith("CMDLINE process\nMEM ")
    assert "FUNC process.all_of_it" in told
    assert "process.<locals>.execute" in told
    for secret in (NUMBER, TEXT, TOKEN, "kanaari", "avf-phone-uuid"):
        assert secret not in told
