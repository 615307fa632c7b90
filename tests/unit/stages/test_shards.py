"""A run whose participants are processed in shards gives the bytes of one that processes everybody at once."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.config import Project, load_project
from pipeline_lib.errors import DataError
from pipeline_lib.model.shard import Shard
from pipeline_lib.model.step_counts import StepCount, in_words
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.outputs import ProcessInputs, ProcessRequest, ProcessResult, gather_shard, make_outputs
from pipeline_lib.stages.process import process
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage.manifest import read_manifest
from sandbox.invent.project_input import write_input
from tests.unit.stages.conftest import DEMO

pytestmark = pytest.mark.slow

AS_OF = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(DEMO / "pipeline.json")


@pytest.fixture(scope="module")
def inputs(project: Project, tmp_path_factory: pytest.TempPathFactory) -> ProcessInputs:
    """Of the demo; not to be changed."""
    invented = write_input(project, tmp_path_factory.mktemp("inputs") / "invented", people_count=150)
    return ProcessInputs(invented.raw_files, invented.coded)


@pytest.fixture(scope="module")
def whole(
    project: Project, inputs: ProcessInputs, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ProcessResult, dict[str, bytes]]:
    """What processing everybody at once makes of them."""
    return made(project, inputs, tmp_path_factory.mktemp("whole") / "outputs")


@pytest.fixture(scope="module")
def two(project: Project, inputs: ProcessInputs, tmp_path_factory: pytest.TempPathFactory) -> ProcessInputs:
    """They with what was gathered of two shards."""
    return in_shards(project, inputs, tmp_path_factory.mktemp("shards"), 2)


def made(project: Project, inputs: ProcessInputs, folder: Path) -> tuple[ProcessResult, dict[str, bytes]]:
    folder.mkdir()
    result = make_outputs(project, inputs, folder, ProcessRequest(AS_OF, "tester"))
    return result, {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def in_shards(project: Project, inputs: ProcessInputs, folder: Path, count: int) -> ProcessInputs:
    shards = [Shard(number, count) for number in range(count)]
    folders = [folder / str(shard) for shard in shards]
    for shard, into in zip(shards, folders, strict=True):
        into.mkdir(parents=True)
        gather_shard(project, inputs, into, shard, AS_OF)
    return inputs._replace(shards=folders[::-1])  # as they come


def sums(counts: tuple[StepCount, ...]) -> Counter[StepCount]:
    """By all that is told of what was counted: a step of the predecessors' counts some things twice."""
    told: Counter[StepCount] = Counter()
    for each in counts:
        told[each.model_copy(update={"count": 0})] += each.count
    return told


@pytest.mark.parametrize(
    "change_config",
    [
        {},
        {"MoveWSMessages": False},
        {"Compatibility": "predecessor"},
        {"Compatibility": "ahadi"},
        {"TextLimitBytes": 1000},
    ],
    ids=lambda keys: " ".join(map(str, keys.values())) or "as it is",
)
def test_shards_change_no_byte_and_no_count(
    change_config: dict[str, object],
    change: Callable[..., None],
    demo: Path,
    inputs: ProcessInputs,
    whole: tuple[ProcessResult, dict[str, bytes]],
    tmp_path: Path,
) -> None:
    change(**change_config)
    project = load_project(demo)
    at_once, expected = made(project, inputs, tmp_path / "whole") if change_config else whole
    merged, found = made(project, in_shards(project, inputs, tmp_path / "shards", 3), tmp_path / "merged")
    assert [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)] == []
    assert sums(merged.counts) == sums(at_once.counts)
    assert replace(merged, counts=()) == replace(at_once, counts=())


def test_people_who_answered_a_survey_again_stay_where_they_first_answered(surveys_only: Path, tmp_path: Path) -> None:
    project = load_project(surveys_only)
    invented = write_input(project, tmp_path / "invented", people_count=30)
    for path in invented.raw_files.values():
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:5], b"no object\n", *lines[::-2], *lines]))
    surveys_only.write_text(json.dumps(json.loads(surveys_only.read_text()) | {"QuarantineShareLimit": 0.5}))
    project, inputs = load_project(surveys_only), ProcessInputs(invented.raw_files, invented.coded)
    at_once, expected = made(project, inputs, tmp_path / "whole")
    merged, found = made(project, in_shards(project, inputs, tmp_path / "shards", 3), tmp_path / "merged")
    assert [name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)] == []
    assert sums(merged.counts) == sums(at_once.counts)


