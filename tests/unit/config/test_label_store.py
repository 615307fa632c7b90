"""Datasets that Coda could not tell apart by their names."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]
FIRESTORE = {"StoreType": "Firestore", "PullCredentialsFileURL": "key.json", "PushCredentialsFileURL": "key.json"}
DIRECTORY = {"StoreType": "Directory", "DirectoryURL": "labels"}


def errors(files: Files, write: Callable[..., Path], store: dict[str, str], demographic: str) -> list[str]:
    files["pipeline.json"]["LabelStore"] = store
    files["coding_plans.json"]["ResearchQuestions"][0]["CodaFilename"] = "water.json"
    files["coding_plans.json"]["Demographics"][0]["CodaFilename"] = f"{demographic}.json"
    return [str(each) for each in check(write(files)).errors if "CodaFilename" in each.place]


@pytest.mark.parametrize("number", ["2", "13"])
def test_a_dataset_named_like_anothers_segment_is_refused(
    files: Files, write: Callable[..., Path], number: str
) -> None:
    assert errors(files, write, FIRESTORE, f"water_{number}") == [
        (
            f'coding_plans.json: Demographics[0].CodaFilename: "water_{number}.json" is what Coda will call '
            f'segment {number} of dataset "water"; give it another name'
        )
    ]


@pytest.mark.parametrize("name", ["water_1", "water_02", "water_two", "water2", "s_2", "water_2_age"])
def test_other_names_are_nobodys_segment(files: Files, write: Callable[..., Path], name: str) -> None:
    assert errors(files, write, FIRESTORE, name) == []


def test_a_folder_has_no_segments(files: Files, write: Callable[..., Path]) -> None:
    assert errors(files, write, DIRECTORY, "water_2") == []
