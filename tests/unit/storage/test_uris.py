from pathlib import Path

import pytest

from pipeline_lib.errors import ConfigError
from pipeline_lib.storage import MissingArtifactError, as_uri, fingerprint, located, read_uri, storage_at


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("gs://bucket/Raw Data/50%.jsonl", "gs://bucket/Raw Data/50%.jsonl"),
        ("memory://demo", "memory://demo"),
        ("file:///data/Raw%20Data", "file:///data/Raw%20Data"),
        ("/data/Raw Data/50%.csv", "file:///data/Raw%20Data/50%25.csv"),
        ("recovery/a.csv", "file:///configs/my%20demo/recovery/a.csv"),
        ("../shared/./a.csv", "file:///configs/shared/a.csv"),
        (".", "file:///configs/my%20demo"),
        ("data/", "file:///configs/my%20demo/data"),
    ],
)
def test_a_location_in_a_config_becomes_a_uri(text: str, uri: str) -> None:
    assert as_uri(text, Path("/configs/my demo")) == uri


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "location: is empty; write a URI or a path"),
        ("s3://b/a", 's3://b/a: there is no storage for "s3" yet; use "file://", "gs://", "memory://"'),
    ],
)
def test_a_location_that_is_none_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        as_uri(text, Path("/configs"))
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("s3://b/demo", 's3://b/demo: there is no storage for "s3" yet; use "file://", "gs://", "memory://"'),
        ("/data/demo", '/data/demo: is not a URI; start it with "file://", "gs://", "memory://"'),
        (
            "file://data/demo",
            "file://data/demo: does not start at the root of this machine; write file:///… with three slashes",
        ),
        ("memory:///", "memory:///: names no place; write memory://<name>"),
        ("gs://", "gs://: names no place; write gs://<name>"),
        (
            "gs://My Bucket/demo",
            (
                'gs://My Bucket/demo: "My Bucket" is no name of a bucket; '
                "a bucket's name is 3 to 63 lower-case letters, digits, dots, dashes and underscores, "
                "no sign at either end"
            ),
        ),
        (
            "gs://bucket/a//b",
            (
                "storage name 'a//b': is not a name inside a storage; use a relative path without empty parts, "
                "'.', '..', '.versions', '.current.json' and control characters"
            ),
        ),
    ],
)
def test_a_uri_without_a_storage_is_refused(uri: str, problem: str) -> None:
    with pytest.raises(ConfigError) as raised:
        storage_at(uri)
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("file:///data/Raw%20Data/", "file:///data/Raw%20Data"),
        ("file:///data/Raw Data", "file:///data/Raw%20Data"),
        ("file://localhost/data", "file:///data"),
        ("FILE:///data/../srv", "file:///srv"),
        ("memory://demo/runs/", "memory://demo/runs"),
    ],
)
def test_a_storages_uri_has_one_spelling(written: str, uri: str) -> None:
    assert storage_at(written).uri == uri
    assert storage_at(uri).uri == uri


@pytest.mark.parametrize(
    ("written", "uri"),
    [
        ("gs://bucket/Raw Data/50%#1?/", "gs://bucket/Raw Data/50%#1?"),
        ("GS://bucket", "gs://bucket"),
        ("gs://my.bucket-1_x/demo", "gs://my.bucket-1_x/demo"),
    ],
)
@pytest.mark.usefixtures("gcs_bucket")
def test_a_place_on_cloud_storage_has_one_spelling(written: str, uri: str) -> None:
    assert storage_at(written).uri == uri
    assert storage_at(uri).uri == uri


@pytest.mark.usefixtures("gcs_bucket")
@pytest.mark.parametrize("uri", ["file:///", "memory://demo", "gs://bucket", "gs://bucket/"])
def test_a_whole_storage_is_no_file_or_folder(uri: str) -> None:
    with pytest.raises(ConfigError, match="names no file or folder"):
        located(uri)


@pytest.mark.usefixtures("gcs_bucket")
def test_a_uri_is_found_by_its_storage_and_name() -> None:
    assert located("file:///data/Raw%20Data/a.jsonl").name == "data/Raw Data/a.jsonl"
    assert located("memory://demo/Raw Data/a.jsonl").name == "Raw Data/a.jsonl"
    assert located("memory://demo/Raw Data/a.jsonl").storage.uri == "memory://demo"
    assert located("gs://bucket/Raw Data/a.jsonl").name == "Raw Data/a.jsonl"
    assert located("gs://bucket/Raw Data/a.jsonl").storage.uri == "gs://bucket"


def test_a_persons_own_file_is_read_by_its_uri_and_nothing_is_put_beside_it(tmp_path: Path) -> None:
    (tmp_path / "my file.csv").write_bytes(b"1")
    uri = (tmp_path / "my file.csv").as_uri()

    assert read_uri(uri) == b"1"
    assert fingerprint(uri) == "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    assert [path.name for path in tmp_path.iterdir()] == ["my file.csv"]


def test_a_folder_is_not_read_as_a_file(tmp_path: Path) -> None:
    with pytest.raises(MissingArtifactError, match="there is no such file"):
        read_uri(tmp_path.as_uri())
