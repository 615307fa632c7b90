from collections.abc import Callable
from pathlib import Path

from pipeline_lib.config import load_project
from pipeline_lib.orchestration.plan import tasks_of

MakeProject = Callable[..., Path]


def test_the_plan_goes_from_the_label_store_and_the_sources_to_the_outputs_and_back(make_project: MakeProject) -> None:
    tasks = tasks_of(load_project(make_project("toy")))
    sources = ("1 RecoveryCSV: toy_recovered", "2 GCloudBucket: toy_age, toy_gender and 1 more")
    assert [(task.name, task.upstream, task.sources, task.reaches_outside) for task in tasks] == [
        ("coda_pull", (), None, False),
        ("fetch", (), sources, False),
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
