"""The analysis of a run of the demo, and what it reads."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from pipeline_lib.analysis.codings import all_codings
from pipeline_lib.analysis.frames import Frames, check_columns, read_frames
from pipeline_lib.cli import main
from pipeline_lib.errors import DataError
from pipeline_lib.model.coding_plan import CodingMode, CodingPlans
from pipeline_lib.stages.analysis import analyse, make_analysis
from pipeline_lib.stages.run_context import Run
from tests.small_drawings import stand_in_for_graphs, stand_in_for_maps

pytestmark = pytest.mark.slow

TABLES = [
    "cross_tab_gender_by_recently_displaced.csv",
    "demographic_distributions.csv",
    "engagement_counts.csv",
    "estimated_engagement_types.csv",
    "loyalty.csv",
    "repeat_participations.csv",
    "sample_messages.csv",
    "theme_distributions.csv",
    "traffic_analysis.csv",
]


@pytest.fixture(autouse=True)
def _draws_nothing(_draws_little: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page has all that it has, but for what a graph or a map looks like."""
    stand_in_for_graphs(monkeypatch)
    stand_in_for_maps(monkeypatch)


@pytest.fixture
def run(run_of: Callable[..., Run]) -> Run:
    return run_of()


@pytest.fixture
def outputs(run: Run, demo: Path, run_to_outputs_once: Callable[[Run], str]) -> Path:
    """The folder of a run's outputs."""
    run_to_outputs_once(run)
    return demo.parents[2] / ".demo" / "data" / "demo" / "runs" / "today" / "Outputs"


@pytest.fixture
def frames(outputs: Path) -> Frames:
    return read_frames(outputs / "Processed")


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes_of(row: dict[str, str], plans: CodingPlans) -> dict[str, set[str]]:
    """What a row of a CSV says, by AnalysisFileKey."""
    found = {}
    for each in all_codings(plans):
        if each.coding.mode is CodingMode.SINGLE:
            found[each.key] = {row[each.key]}
        else:
            values = [code.string_value for code in each.coding.code_scheme.codes]
            found[each.key] = {value for value in values if row[f"{each.key}_{value}"] == "1"}
    return found


@pytest.fixture
def shows_withdrawn(change: Callable[..., None]) -> None:
    """The CSVs have a row for each of the frames', also for those who withdrew."""
    change(WithdrawnRows="stop")


@pytest.mark.usefixtures("shows_withdrawn")
def test_individuals_have_the_codes_that_the_csv_shows(frames: Frames, outputs: Path, run: Run) -> None:
    rows = rows_of(outputs / "individuals.csv")
    assert frames.individuals.height == len(rows) > 50
    assert {row["consent_withdrawn"] for row in rows} == {"true", "false"}
    for row, said in zip(rows, frames.individuals.iter_rows(named=True), strict=True):
        assert said.pop("consent_withdrawn") == (row["consent_withdrawn"] == "true")
        if row["consent_withdrawn"] == "true":
            assert set(said.values()) == {None}
        else:
            assert {key: set(codes) for key, codes in said.items()} == codes_of(row, run.project.plans)


@pytest.mark.usefixtures("shows_withdrawn")
def test_messages_have_the_codes_the_text_and_the_sender_that_the_csv_shows(
    frames: Frames, outputs: Path, run: Run
) -> None:
    rows, people = rows_of(outputs / "messages.csv"), rows_of(outputs / "individuals.csv")
    plans = run.project.plans
    datasets = {dataset.name: dataset for dataset in plans.research_questions}
    assert frames.messages.height == len(rows) > 150
    for row, said in zip(rows, frames.messages.iter_rows(named=True), strict=True):
        if row["consent_withdrawn"] == "true":
            assert {key: value for key, value in said.items() if value is not None} == {"consent_withdrawn": True}
            continue
        assert people[said["participant"]]["uid"] == row["uid"]
        assert said["sent_at"] == datetime.fromisoformat(row["sent_on"]).astimezone(UTC)
        dataset = datasets[said["dataset"]]
        assert said["text"] == row[dataset.raw_field]
        own = [coding.analysis_file_key for coding in dataset.codings]
        shown = codes_of(row, plans)
        questions = {c.analysis_file_key for q in plans.research_questions for c in q.codings}
        assert {key: set(said[key]) for key in own if key} == {key: shown[key] for key in own if key}
        assert {said[key] for key in questions.difference(own) if key} <= {None}


def test_codes_are_in_their_schemes_order(frames: Frames, run: Run) -> None:
    gender = next(each for each in all_codings(run.project.plans) if each.key == "gender")
    values = [code.string_value for code in gender.coding.code_scheme.codes]
    assert frames.individuals.schema["gender"] == pl.List(pl.Enum(values))


def test_nothing_in_the_frames_or_the_analysis_is_a_participant_s_uuid(
    frames: Frames, outputs: Path, run: Run, tmp_path: Path
) -> None:
    uuids = {row["uid"] for row in rows_of(outputs / "messages.csv")} - {"STOP"}
    values = {
        value
        for frame in (frames.messages, frames.individuals)
        for column in frame.select(pl.col(pl.String)).iter_columns()
        for value in column
    }
    assert not uuids & values
    make_analysis(run.project, outputs / "Processed", tmp_path)
    written = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.csv"))
    assert not [uuid for uuid in uuids if uuid in written]


