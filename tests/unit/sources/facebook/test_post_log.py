from pathlib import Path

from pipeline_lib.sources.facebook.post_log import Missing, PostLog
from pipeline_lib.sources.facebook.records import Comment
from pipeline_lib.storage import storage_at


def comment(number: int, message: str = "haa") -> Comment:
    return Comment(f"1_{number}", "2025-09-06T10:11:12+00:00", "uuid", message)


def test_many_small_parts_become_one_and_comments_keep_their_order(tmp_path: Path) -> None:
    log = PostLog(storage_at(tmp_path.as_uri()), "5", "5_1")
    for number in range(31):
        log.add([comment(number)])
    assert (len(log.state.parts), len(log.state.superseded)) == (1, 31)
    log.add([comment(3, "maya")])
    again = PostLog(storage_at(tmp_path.as_uri()), "5", "5_1")
    assert [each.id for each in again.comments().values()] == [f"1_{number}" for number in range(31)]
    assert again.comments()["1_3"].message == "maya"


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    log = PostLog(storage_at(tmp_path.as_uri()), "5", "5_1")
    log.add([])
    assert list(tmp_path.rglob("*.json")) == []


def test_a_comment_that_was_missing_twice_is_deleted(tmp_path: Path) -> None:
    log = PostLog(storage_at(tmp_path.as_uri()), "5", "5_1")
    missing = {"1_1": Missing(permissions="a", read_count=2), "1_2": Missing(permissions="a", read_count=1)}
    log.add([comment(1), comment(2)], missing=missing)
    assert log.state.deleted == {"1_1"}
    assert PostLog(storage_at(tmp_path.as_uri()), "5", "5_1").state == log.state
