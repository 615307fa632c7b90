import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline_lib.config.sources import DATE_FORMATS
from pipeline_lib.errors import ConfigError, DataError
from pipeline_lib.sources.base import BadLine, Converted, SourceFile
from pipeline_lib.sources.files.recovery_csv import RecoveryCSVConverter

ACTIVATION = SourceFile("golis_s01e01", "files/golis_s01e01.de_identified.csv", is_survey=False)
SURVEY = SourceFile("golis_demog", "files/golis_demog.csv", is_survey=True)
AMINA = "avf-phone-uuid-11111111-aaaa-4000-8000-000000000001"
HODAN = "avf-phone-uuid-22222222-bbbb-4000-8000-000000000002"


def convert(rows: str, file: SourceFile = ACTIVATION, *, timezone: str = "Africa/Mogadishu") -> Converted:
    converter = RecoveryCSVConverter(DATE_FORMATS, timezone, "avf-phone-uuid-")
    return converter.convert(f"Sender,Message,ReceivedOn\n{rows}".encode(), file)


def records(converted: Converted) -> list[dict[str, Any]]:
    return [json.loads(line) for line in converted.content.splitlines()]


def run_ids(rows: str) -> list[str]:
    return [record["run_id"] for record in records(convert(rows))]


def test_a_row_becomes_what_the_predecessors_fetch_had_written() -> None:
    converted = convert(f"{AMINA},waa nabad,22/09/2021 09:42:53\n")
    row = {"Sender": AMINA, "Message": "waa nabad", "ReceivedOn": "22/09/2021 09:42:53"}
    assert records(converted) == [
        {
            "avf_phone_id": AMINA,
            "message": "waa nabad",
            "received_on": "2021-09-22T09:42:53+03:00",
            "run_id": hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest(),
            "urn_type": "tel",
        }
    ]
    assert (converted.record_count, converted.quarantined) == (1, ())


def test_a_surveys_fields_carry_its_name() -> None:
    (record,) = records(convert(f"{AMINA},naag,22/09/2021 09:42\n", SURVEY))
    assert list(record) == [
        "avf_phone_id",
        "message - golis_demog",
        "received_on - golis_demog",
        "run_id - golis_demog",
        "urn_type",
    ]
    assert record["message - golis_demog"] == "naag"


def test_equal_rows_stay_apart() -> None:
    ids = run_ids(f"{AMINA},haa,22/09/2021 09:42\n{HODAN},haa,22/09/2021 09:42\n{AMINA},haa,22/09/2021 09:42\n" * 2)
    assert len(set(ids)) == 6


def test_rows_that_are_added_or_moved_change_no_others_id() -> None:
    first, second = f"{AMINA},haa,22/09/2021 09:42\n", f"{HODAN},maya,22/09/2021 09:43\n"
    before = run_ids(first + second + first)
    assert run_ids(second + first + first) == [before[1], before[0], before[2]]
    assert run_ids(second + first + first + first)[:3] == [before[1], before[0], before[2]]


def test_an_id_does_not_depend_on_columns_that_nobody_reads() -> None:
    converter = RecoveryCSVConverter(DATE_FORMATS, "Africa/Mogadishu", "avf-phone-uuid-")
    content = f"Network,ReceivedOn,Message,Sender\ngolis,22/09/2021 09:42,haa,{AMINA}\n".encode()
    assert records(converter.convert(content, ACTIVATION)) == records(convert(f"{AMINA},haa,22/09/2021 09:42\n"))


def test_an_empty_message_is_a_message() -> None:
    assert records(convert(f"{AMINA},,22/09/2021 09:42\n"))[0]["message"] == ""


def test_spaces_around_senders_and_times_do_not_count() -> None:
    (record,) = records(convert(f" {AMINA} , haa ,\t22/09/2021 09:42 \n"))
    assert (record["avf_phone_id"], record["message"]) == (AMINA, " haa ")
    assert record["received_on"] == "2021-09-22T09:42:00+03:00"


def test_a_file_with_a_header_only_has_no_records() -> None:
    assert convert("") == Converted(b"", 0, ())