def test_a_runs_analysis_is_published_whole_and_is_in_its_manifest(run: Run, outputs: Path) -> None:
    uri = analyse(run, run.storage.uri_of("runs/today/Outputs"))
    folder = outputs.parent / "Automated Analysis"
    assert uri == run.storage.uri_of("runs/today/Automated Analysis")
    assert sorted(path.name for path in folder.glob("*.csv")) == TABLES
    tasks = json.loads(run.storage.read("runs/today/manifest.json"))["tasks"]
    account = next(task for task in tasks if task["task"] == "analyse")
    assert account["outputs"][f"{uri}/engagement_counts.csv"] == 3
    there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert account["files"] == {uri: there}
    assert any(name.startswith("graphs/") for name in there)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    analyse(run, run.storage.uri_of("runs/today/Outputs"))
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


@pytest.fixture
def copied(outputs: Path, tmp_path: Path) -> Path:
    """A copy of the outputs that a test may spoil."""
    return Path(shutil.copytree(outputs, tmp_path / "copied" / "Outputs"))


def test_outputs_without_frames_are_named_and_the_earlier_analysis_stays(
    copied: Path, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["analyse", "--config", str(demo), "--outputs", str(copied)]
    assert main(command) == 0
    before = (copied.parent / "Automated Analysis" / "loyalty.csv").read_bytes()
    (copied / "Processed" / "individuals.parquet").unlink()
    capsys.readouterr()
    assert main(command) == 2
    assert capsys.readouterr().err == (
        f"{copied}/Processed/individuals.parquet: is not among the outputs; process the project first, all of it\n"
    )
    assert (copied.parent / "Automated Analysis" / "loyalty.csv").read_bytes() == before


def test_a_broken_frame_is_named_and_nothing_of_it_is_repeated(copied: Path) -> None:
    path = copied / "Processed" / "messages.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError) as caught:
        read_frames(copied / "Processed")
    assert str(caught.value) == (
        f"{copied}/Processed/messages.parquet: is not a Parquet file, or is broken; process the project again"
    )
    assert caught.value.__cause__ is None


def test_codings_that_the_config_has_gained_since_are_named_and_nothing_is_written(
    copied: Path, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, keys in {"messages": ["s01e02_health"], "individuals": ["s01e02_health", "gender"]}.items():
        path = copied / "Processed" / f"{name}.parquet"
        pl.read_parquet(path).drop(keys).write_parquet(path)
    assert main(["analyse", "--config", str(demo), "--outputs", str(copied)]) == 2
    assert capsys.readouterr().err == (
        f'{copied}/Processed/messages.parquet: lacks columns that the config has by now: "s01e02_health"; '
        "process the project again\n"
        f'{copied}/Processed/individuals.parquet: lacks columns that the config has by now: "s01e02_health", "gender"; '
        "process the project again\n"
    )
    assert not (copied.parent / "Automated Analysis").exists()


def test_codings_that_the_config_has_lost_since_are_no_error(frames: Frames, run: Run) -> None:
    check_columns(frames, replace(run.project.plans, follow_ups=(), demographics=()), Path("Processed"))


def test_a_run_without_frames_is_an_error_that_names_them(run: Run) -> None:
    with pytest.raises(DataError, match="Outputs/Processed"):
        analyse(run, run.storage.uri_of("runs/today/Outputs"))


def test_a_run_s_engagement_metrics_are_carried_through(run: Run, outputs: Path) -> None:
    with run.storage.publish_folder("runs/today/Engagement Metrics") as metrics:
        (metrics / "facebook_metrics.csv").write_text("post,comments\n1,2\n", encoding="utf-8")
    analyse(run, run.storage.uri_of("runs/today/Outputs"))
    carried = outputs.parent / "Automated Analysis" / "facebook_metrics.csv"
    assert carried.read_text(encoding="utf-8") == "post,comments\n1,2\n"


def test_a_missing_folder_of_metrics_is_refused_with_what_to_do(
    copied: Path, demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = ["--outputs", str(copied), "--engagement-metrics", str(tmp_path / "none")]
    assert main(["analyse", "--config", str(demo), *folders]) == 2
    assert "is no folder; leave --engagement-metrics out if there are none" in capsys.readouterr().err


def test_engagement_metrics_are_carried_through(copied: Path, demo: Path, tmp_path: Path) -> None:
    metrics, analysis = tmp_path / "Engagement Metrics", tmp_path / "elsewhere"
    metrics.mkdir()
    (metrics / "facebook_metrics.csv").write_text("post,comments\n1,2\n", encoding="utf-8")
    folders = ["--outputs", str(copied), "--analysis", str(analysis), "--engagement-metrics", str(metrics)]
    assert main(["analyse", "--config", str(demo), *folders]) == 0
    assert (analysis / "facebook_metrics.csv").read_text(encoding="utf-8") == "post,comments\n1,2\n"
    assert (analysis / "loyalty.csv").exists()


def test_engagement_metrics_beside_the_outputs_are_carried_through_unasked(copied: Path, demo: Path) -> None:
    metrics = copied.parent / "Engagement Metrics"
    metrics.mkdir()
    (metrics / "facebook_metrics.csv").write_text("post,comments\n1,2\n", encoding="utf-8")
    assert main(["analyse", "--config", str(demo), "--outputs", str(copied)]) == 0
    carried = copied.parent / "Automated Analysis" / "facebook_metrics.csv"
    assert carried.read_text(encoding="utf-8") == "post,comments\n1,2\n"
