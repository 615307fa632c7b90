import gzip
import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from pipeline_lib.errors import RetriableSourceError
from pipeline_lib.sources.rapid_pro.archives import Archive, archive_of, verified_lines

PLACE = "pipeline.json: RawDataSources[0]"
ITEM: dict[str, Any] = {
    "type": "run",
    "start_date": "2025-05-01",
    "period": "monthly",
    "record_count": 1432,
    "size": 230400,
    "hash": "feca9988b7772c003204a28bd741d0d0",
    "download_url": "https://store.example/a?X-Amz-Signature=canary",
}


def test_an_item_of_the_listing_is_an_archive_whose_link_nobody_sees() -> None:
    archive = archive_of(ITEM)
    assert archive == Archive(
        date(2025, 5, 1), "monthly", 1432, 230400, "feca9988b7772c003204a28bd741d0d0", ITEM["download_url"]
    )
    assert archive.key == "run|monthly|2025-05-01"
    assert "canary" not in repr(archive)


@pytest.mark.parametrize(
    ("types", "is_of_runs"),
    [
        ({"type": "run"}, True),
        ({"archive_type": "run"}, True),
        ({"type": "run", "archive_type": "run"}, True),
        ({"type": "message"}, False),
        ({"archive_type": "message"}, False),
        ({}, False),
    ],
)
def test_both_generations_say_of_what_an_archive_is(types: dict[str, str], is_of_runs: bool) -> None:
    rest = {key: value for key, value in ITEM.items() if key != "type"}
    assert (archive_of(types | rest) is not None) == is_of_runs


@pytest.mark.parametrize("missing", [None, ""])
def test_an_empty_archive_has_neither_hash_nor_link(missing: str | None) -> None:
    archive = archive_of(ITEM | {"record_count": 0, "size": 0, "hash": missing, "download_url": missing})
    assert archive is not None
    assert (archive.hash, archive.download_url) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start_date": "May"},
        {"start_date": None},
        {"period": "weekly"},
        {"record_count": "5"},
        {"record_count": True},
        {"size": None},
        {"hash": 5},
        {"download_url": ["x"]},
    ],
)
def test_an_item_of_another_shape_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        archive_of(ITEM | wrong)


def archive(content: bytes, record_count: int, **changes: Any) -> Archive:
    facts: dict[str, Any] = {"size": len(content), "hash": hashlib.md5(content, usedforsecurity=False).hexdigest()}
    return Archive(date(2025, 5, 1), "daily", record_count, **(facts | {"download_url": None} | changes))


def lines(content: bytes, listed: Archive, piece_bytes: int = 7, **options: Any) -> list[bytes]:
    pieces = (content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes))
    return list(verified_lines(listed, pieces, place=PLACE, **options))


@pytest.mark.parametrize("piece_bytes", [1, 7, 1 << 16])
def test_the_lines_of_all_gzip_members_come_in_order(piece_bytes: int) -> None:
    content = (
        gzip.compress(b'{"a": 1}\n{"b": 2}\n', mtime=0)
        + gzip.compress(b"", mtime=0)
        + gzip.compress(b'{"c": 3}\n', mtime=0)
    )
    assert lines(content, archive(content, 3), piece_bytes) == [b'{"a": 1}', b'{"b": 2}', b'{"c": 3}']


def test_a_line_may_go_on_in_the_next_member_and_the_last_need_not_end() -> None:
    content = gzip.compress(b'{"a":', mtime=0) + gzip.compress(b' 1}\n\n{"b": 2}', mtime=0)
    assert lines(content, archive(content, 2)) == [b'{"a": 1}', b'{"b": 2}']


def test_lines_with_none_of_the_wanted_words_are_left_out_but_counted() -> None:
    content = gzip.compress(b"flow-1 a\nflow-2 b\nflow-3 c\nflow-1 d\n", mtime=0)
    assert lines(content, archive(content, 4), only=[b"flow-1", b"flow-3"]) == [b"flow-1 a", b"flow-3 c", b"flow-1 d"]


CONTENT = gzip.compress(b"canary 1\ncanary 2\n", mtime=0)


@pytest.mark.parametrize(
    ("content", "changes", "wrong"),
    [
        (CONTENT, {"size": 1_000}, f"has {len(CONTENT)} bytes, not 1,000"),
        (CONTENT, {"hash": "0" * 32}, "has another hash than the listed one"),
        (CONTENT, {"record_count": 3}, "has 2 records, not 3"),
        (CONTENT, {"record_count": 1}, "has 2 records, not 1"),
        (CONTENT[:-1], {}, "is not a complete gzip file"),
        (CONTENT[:-12], {}, "is not a complete gzip file"),
        (CONTENT[:-8] + bytes(8), {}, "is not a complete gzip file"),
        (CONTENT + b"canary", {}, "is not a complete gzip file"),
        (b"canary 1\ncanary 2\n", {}, "is not a complete gzip file"),
        (b"", {}, "is not a complete gzip file"),
    ],
)
def test_a_file_that_is_not_as_listed_raises_at_its_end(content: bytes, changes: dict[str, Any], wrong: str) -> None:
    listed = archive(content, **({"record_count": 2} | changes))
    with pytest.raises(RetriableSourceError) as raised:
        lines(content, listed)
    assert str(raised.value) == (
        f"{PLACE}: archive run|daily|2025-05-01 {wrong}; "
        "try again: it may have been rewritten since it was listed, or its download broke off"
    )
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)


def test_a_hash_may_be_missing_or_in_upper_case() -> None:
    assert len(lines(CONTENT, archive(CONTENT, 2, hash=None))) == 2
    assert len(lines(CONTENT, archive(CONTENT, 2, hash=archive(CONTENT, 2).hash.upper()))) == 2  # type: ignore[union-attr]


def test_what_was_read_before_the_end_has_been_given_already() -> None:
    given: list[bytes] = []
    with pytest.raises(RetriableSourceError):
        given.extend(verified_lines(archive(CONTENT, 3), [CONTENT], place=PLACE))
    assert given == [b"canary 1", b"canary 2"]


def test_a_large_archive_is_never_in_memory_as_a_whole() -> None:
    line = b'{"uuid": "0", "text": "' + b"x" * 1000 + b'"}\n'
    member = gzip.compress(line * 4000, mtime=0)  # 4 MB out of a few kilobytes

    def pieces() -> Iterator[bytes]:
        for _ in range(10):
            yield member

    listed = archive(member * 10, 40_000)
    tracemalloc.start()
    count = sum(1 for _ in verified_lines(listed, pieces(), place=PLACE))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_000
    assert peak_bytes < 2_000_000
