"""CSV files with declared columns: what becomes of their rows, and what is set aside."""

import codecs
import gzip
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.errors import DataError
from pipeline_lib.identity.sqlite import SqliteUuidTable, create_uuid_table
from pipeline_lib.model.step_counts import total
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.files.answer_files import AnswerFilesToFetch, fetch_answer_files
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import storage_at

PARTICIPANT = "avf-phone-uuid-00000000-0000-4000-8000-000000000001"
SMS: dict[str, Any] = {
    "Datasets": [{"Name": "show", "FileURLs": ["sms.csv"], "Messages": [{"Column": "SMS", "Field": "water"}]}],
    "Columns": {"Address": "Phone", "Time": "Date"},
    "Country": "SO",
    "Timezone": "Africa/Mogadishu",
}
FORM: dict[str, Any] = {
    "Datasets": [
        {
            "Name": "form",
            "FileURLs": ["form.csv"],
            "Messages": [{"Column": "Biyo?", "Field": "water"}, {"Column": "Caafimaad?", "Field": "health"}],
            "Answers": [{"Column": "Da'da", "Field": "age"}],
        }
    ],
    "Columns": {"Address": "Phone", "Time": "Timestamp", "ID": "Row"},
    "Country": "SO",
    "Timezone": "Africa/Mogadishu",
}


@dataclass
class World:
    folder: Path
    table: SqliteUuidTable
    limit: float = 0.5

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def fetch(self, source: dict[str, Any], run: str = "runs/today") -> FetchResult:
        storage = storage_at((self.folder / "data").as_uri())
        declared = CSVSource.model_validate({"SourceType": "CSV", **source})
        place = "pipeline.json: RawDataSources[0]"
        return fetch_answer_files(
            AnswerFilesToFetch(declared, place, self.table.uuids, storage, self.folder),
            targets=run_targets(storage, run),
            quarantine_share_limit=self.limit,
        )

    def raw_data(self, name: str, run: str = "runs/today") -> list[dict[str, Any]]:
        path = self.folder / f"data/{run}/Raw Data/{name}.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def set_aside(self, name: str) -> list[tuple[int, str]]:
        path = self.folder / f"data/runs/today/Quarantine/{name}.jsonl"
        return [(each["line"], each["reason"]) for each in map(json.loads, path.read_text().splitlines())]

    def uuid_of(self, address: str) -> str:
        return self.table.known([address])[address]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, create_uuid_table(tmp_path / "uuids.sqlite", "TEST", "avf-phone-uuid-"))


def test_a_row_has_the_fields_of_a_flows_result(world: World) -> None:
    world.write("sms.csv", "Date,Phone,SMS\n2025-09-06 13:01,0612345678,biyo ma hayno\n")
    result = world.fetch(SMS)
    (row,) = world.raw_data("show")
    run_id = row.pop("water (Run ID) - show")
    assert row == {
        "avf_phone_id": world.uuid_of("252612345678"),
        "urn_type": "tel",
        "operator_raw": "25261",
        "water (Text) - show": "biyo ma hayno",
        "water (Time) - show": "2025-09-06T10:01:00+00:00",
    }
    assert len(run_id) == 64
    assert [(file.name, file.record_count) for file in result.files] == [("show", 1)]


def test_each_message_of_a_row_is_an_object_and_other_answers_stand_in_the_first(world: World) -> None:
    world.write("form.csv", "Row,Timestamp,Phone,Biyo?,Caafimaad?,Da'da\n7,2025-09-06 13:01,0612345678,a,b,23\n")
    world.fetch(FORM)
    first, second = world.raw_data("form")
    assert (first["water (Text) - form"], first["age (Text) - form"]) == ("a", "23")
    assert "health (Text) - form" not in first
    assert second["health (Text) - form"] == "b"
    assert not {"water (Text) - form", "age (Text) - form"} & second.keys()
    assert (first["water (Run ID) - form"], second["health (Run ID) - form"]) == ("7", "7")


def test_an_empty_cell_is_no_answer_and_a_row_without_answers_is_counted(world: World) -> None:
    rows = "1,2025-09-06 13:01,0612345678, ,,23\n2,2025-09-06 13:02,0612345679,,,\n"
    world.write("form.csv", "Row,Timestamp,Phone,Biyo?,Caafimaad?,Da'da\n" + rows)
    result = world.fetch(FORM)
    (row,) = world.raw_data("form")
    assert "water (Text) - form" not in row
    assert row["age (Text) - form"] == "23"
    assert total(result.counts, measure="submissions_without_answers") == 1


