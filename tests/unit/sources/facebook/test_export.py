"""Exports of comments, as tools and spreadsheets leave them."""

import codecs
import logging
from typing import Any

import orjson
import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from tests.step_counts import the_count
from tests.unit.sources.facebook.exports import COLUMNS, HEADER, PAGE, Exports, row

ANEW = "export the file anew, and have a spreadsheet import its ids as text: of a number it keeps fifteen digits"


def test_a_row_has_the_fields_of_a_comment_from_the_api(exports: Exports) -> None:
    answer = row(2, "maya", parent="122101234567890001", post=f"{PAGE}_5926367568205202")
    exports.put("a.csv", HEADER + row(1, "waa nabad") + answer)
    result = exports.fetch()
    at_post = {"id": f"{PAGE}_5926367568205202"}
    assert exports.lines() == [
        {
            "avf_facebook_id": exports.participant("facebook-7000000000000001"),
            "fb.id": "122101234567890001",
            "fb.created_time": "2025-09-06T10:01:00+00:00",
            "fb.message": "waa nabad",
            "fb.parent": {},
            "fb.post": at_post,
        },
        {
            "avf_facebook_id": exports.participant("facebook-7000000000000002"),
            "fb.id": "122101234567890002",
            "fb.created_time": "2025-09-06T10:01:00+00:00",
            "fb.message": "maya",
            "fb.parent": {"id": "122101234567890001"},
            "fb.post": at_post,
        },
    ]
    assert [(file.name, file.record_count, file.is_unchanged) for file in result.files] == [
        (f"fb_{PAGE}", 2, False),
    ]


def test_a_comment_that_names_the_post_as_what_it_answers_answers_no_other(exports: Exports) -> None:
    full = f"{PAGE}_5926367568205202"
    exports.put("a.csv", HEADER + row(1, parent="5926367568205202") + row(2, parent=full))
    exports.fetch()
    assert [line["fb.parent"] for line in exports.lines()] == [{}, {}]


@pytest.mark.parametrize(
    "saved",
    [
        lambda text: codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode(),
        lambda text: text.replace(",", ";").encode(),
        lambda text: b"sep=;\r\n" + text.replace(",", ";").replace("\n", "\r\n").encode(),
        lambda text: codecs.BOM_UTF16_LE + text.replace(",", "\t").replace("\n", "\r\n").encode("utf-16-le"),
    ],
    ids=["csv-utf-8", "semicolons", "separator-line", "unicode-text"],
)
def test_a_file_is_read_as_excel_saves_it(exports: Exports, saved: Any) -> None:
    exports.put("a.csv", saved(HEADER + row(1, "waa nabad 🙂") + row(2, "two\nlines")))
    exports.fetch()
    assert [text.replace("\r", "") for text in exports.texts()] == ["waa nabad 🙂", "two\nlines"]


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2025-09-06 13:01", "2025-09-06T10:01:00+00:00"),
        ("2025-09-06T13:01:05", "2025-09-06T10:01:05+00:00"),
        ("2025-09-06T10:01:00+0000", "2025-09-06T10:01:00+00:00"),
        ("2025-09-06T10:01:00.250Z", "2025-09-06T10:01:00.250000+00:00"),
        ("2025-09-06 08:01:00-02:00", "2025-09-06T10:01:00+00:00"),
    ],
)
def test_times_are_local_ones_or_have_an_offset(exports: Exports, written: str, time: str) -> None:
    exports.put("a.csv", HEADER + row(1, time=written))
    exports.fetch()
    assert [line["fb.created_time"] for line in exports.lines()] == [time]


def test_a_declared_format_is_read_in_the_declared_zone(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1, time="9/6/2025 6:01"))
    exports.fetch(DateFormats=["%m/%d/%Y %H:%M"], Timezone="America/New_York")
    assert [line["fb.created_time"] for line in exports.lines()] == ["2025-09-06T10:01:00+00:00"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row(1, id="1.22E+17"), f'"Comment ID" was rounded by a spreadsheet: {ANEW}'),
        (row(1, id='"1,22101E+17"'), f'"Comment ID" was rounded by a spreadsheet: {ANEW}'),
        (row(1, id="122101234567890000.0"), f'"Comment ID" was rounded by a spreadsheet: {ANEW}'),
        (row(1, post="5.92637E+15"), f'"Post ID" was rounded by a spreadsheet: {ANEW}'),
        (row(1, author="7e+15"), f'"Author ID" was rounded by a spreadsheet: {ANEW}'),
        (row(1, parent="1.22E+17"), f'"Reply To" was rounded by a spreadsheet: {ANEW}'),
        (row(1, id=""), '"Comment ID" is empty'),
        (row(1, id="Qof Kanaari"), '"Comment ID" is no comment\'s id'),
        (row(1, post="55_5"), '"Post ID" is of another page than PageID'),
        (row(1, author=""), '"Author ID" is empty'),
        (row(1, author="0"), '"Author ID" is no id of an account'),
        (row(1, "  "), '"Comment" is empty, as of a sticker or a picture alone'),
        (row(1, time=""), '"Date" is empty'),
        (row(1, time="9/6/2025 13:01"), '"Date" is in none of the DateFormats, and has no offset'),
        (row(1, time="", id="x"), '"Comment ID" is no comment\'s id, "Date" is empty'),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_used_is_set_aside_by_its_line(exports: Exports, bad: str, reason: str) -> None:
    exports.put("a.csv", HEADER + row(2, "two\nlines") + bad)
    exports.limit = 0.5
    result = exports.fetch()
    assert exports.texts() == ["two\nlines"]
    assert exports.quarantine() == [(4, reason)]
    assert result.files[0].quarantined_counts == {reason: 1}


