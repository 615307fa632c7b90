import gzip
import json
from pathlib import Path

import pytest

from pipeline_lib.config.sources import GCloudBucketSource, RecoveryCSVSource
from pipeline_lib.errors import ConfigError, DataError
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.files.fetch import fetch_source
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import storage_at

HEADER = "Sender,Message,ReceivedOn\n"
GOOD = "avf-phone-uuid-00000000-0000-4000-8000-000000000001,haa,22/09/2021 09:42\n"
BAD = "0610000001,secret words,22/09/2021 09:42\n"


def recovery(*activations: str, surveys: tuple[str, ...] = (), **parameters: object) -> RecoveryCSVSource:
    return RecoveryCSVSource.model_validate(
        {
            "SourceType": "RecoveryCSV",
            "ActivationFlowURLs": activations,
            "SurveyFlowURLs": surveys,
            **parameters,
        }
    )


def fetch(source: object, folder: Path, *, limit: float = 0.01, counts_rows_twice: bool = False) -> FetchResult:
    storage = storage_at((folder / "data").as_uri())
    return fetch_source(
        source,  # type: ignore[arg-type]
        storage=storage,
        config_folder=folder,
        targets=run_targets(storage, "runs/today"),
        quarantine_share_limit=limit,
        counts_rows_twice=counts_rows_twice,
    )


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return name


def test_activations_come_first_and_then_surveys_each_under_its_name(tmp_path: Path) -> None:
    activation = write(tmp_path, "s01e01.recovered.csv", HEADER + GOOD)
    survey = write(tmp_path, "demog.csv", HEADER + GOOD * 2)
    result = fetch(recovery(activation, surveys=(survey,)), tmp_path)
    assert [(file.name, file.record_count, file.is_unchanged) for file in result.files] == [
        ("s01e01", 1, False),
        ("demog", 2, False),
    ]
    published = tmp_path / "data/runs/today/Raw Data"
    assert result.uris == {
        "s01e01": (published / "s01e01.jsonl").as_uri(),
        "demog": (published / "demog.jsonl").as_uri(),
    }
    first = json.loads((published / "demog.jsonl").read_text().splitlines()[0])
    assert first["message - demog"] == "haa"


def test_urls_and_absolute_paths_lead_to_files_too(tmp_path: Path) -> None:
    write(tmp_path, "a b.csv", HEADER + GOOD)
    write(tmp_path, "c.csv", HEADER + GOOD.replace("haa", "maya"))
    result = fetch(recovery((tmp_path / "a b.csv").as_uri(), str(tmp_path / "c.csv")), tmp_path)
    assert [file.record_count for file in result.files] == [1, 1]


def test_changed_settings_read_an_unchanged_file_anew(tmp_path: Path) -> None:
    name = write(tmp_path, "a.csv", HEADER + GOOD)
    fetch(recovery(name), tmp_path)
    result = fetch(recovery(name, Timezone="UTC"), tmp_path)
    assert not result.files[0].is_unchanged
    published = json.loads((tmp_path / "data/runs/today/Raw Data/a.jsonl").read_text())
    assert published["received_on"] == "2021-09-22T09:42:00+00:00"


def test_too_many_bad_rows_fail_the_fetch_with_every_one_listed(tmp_path: Path) -> None:
    name, there = write(tmp_path, "a.csv", HEADER + GOOD + BAD + GOOD + BAD), tmp_path.as_uri()
    with pytest.raises(DataError) as raised:
        fetch(recovery(name), tmp_path)
    assert str(raised.value).split("\n") == [
        (
            f"{there}/a.csv: 2 of its 4 records cannot be used; correct them; "
            "at most 1.0% may be set aside (QuarantineShareLimit)"
        ),
        f'{there}/a.csv: line 3: Sender does not begin with "avf-phone-uuid-"',
        f'{there}/a.csv: line 5: Sender does not begin with "avf-phone-uuid-"',
    ]