def test_a_dataset_with_answers_alone_is_a_survey_and_comes_behind_activations(world: World) -> None:
    survey = {"Name": "demog", "FileURLs": ["demog.csv"], "Answers": [{"Column": "SMS", "Field": "gender"}]}
    source = CSVSource.model_validate({"SourceType": "CSV", **SMS, "Datasets": [survey, *SMS["Datasets"]]})
    assert (source.activation_names, source.survey_names) == (("show",), ("demog",))
    for name in ("demog.csv", "sms.csv"):
        world.write(name, "Date,Phone,SMS\n2025-09-06 13:01,0612345678,naag\n")
    result = world.fetch({**SMS, "Datasets": [survey, *SMS["Datasets"]]})
    assert [file.name for file in result.files] == ["show", "demog"]
    assert world.raw_data("demog")[0]["gender (Text) - demog"] == "naag"


def test_the_last_row_with_an_id_counts_at_the_place_of_the_first(world: World) -> None:
    form = {**FORM, "Datasets": [{**FORM["Datasets"][0], "FileURLs": ["form.csv", "newer.csv"]}]}
    header = "Row,Timestamp,Phone,Biyo?,Caafimaad?,Da'da\n"
    world.write("form.csv", header + "7,2025-09-06 13:01,0612345678,a,,\n8,2025-09-06 13:02,0612345679,c,,\n")
    world.write("newer.csv", header + "7,2025-09-06 13:01,0612345678,a mended,,\n")
    result = world.fetch(form)
    assert [row["water (Text) - form"] for row in world.raw_data("form")] == ["a mended", "c"]
    assert total(result.counts, measure="rows_of_the_same_submission") == 1


def test_equal_rows_of_one_file_are_several_and_of_two_files_one(world: World) -> None:
    world.write("sms.csv", "Date,Phone,SMS\n" + "2025-09-06 13:01,0612345678,haa\n" * 2)
    world.write("newer.csv", "Date,Phone,SMS\n2025-09-06 13:01,+252612345678,haa\n2025-09-07 08:00,0612345678,haa\n")
    world.fetch({**SMS, "Datasets": [{**SMS["Datasets"][0], "FileURLs": ["sms.csv", "newer.csv"]}]})
    rows = world.raw_data("show")
    assert [row["water (Time) - show"][:16] for row in rows] == ["2025-09-06T10:01"] * 2 + ["2025-09-07T05:00"]
    assert len({row["water (Run ID) - show"] for row in rows}) == 3


def test_an_id_that_may_be_anything_is_hashed(world: World) -> None:
    row = "2025-09-06 13:01,0612345678,a,,\n"
    world.write("form.csv", "Row,Timestamp,Phone,Biyo?,Caafimaad?,Da'da\n" + f"+252612345678,{row}")
    world.fetch(FORM)
    assert "252612345678" not in json.dumps(world.raw_data("form"))


def test_unusable_rows_are_set_aside_by_line_and_reason_and_the_others_are_fetched(world: World) -> None:
    rows = [
        "2025-09-06 13:01,0612345678,fine",
        "06.09.25,0612345678,no format fits",
        "2025-09-06 13:01,,nobody",
        "2025-09-06 13:01,2.52612E+11,rounded",
        ",Amina,nobody's number and no time",
        "2025-09-06 13:01,0612345679,fine, too",
        "2025-09-06 13:01,0612345679,fine",
    ]
    world.limit = 0.8
    world.write("sms.csv", "Date,Phone,SMS\n" + "\n".join(rows))
    result = world.fetch(SMS)
    export = "export the file anew, and have a spreadsheet import its ids as text: of a number it keeps fifteen digits"
    assert world.set_aside("show") == [
        (3, '"Date" is in none of the DateFormats, and has no offset'),
        (4, '"Phone" is empty'),
        (5, f'"Phone" was rounded by a spreadsheet: {export}'),
        (6, '"Phone" is no number, "Date" is empty'),
        (7, "has more columns than the first line: is a text with a comma not quoted?"),
    ]
    assert result.files[0].record_count == 2
    assert sum(result.files[0].quarantined_counts.values()) == 5


def test_local_numbers_need_a_country(world: World) -> None:
    world.limit = 1
    world.write("sms.csv", "Date,Phone,SMS\n2025-09-06 13:01,0612345678,haa\n2025-09-06 13:01,+252612345678,haa\n")
    world.fetch({key: value for key, value in SMS.items() if key != "Country"})
    assert world.set_aside("show") == [(2, '"Phone" is a local number, of a country that nothing tells')]


