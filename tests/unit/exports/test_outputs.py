"""A project of one episode and one demographic, small enough to write down every output by hand."""

import hashlib
import json
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


@pytest.fixture(params=[True, False], ids=["as predecessor", "corrected"])
def processed(request: pytest.FixtureRequest, tmp_path: Path) -> Processed:
    runs = [
        {"avf_phone_id": who, "E01 (Text) - f": text, "E01 (Time) - f": time, "E01 (Run ID) - f": number}
        for number, (who, text, time) in enumerate(RUNS)
    ]
    answers = [{"avf_phone_id": who, "G (Value) - d": text, "G (Time) - d": time} for who, text, time in GENDERS]
    keys = {
        "avf_phone_id": "uid",
        "E01 (Text) - f": "e01_raw",
        "E01 (Run ID) - f": "e01_run_id",
        "E01 (Time) - f": "sent_on",
        "G (Value) - d": "gender_raw",
        "G (Time) - d": "gender_time",
    }
    remappings = tuple(KeyRemapping(key, field, "(Text)" in key) for key, field in keys.items())
    coda(tmp_path)
    settings = Settings(
        translation=Translation(remappings, (), plans()),
        start=datetime(2021, 9, 1, tzinfo=UTC),
        end=datetime(2100, 1, 1, tzinfo=UTC),
        filter_test_messages=True,
        moves_wrong_scheme=False,
        as_predecessor=request.param,
        quarantine_share_limit=0.01,
        as_of=None,
    )
    files = RawFiles(activations=(lines(tmp_path / "f.jsonl", runs),), surveys=(lines(tmp_path / "d.jsonl", answers),))
    return process(files, tmp_path, settings)


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


def test_messages_csv_lists_messages_by_time_and_stop_for_those_who_withdrew(
    processed: Processed, tmp_path: Path
) -> None:
    assert write_messages_csv(tmp_path / "messages.csv", processed) == 6
    assert (tmp_path / "messages.csv").read_text(encoding="utf-8").splitlines() == [
        "uid,sent_on,consent_withdrawn,e01_water,e01_health,e01_NA,e01_NC,e01_NR,e01_STOP,e01_raw,gender,gender_raw",
        "p2,2021-10-01T03:00:00+03:00,false,1,0,0,0,0,0,Biyo,NA,",
        "p1,2021-10-01T12:00:00+00:00,false,0,0,0,0,1,0,caafimaad,NR,naag",
        'p1,2021-10-02T00:00:00+00:00,false,1,1,0,0,0,0,"biyo, badan",NR,naag',
        "STOP,STOP,true,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP",
        "STOP,STOP,true,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP",
        "p2,2021-10-05T00:00:00+00:00,false,0,0,0,1,0,0,,NA,",
    ]


def test_individuals_csv_folds_everybody_to_one_row(processed: Processed, tmp_path: Path) -> None:
    assert write_individuals_csv(tmp_path / "individuals.csv", processed) == 3
    assert (tmp_path / "individuals.csv").read_text(encoding="utf-8").splitlines() == [
        "uid,consent_withdrawn,e01_water,e01_health,e01_NA,e01_NC,e01_NR,e01_STOP,e01_raw,gender,gender_raw",
        "p2,false,1,0,0,0,0,0,Biyo;,NA,",
        'p1,false,1,1,0,0,1,0,"caafimaad;biyo, badan",NR,naag',
        "STOP,true,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP,STOP",
    ]


def test_production_csv_shows_the_withdrawn_only_as_the_predecessor_did(processed: Processed, tmp_path: Path) -> None:
    write_production_csv(tmp_path / "production.csv", processed)
    withdrawn = ["p3,2021-10-03T00:00:00+00:00,jooji,wiil", "p3,2021-10-04T00:00:00+00:00,Biyo,wiil"]
    assert (tmp_path / "production.csv").read_text(encoding="utf-8").splitlines() == [
        "uid,sent_on,e01_raw,gender_raw",
        "p2,2021-10-01T03:00:00+03:00,Biyo,",
        "p1,2021-10-01T12:00:00+00:00,caafimaad,naag",
        'p1,2021-10-02T00:00:00+00:00,"biyo, badan",naag',
        *(withdrawn if processed.as_predecessor else []),
        "p2,2021-10-05T00:00:00+00:00,,",
    ]


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
            "Origin": {"Name": "Pipeline Auto-Coder", "OriginID": "somali.gender 0.1.0", "OriginType": "External"},
            "SchemeID": "Scheme-gender",
        }
    ]
    assert [message["CreationDateTimeUTC"] for message in gender] == [
        "2021-09-01T00:00:00+00:00",
        *(["2021-09-02T00:00:00.500000+00:00"] if processed.as_predecessor else []),
    ]
    assert counts == {"e01.json": len(texts), "gender.json": len(gender)}


def test_a_sample_holds_every_message_shuffled_where_there_are_few(processed: Processed, tmp_path: Path) -> None:
    counts = write_icr_files(tmp_path, processed, IcrSampling())
    header, *rows = (tmp_path / "e01.csv").read_text(encoding="utf-8").splitlines()
    assert header == "e01_run_id,e01_raw"
    predecessors = {"3,jooji", "4,Biyo", "5,"} if processed.as_predecessor else set()  # who withdrew, and an empty text
    assert set(rows) == {'0,"biyo, badan"', "1,Biyo", "2,caafimaad", *predecessors}
    assert counts == {"e01.csv": len(rows)}
