"""Each URI of a config is checked for all that can be known without a network: what is refused here fails in a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check
from pipeline_lib.errors import ConfigError
from pipeline_lib.storage import storage_at

Files = dict[str, Any]

BUCKET = (
    "is no name of a bucket; a bucket's name is 3 to 63 lower-case letters, digits, dots, dashes and underscores, "
    "no sign at either end"
)
NAME = (
    "is not a name inside a storage; use a relative path without empty parts, '.', '..', '.versions', '.current.json' "
    "and control characters"
)
LONG = "is longer than any storage takes; shorten the names of its folders and its own"


def errors_of(files: Files, write: Callable[..., Path]) -> list[str]:
    return [str(problem) for problem in check(write(files)).errors]


def _source(files: Files, url: str) -> None:
    files["pipeline.json"]["RawDataSources"][1]["ActivationFlowURLs"] = [url]


def _token(files: Files, url: str) -> None:
    files["pipeline.json"]["RawDataSources"][0]["TokenFileURL"] = url


def _root(files: Files, url: str) -> None:
    files["pipeline.json"]["DataRoot"] = url


def _labels(files: Files, url: str) -> None:
    files["pipeline.json"]["LabelStore"]["DirectoryURL"] = url


def _key(files: Files, url: str) -> None:
    keys = {"PullCredentialsFileURL": url, "PushCredentialsFileURL": "gs://bucket/key.json"}
    files["pipeline.json"]["LabelStore"] = {"StoreType": "Firestore"} | keys


def _boundaries(files: Files, url: str) -> None:
    layer = {"Level": "regions", "FileURL": url, "CodeProperty": "code"}
    files["pipeline.json"]["AutomatedAnalysis"] = {"Boundaries": [layer]}


PLACES = {
    "DataRoot": _root,
    "LabelStore.DirectoryURL": _labels,
    "RawDataSources[1].ActivationFlowURLs[0]": _source,
    "RawDataSources[0].TokenFileURL": _token,
    "LabelStore.PullCredentialsFileURL": _key,
    "AutomatedAnalysis.Boundaries[0].FileURL": _boundaries,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("gs://op/recovered.csv", f'"op" {BUCKET}'),
        ("gs://My-Bucket/recovered.csv", f'"My-Bucket" {BUCKET}'),
        ("GS://my..bucket/recovered.csv", f'"my..bucket" {BUCKET}'),
        ("gs://bucket/a//recovered.csv", NAME),
        ("gs://bucket/../recovered.csv", NAME),
        (f"gs://bucket/{'x' * 2000}.csv", LONG),
        ("file://data/recovered.csv", "does not start at the root of this machine; write file:///… with three slashes"),
        (f"{'x' * 300}.csv", LONG),
        ("gs:/bucket/recovered.csv", "is neither a URL nor a path; write gs://…, or ./gs:… for a path"),
        ("File:/data/recovered.csv", "is neither a URL nor a path; write file://…, or ./File:… for a path"),
    ],
)
def test_what_no_storage_can_be_asked_for_is_refused_wherever_it_stands(
    files: Files, write: Callable[..., Path], place: str, url: str, wrong: str
) -> None:
    PLACES[place](files, url)
    assert f"pipeline.json: {place}: {wrong}" in errors_of(files, write)


@pytest.mark.parametrize("url", ["gs://op", "gs://op/", "gs://My_Bucket", "gs://-bucket"])
def test_a_data_root_without_a_usable_bucket_is_refused_as_a_run_would(
    files: Files, write: Callable[..., Path], url: str
) -> None:
    _root(files, url)
    (wrong,) = errors_of(files, write)
    assert wrong.startswith("pipeline.json: DataRoot: ")
    with pytest.raises(ConfigError) as in_a_run:
        storage_at(f"{url.rstrip('/')}/water")
    assert wrong.partition(": DataRoot: ")[2] in str(in_a_run.value)


def test_a_null_character_is_in_no_path(files: Files, write: Callable[..., Path]) -> None:
    _root(files, "data\0")
    assert errors_of(files, write) == ["pipeline.json: DataRoot: has invisible characters; type it anew"]


@pytest.mark.parametrize(
    ("setting", "problems"),
    [
        ("gs://op", [f'setting PIPELINE_DATA_ROOT: "op" {BUCKET}']),
        ("s3://bucket", ['setting PIPELINE_DATA_ROOT: "s3" is no known storage; write a path, or "file://", "gs://"']),
        ("gs://bucket/data", []),
        ("data", []),
        ("", []),
    ],
)
def test_the_settings_data_root_counts_where_a_config_has_none(
    files: Files, write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, setting: str, problems: list[str]
) -> None:
    monkeypatch.setenv("PIPELINE_DATA_ROOT", setting)
    files["pipeline.json"].pop("DataRoot", None)
    assert errors_of(files, write) == problems
    _root(files, "data")
    assert errors_of(files, write) == []


@pytest.mark.parametrize(
    "url", ["gs://bucket-1/a b/recovered.csv", "file:///data/recovered.csv", "a/../recovered.csv", "./gs:/x.csv"]
)
def test_what_is_well_written_is_left_alone(files: Files, write: Callable[..., Path], url: str) -> None:
    _source(files, url)
    assert errors_of(files, write) == []