def test_too_many_unusable_rows_stop_the_fetch_without_their_words(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.limit = 0.1
    world.write("sms.csv", "Date,Phone,SMS\nyesterday,0612345678,secret words\n")
    with pytest.raises(DataError) as raised:
        world.fetch(SMS)
    assert "sms.csv: 1 of its 1 records cannot be used" in str(raised.value)
    for hidden in ("secret", "612345678", "yesterday"):
        assert hidden not in str(raised.value) + caplog.text
    assert not (world.folder / "data/runs").exists()


@pytest.mark.parametrize(
    ("kind", "cell", "address", "urn_type"),
    [
        ("tel", "tel:+252612345678", "252612345678", "tel"),
        ("whatsapp", "252612345678", "252612345678", "whatsapp"),
        ("telegram", "3527065", "telegram-3527065", "telegram"),
        ("tel", '="0612345678"', "252612345678", "tel"),
    ],
)
def test_an_address_is_the_one_that_other_sources_know(
    world: World, kind: str, cell: str, address: str, urn_type: str
) -> None:
    quoted = cell.replace('"', '""')
    world.write("sms.csv", f'Date,Phone,SMS\n2025-09-06 13:01,"{quoted}",haa\n')
    world.fetch({**SMS, "AddressType": kind})
    (row,) = world.raw_data("show")
    assert (row["avf_phone_id"], row["urn_type"]) == (world.uuid_of(address), urn_type)


def test_participant_uuids_stay_as_they_are_and_anything_else_is_set_aside(world: World) -> None:
    world.write("sms.csv", f"Date,Phone,SMS\n2025-09-06 13:01,{PARTICIPANT},haa\n2025-09-06 13:01,0612345678,haa\n")
    world.fetch({**SMS, "AddressType": "participant"})
    (row,) = world.raw_data("show")
    assert row["avf_phone_id"] == PARTICIPANT
    assert "urn_type" not in row
    assert world.set_aside("show") == [(3, '"Phone" is no participant uuid')]


def test_without_a_column_of_addresses_every_row_is_a_participant_of_its_own(world: World) -> None:
    form = {**FORM, "Columns": {"Time": "Timestamp", "ID": "Row"}}
    header = "Row,Timestamp,Biyo?,Caafimaad?,Da'da\n"
    world.write("form.csv", header + "7,2025-09-06 13:01,a,b,\n8,2025-09-06 13:02,c,,\n")
    world.fetch(form)
    people = [row["avf_phone_id"] for row in world.raw_data("form")]
    assert "urn_type" not in world.raw_data("form")[0]
    assert people[0] == people[1] != people[2]
    world.fetch(form, "runs/tomorrow")
    assert [row["avf_phone_id"] for row in world.raw_data("form", "runs/tomorrow")] == people


TEXT = "Date;Phone;SMS\r\n2025-09-06 13:01;0612345678;caaf\u00e9 \u201chaa\u201d\r\n"


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), {}),
        (TEXT.encode("utf-16"), {}),
        (TEXT.replace(";", "\t").encode("utf-16"), {}),
        (TEXT.encode("cp1252"), {"Encoding": "cp1252"}),
        (TEXT.encode(), {"Encoding": "cp1252"}),
        (TEXT.replace(";", "|").encode(), {"Delimiter": "|"}),
        (gzip.compress(TEXT.encode()), {}),
    ],
    ids=["bom", "utf-16", "unicode text", "cp1252", "utf-8 though cp1252 is declared", "bars", "gzip"],
)
def test_files_that_spreadsheets_wrote_are_read(world: World, content: bytes, declared: dict[str, str]) -> None:
    world.write("sms.csv", content)
    world.fetch({**SMS, **declared})
    assert world.raw_data("show")[0]["water (Text) - show"] == "caaf\u00e9 \u201chaa\u201d"


def test_another_encoding_must_be_declared(world: World) -> None:
    world.write("sms.csv", TEXT.encode("cp1252"))
    with pytest.raises(DataError, match=r"sms.csv: line 2: is not UTF-8"):
        world.fetch(SMS)


def test_times_of_google_forms_are_read_in_a_declared_format(world: World) -> None:
    world.write("sms.csv", "Date,Phone,SMS\n2025/09/06 1:01:53 PM GMT+3,0612345678,haa\n")
    world.fetch({**SMS, "DateFormats": ["%Y/%m/%d %I:%M:%S %p GMT+3"]})
    assert world.raw_data("show")[0]["water (Time) - show"] == "2025-09-06T10:01:53+00:00"


