import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline_lib.config import check_all

Files = dict[str, Any]
Write = Callable[..., Path]


def runnable(files: Files, name: str) -> Files:
    files = copy.deepcopy(files)
    source = {"SourceType": "GCloudBucket", "ActivationFlowURLs": ["water_s01e01_activation.jsonl"]}
    files["pipeline.json"] |= {"PipelineName": name, "RawDataSources": [source]}
    return files


def errors_by_project(paths: list[Path]) -> dict[str, list[str]]:
    return {found.path.parent.name: list(map(str, found.errors)) for found in check_all(paths)}


def test_a_copy_that_keeps_the_name_is_refused_and_the_original_is_not(files: Files, write: Write) -> None:
    paths = [write(runnable(files, "water"), project) for project in ("a-copy", "water", "other")]
    refused = 'pipeline.json: PipelineName: "water" is already the name of water/pipeline.json; choose another'
    assert errors_by_project(paths) == {"a-copy": [refused], "water": [], "other": [refused]}


def test_where_no_folder_has_the_name_the_first_keeps_it(files: Files, write: Write) -> None:
    paths = [write(runnable(files, "rain"), project) for project in ("second", "first")]
    refused = 'pipeline.json: PipelineName: "rain" is already the name of first/pipeline.json; choose another'
    assert errors_by_project(paths) == {"second": [refused], "first": []}


def test_a_project_that_cannot_run_claims_no_name(files: Files, write: Write) -> None:
    broken = runnable(files, "water")
    broken["pipeline.json"]["LabelStore"] = None
    errors = errors_by_project([write(broken, "water"), write(runnable(files, "water"), "working")])
    assert errors["working"] == []


def test_one_config_given_twice_does_not_stand_in_its_own_way(files: Files, write: Write) -> None:
    path = write(runnable(files, "water"))
    assert errors_by_project([path, path]) == {"water": []}
