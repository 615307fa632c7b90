import pytest

from pipeline_lib.model.uris import (
    bucket_and_name,
    is_too_long,
    path_or_uri,
    split_uri,
    unquoted_path,
    wrong_with_bucket,
    wrong_with_name,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("gs://bucket/Raw Data/x.jsonl", ("gs", "bucket/Raw Data/x.jsonl")),
        ("GS://bucket", ("gs", "bucket")),
        ("file:///data/%41", ("file", "/data/%41")),
        ("x+y.z-1://a\nb", ("x+y.z-1", "a\nb")),
        ("memory://", ("memory", "")),
        ("data/x.jsonl", None),
        ("gs:/bucket", None),
        ("1s://bucket", None),
        ("", None),
    ],
)
def test_a_uri_is_its_scheme_and_the_rest(text: str, parts: tuple[str, str] | None) -> None:
    assert split_uri(text) == parts


@pytest.mark.parametrize(
    ("rest", "path"),
    [("/data/%41 b", "/data/A b"), ("localhost/data", "/data"), ("server/data", "server/data"), ("", "")],
)
def test_a_file_uris_path_is_decoded_and_this_machines_name_is_none(rest: str, path: str) -> None:
    assert unquoted_path(rest) == path


@pytest.mark.parametrize(
    ("uri", "place"),
    [("file:///data/a%20b", "/data/a b"), ("gs://bucket/a%20b", "gs://bucket/a%20b"), ("data/a%20b", "data/a%20b")],
)
def test_people_read_a_file_uri_as_its_path_and_any_other_as_it_is(uri: str, place: str) -> None:
    assert path_or_uri(uri) == place


@pytest.mark.parametrize(
    ("rest", "parts"),
    [
        ("bucket/a/b", ("bucket", "a/b")),
        ("bucket/", ("bucket", "")),
        ("/bucket/a/", ("bucket", "a")),
        ("", ("", "")),
    ],
)
def test_an_object_is_a_bucket_and_a_name(rest: str, parts: tuple[str, str]) -> None:
    assert bucket_and_name(rest) == parts


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("avf-coda", True),
        ("avf_pipeline.2026", True),
        ("a" * 63, True),
        ("abc", True),
        ("data.africas-voices.org", True),
        (f"{'a' * 63}.{'b' * 63}", True),
        ("op", False),
        ("a" * 64, False),
        (f"{'a' * 64}.org", False),
        ("My-bucket", False),
        ("my bucket", False),
        ("-bucket", False),
        ("bucket_", False),
        ("my..bucket", False),
        ("192.168.5.4", False),
        ("goog-data", False),
        ("my-google-data", False),
        ("g00gle-archives", False),
        ("radio-goog", True),
        ("2026-archives", True),
        ("avf.-archives", False),
        ("avf\ud800", False),
        ("b\u00fccket", False),
        ("bucket\n", False),
        ("", False),
    ],
)
def test_a_buckets_name_is_what_google_allows(name: str, is_one: bool) -> None:
    assert (wrong_with_bucket(name) is None) is is_one


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Raw Data/x.jsonl", True),
        ("a//b", False),
        ("/a", False),
        ("a/../b", False),
        ("a/.versions/b", False),
        ("a\nb", False),
    ],
)
def test_a_name_inside_a_storage_leads_nowhere_else(name: str, is_one: bool) -> None:
    assert (wrong_with_name(name) is None) is is_one


@pytest.mark.parametrize(
    ("name", "is_so"),
    [("a" * 255, False), ("a" * 256, True), ("\u00e9" * 128, True), ("/".join(["a" * 200] * 6), True), ("a/b", False)],
)
def test_names_are_measured_in_bytes(name: str, is_so: bool) -> None:
    assert is_too_long(name) is is_so