def test_few_bad_rows_are_set_aside_with_line_and_reason_and_stay_so(tmp_path: Path) -> None:
    name = write(tmp_path, "a.csv", HEADER + GOOD * 99 + BAD)
    for is_unchanged in (False, True):
        (file,) = fetch(recovery(name), tmp_path).files
        assert (file.record_count, file.is_unchanged) == (99, is_unchanged)
        assert file.quarantined_counts == {'Sender does not begin with "avf-phone-uuid-"': 1}
    quarantine = (tmp_path / "data/runs/today/Quarantine/a.jsonl").read_text()
    assert json.loads(quarantine) == {
        "file": "a.csv",
        "line": 101,
        "reason": 'Sender does not begin with "avf-phone-uuid-"',
    }


def test_a_stricter_limit_holds_for_what_was_fetched_before(tmp_path: Path) -> None:
    name = write(tmp_path, "a.csv", HEADER + GOOD * 99 + BAD)
    fetch(recovery(name), tmp_path)
    with pytest.raises(DataError, match=r"1 of its 100 records cannot be used; correct them; at most 0.0% may"):
        fetch(recovery(name), tmp_path, limit=0)


def test_a_corrected_file_leaves_nothing_in_the_runs_quarantine(tmp_path: Path) -> None:
    name = write(tmp_path, "a.csv", HEADER + GOOD * 99 + BAD)
    fetch(recovery(name), tmp_path)
    write(tmp_path, "a.csv", HEADER + GOOD * 100)
    (file,) = fetch(recovery(name), tmp_path).files
    assert file.quarantined_counts == {}
    assert (tmp_path / "data/runs/today/Quarantine/a.jsonl").read_text() == ""


def test_a_file_without_bad_rows_has_no_quarantine(tmp_path: Path) -> None:
    fetch(recovery(write(tmp_path, "a.csv", HEADER)), tmp_path)
    assert not (tmp_path / "data/runs/today/Quarantine").exists()


def test_the_problems_of_all_files_are_told_at_once_and_nothing_is_published(tmp_path: Path) -> None:
    names = [write(tmp_path, "a.csv", "x\n"), write(tmp_path, "b.csv", HEADER + GOOD), write(tmp_path, "c.csv", "")]
    with pytest.raises(DataError) as raised:
        fetch(recovery(*names, "d.csv"), tmp_path)
    assert [problem.place.rsplit("/", 1)[-1] for problem in raised.value.problems] == [
        "a.csv: line 1",
        "c.csv",
        "d.csv",
    ]
    assert not (tmp_path / "data/runs").exists()


def test_two_files_cannot_share_a_name_and_none_can_have_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        fetch(recovery("a/x.first.csv", ".csv", surveys=("b/x.csv",)), tmp_path)
    assert str(raised.value).split("\n") == [
        'x.first.csv: would give its data the name "x"; give every file a different name before its first dot',
        '.csv: would give its data the name ""; give the file a name before its first dot',
        'x.csv: would give its data the name "x"; give every file a different name before its first dot',
    ]


@pytest.mark.parametrize(
    ("counts_rows_twice", "record_counts", "counts"),
    [(False, [3, 1, 3], {"second.jsonl: duplicate rows": 2}), (True, [3, 3, 3], {})],
)
def test_a_row_of_two_recovery_files_is_one_and_two_equal_rows_of_one_file_are_two(
    tmp_path: Path, *, counts_rows_twice: bool, record_counts: list[int], counts: dict[str, int]
) -> None:
    other, third = GOOD.replace("haa", "maya"), GOOD.replace("haa", "maybe")
    first = write(tmp_path, "first.csv", HEADER + GOOD * 2 + other)
    second = write(tmp_path, "second.csv", HEADER + third + other + GOOD)
    survey = write(tmp_path, "demog.csv", HEADER + GOOD * 2 + other)
    result = fetch(recovery(first, second, surveys=(survey,)), tmp_path, counts_rows_twice=counts_rows_twice)
    assert [file.record_count for file in result.files] == record_counts
    assert in_words(result.counts) == counts
    texts = [
        json.loads(line)["message"]
        for name in ("first", "second")
        for line in (tmp_path / f"data/runs/today/Raw Data/{name}.jsonl").read_text().splitlines()
    ]
    assert texts.count("haa") == (3 if counts_rows_twice else 2)
    assert texts.count("maybe") == 1


