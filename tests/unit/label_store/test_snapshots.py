"""A segment's copy in the project's state."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore import GeoPoint

from pipeline_lib.errors import DataError
from pipeline_lib.label_store.snapshots import Document, Head, copied, head_of, ids_of, read_copy, written

NOW = datetime(2025, 5, 1, 12, tzinfo=UTC)
HEAD = Head(
    firebase_project="p",
    read_at=NOW,
    counted_at=NOW,
    reconciled_at=NOW,
    document_count=0,
    greatest_number=None,
    newest=None,
    stamps={},
)


def document(document_id: str, stamped_at: datetime | None = None, **message: Any) -> Document:
    stamp = stamped_at.isoformat(timespec="microseconds") if stamped_at else None
    return Document(document_id, "2025-05-01T12:00:00.000001+00:00", stamp, "2025-05-01T11:00:00+00:00", message)


def by_id(*documents: Document) -> dict[str, Document]:
    return {each.document_id: each for each in documents}


def test_a_copy_is_read_as_it_was_written() -> None:
    documents = by_id(
        document("b", NOW - timedelta(days=1), Text="biyo \u2028\r\n\x85 😀", SequenceNumber=2, Labels=[{"k": None}]),
        document("a", NOW.replace(microsecond=1), SequenceNumber=1),
        document("d"),
        document("c", SequenceNumber="3"),
    )
    copy = copied(documents, HEAD)
    assert read_copy(written(copy), "here") == copy
    assert list(read_copy(written(copy), "here").documents) == ids_of(written(copy), "here") == ["a", "b", "c", "d"]
    assert copy.head.greatest_number == 2
    assert head_of(written(copy), "here") == copy.head


def test_the_head_knows_the_stamps_that_late_writes_may_still_come_before() -> None:
    stamps = [NOW - timedelta(minutes=minutes) for minutes in (30, 20, 11, 11)]
    head = copied(by_id(*(document(str(n), stamp) for n, stamp in enumerate(stamps)), document("none")), HEAD).head
    assert (head.document_count, head.newest) == (5, NOW - timedelta(minutes=11))
    assert head.since == NOW - timedelta(minutes=21)
    assert head.stamps == {NOW - timedelta(minutes=20): 1, NOW - timedelta(minutes=11): 2}
    assert head.recent_stamps == []


def test_a_stamp_after_the_reading_does_not_move_the_range() -> None:
    future, recent = NOW + timedelta(days=1), NOW - timedelta(seconds=4)
    head = copied(by_id(document("a", future), document("b", recent)), HEAD).head
    assert head.since == NOW - timedelta(minutes=10)
    assert head.recent_stamps == [recent, future]


def test_without_stamps_there_is_no_range() -> None:
    head = copied(by_id(document("a")), HEAD.model_copy(update={"newest": NOW, "stamps": {NOW: 1}})).head
    assert (head.since, head.stamps) == (None, {})


def test_what_json_does_not_have_is_written_as_text() -> None:
    value = {"at": NOW, "bytes": b"\xff", "place": GeoPoint(1, 2)}
    copy = copied(by_id(document("a", Extra=value)), HEAD)
    extra = read_copy(written(copy), "here").documents["a"].message["Extra"]
    assert extra["at"] == "2025-05-01T12:00:00+00:00"
    assert extra["bytes"] == "/w=="
    assert isinstance(extra["place"], str)


@pytest.mark.parametrize("broken", [b"", b"secret", b"{}", b'{"format": 2}'])
def test_what_has_no_head_is_no_copy(broken: bytes) -> None:
    with pytest.raises(DataError, match=r"^here: is not a copy of a segment; ") as caught:
        read_copy(broken, "here")
    assert "secret" not in str(caught.value)


def test_ids_that_are_none_are_no_copy() -> None:
    head, _, rest = written(copied(by_id(document("a")), HEAD)).split(b"\n", 2)
    for broken in (b"secret", b"{}", b""):
        with pytest.raises(DataError, match=r"^here: is not a copy of a segment; "):
            ids_of(b"\n".join((head, broken, rest)), "here")


@pytest.mark.parametrize("line", [b"secret", b'["secret"]', b'"secret"', b"7"])
def test_a_line_that_is_no_document_is_not_quoted(line: bytes) -> None:
    content = written(copied(by_id(document("a"), document("b")), HEAD))
    with pytest.raises(DataError) as caught:
        read_copy(content.rsplit(b"\n", 2)[0] + b"\n" + line, "here")
    assert "secret" not in str(caught.value)
    assert caught.value.__context__ is None
