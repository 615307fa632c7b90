import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.conftest import call_of

if TYPE_CHECKING:
    from airflow.dag_processing.dagbag import DagBag


def _context(run_type: str, **params: Any) -> dict[str, Any]:
    run = SimpleNamespace(
        run_id="x",
        run_type=SimpleNamespace(value=run_type),
        run_after=datetime(2026, 1, 3, tzinfo=UTC),
        logical_date=None,
        data_interval_end=datetime(2026, 1, 2, 23, tzinfo=UTC),
        triggering_user_name=None,
    )
    return {"dag_run": run, "params": params, "process": "file:///outputs"}


@pytest.mark.parametrize("run_type", ["backfill", "manual", "asset_triggered"])
def test_a_run_that_is_not_to_publish_skips_its_push_and_says_why(bag: "DagBag", run_type: str) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 - after conftest's settings

    push = bag.dags["toy"].get_task("coda_push")
    with pytest.raises(AirflowSkipException, match=r"not published: .* only if its parameter publish says yes"):
        call_of(push)(**_context(run_type, publish=None))


def test_a_run_of_automatic_codes_only_has_nothing_to_analyse(bag: "DagBag") -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 - after conftest's settings

    analyse = bag.dags["toy"].get_task("analyse")
    with pytest.raises(AirflowSkipException, match="the run's mode is auto-code-only"):
        call_of(analyse)(**_context("manual", mode="auto-code-only"))


def test_an_upload_comes_last_and_is_left_to_runs_that_publish(configs: Path, tmp_path: Path) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 - after conftest's settings

    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    shutil.copytree(configs / "toy", tmp_path / "toy")
    config = tmp_path / "toy/pipeline.json"
    upload = {"DriveCredentialsFileURL": "connection://drive", "AutomatedAnalysisDir": "toy/analysis"}
    config.write_text(json.dumps(json.loads(config.read_text()) | {"DriveUpload": upload}))
    (dag,) = dags_in(tmp_path)
    task = dag.get_task("upload")
    assert (task.upstream_task_ids, task.downstream_task_ids) == ({"process", "analyse"}, set())
    with pytest.raises(AirflowSkipException, match="not published: a backfill publishes only if"):
        call_of(task)(**_context("backfill", publish=None), analyse="file:///analysis")
    with pytest.raises(AirflowSkipException, match="the run's mode is auto-code-only"):
        call_of(task)(**_context("manual", mode="auto-code-only", publish=True), analyse="file:///analysis")


def test_an_archive_is_left_out_without_outputs_and_what_failed_fails_the_run(configs: Path, tmp_path: Path) -> None:
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 - after conftest's settings

    from pipeline_lib.errors import DataError  # noqa: PLC0415
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415

    shutil.copytree(configs / "toy", tmp_path / "toy")
    config = tmp_path / "toy/pipeline.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"DataArchiveUploadBucket": "gs://archives"}))
    (dag,) = dags_in(tmp_path)
    archive, outcome = dag.get_task("archive"), dag.get_task("outcome")
    assert (archive.trigger_rule, archive.upstream_task_ids) == ("all_done", {"process", "analyse", "coda_push"})
    assert outcome.trigger_rule == "one_failed"
    assert outcome.upstream_task_ids == set(dag.task_ids) - {"outcome"}
    with pytest.raises(AirflowSkipException, match="process has made nothing"):
        call_of(archive)(**_context("backfill") | {"process": None})
    with pytest.raises(DataError, match="one of its tasks has failed"):
        call_of(outcome)(**_context("backfill"))
