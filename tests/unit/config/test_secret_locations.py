from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]


def of_location(files: Files, write: Callable[..., Path], key: str) -> list[str]:
    found = check(write(files))
    return [str(problem) for problem in (*found.errors, *found.warnings) if key in problem.place]


@pytest.mark.parametrize("url", ["connection://textit", "Connection://textit-2.b_C"])
def test_an_airflow_connection_may_hold_a_token_or_credentials(
    files: Files, write: Callable[..., Path], url: str
) -> None:
    files["pipeline.json"]["RawDataSources"][0]["TokenFileURL"] = url
    files["pipeline.json"]["UUIDTable"] = {"FirebaseCredentialsFileURL": url, "TableName": "water"}
    assert of_location(files, write, "FileURL") == []


@pytest.mark.parametrize("url", ["connection://", "connection://a/b", "connection://me:canary@a"])
def test_what_is_no_connections_id_is_refused_without_being_quoted(
    files: Files, write: Callable[..., Path], url: str
) -> None:
    files["pipeline.json"]["RawDataSources"][0]["TokenFileURL"] = url
    assert of_location(files, write, "TokenFileURL") == [
        "pipeline.json: RawDataSources[0].TokenFileURL: names no Airflow connection; write connection://<its id>"
    ]


def test_a_token_may_be_kept_in_files_stores_and_connections_and_nowhere_else(
    files: Files, write: Callable[..., Path]
) -> None:
    files["pipeline.json"]["RawDataSources"][0]["TokenFileURL"] = "https://store.example/token?canary"
    assert of_location(files, write, "TokenFileURL") == [
        (
            'pipeline.json: RawDataSources[0].TokenFileURL: "https" is no known storage; '
            'write a path, or "file://", "gs://", "connection://"'
        )
    ]


def test_data_cannot_be_kept_in_a_connection(files: Files, write: Callable[..., Path]) -> None:
    files["pipeline.json"]["DataRoot"] = "connection://data"
    assert of_location(files, write, "DataRoot") == [
        'pipeline.json: DataRoot: "connection" is no known storage; write a path, or "file://", "gs://"'
    ]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("connection://dashboard", None),
        ("nowhere.json", 'there is no file "nowhere.json" now: runs do without'),
        (".", '"." is a folder, not a file; name another file'),
        (
            "https://store.example/key",
            '"https" is no known storage; write a path, or "file://", "gs://", "connection://"',
        ),
    ],
)
def test_no_run_is_stopped_by_the_key_of_its_dashboard(
    files: Files, write: Callable[..., Path], url: str, says: str | None
) -> None:
    files["pipeline.json"]["OperationsDashboard"] = {"FirebaseCredentialsFileURL": url}
    found = check(write(files))
    place = "pipeline.json: OperationsDashboard.FirebaseCredentialsFileURL"
    assert found.errors == ()
    told = [str(problem) for problem in found.warnings if "OperationsDashboard" in problem.place]
    assert told == ([f"{place}: {says}"] if says else [])