def test_too_many_bad_rows_fail_the_fetch_with_all_that_is_wrong_with_all_files(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1, id="1.2E+17") + row(2))
    exports.put("b.csv", HEADER + row(3) + row(4, time="soon"))
    with pytest.raises(DataError) as raised:
        exports.fetch("a.csv", "b.csv")
    said = str(raised.value)
    assert f'a.csv: line 2: "Comment ID" was rounded by a spreadsheet: {ANEW}' in said
    assert 'b.csv: line 3: "Date" is in none of the DateFormats, and has no offset' in said
    assert exports.storage.names("runs") == []


def test_ids_that_were_rounded_and_show_all_digits_are_told(exports: Exports) -> None:
    ids = ("122101234567890000", "122101234567891000", "122101234567892000")
    exports.put("a.csv", HEADER + "".join(row(1, id=each) for each in ids))
    with pytest.raises(DataError, match=r'a\.csv: all long ids in the column "Comment ID" end in zeros'):
        exports.fetch()
    exports.put("a.csv", HEADER + "".join(row(1, id=each) for each in (*ids, "122101234567893001")))
    assert exports.fetch().files[0].record_count == 4


@pytest.mark.parametrize("written", ['"=""122101234567890001"""', "'122101234567890001", " 122101234567890001 "])
def test_an_id_that_is_kept_from_being_rounded_is_read(exports: Exports, written: str) -> None:
    exports.put("a.csv", HEADER + row(1, id=written))
    exports.fetch()
    assert [line["fb.id"] for line in exports.lines()] == ["122101234567890001"]


def test_of_a_comment_in_several_files_or_rows_the_last_one_counts(exports: Exports) -> None:
    exports.put("old.csv", HEADER + row(1, "haa") + row(2, "maya"))
    exports.put("new.csv", HEADER + row(1, "edited") + row(3, "three") + row(3, "three again"))
    result = exports.fetch("old.csv", "new.csv")
    assert exports.texts() == ["edited", "maya", "three again"]
    assert the_count(result.counts, "rows", file=f"fb_{PAGE}.jsonl") == 5
    assert the_count(result.counts, "comments", file=f"fb_{PAGE}.jsonl") == 3
    exports.fetch("new.csv", "old.csv")
    assert exports.texts() == ["haa", "three again", "maya"]


def test_posts_choose_the_comments_of_a_dataset(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1, "one", post="11") + row(2, "two", post="22"))
    datasets = [
        {"Name": "x", "CommentFileURLs": ["a.csv"], "PostIDs": ["11"]},
        {"Name": "y", "CommentFileURLs": ["a.csv"], "PostIDs": [f"{PAGE}_22"]},
    ]
    exports.fetch(Datasets=datasets)
    assert (exports.texts("x"), exports.texts("y")) == (["one"], ["two"])


def test_without_a_column_of_posts_a_dataset_names_its_one(exports: Exports) -> None:
    columns = {key: title for key, title in COLUMNS.items() if key != "PostID"}
    exports.put("a.csv", HEADER + row(1))
    exports.fetch(columns=columns, Datasets=[{"Name": "fb", "CommentFileURLs": ["a.csv"], "PostIDs": ["11"]}])
    assert exports.lines()[0]["fb.post"] == {"id": f"{PAGE}_11"}


def test_without_a_column_of_authors_each_comment_is_a_participant_of_its_own(exports: Exports) -> None:
    columns = {key: title for key, title in COLUMNS.items() if key != "AuthorID"}
    exports.put("a.csv", HEADER + row(1, author="7") + row(2, author="7"))
    result = exports.fetch(columns=columns)
    assert [line["avf_facebook_id"] for line in exports.lines()] == [
        exports.participant("facebook-comment-122101234567890001"),
        exports.participant("facebook-comment-122101234567890002"),
    ]
    assert the_count(result.counts, "comments_of_unknown_authors", file=f"fb_{PAGE}.jsonl") == 2


