"""A project of one episode and one demographic, small enough to write down every output by hand."""

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.coda_files import write_coda_files
from pipeline_lib.exports.icr import write_icr_files
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, Dataset, DatasetKind
from pipeline_lib.processing.process import process
from pipeline_lib.processing.processed import Processed
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.translation import KeyRemapping, Translation
from pipeline_lib.sources.files.csv_rows import read_rows
from tests.step_counts import the_count

RUNS = [
    ("p1", "biyo, badan", "2021-10-02T00:00:00+00:00"),
    ("p2", "Biyo", "2021-10-01T03:00:00+03:00"),
    ("p1", "caafimaad", "2021-10-01T12:00:00+00:00"),
    ("p3", "jooji", "2021-10-03T00:00:00+00:00"),
    ("p3", "Biyo", "2021-10-04T00:00:00+00:00"),
    ("p2", "", "2021-10-05T00:00:00+00:00"),
]
GENDERS = [("p1", "naag", "2021-09-01T00:00:00Z"), ("p3", "wiil", "2021-09-02T00:00:00.500000Z")]
LABELS = {
    "biyo, badan": ["e01-water", "e01-health"],
    "Biyo": ["e01-water"],
    "jooji": ["e01-STOP"],
}
NOW = datetime(2021, 11, 12, 6, 30, tzinfo=UTC)


def code_scheme(name: str, *values: str) -> CodeScheme:
    codes = [
        {"CodeID": f"{name}-{v}", "CodeType": "Normal", "StringValue": v, "NumericValue": n, "MatchValues": [v]}
        for n, v in enumerate(values, start=1)
    ] + [
        {"CodeID": f"{name}-{c}", "CodeType": "Control", "ControlCode": c, "StringValue": c, "NumericValue": -n}
        for n, c in enumerate(("NA", "NC", "NR", "STOP"), start=1)
    ]
    return CodeScheme.model_validate({"SchemeID": f"Scheme-{name}", "Name": name, "Version": "1", "Codes": codes})


def plans() -> CodingPlans:
    common: dict[str, Any] = {"message_id_field": None, "ws_code_match_value": None, "imputation": None}
    themes = Coding(
        code_scheme=code_scheme("e01", "water", "health"),
        mode=CodingMode.MULTIPLE,
        coded_field="e01_coded",
        analysis_file_key="e01",
    )
    genders = Coding(
        code_scheme=code_scheme("gender", "man", "woman"),
        mode=CodingMode.SINGLE,
        coded_field="gender_coded",
        analysis_file_key="gender",
        cleaner="somali.gender",
    )
    e01 = Dataset(
        name="e01",
        kind=DatasetKind.RESEARCH_QUESTION,
        raw_field="e01_raw",
        time_field="sent_on",
        run_id_field="e01_run_id",
        coda_filename="e01.json",
        icr_filename="e01.csv",
        codings=(themes,),
        **common,
    )
    gender = Dataset(
        name="gender",
        kind=DatasetKind.DEMOGRAPHIC,
        raw_field="gender_raw",
        time_field="gender_time",
        run_id_field=None,
        coda_filename="gender.json",
        icr_filename=None,
        codings=(genders,),
        **common,
    )
    return CodingPlans(research_questions=(e01,), demographics=(gender,))


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def processed_of(
    folder: Path, sent: list[tuple[str, str, str]], genders: list[tuple[str, str, str]], *, as_predecessor: bool
) -> Processed:
    runs = [
        {"avf_phone_id": who, "E01 (Text) - f": text, "E01 (Time) - f": time, "E01 (Run ID) - f": number}
        for number, (who, text, time) in enumerate(sent)
    ]
    answers = [{"avf_phone_id": who, "G (Value) - d": text, "G (Time) - d": time} for who, text, time in genders]
    keys = {
        "avf_phone_id": "uid",
        "E01 (Text) - f": "e01_raw",
        "E01 (Run ID) - f": "e01_run_id",
        "E01 (Time) - f": "sent_on",
        "G (Value) - d": "gender_raw",
        "G (Time) - d": "gender_time",
    }
    remappings = tuple(KeyRemapping(key, field, "(Text)" in key) for key, field in keys.items())
    coda(folder)
    settings = Settings(
        translation=Translation(remappings, (), plans()),
        start=datetime(2021, 9, 1, tzinfo=UTC),
        end=datetime(2100, 1, 1, tzinfo=UTC),
        filter_test_messages=True,
        moves_wrong_scheme=False,
        as_predecessor=as_predecessor,
        quarantine_share_limit=0.01,
        as_of=None,
    )
    files = RawFiles(activations=(lines(folder / "f.jsonl", runs),), surveys=(lines(folder / "d.jsonl", answers),))
    return process(files, folder, settings)


