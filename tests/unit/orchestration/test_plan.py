from collections.abc import Callable
from pathlib import Path

from pipeline_lib.config import load_project
from pipeline_lib.orchestration.plan import Each, tasks_of

MakeProject = Callable[..., Path]


def test_the_plan_goes_from_the_label_store_and_the_sources_to_the_outputs_and_back(make_project: MakeProject) -> None:
    tasks = tasks_of(load_project(make_project("toy")))
    sources = ("1 RecoveryCSV: toy_recovered", "2 GCloudBucket: toy_age, toy_gender and 1 more")
    assert [(task.name, task.upstream, task.each, task.reaches_outside) for task in tasks] == [
        ("coda_pull", (), None, False),
        ("fetch", (), Each("source", sources), False),
        ("process", ("fetch", "coda_pull"), None, False),
        ("analyse", ("process",), None, False),
        ("coda_push", ("process",), None, True),
    ]
    assert [task.name for task in tasks if task.needs_all_outputs] == ["analyse"]


def test_a_config_with_an_upload_has_a_task_for_it_after_the_analysis(make_project: MakeProject) -> None:
    upload = {"DriveCredentialsFileURL": "connection://drive", "AutomatedAnalysisDir": "water/analysis"}
    task = tasks_of(load_project(make_project("toy", DriveUpload=upload)))[-1]
    assert (task.name, task.upstream, task.reaches_outside, task.needs_all_outputs) == (
        "upload",
        ("process", "analyse"),
        True,
        True,
    )


def test_an_archive_waits_for_all_that_publishes_whatever_becomes_of_it_and_a_failure_still_fails_the_run(
    make_project: MakeProject,
) -> None:
    upload = {"DriveCredentialsFileURL": "connection://drive", "AutomatedAnalysisDir": "water/analysis"}
    bucket = {"DataArchiveUploadBucket": "gs://archives"}
    archive, logs, outcome = tasks_of(load_project(make_project("toy", DriveUpload=upload, **bucket)))[-3:]
    assert (archive.name, archive.upstream, archive.trigger) == ("archive", ("process",), "all_done")
    assert archive.after == ("analyse", "coda_push", "upload")
    assert (logs.name, logs.upstream, logs.trigger) == ("upload_logs", (), "all_done")
    assert logs.after == ("process", "analyse", "coda_push", "upload", "archive")
    others = ("coda_pull", "fetch", "process", "analyse", "coda_push", "upload", "archive", "upload_logs")
    assert (outcome.name, outcome.after, outcome.trigger) == ("outcome", others, "one_failed")
    assert tasks_of(load_project(make_project("dry", **bucket)))[-3].after == ("analyse", "coda_push")


def test_old_runs_are_pruned_last(make_project: MakeProject) -> None:
    *_, logs, prune, outcome = tasks_of(
        load_project(make_project("toy", KeepRuns=3, MemoryProfileUploadBucket="gs://logs"))
    )
    assert (logs.name, prune.name, prune.trigger, outcome.name) == ("upload_logs", "prune", "all_done", "outcome")
    assert prune.after == ("process", "analyse", "coda_push", "upload_logs")
    *_, prune, outcome = tasks_of(load_project(make_project("dry", KeepRunsDays=30)))
    assert (prune.name, prune.after) == ("prune", ("process", "analyse", "coda_push"))


def test_a_project_with_shards_has_a_task_for_each_before_they_are_merged(make_project: MakeProject) -> None:
    _, fetch, shard, process, *_ = tasks_of(load_project(make_project("toy", ProcessingShards=3)))
    assert (fetch.name, shard.name, shard.upstream) == ("fetch", "process_shard", ("fetch", "coda_pull"))
    assert shard.each == Each("shard", ("1 of 3", "2 of 3", "3 of 3"))
    assert process.upstream == ("fetch", "coda_pull", "process_shard")
    assert {task.name for task in tasks_of(load_project(make_project("small")))}.isdisjoint({"process_shard"})
