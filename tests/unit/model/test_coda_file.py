"""Files of messages, whatever has been made of their bytes."""

import gzip
import json
import traceback
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.coda_file import CodaFile, read_coda_file, shown_message_id, unpacked

PLACE = "file:///labels/demo.json"
WHOLE = b'[{"MessageID": "a", "Text": "biyo \xf0\x9f\x98\x80"}]'
READ = [{"MessageID": "a", "Text": "biyo \U0001f600"}]


@pytest.mark.parametrize(
    "content",
    [
        WHOLE,
        b"\xef\xbb\xbf" + WHOLE,
        b"\r\n\n  " + WHOLE + b"\n\n",
        gzip.compress(WHOLE, mtime=0),
        gzip.compress(b"\xef\xbb\xbf" + WHOLE, mtime=0),
        gzip.compress(WHOLE[:9], mtime=0) + gzip.compress(WHOLE[9:], mtime=0),
        WHOLE.decode().encode("utf-16"),
        WHOLE.decode().encode("utf-16-le"),
        WHOLE.decode().encode("utf-32"),
        WHOLE.replace(b"\xf0\x9f\x98\x80", rb"\ud83d\ude00"),
    ],
)
def test_a_file_is_read_whatever_its_packing_its_mark_and_its_blank_lines(content: bytes) -> None:
    assert read_coda_file(content, PLACE) == CodaFile(READ)
    assert json.loads(unpacked(content, PLACE)) == READ


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb'"biyo \ud83d"', "biyo \ufffd"),
        (rb'"\ude00\ud83d biyo"', "\ufffd\ufffd biyo"),
        (b'"biyo \xff"', "biyo \ufffd"),
        (b'"biyo \xed\xa0\xbd"', "biyo \ufffd\ufffd\ufffd"),
        (b"NaN", None),
        (b"-Infinity", None),
        (b'[{"a": Infinity}]', [{"a": None}]),
        (rb'{"\ud83d": 1}', {"\ufffd": 1}),
    ],
)
def test_what_is_no_text_and_no_number_is_mended_and_its_message_named(written: bytes, read: object) -> None:
    content = b'[{"MessageID": "a"}, {"MessageID": "b", "X": ' + written + b'}, {"MessageID": "c"}, "\xef\xbf\xbd"]'
    assert read_coda_file(content, PLACE) == CodaFile(
        [{"MessageID": "a"}, {"MessageID": "b", "X": read}, {"MessageID": "c"}, "\ufffd"], frozenset([1])
    )


def test_a_line_break_in_a_text_is_read() -> None:
    assert read_coda_file(b'["a\nb"]', PLACE) == CodaFile(["a\nb"])


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)[:0]])
def test_an_empty_file_lists_nothing(content: bytes) -> None:
    assert read_coda_file(content, PLACE) == CodaFile([])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'[\n  {"Text": "secret', f"{PLACE}, line 2, column 12: is not JSON: Unterminated string starting at"),
        (b'[{"Text": "secret"} {}]', f"{PLACE}, line 1, column 21: is not JSON: Expecting ',' delimiter"),
        (b"[]\nsecret", f"{PLACE}, line 2, column 1: is not JSON: Extra data"),
        (b"[" + b"1" * 10_000 + b"]", f"{PLACE}: holds a number that JSON does not have"),
        (b"[" * 100_000, f"{PLACE}: is nested too deeply"),
        (b"[" * 3000 + b"]" * 3000, f"{PLACE}: is nested too deeply"),
        (b'{"Text": "secret"}', f"{PLACE}: is not a list"),
        (b"null", f"{PLACE}: is not a list"),
        (b'{"Text": NaN, "secret": 1}', f"{PLACE}: is not a list"),
    ],
    ids=["cut", "comma", "more", "digits", "open", "deep", "object", "null", "odd object"],
)
def test_a_file_that_is_no_list_in_json_is_named_with_the_place(content: bytes, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        read_coda_file(content, PLACE)
    assert str(caught.value) == f"{expected}; expected a list of Coda's messages, whole"
    assert "secret" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None  # a decoder's exception would hold the whole file


def test_a_gzip_file_without_its_end_is_to_be_copied_again() -> None:
    with pytest.raises(DataError, match=r"^file:///labels/demo\.json: is no whole gzip file; copy it again$"):
        read_coda_file(gzip.compress(WHOLE, mtime=0)[:-3], PLACE)


@pytest.mark.parametrize("message", [None, [], {}, {"MessageID": 5}, {"MessageID": "secret"}, {"MessageID": "A" * 64}])
def test_an_id_that_is_no_hash_is_not_shown(message: Any) -> None:
    assert shown_message_id(message) == ""
