"""`process` from a shell: from two folders to a third."""

import gzip
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import Run, open_run
from tests.toy import change_config, write_labels, write_messages, write_toy

pytestmark = pytest.mark.slow


class Fetched(NamedTuple):
    """A run whose raw data and labels can be processed again."""

    config: Path
    folder: Path


@pytest.fixture
def of_toy(tmp_path: Path) -> Fetched:
    config = write_toy(tmp_path / "toys")
    write_messages(config, 20)
    write_labels(config, 5)
    change_config(config, DataRoot=str(tmp_path / "toy data"))
    run = open_run(load_project(config), "today", datetime(2026, 1, 16, 23, tzinfo=UTC), "tester")
    run_to_outputs(run)
    return Fetched(config, tmp_path / "toy data" / "toy" / "runs" / "today")


@pytest.fixture
def of_demo(run_of: Callable[..., Run], demo: Path, run_to_outputs_once: Callable[[Run], str]) -> Fetched:
    run_to_outputs_once(run_of("today", datetime(2025, 9, 16, 23, tzinfo=UTC)))
    return Fetched(demo, demo.parents[2] / ".demo" / "data" / "demo" / "runs" / "today")


WITH_THE_DEMO = pytest.mark.parametrize("fetched", ["of_demo"], indirect=True, ids=["the demo"])
"""For what depends on the sources and the questions that there are; the rest is seen as well in a small project."""


@pytest.fixture
def fetched(request: pytest.FixtureRequest) -> Fetched:
    made: Fetched = request.getfixturevalue(getattr(request, "param", "of_toy"))
    return made


@pytest.fixture
def process(fetched: Fetched, tmp_path: Path) -> Callable[..., int]:
    def run(*arguments: str, outputs: str = "outputs") -> int:
        folders = ["--raw-data", fetched.folder / "Raw Data", "--coded", fetched.folder / "Coded Coda Files"]
        command = ["process", "--config", fetched.config, *folders, "--outputs", tmp_path / outputs, *arguments]
        return main([str(argument) for argument in command])

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@WITH_THE_DEMO
def test_it_gives_what_the_run_gave_with_the_instant_in_any_offset(
    process: Callable[..., int], fetched: Fetched, tmp_path: Path
) -> None:
    assert process("--as-of", "2025-09-17T02:00+03:00", "--user", "tester") == 0
    assert contents(tmp_path / "outputs") == contents(fetched.folder / "Outputs")