@pytest.fixture(params=[True, False], ids=["as predecessor", "corrected"])
def processed(request: pytest.FixtureRequest, tmp_path: Path) -> Processed:
    return processed_of(tmp_path, RUNS, GENDERS, as_predecessor=request.param)


def coda(folder: Path) -> None:
    def label(code: str, suffix: str) -> dict[str, Any]:
        return {
            "SchemeID": f"Scheme-e01{suffix}",
            "CodeID": code,
            "Checked": True,
            "DateTimeUTC": "2021-10-09T00:00:00Z",
        }

    messages = [
        {
            "MessageID": hashlib.sha256(text.encode()).hexdigest(),
            "Labels": [label(code, f"-{n}" if n else "") for n, code in reversed(list(enumerate(codes)))],
        }
        for text, codes in LABELS.items()
    ]
    (folder / "e01.json").write_text(json.dumps(messages), encoding="utf-8")


@pytest.mark.parametrize("processed", [False], ids=["corrected"], indirect=True)
def test_messages_csv_lists_messages_by_time_in_utc_without_those_who_withdrew(
    processed: Processed, tmp_path: Path
) -> None:
    assert write_messages_csv(tmp_path / "messages.csv", processed) == 4
    assert the_count(processed.counts, "withdrawn_participants") == 1
    assert the_count(processed.counts, "messages_of_withdrawn_participants") == 2
    assert (tmp_path / "messages.csv").read_text(encoding="utf-8").splitlines() == [
        "uid,sent_on,consent_withdrawn,e01_water,e01_health,e01_NA,e01_NC,e01_NR,e01_STOP,e01_raw,gender,gender_raw",
        "p2,2021-10-01T00:00:00.000000+00:00,false,1,0,0,0,0,0,Biyo,NA,",
        "p1,2021-10-01T12:00:00.000000+00:00,false,0,0,0,0,1,0,caafimaad,NR,naag",
        'p1,2021-10-02T00:00:00.000000+00:00,false,1,1,0,0,0,0,"biyo, badan",NR,naag',
        "p2,2021-10-05T00:00:00.000000+00:00,false,0,0,0,1,0,0,,NA,",
    ]


@pytest.mark.parametrize("processed", [True], ids=["as predecessor"], indirect=True)
def test_messages_csv_shows_the_withdrawn_as_stop_and_times_as_they_came_where_quirks_are_kept(
    processed: Processed, tmp_path: Path
) -> None:
    assert write_messages_csv(tmp_path / "messages.csv", processed) == 6
    assert (tmp_path / "messages.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "p2,2021-10-01T03:00:00+03:00,false,1,0,0,0,0,0,Biyo,NA,",
        "p1,2021-10-01T12:00:00+00:00,false,0,0,0,0,1,0,caafimaad,NR,naag",
        'p1,2021-10-02T00:00:00+00:00,false,1,1,0,0,0,0,"biyo, badan",NR,naag',
        "STOP,STOP,true,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP",
        "STOP,STOP,true,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP",
        "p2,2021-10-05T00:00:00+00:00,false,0,0,0,1,0,0,,NA,",
    ]


def test_individuals_csv_folds_everybody_to_one_row(processed: Processed, tmp_path: Path) -> None:
    stopped = ["STOP,true,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP"] if processed.shows_withdrawn else []
    assert write_individuals_csv(tmp_path / "individuals.csv", processed) == 2 + len(stopped)
    assert (tmp_path / "individuals.csv").read_text(encoding="utf-8").splitlines() == [
        "uid,consent_withdrawn,e01_water,e01_health,e01_NA,e01_NC,e01_NR,e01_STOP,e01_raw,gender,gender_raw",
        "p2,false,1,0,0,0,0,0,Biyo;,NA,",
        'p1,false,1,1,0,0,1,0,"caafimaad;biyo, badan",NR,naag',
        *stopped,
    ]