def test_a_missing_column_is_named_with_the_nearest(world: World) -> None:
    world.write("sms.csv", "Date,Phone no,SMS\n2025-09-06 13:01,0612345678,haa\n")
    with pytest.raises(DataError) as raised:
        world.fetch(SMS)
    assert str(raised.value).startswith("file:///")
    assert str(raised.value).endswith(
        '/sms.csv: line 1: has no column "Phone" (it has 3 in all, known of them: "Date", "SMS"); '
        'did you mean "Phone no" for "Phone"?'
    )


def test_the_words_of_a_file_without_a_header_are_not_quoted(world: World) -> None:
    world.write("sms.csv", "2025-09-06 13:01,0612345678,Phones\n")
    with pytest.raises(DataError) as raised:
        world.fetch(SMS)
    assert "612345678" not in str(raised.value)
    assert "Phones" not in str(raised.value)


def test_a_renamed_column_may_stand_under_either_title(world: World) -> None:
    messages = [{"Column": "SMS", "Field": "water"}, {"Column": "Message", "Field": "water"}]
    dataset = {"Name": "show", "FileURLs": ["sms.csv", "newer.csv"], "Messages": messages}
    world.write("sms.csv", "Date,Phone,SMS\n2025-09-06 13:01,0612345678,haa\n")
    world.write("newer.csv", "Date,Phone,Message\n2025-09-07 13:01,0612345678,maya\n")
    world.fetch({**SMS, "Datasets": [dataset]})
    assert [row["water (Text) - show"] for row in world.raw_data("show")] == ["haa", "maya"]
    world.write("newer.csv", "Date,Phone\n2025-09-07 13:01,0612345678\n")
    with pytest.raises(DataError, match=r'newer.csv: has none of the columns "SMS", "Message"'):
        world.fetch({**SMS, "Datasets": [dataset]})


def test_messages_of_one_row_have_run_ids_of_their_own(world: World) -> None:
    messages = [{"Column": "SMS", "Field": "water"}, {"Column": "Message", "Field": "water"}]
    world.write("sms.csv", "Date,Phone,SMS,Message,Row\n2025-09-06 13:01,0612345678,haa,maya,7\n")
    dataset = {"Name": "show", "FileURLs": ["sms.csv"], "Messages": messages}
    world.fetch({**SMS, "Datasets": [dataset], "Columns": {**SMS["Columns"], "ID": "Row"}})
    assert [row["water (Run ID) - show"] for row in world.raw_data("show")] == ["7", "7/2"]


def test_columns_may_have_any_title(world: World) -> None:
    messages = [{"Column": title, "Field": f"q{n}"} for n, title in enumerate(("^line$", "*", "line", "fault"))]
    dataset = {"Name": "show", "FileURLs": ["sms.csv"], "Messages": messages}
    world.write("sms.csv", "time,address,^line$,*,line,fault\n2025-09-06 13:01,0612345678,a,b,c,d\n")
    world.fetch({**SMS, "Datasets": [dataset], "Columns": {"Address": "address", "Time": "time"}})
    assert [row.get(f"q{n} (Text) - show") for n, row in enumerate(world.raw_data("show"))] == ["a", "b", "c", "d"]


def test_other_names_of_fields_need_no_other_reading(world: World) -> None:
    world.write("sms.csv", "Date,Phone,SMS\n2025-09-06 13:01,0612345678,haa\n")
    world.fetch(SMS)
    result = world.fetch({**SMS, "Datasets": [{**SMS["Datasets"][0], "Messages": [{"Column": "SMS", "Field": "w"}]}]})
    assert result.files[0].is_unchanged
    assert world.raw_data("show")[0]["w (Text) - show"] == "haa"


def test_a_file_that_is_left_out_counts_as_a_loss(world: World) -> None:
    for number, name in enumerate(("sms.csv", "newer.csv")):
        rows = "".join(f"2025-09-0{n} 13:01,06123456{number}{n},haa\n" for n in range(1, 9) if number or n < 2)
        world.write(name, f"Date,Phone,SMS\n{rows}")
    world.fetch({**SMS, "Datasets": [{**SMS["Datasets"][0], "FileURLs": ["sms.csv", "newer.csv"]}]})
    with pytest.raises(DataError, match=r"Datasets\[0\]: had 9 submissions when it was last read, and has 1 now"):
        world.fetch(SMS)