def test_the_report_of_what_was_processed_alone_is_as_of_the_same_instant(
    process: Callable[..., int], fetched: Fetched, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for write in ("write_graphs", "write_maps"):  # what it says is enough
        monkeypatch.setattr(f"pipeline_lib.analysis.report.drawn.{write}", lambda *_: iter(()))
    assert process("--as-of", "2026-01-20T00:00Z") == 0
    assert main(["analyse", "--config", str(fetched.config), "--outputs", str(tmp_path / "outputs")]) == 0
    report = (tmp_path / "Automated Analysis" / "index.html").read_text(encoding="utf-8")
    assert "20 January 2026" in report


def test_a_folder_of_labels_that_is_not_there_is_an_error_and_an_empty_one_is_not(
    process: Callable[..., int], fetched: Fetched, capsys: pytest.CaptureFixture[str]
) -> None:
    (fetched.folder / "Coded Coda Files").unlink()
    assert process() == 2
    assert "Coded Coda Files: is no folder" in capsys.readouterr().err
    (fetched.folder / "Coded Coda Files").mkdir()
    assert process() == 0


def test_every_raw_data_file_that_is_missing_is_named_and_the_outputs_of_before_stay(
    process: Callable[..., int], fetched: Fetched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process() == 0
    before = contents(tmp_path / "outputs")
    first, second = sorted((fetched.folder / "Raw Data").glob("*.jsonl"))[:2]
    first.unlink()
    second.unlink()
    second.mkdir()
    assert process() == 2
    said = sorted(capsys.readouterr().err.splitlines())
    assert said == [f"{path}: this file of raw data does not exist; fetch it first" for path in (first, second)]
    assert contents(tmp_path / "outputs") == before


def test_automatic_codes_only_leave_out_what_needs_coders(process: Callable[..., int], tmp_path: Path) -> None:
    as_of = ("--as-of", "2026-01-17T02:00+03:00")
    assert process(*as_of, outputs="all") == process(*as_of, "--mode", "auto-code-only", outputs="automatic") == 0
    automatic = contents(tmp_path / "automatic")
    assert not automatic.keys() & {"messages.csv", "individuals.csv", "quality.csv"}
    assert automatic["production.csv"] == contents(tmp_path / "all")["production.csv"]


@pytest.mark.parametrize("folder", ["Raw Data", "Coded Coda Files"])
def test_a_pipe_among_the_inputs_is_named_and_not_waited_for(
    process: Callable[..., int], fetched: Fetched, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = next(path for path in (fetched.folder / folder).iterdir() if path.suffix in {".json", ".jsonl"})
    path.unlink()
    os.mkfifo(path)
    assert process() == 2
    assert f"{path.name}: is a named pipe, not a file" in capsys.readouterr().err


ODD_LINES = b"""{"avf_phone_id": "half a line
[]
["a", 1]
"a text"
{"avf_phone_id": null}
{"text": "from nobody"}
"""


@WITH_THE_DEMO
def test_odd_lines_among_good_ones_of_raw_data_are_set_aside_and_counted_and_nothing_else_changes(
    process: Callable[..., int], change: Callable[..., None], fetched: Fetched, tmp_path: Path
) -> None:
    change(QuarantineShareLimit=0.9)
    assert process("--as-of", "2025-09-17T02:00+03:00", "--user", "tester", outputs="alone") == 0
    for path in (fetched.folder / "Raw Data").glob("*.jsonl"):
        first, *others = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"\xef\xbb\xbf" + ODD_LINES + first + b"\n" + ODD_LINES + b"".join(others))
    assert process("--as-of", "2025-09-17T02:00+03:00", "--user", "tester", outputs="among") == 0
    assert contents(tmp_path / "among") == contents(tmp_path / "alone")


def test_too_many_odd_lines_of_raw_data_stop_processing_and_the_outputs_of_before_stay(
    process: Callable[..., int], fetched: Fetched, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert process() == 0
    before = contents(tmp_path / "outputs")
    path = min((fetched.folder / "Raw Data").glob("*.jsonl"))
    path.write_bytes(ODD_LINES + path.read_bytes())
    assert process() == 2
    said = capsys.readouterr().err
    assert f"{path.name}: line 1: is no complete JSON" in said
    assert "at most 1.0% may be set aside (QuarantineShareLimit)" in said
    assert contents(tmp_path / "outputs") == before


@WITH_THE_DEMO
def test_raw_data_of_before_2020_gives_the_same(process: Callable[..., int], fetched: Fetched, tmp_path: Path) -> None:
    assert process("--as-of", "2025-09-17T02:00+03:00") == 0
    for number, path in enumerate(sorted((fetched.folder / "Raw Data").glob("*.jsonl"))):
        content = json.dumps([in_the_old_form(json.loads(line)) for line in path.read_bytes().splitlines()]).encode()
        path.unlink()
        old = path.with_suffix(".json.gz") if number % 2 else path.with_suffix(".json")
        old.write_bytes(gzip.compress(content) if number % 2 else content)
    assert process("--as-of", "2025-09-17T02:00+03:00", outputs="again") == 0
    of_lines, of_arrays = (contents(tmp_path / outputs) for outputs in ("outputs", "again"))
    for histories in ("messages_traced_data.jsonl", "individuals_traced_data.jsonl"):  # they say who had fetched it
        assert of_lines.pop(histories) != of_arrays.pop(histories)
    assert of_arrays == of_lines


def in_the_old_form(written: Any) -> Any:
    """A raw object, traced or flat, as pipelines wrote it until 2019: the older update within the newer one."""
    metadata = {"source": "fetch_runs.py", "timestamp": 1548057600.0, "user": "fetcher"}
    older = None
    for update in reversed(written) if isinstance(written, list) else [{"Data": written, "SHA": ""}]:
        older = {"_data": update["Data"], "_metadata": metadata, "_prev": older, "_sha": update["SHA"]}
    return older