def test_production_csv_shows_the_withdrawn_only_as_the_predecessor_did(processed: Processed, tmp_path: Path) -> None:
    write_production_csv(tmp_path / "production.csv", processed)
    as_it_came = [
        "uid,sent_on,e01_raw,gender_raw",
        "p2,2021-10-01T03:00:00+03:00,Biyo,",
        "p1,2021-10-01T12:00:00+00:00,caafimaad,naag",
        'p1,2021-10-02T00:00:00+00:00,"biyo, badan",naag',
        "p3,2021-10-03T00:00:00+00:00,jooji,wiil",
        "p3,2021-10-04T00:00:00+00:00,Biyo,wiil",
        "p2,2021-10-05T00:00:00+00:00,,",
    ]
    corrected = [
        "uid,sent_on,e01_raw,gender_raw",
        "p2,2021-10-01T00:00:00.000000+00:00,Biyo,",
        "p1,2021-10-01T12:00:00.000000+00:00,caafimaad,naag",
        'p1,2021-10-02T00:00:00.000000+00:00,"biyo, badan",naag',
        "p2,2021-10-05T00:00:00.000000+00:00,,",
    ]
    expected = as_it_came if processed.as_predecessor else corrected
    assert (tmp_path / "production.csv").read_text(encoding="utf-8").splitlines() == expected


def test_a_coda_file_holds_each_text_once_by_its_oldest_time_and_suggests_codes(
    processed: Processed, tmp_path: Path
) -> None:
    counts = write_coda_files(tmp_path, processed, NOW)
    e01 = json.loads((tmp_path / "e01.json").read_text(encoding="ascii"))
    texts = ["Biyo", "caafimaad", "biyo, badan", *(["jooji"] if processed.as_predecessor else [])]
    assert [message["Text"] for message in e01] == texts
    assert e01[0] == {
        "CreationDateTimeUTC": "2021-10-01T00:00:00+00:00",
        "Labels": [],
        "MessageID": "c7c175ff3a62436043fdecb549a29240902f6bd8647ce1a11401c32ed28f6fe9",
        "Text": "Biyo",
    }
    gender = json.loads((tmp_path / "gender.json").read_text(encoding="ascii"))
    assert gender[0]["Labels"] == [
        {
            "Checked": False,
            "CodeID": "gender-woman",
            "DateTimeUTC": "2021-11-12T06:30:00.000000+00:00",
            "Origin": {"Name": "Pipeline Auto-Coder", "OriginID": "somali.gender 0.2.0", "OriginType": "External"},
            "SchemeID": "Scheme-gender",
        }
    ]
    assert [message["CreationDateTimeUTC"] for message in gender] == [
        "2021-09-01T00:00:00+00:00",
        *(["2021-09-02T00:00:00.500000+00:00"] if processed.as_predecessor else []),
    ]
    assert counts == {"e01.json": len(texts), "gender.json": len(gender)}


def test_a_sample_of_a_dataset_without_run_ids_has_none(processed: Processed, tmp_path: Path) -> None:
    (e01,) = processed.for_icr
    without = replace(e01, dataset=replace(e01.dataset, run_id_field=None))
    write_icr_files(tmp_path, replace(processed, for_icr=(without,)), IcrSampling())
    with (tmp_path / "e01.csv").open(encoding="utf-8", newline="") as file:
        assert {row["run_id"] for row in csv.DictReader(file)} == {""}


