"""What becomes of a project's runs when its config breaks or changes before they begin, or while they are under way."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline_lib.errors import ConfigError
from tests.dags.conftest import call_of

if TYPE_CHECKING:
    from airflow.sdk import DAG

WRONG = r"toy/pipeline\.json: Shedule: .*Schedule"


def dag_of(nights: Any) -> "DAG":
    """What the DAG processor makes of the project."""
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    (dag,) = [dag for dag in dags_in(nights.configs) if dag.dag_id == "toy"]
    return dag


def wrong_with(nights: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        nights.task("coda_pull", nights.context(day=9))


def kept(nights: Any, key: str = "2026-01-02T230000Z") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((nights.runs / key / "config.json").read_text(encoding="utf-8"))
    return content


def test_a_config_that_breaks_keeps_its_schedule_and_its_tasks(nights: Any) -> None:
    good = dag_of(nights)
    nights.break_config()
    broken = dag_of(nights)
    assert broken.tags == {"config-error"}
    assert "`toy/pipeline.json: Shedule`" in broken.doc_md
    assert (broken.schedule, broken.start_date, broken.catchup) == (good.schedule, good.start_date, False)
    assert {task.task_id: task.downstream_task_ids for task in broken.tasks} == {
        task.task_id: task.downstream_task_ids for task in good.tasks
    }


def test_the_run_that_begins_then_fails_in_its_first_tasks_with_the_problems(nights: Any) -> None:
    dag_of(nights)
    nights.break_config()
    for name, inputs in (("coda_pull", {}), ("fetch", {"source": "1 RecoveryCSV: toy_recovered"})):
        with pytest.raises(ConfigError, match=WRONG):
            nights.task(name, nights.context(), **inputs)
    assert not nights.runs.exists()


def test_a_config_that_was_never_good_has_the_schedule_that_it_writes_or_else_a_daily_one(nights: Any) -> None:
    from airflow.sdk import CronDataIntervalTimetable  # noqa: PLC0415

    nights.write(MoveWSMessages="perhaps")
    assert dag_of(nights).schedule == CronDataIntervalTimetable("0 2 * * *", timezone="Africa/Nairobi")
    nights.config.write_text("{")
    dag = dag_of(nights)
    assert dag.schedule == CronDataIntervalTimetable("0 0 * * *", timezone="UTC")
    assert dag.start_date is not None
    assert [task.task_id for task in dag.tasks] == ["config_error"]
    wrong = r"toy/pipeline\.json: line 1, column 2: is not JSON"
    with pytest.raises(ConfigError, match=wrong):
        dag.get_task("config_error").python_callable()


def test_a_project_that_runs_by_hand_only_stays_so_when_its_config_breaks(nights: Any) -> None:
    nights.config.write_text(json.dumps({key: value for key, value in nights.written().items() if key != "Schedule"}))
    dag_of(nights)
    nights.break_config()
    assert dag_of(nights).schedule is None


@pytest.mark.parametrize("change", ["break_config", "remove", "garble_scheme"])
def test_a_run_that_is_under_way_goes_on_with_the_config_that_it_began_with(nights: Any, change: str) -> None:
    context = nights.context()
    coded = nights.task("coda_pull", context)
    if change == "break_config":
        nights.break_config()
    elif change == "remove":
        nights.config.unlink()
    else:
        (nights.config.parent / "code_schemes/show.json").write_text("{")
    assert "config-error" in dag_of(nights).tags
    fetched = nights.fetched(context)
    outputs = nights.task("process", context, fetch=fetched, coda_pull=coded)
    assert "biyo" in Path(outputs.removeprefix("file://"), "messages.csv").read_text(encoding="utf-8")
    nights.task("analyse", context, process=outputs)
    assert nights.task("coda_push", context, process=outputs) == {"show": 1}
    configs = {task["versions"]["config"] for task in manifest(nights)["tasks"]}
    assert len(configs) == 1


def manifest(nights: Any, key: str = "2026-01-02T230000Z") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((nights.runs / key / "manifest.json").read_bytes())
    return content


def test_a_run_that_is_under_way_does_not_see_a_changed_config_and_the_next_one_does(nights: Any) -> None:
    context = nights.context()
    nights.task("coda_pull", context)
    before = kept(nights)
    nights.write(OutputFilenames={"Messages": "texts.csv"}, ProjectEndDate="2026-01-02T00:00+03:00")
    outputs = nights.night(context)
    assert Path(outputs.removeprefix("file://"), "messages.csv").exists()
    assert kept(nights) == before
    outputs = nights.night(nights.context(day=3))
    assert Path(outputs.removeprefix("file://"), "texts.csv").exists()
    hashes = {
        day: {task["versions"]["config"] for task in manifest(nights, f"2026-01-0{day}T230000Z")["tasks"]}
        for day in (2, 3)
    }
    assert [len(each) for each in hashes.values()] == [1, 1]
    assert hashes[2] != hashes[3]


def test_sources_that_come_go_or_change_places_do_so_with_the_next_run(nights: Any) -> None:
    context = nights.context()
    coded = nights.task("coda_pull", context)
    recovered, bucket = nights.written()["RawDataSources"]
    other = {"SourceType": "RecoveryCSV", "ActivationFlowURLs": ["sources/other.csv"]}
    nights.write(RawDataSources=[bucket, other])
    fetched = nights.fetched(context)
    assert fetched == [[], []]  # by their numbers, none of these is a source of the run's
    outputs = nights.task("process", context, fetch=fetched, coda_pull=coded)
    assert "biyo" in Path(outputs.removeprefix("file://"), "messages.csv").read_text(encoding="utf-8")
    nights.write(RawDataSources=[recovered])
    fetched = nights.fetched(context)
    assert [len(uris) for uris in fetched] == [1]
    assert nights.task("process", context, fetch=fetched, coda_pull=coded) == outputs


@pytest.mark.parametrize("given", [{"sources": ["1 RecoveryCSV: toy_recovered"]}, {"accept_shrink": ["toy_recovered"]}])
def test_a_task_of_a_run_takes_the_names_that_its_parameters_had_when_it_began(nights: Any, given: Any) -> None:
    from airflow.sdk.definitions.param import process_params  # noqa: PLC0415 - after conftest's settings
    from airflow.sdk.exceptions import ParamValidationError  # noqa: PLC0415

    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    nights.write(RawDataSources=nights.written()["RawDataSources"][1:])
    # As Airflow does before it gives the task to our code.
    (for_a_task,) = dags_in(nights.configs, only="toy")
    taken = process_params(for_a_task, for_a_task.get_task("process"), given, suppress_exception=False)
    assert taken.items() >= given.items()
    with pytest.raises(ParamValidationError):
        process_params(dag_of(nights), dag_of(nights).get_task("process"), given, suppress_exception=False)


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_run_stays_in_the_data_root_that_it_began_in(
    nights: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_elsewhere: bool
) -> None:
    context = nights.context()
    coded = nights.task("coda_pull", context)
    nights.write(DataRoot=str(tmp_path / "elsewhere"))
    dag_of(nights)
    fetched = nights.fetched(context)
    if is_elsewhere:  # on a machine that has not seen the project before: what the task is given says where its run is
        monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "another machine's"))
    outputs = nights.task("process", context, fetch=fetched, coda_pull=coded)
    assert outputs.startswith((tmp_path / "data").as_uri())
    assert not (tmp_path / "elsewhere").exists()
    assert nights.night(nights.context(day=3)).startswith((tmp_path / "elsewhere").as_uri())


def test_a_data_root_that_cannot_be_used_any_more_stops_no_later_run(nights: Any) -> None:
    nights.write(DataRoot="gs://no-such-bucket-here/data")
    dag_of(nights)
    nights.write(DataRoot=None)
    assert nights.night(nights.context())


def test_a_run_that_is_started_again_begins_anew_with_the_config_as_it_is_now(nights: Any) -> None:
    nights.night(nights.context())
    nights.write(OutputFilenames={"Messages": "texts.csv"})
    again = nights.context(start_date=datetime(2026, 1, 5, tzinfo=UTC))
    outputs = nights.night(again)
    assert Path(outputs.removeprefix("file://"), "texts.csv").exists()
    assert kept(nights)["started_at"] == "2026-01-05T00:00:00Z"


def test_a_failed_run_is_mended_by_mending_its_config_and_clearing_it(nights: Any) -> None:
    dag_of(nights)
    good = nights.config.read_text(encoding="utf-8")
    nights.break_config()
    wrong_with(nights, WRONG)
    nights.config.write_text(good)
    assert nights.night(nights.context(day=9, start_date=datetime(2026, 1, 11, tzinfo=UTC)))


def test_a_task_left_over_from_an_earlier_start_goes_by_the_later_ones_config(nights: Any) -> None:
    nights.night(nights.context(start_date=datetime(2026, 1, 5, tzinfo=UTC)))
    nights.write(OutputFilenames={"Messages": "texts.csv"})
    nights.task("coda_pull", nights.context())
    assert kept(nights)["started_at"] == "2026-01-05T00:00:00Z"


def test_a_backfill_of_an_interval_begins_anew_in_its_folder(nights: Any) -> None:
    nights.night(nights.context())
    nights.write(OutputFilenames={"Messages": "texts.csv"})
    nights.night(nights.context(run_id="backfill__2026-01-01T23:00:00+00:00"))
    assert kept(nights)["run_id"].startswith("backfill__")


@pytest.mark.parametrize("knows", ["its own cache", "the data root only"])
def test_a_worker_elsewhere_finds_the_tasks_of_a_run_whose_config_broke(
    nights: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, knows: str
) -> None:
    context = nights.context()
    coded = nights.task("coda_pull", context)
    nights.break_config()
    if knows == "the data root only":
        monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "another machine's"))
    fetched = nights.fetched(context)
    assert nights.task("process", context, fetch=fetched, coda_pull=coded)


def test_a_worker_without_a_cache_does_the_same(nights: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "file" / "no folder"))
    context = nights.context()
    coded = nights.task("coda_pull", context)
    nights.break_config()
    assert nights.task("process", context, fetch=nights.fetched(context), coda_pull=coded)


def test_a_copy_with_a_foreign_name_fails_though_its_own_files_are_right(nights: Any) -> None:
    shutil.copytree(nights.config.parent, nights.configs / "other")
    nights.config = nights.configs / "other/pipeline.json"
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    (dag,) = dags_in(nights.configs, only="other")
    wrong = r'other/pipeline\.json: PipelineName: "toy" is already the name of toy/pipeline\.json'
    with pytest.raises(ConfigError, match=wrong):
        call_of(dag.get_task("coda_pull"))(**nights.context())


def test_projects_that_are_all_gone_fail_their_runs_and_one_that_was_removed_is_no_project(nights: Any) -> None:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    shutil.copytree(nights.config.parent, nights.configs / "other")
    (nights.configs / "other/pipeline.json").write_text(json.dumps(nights.written() | {"PipelineName": "other"}))
    assert [dag.dag_id for dag in dags_in(nights.configs)] == ["other", "toy"]
    shutil.rmtree(nights.configs / "other")
    assert [dag.dag_id for dag in dags_in(nights.configs)] == ["toy"]
    shutil.rmtree(nights.configs)
    assert {dag.dag_id: dag.tags for dag in dags_in(nights.configs)} == {
        "other": {"config-error"},
        "toy": {"config-error"},
    }
    wrong_with(nights, r"toy/pipeline\.json: there is no such file")


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_run_that_is_under_way_goes_on_though_its_project_was_removed(
    nights: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_elsewhere: bool
) -> None:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    nights.write(DataRoot=None)
    monkeypatch.setenv("PIPELINE_DATA_ROOT", (tmp_path / "data").as_uri())
    copy = shutil.copytree(nights.config.parent, nights.configs / "other") / "pipeline.json"
    copy.write_text(json.dumps(nights.written() | {"PipelineName": "other"}))
    context = nights.context(day=3)
    coded, fetched = nights.task("coda_pull", context), nights.fetched(context)
    shutil.rmtree(nights.config.parent)
    if is_elsewhere:  # a worker that has not seen the project before
        monkeypatch.setenv("PIPELINE_CACHE_DIR", str(tmp_path / "another machine's"))
    assert [dag.dag_id for dag in dags_in(nights.configs)] == ["other"]
    outputs = nights.task("process", context, fetch=fetched, coda_pull=coded)
    assert "biyo" in Path(outputs.removeprefix("file://"), "messages.csv").read_text(encoding="utf-8")
    wrong_with(nights, r"toy/pipeline\.json: there is no such file")
    assert list(dags_in(nights.configs, only="never")) == []


def test_a_project_folder_that_is_a_link_to_nothing_now_keeps_its_schedule_and_fails(nights: Any) -> None:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    shutil.copytree(nights.config.parent, nights.configs / "other")
    (nights.configs / "other/pipeline.json").write_text(json.dumps(nights.written() | {"PipelineName": "other"}))
    revision = nights.configs.with_name("revision")
    nights.config.parent.rename(revision)
    nights.config.parent.symlink_to(revision)
    before = {dag.dag_id: dag.timetable for dag in dags_in(nights.configs)}
    shutil.rmtree(revision)
    after = {dag.dag_id: dag for dag in dags_in(nights.configs)}
    assert sorted(after) == ["other", "toy"]
    assert after["toy"].tags == {"config-error"}
    assert after["toy"].timetable == before["toy"]
    wrong_with(nights, r"toy/pipeline\.json: there is no such file")


@pytest.mark.parametrize("linked", ["toy", "toy/pipeline.json"])
def test_a_linked_project_has_the_data_of_its_dag_and_its_runs_go_on(nights: Any, linked: str) -> None:
    link, revision = nights.configs / linked, nights.configs.with_name("revision")
    nights.config.parent.rename(revision)
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(revision if linked == "toy" else revision / "pipeline.json")
    if linked != "toy":
        (link.parent / "code_schemes").symlink_to(revision / "code_schemes")
    context = nights.context()
    coded = nights.task("coda_pull", context)
    assert coded == f"{nights.runs.as_uri()}/2026-01-02T230000Z/Coded%20Coda%20Files"
    assert kept(nights)["config"]["PipelineName"] == "toy"
    nights.break_config()
    assert nights.task("process", context, fetch=nights.fetched(context), coda_pull=coded).endswith("/Outputs")


@pytest.mark.parametrize(
    ("conf", "problem"),
    [
        ({"as-of": "2026-01-02T00:00Z"}, 'parameter as-of: is not known; did you mean "as_of"'),
        ({"as_of": "2026-02-30T00:00Z"}, "parameter as_of: is not an ISO 8601 date and time"),
    ],
)
def test_a_run_with_a_parameter_that_is_not_understood_does_nothing(
    nights: Any, conf: dict[str, Any], problem: str
) -> None:
    context = nights.context(conf=conf)
    tasks: tuple[tuple[str, dict[str, Any]], ...] = (
        ("coda_pull", {}),
        ("fetch", {"source": "1 RecoveryCSV: toy_recovered"}),
        ("process", {"fetch": [], "coda_pull": "x"}),
        ("analyse", {"process": "x"}),
        ("coda_push", {"process": "x"}),
    )
    for name, inputs in tasks:
        with pytest.raises(ConfigError, match=problem):
            nights.task(name, context, **inputs)
    assert not nights.runs.exists()


def test_a_late_run_publishes_until_a_newer_one_has_been_processed(nights: Any) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415

    late = nights.context(day=2)
    outputs = nights.night(late)
    assert nights.task("coda_push", late, process=outputs) == {"show": 1}
    assert nights.night(nights.context(day=3, run_type=_kind("backfill")))  # publishes nothing, and holds nobody back
    assert nights.night(nights.context(day=4, conf={"publish": False}))
    assert nights.task("coda_push", late, process=outputs) == {"show": 0}
    newer = nights.context(day=3)
    newer_outputs = nights.night(newer)
    with pytest.raises(
        AirflowSkipException, match="the newer run 2026-01-03T230000Z has been processed, and publishes"
    ):
        nights.task("coda_push", late, process=outputs)
    assert nights.task("coda_push", newer, process=newer_outputs) == {"show": 0}
    nights.night(late)
    assert nights.task("coda_push", newer, process=newer_outputs) == {"show": 0}
    shutil.rmtree(nights.runs / "2026-01-03T230000Z")
    assert nights.task("coda_push", late, process=outputs) == {"show": 0}


def _kind(value: str) -> Any:
    from types import SimpleNamespace  # noqa: PLC0415

    return SimpleNamespace(value=value)