def bucket(*activations: str) -> GCloudBucketSource:
    return GCloudBucketSource.model_validate(
        {"SourceType": "GCloudBucket", "ActivationFlowURLs": activations, "KeepFields": ["text"]}
    )


WHO = "avf-phone-uuid-00000000-0000-4000-8000-000000000001"
LINE = f'{{"avf_phone_id": "{WHO}", "text": "haa"}}\n'


def test_few_unusable_lines_of_a_buckets_file_are_set_aside_and_the_others_are_as_if_alone(tmp_path: Path) -> None:
    name = write(tmp_path, "a.jsonl", LINE * 199 + '{"text": "secret wor\n')
    result = fetch(bucket(name), tmp_path)
    assert (tmp_path / "data/runs/today/Raw Data/a.jsonl").read_text() == LINE * 199
    assert result.files[0].quarantined_counts == {"is not complete JSON": 1}
    assert (tmp_path / "data/runs/today/Quarantine/a.jsonl").read_text() == (
        '{"file": "a.jsonl", "line": 200, "reason": "is not complete JSON"}\n'
    )


def test_too_many_unusable_lines_of_a_buckets_file_stop_it_and_the_advice_says_how_many_may_be(tmp_path: Path) -> None:
    name = write(tmp_path, "a.jsonl", LINE * 2 + "secret\n")
    with pytest.raises(DataError) as raised:
        fetch(bucket(name), tmp_path)
    assert str(raised.value).split("\n") == [
        (
            f"{tmp_path.as_uri()}/a.jsonl: 1 of its 3 records cannot be used; "
            "correct them; at most 1.0% may be set aside (QuarantineShareLimit)"
        ),
        f"{tmp_path.as_uri()}/a.jsonl: line 3: is not complete JSON",
    ]


def test_a_buckets_file_with_an_address_is_stopped_whatever_share_may_be_set_aside(tmp_path: Path) -> None:
    name = write(tmp_path, "a.jsonl", LINE * 9 + '{"avf_phone_id": "tel:+252612345678"}\n')
    with pytest.raises(DataError) as raised:
        fetch(bucket(name), tmp_path, limit=1.0)
    assert str(raised.value) == (
        f'{tmp_path.as_uri()}/a.jsonl: line 10: is not de-identified: "avf_phone_id" is no participant uuid'
    )


def test_what_was_mended_is_counted_by_kind_also_when_nothing_has_changed(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(
        LINE.replace("haa", "biyo \\ud83d").encode() + LINE.replace('"haa"', "NaN").encode()
    )
    (tmp_path / "b.csv").write_bytes(
        (HEADER + GOOD).replace("haa", "biyo CUT").encode().replace(b"CUT", b"\xed\xa0\xbd")
    )
    for _ in range(2):
        of_bucket, of_csv = fetch(bucket("a.jsonl"), tmp_path), fetch(recovery("b.csv"), tmp_path)
        assert (of_bucket.files[0].replaced_count, in_words(of_bucket.counts)) == (1, {"a.jsonl: nan values": 1})
        assert (of_csv.files[0].replaced_count, of_csv.counts) == (1, ())
    assert json.loads((tmp_path / "data/runs/today/Raw Data/b.jsonl").read_text())["message"] == "biyo \ufffd"


def test_files_that_gzip_has_compressed_are_read_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(gzip.compress(LINE.encode(), mtime=0))
    (tmp_path / "b.csv").write_bytes(gzip.compress((HEADER + GOOD).encode(), mtime=0))
    assert fetch(bucket("a.jsonl"), tmp_path).files[0].record_count == 1
    assert fetch(recovery("b.csv"), tmp_path).files[0].record_count == 1
    assert (tmp_path / "data/runs/today/Raw Data/a.jsonl").read_text() == LINE