def test_what_is_told_of_few_people_in_many_shards_is_what_the_last_step_counted(
    project: Project, tmp_path: Path
) -> None:
    invented = write_input(project, tmp_path / "invented", people_count=1)
    inputs = ProcessInputs(invented.raw_files, invented.coded)
    at_once, _ = made(project, inputs, tmp_path / "whole")
    merged, _ = made(project, in_shards(project, inputs, tmp_path / "shards", 5), tmp_path / "merged")
    assert in_words(merged.counts) == in_words(at_once.counts)


def test_labels_are_read_by_the_shards_alone(
    project: Project, two: ProcessInputs, whole: tuple[ProcessResult, dict[str, bytes]], tmp_path: Path
) -> None:
    labels = {shard.name: [file.name for file in shard.glob("labels *.arrow")] for shard in two.shards}
    assert len(labels["1 of 2"]) == len(project.plans.datasets)
    assert labels["2 of 2"] == []
    _, expected = whole
    (tmp_path / "nothing").mkdir()
    _, found = made(project, two._replace(coded=tmp_path / "nothing"), tmp_path / "merged")
    names = project.config.output_filenames
    files = (names.messages, names.individuals, "coding_progress.csv", "coding_by_coder.csv", "quality.csv")
    assert [name for name in files if found[name] != expected[name]] == []


def test_a_shard_that_is_missing_is_an_error(project: Project, inputs: ProcessInputs, tmp_path: Path) -> None:
    three = in_shards(project, inputs, tmp_path / "shards", 3)
    with pytest.raises(DataError, match="the shards: are not a complete set: 2 of 3, 3 of 3; run `process_shard`"):
        made(project, three._replace(shards=three.shards[:2]), tmp_path / "merged")


def test_whoever_withdraws_while_shards_are_gathered_is_left_out(
    project: Project, two: ProcessInputs, whole: tuple[ProcessResult, dict[str, bytes]], tmp_path: Path
) -> None:
    told, files = whole
    individuals = project.config.output_filenames.individuals
    somebody = next(csv.DictReader(io.StringIO(files[individuals].decode("utf-8-sig"), newline="")))["uid"]
    without, _ = made(project, two._replace(withdrawn={somebody}), tmp_path / "without")
    assert without.row_counts[individuals] == told.row_counts[individuals] - 1


def test_a_run_on_one_machine_gathers_the_shards_one_after_the_other(
    run_of: Callable[..., Run], change: Callable[..., None]
) -> None:
    change(ProcessingShards=2, TracedData=False)
    run = run_of(as_of=datetime(2025, 9, 16, 23, tzinfo=UTC))
    run_to_outputs(run)
    tasks = {task.task: task for task in read_manifest(run.storage, run.key).tasks}
    assert {"process_shard-0", "process_shard-1", "process"} <= tasks.keys()
    shards = [uri for name in ("process_shard-0", "process_shard-1") for uri in tasks[name].artifacts]
    assert [uri.rpartition("/")[2] for uri in shards] == ["1%20of%202", "2%20of%202"]
    assert tasks["process"].inputs.keys() > set(shards)
    assert all(tasks["process_shard-1"].files[shards[1]])


def test_a_changed_byte_of_what_is_read_last_is_told_by_its_uri(
    run_of: Callable[..., Run], change: Callable[..., None]
) -> None:
    change(ProcessingShards=2)
    run = run_of(as_of=datetime(2025, 9, 16, 23, tzinfo=UTC))
    run_to_outputs(run)
    shards = [run.storage.uri_of(f"{run.folder}/Shards/{number} of 2") for number in (1, 2)]
    with run.storage.local_folder(f"{run.folder}/Shards/2 of 2") as folder:
        content = bytearray((folder / "fetched.arrow").read_bytes())
        content[len(content) // 2] ^= 1
        (folder / "fetched.arrow").write_bytes(content)
    before = run.storage.fingerprint(f"{run.folder}/Outputs")
    raw_data = [run.storage.uri_of(name) for name in run.storage.names(f"{run.folder}/Raw Data")]
    with pytest.raises(DataError) as caught:
        process(run, raw_data, run.storage.uri_of(f"{run.folder}/Coded Coda Files"), shards=shards)
    assert str(caught.value).startswith(
        f"{shards[1]}/fetched.arrow: is gone, or is not as `process_shard` left it; clear"
    )
    assert run.storage.fingerprint(f"{run.folder}/Outputs") == before
