import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, SecretStr

from pipeline_lib.cli import main
from pipeline_lib.config import check
from pipeline_lib.config.model_introspection import members_of
from pipeline_lib.config.pipeline import PipelineConfig

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
            "pipeline.json: RawDataSources[0].TokenFileURL: names no known storage; "
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
        (
            "nowhere.json",
            (
                "there is no such file now: runs do without; name a file that holds the secret; never write the "
                "secret itself into a config"
            ),
        ),
        (".", "is a folder, not a file; name another file"),
        (
            "https://store.example/key",
            'names no known storage; write a path, or "file://", "gs://", "connection://"',
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


def models_below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    stack = [field.annotation for field in model.model_fields.values()]
    while stack:
        for _, member in members_of(stack.pop()):
            if isinstance(member, type) and issubclass(member, BaseModel):
                yield from models_below(member)
            stack.extend(argument for argument in get_args(member) if argument is not Ellipsis)


def test_every_field_of_a_token_or_of_credentials_is_of_a_type_that_is_not_told() -> None:
    fields = {
        (model.__name__, field.alias): field.annotation
        for model in models_below(PipelineConfig)
        for name, field in model.model_fields.items()
        if re.search("token|credential|secret|password", name)
    }
    assert sorted(fields) == [
        ("DriveUpload", "DriveCredentialsFileURL"),
        ("FacebookSource", "TokenFileURL"),
        ("FirestoreLabelStore", "PullCredentialsFileURL"),
        ("FirestoreLabelStore", "PushCredentialsFileURL"),
        ("FirestoreUuidTable", "FirebaseCredentialsFileURL"),
        ("KoboToolboxSource", "TokenFileURL"),
        ("OperationsDashboard", "FirebaseCredentialsFileURL"),
        ("RapidProSource", "TokenFileURL"),
    ]
    assert set(fields.values()) == {SecretStr}


PASTED = [
    "canary5a4db0c5",
    "canary/5a4d/b0c5",
    "canary://5a4db0c5",
    "canary\u200b5a4db0c5",
    " canary 5a4db0c5",
    "EAAcanary" * 60,
    '{"private_key": "canary"}',
]


@pytest.mark.parametrize("pasted", PASTED)
def test_what_is_pasted_instead_of_its_files_name_is_never_told(
    files: Files, write: Callable[..., Path], pasted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = files["pipeline.json"]
    config["RawDataSources"] += [
        config["RawDataSources"][0] | {"TokenFileURL": pasted, "SurveyFlowNames": [], "ActivationFlowNames": ["more"]},
        {
            "SourceType": "Facebook",
            "PageID": "1",
            "TokenFileURL": pasted,
            "Datasets": [{"Name": "f", "PostIDs": ["1_2"]}],
        },
    ]
    config["UUIDTable"] = {"FirebaseCredentialsFileURL": pasted, "TableName": "water"}
    config["LabelStore"] = {
        "StoreType": "Firestore",
        "PullCredentialsFileURL": pasted,
        "PushCredentialsFileURL": pasted,
    }
    config["OperationsDashboard"] = {"FirebaseCredentialsFileURL": pasted}
    config["DriveUpload"] = {"DriveCredentialsFileURL": pasted, "ProductionUploadPath": "a/b.csv"}
    path = write(files)
    main(["validate", str(path)])
    told = capsys.readouterr()
    assert "canary" not in told.out + told.err
    assert told.out.count("FileURL") == 7
    assert "canary" not in repr(check(path).reading.config.model)
