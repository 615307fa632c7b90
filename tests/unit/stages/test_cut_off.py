"""Stages that are cut off where they publish: what lies there and its part of the manifest agree, or it is said."""

import csv
import hashlib
import io
import json
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.sources.targets import ENGAGEMENT_METRICS
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.coda_pull import CODED_FILES, coda_pull
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.fetch import fetch
from pipeline_lib.stages.process import OUTPUTS, process
from pipeline_lib.stages.run_context import ANALYSIS, Run, open_run
from pipeline_lib.storage import MissingArtifactError
from pipeline_lib.storage.manifest_check import run_remarks
from pipeline_lib.storage.memory import MemoryObjects
from tests.forked_commands import run_command_killed_at_rename
from tests.toy import change_config, write_labels, write_messages, write_toy

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_drawings")]  # which are written where the tables are

EARLIER, LATER = (datetime(2026, 1, day, 23, tzinfo=UTC) for day in (10, 16))

Stage = Callable[[Run], object]


class Killed(BaseException):
    """The end of a process, for storage that ends with it."""


@pytest.fixture
def kill_before(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Cuts the next stage off before the write with this number of what others see: pointers, files, documents."""
    put = MemoryObjects.put

    def arm(number: int) -> None:
        count = iter(range(1, 1_000_000))

        def write(objects: MemoryObjects, path: str, content: bytes | Path, expected: str | None) -> bool:
            if "/.versions/" not in path and next(count) == number:
                raise Killed
            return put(objects, path, content, expected)

        monkeypatch.setattr(MemoryObjects, "put", write)

    return arm


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A config whose project has twenty messages and, between the two runs' times, a label of one of them."""
    config = write_toy(tmp_path / "configs")
    write_messages(config, 20)
    write_labels(config, 1)
    return config


@pytest.fixture
def earlier_run(toy: Path) -> Run:
    """A run of a past day, finished, in memory."""
    change_config(toy, DataRoot=f"memory://{uuid4().hex}")
    run = open_run(load_project(toy), "today", EARLIER, "tester")
    outputs = run_process(run)
    run_analysis(run)
    coda_push(run, outputs)
    assert run_remarks(run.storage, run.key) == []
    return run


def raw_data(run: Run) -> list[str]:
    return [uri for index in range(len(run.project.config.raw_data_sources)) for uri in fetch(run, index)]


def run_process(run: Run) -> str:
    return process(run, raw_data(run), coda_pull(run))


def run_only_process(run: Run) -> str:
    names = run.storage.names(f"{run.folder}/Raw Data")
    return process(run, [run.storage.uri_of(name) for name in names], run.storage.uri_of(f"{run.folder}/{CODED_FILES}"))


def run_analysis(run: Run) -> str:
    return analyse(run, run.storage.uri_of(f"{run.folder}/{OUTPUTS}"))


def analysis_of_other_metrics(run: Run) -> str:
    """An analysis with a file in it that tells who made it."""
    with run.storage.publish_file(f"{run.folder}/{ENGAGEMENT_METRICS}/who.csv") as path:
        path.write_text(run.user)
    return run_analysis(run)


def fetch_what_changed(run: Run) -> list[str]:
    return fetch(run, file_source(run))


def file_source(run: Run) -> int:
    kinds = [source.source_type for source in run.project.config.raw_data_sources]
    return kinds.index("RecoveryCSV")


def content(run: Run, name: str) -> str:
    """What lies there, told without the pipeline's own fingerprints."""
    files = [(file, run.storage.read(file)) for file in run.storage.names(name)]
    if not files:
        with suppress(MissingArtifactError):
            files = [(name, run.storage.read(name))]
    return hashlib.sha256(repr(files).encode()).hexdigest()


def user_of_part(run: Run, task: str) -> str:
    """Who wrote the task's part: as the run's document has it for people."""
    parts = json.loads(run.storage.read(f"{run.folder}/manifest.json"))["tasks"]
    return next(part["user"] for part in parts if part["task"] == task)


@pytest.mark.parametrize(
    ("task", "stage", "artifact"),
    [
        ("coda_pull", coda_pull, CODED_FILES),
        ("process", run_only_process, OUTPUTS),
        ("analyse", analysis_of_other_metrics, ANALYSIS),
    ],
)
def test_a_stage_cut_off_before_any_of_its_writes_never_passes_for_a_whole_one(
    earlier_run: Run, kill_before: Callable[[int], None], task: str, stage: Stage, artifact: str
) -> None:
    run = replace(earlier_run, as_of=LATER, user="later")
    name, uri = f"{run.folder}/{artifact}", run.storage.uri_of(f"{run.folder}/{artifact}")
    before = content(run, name)
    seen = set()
    for number in range(1, 20):
        kill_before(number)
        try:
            stage(run)
        except Killed:
            is_new, is_told_of = content(run, name) != before, user_of_part(run, task) == "later"
            said = {problem.place for problem in run_remarks(run.storage, run.key) if "manifest" in problem.wrong}
            seen.add((is_new, is_told_of))
            # The part is there before the document that is put together from all: whoever reads the parts knows.
            assert (uri in said) is (is_new and not part_is_of(run, task, "later"))
            restored(replace(run, as_of=EARLIER, user="tester"), stage, kill_before)
            before = content(run, name)
        else:
            break
    # Last is the run in brief, beside the project's state: without it all agrees.
    assert seen == {(False, False), (True, False), (True, True)}
    assert content(run, name) != before
    assert user_of_part(run, task) == "later"
    assert [problem for problem in run_remarks(run.storage, run.key) if "manifest" in problem.wrong] == []


def part_is_of(run: Run, task: str, user: str) -> bool:
    return bool(json.loads(run.storage.read(f"{run.folder}/logs/manifest/{task}.json"))["user"] == user)


def restored(run: Run, stage: Stage, kill_before: Callable[[int], None]) -> None:
    kill_before(0)
    stage(run)


def test_a_fetch_cut_off_before_any_of_its_writes_never_passes_for_a_whole_one(
    earlier_run: Run, toy: Path, kill_before: Callable[[int], None]
) -> None:
    task = f"fetch-{file_source(earlier_run)}"
    recovered = toy.parent / "sources" / "toy_recovered.csv"
    whole = recovered.read_bytes()
    (name,) = {uri.removeprefix(f"{earlier_run.storage.uri}/") for uri in fetch_what_changed(earlier_run)}
    run = replace(earlier_run, user="later", accept_shrink=frozenset({Path(name).stem}))
    uri, before = run.storage.uri_of(name), content(run, name)
    seen = set()
    for number in range(1, 20):
        leave_out_the_last(number, recovered, whole)
        kill_before(number)
        try:
            fetch_what_changed(run)
        except Killed:
            is_new = content(run, name) != before
            said = {problem.place for problem in run_remarks(run.storage, run.key) if "manifest" in problem.wrong}
            seen.add(is_new)
            assert (uri in said) is (is_new and not part_is_of(run, task, "later"))
            recovered.write_bytes(whole)
            restored(replace(run, user="tester"), fetch_what_changed, kill_before)
        else:
            break
    assert seen == {False, True}
    assert content(run, name) != before
    assert [problem for problem in run_remarks(run.storage, run.key) if "manifest" in problem.wrong] == []


def leave_out_the_last(count: int, path: Path, whole: bytes) -> None:
    rows = list(csv.reader(io.StringIO(whole.decode("utf-8-sig"), newline="")))
    with path.open("w", encoding="utf-8", newline="") as written:
        csv.writer(written).writerows(rows[:-count])


def test_who_reads_another_version_than_the_manifest_tells_of_is_told(
    earlier_run: Run, kill_before: Callable[[int], None], caplog: pytest.LogCaptureFixture
) -> None:
    run = replace(earlier_run, user="later")
    kill_before(2)  # the outputs are there, their part is not
    with pytest.raises(Killed):
        run_only_process(run)
    kill_before(0)
    outputs = run.storage.uri_of(f"{run.folder}/{OUTPUTS}")
    for read in (run_analysis, lambda run: coda_push(run, outputs)):
        caplog.clear()
        read(run)
        (said,) = [record.getMessage() for record in caplog.records if "manifest" in record.getMessage()]
        assert said.startswith(f"{outputs}: is not the version in the manifest (process, begun ")

    run_only_process(run)
    caplog.clear()
    run_analysis(run)
    assert [record for record in caplog.records if "manifest" in record.getMessage()] == []


@pytest.fixture
def process_toy(toy: Path, tmp_path: Path) -> Callable[..., int]:
    """`process` from folder to folder, here or in a process that is killed before its n-th rename; the exit code."""
    change_config(toy, DataRoot=(tmp_path / "data").as_uri())
    run_process(open_run(load_project(toy), "today", None, "tester"))
    folder = tmp_path / "data" / "toy" / "runs" / "today"
    inputs = ["--raw-data", folder / "Raw Data", "--coded", folder / "Coded Coda Files", "--config", toy]

    def run(user: str, *, kill_at: int = 0) -> int:
        outputs = ["--outputs", tmp_path / "alone" / "outputs", "--user", user]
        command = ["process", *map(str, [*inputs, *outputs])]
        return run_command_killed_at_rename(command, tmp_path / "alone", kill_at) if kill_at else main(command)

    return run


def test_a_killed_process_leaves_outputs_and_manifest_that_agree_or_say_that_they_do_not(
    process_toy: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = tmp_path / "alone" / "outputs"
    traced = outputs / "messages_traced_data.jsonl"
    assert process_toy("first") == 0
    assert main(["verify", str(outputs)]) == 0
    seen = []
    for at in range(1, 10):
        returncode = process_toy(f"try {at}", kill_at=at)
        of_outputs = json.loads(traced.read_bytes().splitlines()[0])[0]["Metadata"]["User"]
        of_manifest = json.loads(outputs.with_name("outputs.manifest.json").read_bytes())["user"]
        seen.append((of_outputs == of_manifest, of_outputs == f"try {at}"))
        capsys.readouterr()
        assert main(["verify", str(traced)]) == (0 if of_outputs == of_manifest else 1)
        said = capsys.readouterr().err
        assert ("outputs: is not the version in the manifest (process, begun " in said) is not seen[-1][0]
        if returncode == 0:
            break
        assert returncode == -signal.SIGKILL
        assert process_toy(f"after {at}") == 0
        assert main(["verify", str(outputs)]) == 0
    # Before the version has its name, before there is a link to it, before the link is in place, between it and the
    # manifest, and not at all.
    assert seen == [(True, False), (True, False), (True, False), (False, True), (True, True)]
    assert list((tmp_path / "alone" / ".versions").glob("*.new")) == []