def test_every_bad_row_is_set_aside_by_its_line_with_all_that_is_wrong_and_without_its_text() -> None:
    converted = convert(
        f'{AMINA},"two\nlines",22/09/2021 09:42\n'
        "+252610000001,secret words,22/09/2021 09:42\n"
        "avf-phone-uuid-,secret words,22/09/2021 09:42\n"
        "avf-phone-uuid-252610000001,secret words,22/09/2021 09:42\n"
        f"{AMINA},secret words,9/22/2021 09:42\n"
        f"{AMINA},secret words,\n"
        "0610000001,secret words,yesterday\n"
        f"{AMINA},secret, words,22/09/2021 09:42\n"
        f"{AMINA},secret words\n"
        f"{HODAN},haa,22/09/2021 09:42\n"
    )
    assert [record["message"] for record in records(converted)] == ["two\nlines", "haa"]
    assert [tuple(bad) for bad in converted.quarantined] == [
        (4, 'Sender does not begin with "avf-phone-uuid-"'),
        (5, 'Sender has no uuid behind "avf-phone-uuid-"'),
        (6, 'Sender has no uuid behind "avf-phone-uuid-"'),
        (7, "ReceivedOn is in none of the DateFormats"),
        (8, "ReceivedOn is empty"),
        (9, 'Sender does not begin with "avf-phone-uuid-", ReceivedOn is in none of the DateFormats'),
        (10, "has more columns than the first line: is a text with a comma not quoted?"),
        (11, "has fewer columns than the first line"),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "252 61 234 5678",
        "252612345678.0",
        "2.52612E+11",
        "(252) 61-2345678",
        "٢٥٢٦١٢٣٤٥٦٧٨",
        "tel:+252612345678",
        "amina",
        "11111111-aaaa-4000-8000-000000000001 252612345678",
        "252612345678-11111111-aaaa-4000-8000-000000000001",
        "11111111-AAAA-4000-8000-000000000001",
    ],
)
def test_behind_the_prefix_only_a_uuid_passes(written: str) -> None:
    converted = convert(f"avf-phone-uuid-{written},secret words,22/09/2021 09:42\n")
    assert converted == Converted(b"", 0, (BadLine(2, 'Sender has no uuid behind "avf-phone-uuid-"'),))


def test_an_hour_that_the_zones_clocks_skip_is_a_bad_row() -> None:
    converted = convert(f"{AMINA},haa,28/03/2021 02:30\n", timezone="Europe/Berlin")
    assert converted.quarantined == ((2, "ReceivedOn is in an hour that the clocks of Europe/Berlin skip"),)


def test_a_missing_column_is_named_with_the_file() -> None:
    converter = RecoveryCSVConverter(DATE_FORMATS, "Africa/Mogadishu", "avf-phone-uuid-")
    with pytest.raises(DataError) as raised:
        converter.convert(b"Sender,Text,Date\n", ACTIVATION)
    assert str(raised.value) == (
        'golis_s01e01.de_identified.csv: line 1: has no column "Message", "ReceivedOn" (it has 3 in all, known of '
        'them: "Sender"); the first line names the columns "Sender", "Message", "ReceivedOn", separated by commas'
    )


@pytest.mark.parametrize(("formats", "timezone"), [(("%Q",), "UTC"), (DATE_FORMATS, "Mars/Base")])
def test_a_format_or_a_zone_that_does_not_exist_is_the_configs_mistake(formats: tuple[str, ...], timezone: str) -> None:
    with pytest.raises(ConfigError):
        RecoveryCSVConverter(formats, timezone, "avf-phone-uuid-")


def test_settings_say_all_that_decides_the_result_beside_the_content() -> None:
    here = RecoveryCSVConverter(DATE_FORMATS, "Africa/Mogadishu", "avf-phone-uuid-")
    others = [
        here.settings(SURVEY),
        RecoveryCSVConverter(DATE_FORMATS[:1], "Africa/Mogadishu", "avf-phone-uuid-").settings(ACTIVATION),
        RecoveryCSVConverter(DATE_FORMATS, "Africa/Nairobi", "avf-phone-uuid-").settings(ACTIVATION),
        RecoveryCSVConverter(DATE_FORMATS, "Africa/Mogadishu", "avf-").settings(ACTIVATION),
    ]
    assert len({here.settings(ACTIVATION), *others}) == 5


@pytest.mark.slow
@given(message=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_through_as_it_is(message: str) -> None:
    quoted = message.replace('"', '""')
    (record,) = records(convert(f'{AMINA},"{quoted}",22/09/2021 09:42\n'))
    assert record["message"] == message
