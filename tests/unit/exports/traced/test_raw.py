"""What the histories take over from raw data."""

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.exports.traced.raw import RawObjects, Shown
from pipeline_lib.exports.traced.updates import Signature
from pipeline_lib.trace.history import HIDDEN_VALUE, history
from pipeline_lib.trace.reader import latest_items, verify

NOON = datetime(2025, 9, 1, 12, tzinfo=UTC)
SIGNATURE = Signature("ann", NOON)


def shown(path: Path, *, as_of: datetime | None = None, as_predecessor: bool = False) -> tuple[str, dict[str, Any]]:
    """The first object's history, and what it shows."""
    with closing(RawObjects(path, Shown(as_of, 100, as_predecessor=as_predecessor), SIGNATURE)) as objects:
        text = history(part.update for part in objects.parts(0)).text
    return text, latest_items(json.loads(text))


def write(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value) + "\n", encoding="ascii")
    return path


def update(data: dict[str, Any]) -> dict[str, Any]:
    return {"Data": data, "Metadata": {"User": "x", "Source": "y", "Timestamp": "z"}, "NestedTracedData": {}, "SHA": ""}


def test_a_key_that_the_source_hid_stays_hidden(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [update({"name": HIDDEN_VALUE}), update({"name": "x", "uid": "p1"})])
    assert shown(path)[1] == {"uid": "p1"}


def test_a_late_answer_is_left_out_though_another_update_has_its_time(tmp_path: Path) -> None:
    late = [update({"age (Text) - f": "twenty"}), update({"uid": "p1", "age (Time) - f": "2025-09-01T12:00:00Z"})]
    text, items = shown(write(tmp_path / "a.jsonl", late), as_of=NOON)
    assert items == {"uid": "p1"}
    assert "twenty" not in text


def test_neither_accounts_nor_the_words_of_whom_a_comment_answers_are_kept(tmp_path: Path) -> None:
    parent = {"id": "7", "from": {"id": "99", "name": "Somebody"}, "message": "their words"}
    comment = {"uid": "p1", "ep.message": "own words", "ep.from": {"id": "98"}, "ep.parent": parent}
    for written in (comment, [update(comment)]):
        path = write(tmp_path / "a.jsonl", written)
        assert shown(path)[1] == {"uid": "p1", "ep.message": "own words", "ep.parent": {"id": "7"}}
        assert shown(path, as_predecessor=True)[1] == comment


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"uid": "p1"}\n')
    assert shown(path)[1] == {"uid": "p1"}


def test_an_update_that_nobody_signed_is_signed_as_fetched(tmp_path: Path) -> None:
    text, _ = shown(write(tmp_path / "a.jsonl", [{"Data": {"uid": "p1"}}]))
    assert json.loads(text)[0]["Metadata"]["User"] == "ann"


def test_a_file_that_was_changed_since_it_was_processed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"uid": "p1", "unread": "se\n')
    with pytest.raises(DataError, match=r"a\.jsonl: object 1: is no complete JSON; process the raw data again"):
        shown(path)


@pytest.mark.parametrize("as_predecessor", [True, False])
@pytest.mark.parametrize(
    ("line", "items"),
    [
        (rb'{"uid": "p1", "text": "biyo \ud83d", "\ud83d": [NaN, "\ud83d\ude00"]}',
         {"uid": "p1", "text": "biyo \ufffd", "\ufffd": [None, "\U0001f600"]}),
        (b'{"uid": "p1", "unread": "\xff"}', {"uid": "p1", "unread": "\ufffd"}),
        (b'\xef\xbb\xbf{"uid": "p1", "text": "\xed\xa0\xbd"}', {"uid": "p1", "text": "\ufffd"}),
        (b'{"uid": "p1", "unread": [{"a": [1.5, true]}, "b"]}', {"uid": "p1", "unread": [{"a": [1.5, True]}, "b"]}),
        (b'{"uid": "p1", "unread": {"a": [1e999, -Infinity]}}', {"uid": "p1", "unread": {"a": [None, None]}}),
        (b'{"uid": "p1", "deep": ' + b"[" * 900 + b"]" * 900 + b"}", {"uid": "p1"}),
        (b'{"uid": "p1", "deep": ' + b"[" * 101 + b"]" * 101 + b"}", {"uid": "p1"}),
        (b'[{"Data": {"uid": "p1"}, "NestedTracedData": {"n": {"a": 2.0}}, "Metadata": []}]', {"uid": "p1", "a": 2.0}),
    ],
)  # fmt: skip
def test_whatever_json_holds_is_written_as_json(
    tmp_path: Path, line: bytes, items: dict[str, Any], as_predecessor: bool
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(line + b"\n")
    assert shown(path, as_predecessor=as_predecessor)[1] == items


def test_a_long_integer_is_written_with_all_its_digits_and_its_hash_holds(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {"uid": "p1", "text": 10**30})
    with closing(RawObjects(path, Shown(None, 1000, frozenset({"text"})), SIGNATURE)) as objects:
        text = history(part.update for part in objects.parts(0)).text
    assert f'"text": 1{"0" * 30},' in text
    (tmp_path / "traced.jsonl").write_text(text + "\n")
    assert verify(tmp_path / "traced.jsonl") == 1


def test_a_field_that_nobody_reads_is_left_out_where_it_holds_an_address(tmp_path: Path) -> None:
    known = {"text": "wac 0612345678", "run_id - f": 1981234567, "Q (Run ID) - f": 5, "exit": "completed", "test": True}
    told = {
        "Sender": "(252) 61-2345678",
        "tel": 252612345678,
        "contact": {"urn": "tel:+252612345678"},
        "many": ["252", "612345678"],
    }
    path = write(tmp_path / "a.jsonl", known | told)
    with closing(RawObjects(path, Shown(None, 1000, frozenset({"text"})), SIGNATURE)) as objects:
        assert latest_items(json.loads(history(part.update for part in objects.parts(0)).text)) == known
    assert shown(path, as_predecessor=True)[1] == known | told


def test_metadata_tell_no_number(tmp_path: Path) -> None:
    traced = update({"text": "biyo"}) | {"Metadata": {"User": "a@x.org", "Source": "252612345678", "Timestamp": "z"}}
    path = write(tmp_path / "a.jsonl", [traced])
    assert json.loads(shown(path)[0])[0]["Metadata"] == {"User": "a@x.org", "Source": "", "Timestamp": "z"}


def test_a_text_that_is_too_long_is_cut_off_and_its_length_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [update({"long": "\u00e9" * 51, "short": "x" * 100, "uid": "p1"})])
    assert shown(path)[1] == {"long": "\u00e9" * 50, "short": "x" * 100, "uid": "p1", "texts_cut": {"long": 102}}
    assert shown(path, as_predecessor=True)[1] == {"long": "\u00e9" * 51, "short": "x" * 100, "uid": "p1"}
