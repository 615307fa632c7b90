import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from sandbox.invent.project_input import Invented, write_input
from tests.invented_runs import run_on_invented_input
from tests.toy import change_config

CONFIGS = Path(__file__).parents[4] / "configs"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Invented:
    return write_input(load_project(CONFIGS / "demo/pipeline.json"), tmp_path_factory.mktemp("demo"), people_count=200)


def _objects(invented: Invented) -> list[dict[str, Any]]:
    files = invented.raw_files.values()
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def _labels(invented: Invented) -> dict[str, list[dict[str, Any]]]:
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in invented.coded.iterdir()}


def test_every_source_has_its_files_and_every_dataset_its_labels(demo: Invented) -> None:
    assert {*demo.raw_files} == {
        "geedka_s01e01_activation",
        "geedka_s01e02_activation",
        "geedka_demog",
        "geedka_pilot_demog",
        "geedka_recovered_september",
    }
    assert all(path.stat().st_size for path in demo.raw_files.values())
    datasets = {"s01e01_water", "s01e02_health", "gender", "age", "recently_displaced", "location"}
    assert {*_labels(demo)} == {f"{name}.json" for name in datasets}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(demo: Invented, tmp_path: Path) -> None:
    project = load_project(CONFIGS / "demo/pipeline.json")
    again = write_input(project, tmp_path / "again", people_count=200)
    other = write_input(project, tmp_path / "other", people_count=200, seed=2)
    for name, path in demo.raw_files.items():
        assert again.raw_files[name].read_bytes() == path.read_bytes()
        assert other.raw_files[name].read_bytes() != path.read_bytes()


def test_raw_data_hold_nulls_tests_stop_words_and_objects_that_stand_there_twice(demo: Invented) -> None:
    objects = _objects(demo)
    texts = [value for each in objects for key, value in each.items() if "(Text)" in key or key == "message"]
    assert None in texts
    assert {"", "STOP"} <= {*texts}
    assert any(each.get("test_run") for each in objects)
    assert len({json.dumps(each) for each in objects}) < len(objects)


def test_labels_are_of_every_kind(demo: Invented) -> None:
    messages = _labels(demo)["s01e01_water.json"]
    labels = [label for message in messages for label in message["Labels"]]
    assert {label["Checked"] for label in labels} == {True, False}
    assert any(not message["Labels"] for message in messages)
    schemes = {label["SchemeID"] for label in labels}
    water = json.loads((CONFIGS / "demo/code_schemes/s01e01_water.json").read_text(encoding="utf-8"))
    correct = json.loads((CONFIGS / "demo/code_schemes/ws_correct_dataset.json").read_text(encoding="utf-8"))
    assert schemes == {water["SchemeID"], f"{water['SchemeID']}-2", correct["SchemeID"]}
    controls = {code["CodeID"]: code.get("ControlCode") for code in water["Codes"]}
    assert {"WS", "NC", "STOP", None} <= {controls.get(label["CodeID"]) for label in labels}


def _demo_without(folder: Path, *keys: str, **changes: Any) -> Path:
    """A copy of the demo with other keys."""
    path = Path(shutil.copytree(CONFIGS / "demo", folder / "demo")) / "pipeline.json"
    change_config(path, **changes, **dict.fromkeys(keys))
    return path


def _with_surveys_only(folder: Path) -> Path:
    written = json.loads((CONFIGS / "demo/pipeline.json").read_text(encoding="utf-8"))
    plans = written["CodingPlans"] | {"ResearchQuestions": []}
    remappings = [each for each in written["SourceKeyRemappings"] if not each.get("IsActivationMessage")]
    return _demo_without(folder, "TimestampRemappings", CodingPlans=plans, SourceKeyRemappings=remappings)


def _with_a_question_of_two_days(folder: Path) -> Path:
    plans = json.loads((CONFIGS / "demo/pipeline.json").read_text(encoding="utf-8"))["CodingPlans"]
    days = {"RangeStartInclusive": "2025-09-08T00:00+03:00", "RangeEndExclusive": "2025-09-10T00:00+03:00"}
    plans["ResearchQuestions"][0] |= days
    return _demo_without(folder, CodingPlans=plans)


def _with_groups(folder: Path) -> Path:
    urls = {"listeners": "keep_only", "members": "keep_only", "staff": "leave_out", "others": None}
    groups = [
        {"Name": name, "FileURLs": [f"gs://groups/{name}.csv"]} | ({"Filter": filter_} if filter_ else {})
        for name, filter_ in urls.items()
    ]
    return _demo_without(folder, Groups=groups)


def _from_csv(folder: Path) -> Path:
    flows = ("geedka_s01e01_activation", "geedka_s01e02_activation", "geedka_demog")
    fields = ("S01E01_Water", "S01E02_Health", "Gender")
    datasets = [
        {
            "Name": flow,
            "FileURLs": [f"{flow}.csv"],
            "Answers" if flow == "geedka_demog" else "Messages": [{"Column": field, "Field": field}],
        }
        for flow, field in zip(flows, fields, strict=True)
    ]
    columns = {"Address": "Phone", "Time": "Date"}
    source = {"SourceType": "CSV", "Datasets": datasets, "Columns": columns, "Timezone": "Africa/Mogadishu"}
    remappings: list[dict[str, Any]] = [{"SourceKey": "avf_phone_id", "PipelineKey": "uid"}]
    for flow, field in zip(flows, fields, strict=True):
        stem, is_message = field.lower(), flow != "geedka_demog"
        keys = {"Text": f"{stem}_raw", "Time": "sent_on" if is_message else f"{stem}_time"}
        keys |= {"Run ID": f"{stem}_run_id"} if is_message else {}
        for part, key in keys.items():
            flag = {"IsActivationMessage": True} if is_message and part == "Text" else {}
            remappings.append({"SourceKey": f"{field} ({part}) - {flow}", "PipelineKey": key} | flag)
    return _demo_without(folder, "TimestampRemappings", RawDataSources=[source], SourceKeyRemappings=remappings)


@pytest.mark.slow
@pytest.mark.parametrize(
    "write_config",
    [
        lambda folder: _demo_without(folder, FilterOperator=["hormud", "golis"]),
        lambda folder: _demo_without(folder, "ProjectStartDate"),
        lambda folder: _demo_without(folder, MoveWSMessages=False, FilterTestMessages=False),
        lambda folder: _demo_without(folder, HoldBackUnreviewedStops=False),
        _with_surveys_only,
        _with_a_question_of_two_days,
        _with_groups,
        _from_csv,
    ],
    ids=[
        "of two networks",
        "without a start",
        "nothing moves",
        "stops are not held",
        "surveys only",
        "a question of two days",
        "groups",
        "from CSV",
    ],
)
def test_whatever_a_project_asks_for_its_run_counts_what_was_invented(write_config: Any, tmp_path: Path) -> None:
    expected = run_on_invented_input(load_project(write_config(tmp_path)), tmp_path, seed=5)
    assert expected.participant_count > 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["demo", "demo_facebook"])
@pytest.mark.parametrize("seed", [2, 3])
def test_a_run_counts_what_was_invented(name: str, seed: int, tmp_path: Path) -> None:
    project = load_project(CONFIGS / name / "pipeline.json")
    assert run_on_invented_input(project, tmp_path, seed=seed).participant_count > 100