def test_a_sample_holds_every_message_shuffled_where_there_are_few(processed: Processed, tmp_path: Path) -> None:
    counts = write_icr_files(tmp_path, processed, IcrSampling())
    header, *rows = (tmp_path / "e01.csv").read_text(encoding="utf-8").splitlines()
    if processed.as_predecessor:  # with who withdrew, and an empty text
        assert header == "e01_run_id,e01_raw"
        assert set(rows) == {'0,"biyo, badan"', "1,Biyo", "2,caafimaad", "3,jooji", "4,Biyo", "5,"}
    else:
        assert header == "e01_run_id,message_id,e01_raw"
        assert set(rows) == {
            '0,1f80098ae653611ded2b5b260056625a300db6e7ba23fc1cc3b3d9e6ff50640f,"biyo, badan"',
            "1,c7c175ff3a62436043fdecb549a29240902f6bd8647ce1a11401c32ed28f6fe9,Biyo",
            "2,0a9874cbdd1d633e401e4b5dd5d884f11f94baaf295319cad2c660649086bbbd,caafimaad",
        }
    assert counts == {"e01.csv": len(rows)}


WORDS = [
    ("p1", "=1+1", "naag"),
    ("p2", "waa\x00 biyo", "+25"),
    ("p3", "-", "\u0085naag"),
    ("p4", "'=", "wiil"),
    ("p5", "\tbiyo", "'wiil"),
]


@pytest.fixture
def words(tmp_path: Path) -> Processed:
    """What would be a formula to a spreadsheet, or would end for a reader of a CSV."""
    times = [f"2021-10-0{number}T00:00:00+00:00" for number in range(1, 9)]
    runs = [(who, text, time) for (who, text, _), time in zip(WORDS, times, strict=False)]
    return processed_of(tmp_path, runs, [(who, answer, times[0]) for who, _, answer in WORDS], as_predecessor=False)


def test_what_would_end_a_text_for_its_reader_is_a_replacement_character_and_counted(
    words: Processed, tmp_path: Path
) -> None:
    assert the_count(words.counts, "texts_with_control_characters") == 2
    write_messages_csv(tmp_path / "messages.csv", words)
    write_individuals_csv(tmp_path / "individuals.csv", words)
    for name in ("messages.csv", "individuals.csv"):
        rows = [line.split(",") for line in (tmp_path / name).read_bytes().decode().split("\n")[1:-1]]
        assert [row[-3] for row in rows] == ["=1+1", "waa\ufffd biyo", "-", "'=", "\tbiyo"]
        assert [row[-1] for row in rows] == ["naag", "+25", "\ufffdnaag", "wiil", "'wiil"]


@pytest.mark.parametrize("write", [write_production_csv, write_messages_csv, write_individuals_csv])
def test_in_a_file_for_spreadsheets_no_cell_is_a_formula_and_its_encoding_is_told(
    write: Callable[..., int], words: Processed, tmp_path: Path
) -> None:
    write(tmp_path / "out.csv", words, are_guarded=True)
    content = (tmp_path / "out.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfuid,")
    rows = [line.split(",") for line in content.decode("utf-8-sig").split("\n")[1:-1]]
    texts = [row[-2] if write is write_production_csv else row[-3] for row in rows]
    assert texts == ["'=1+1", "waa\ufffd biyo", "'-", "''=", "'\tbiyo"]
    assert [row[-1] for row in rows] == ["naag", "'+25", "\ufffdnaag", "wiil", "'wiil"]


def test_what_is_guarded_in_our_csvs_is_itself_again_where_we_read_it(words: Processed, tmp_path: Path) -> None:
    write_production_csv(tmp_path / "production.csv", words, are_guarded=True)
    rows, misshapen = read_rows((tmp_path / "production.csv").read_bytes(), "production.csv", ["e01_raw", "gender_raw"])
    assert rows["e01_raw"].to_list() == ["=1+1", "waa\ufffd biyo", "-", "'=", "\tbiyo"]
    assert rows["gender_raw"].to_list() == ["naag", "+25", "\ufffdnaag", "wiil", "'wiil"]
    assert misshapen == []


def test_a_sample_for_spreadsheets_has_no_formula_either(words: Processed, tmp_path: Path) -> None:
    write_icr_files(tmp_path, words, IcrSampling(), are_guarded=True)
    content = (tmp_path / "e01.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfe01_run_id,message_id,e01_raw\n")
    texts = {line.split(",")[-1] for line in content.decode().split("\n")[1:-1]}
    assert texts == {"'=1+1", "waa\ufffd biyo", "'-", "''=", "'\tbiyo"}