def test_people_of_one_name_are_one_participant_and_their_name_is_nowhere(
    exports: Exports, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    columns = {**{key: title for key, title in COLUMNS.items() if key != "AuthorID"}, "AuthorName": "Author ID"}
    names = ("Qof Kanaari", " qof  KANAARI ", "Qof Kale", "")
    exports.put("a.csv", HEADER + "".join(row(number, author=name) for number, name in enumerate(names)))
    with pytest.raises(DataError) as raised:
        exports.fetch(columns=columns)
    exports.limit = 0.3
    exports.fetch(columns=columns)
    first, second, third = (line["avf_facebook_id"] for line in exports.lines())
    assert first == second != third
    held = b"".join(exports.storage.read(name) for name in exports.storage.names(""))
    kept = held + exports.folder.joinpath("uuids.sqlite").read_bytes() + f"{raised.value}{caplog.text}".encode()
    assert b"kanaari" not in kept.lower()


def test_ids_of_people_are_in_no_output_and_no_error(exports: Exports, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    exports.put("a.csv", HEADER + row(1, "kanaari words") + row(2, author="Qof Kanaari", time="kanaari o'clock"))
    with pytest.raises(DataError) as raised:
        exports.fetch()
    exports.limit = 0.5
    exports.fetch()
    held = b"".join(exports.storage.read(name) for name in exports.storage.names(""))
    told = f"{raised.value}{caplog.text}"
    assert b"7000000000000001" not in held
    assert b"Qof" not in held
    assert "anaari" not in told


def test_somebody_without_a_uuid_is_set_aside_and_looked_for_again(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1) + row(2))
    exports.limit = 1.0
    exports.table.uuids(["facebook-7000000000000001"])
    exports.participants = exports.table.known
    exports.fetch()
    assert exports.quarantine() == [(3, "its author has no participant uuid yet")]
    exports.participants = exports.table.uuids
    assert exports.fetch().files[0].record_count == 2
    assert exports.fetch().files[0].is_unchanged


def test_an_unchanged_file_with_other_settings_is_read_anew(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1))
    exports.fetch()
    assert not exports.fetch(Timezone="UTC").files[0].is_unchanged
    assert [line["fb.created_time"] for line in exports.lines()] == ["2025-09-06T13:01:00+00:00"]


def test_files_of_one_name_in_two_folders_stay_apart(exports: Exports) -> None:
    for folder in ("x", "y"):
        (exports.folder / folder).mkdir()
        exports.put(f"{folder}/a.csv", HEADER + row(1 if folder == "x" else 2, folder))
    exports.fetch("x/a.csv", "y/a.csv")
    assert exports.texts() == ["x", "y"]


def test_who_is_to_be_forgotten_is_marked(exports: Exports) -> None:
    exports.put("a.csv", HEADER + row(1) + row(2))
    exports.fetch()
    queue = {"people": [{"participants": [exports.participant("facebook-7000000000000002")]}]}
    exports.storage.create(f"state/forget/Facebook {PAGE}.json", orjson.dumps(queue))
    exports.fetch()
    assert [line.get("deleted_contact") for line in exports.lines()] == [None, True]


def test_one_of_many_files_that_is_emptied_is_refused_by_its_own_name(exports: Exports) -> None:
    exports.put("a.csv", HEADER + "".join(row(number) for number in range(9)))
    exports.put("b.csv", HEADER + row(9))
    exports.fetch("a.csv", "b.csv")
    exports.put("b.csv", HEADER)
    with pytest.raises(DataError, match=r"b\.csv: had 1 record when it was last read, and has none now"):
        exports.fetch("a.csv", "b.csv")
    assert len(exports.texts()) == 10


def test_another_file_in_the_place_of_one_that_had_far_more_is_refused_until_it_is_accepted(exports: Exports) -> None:
    exports.put("a.csv", HEADER + "".join(row(number) for number in range(9)))
    exports.put("b.csv", HEADER + row(9))
    exports.fetch("a.csv")
    for _ in range(2):
        with pytest.raises(DataError, match=r"Datasets\[0\]: had 9 comments when it was last read, and has 1 now"):
            exports.fetch("b.csv")
    assert len(exports.texts()) == 9
    exports.shrink_limit = ShrinkLimit(accepted=frozenset({f"fb_{PAGE}"}))
    exports.fetch("b.csv")
    exports.shrink_limit = DEFAULT_LIMIT
    exports.fetch("b.csv")
    assert len(exports.texts()) == 1


def test_rows_of_people_who_have_no_uuid_in_a_dry_run_are_not_lost(exports: Exports) -> None:
    exports.put("a.csv", HEADER + "".join(row(number) for number in range(4)))
    exports.fetch()
    exports.put("a.csv", HEADER + "".join(row(number) for number in range(3, 9)))
    exports.participants, exports.limit = exports.table.known, 1.0
    assert exports.fetch().files[0].record_count == 1
