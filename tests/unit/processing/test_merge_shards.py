import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipeline_lib.errors import DataError
from pipeline_lib.model.shard import Shard
from pipeline_lib.model.step_counts import Outcome, StepCount
from pipeline_lib.processing.gather import Gathered
from pipeline_lib.processing.load_inputs import UsableLabels
from pipeline_lib.processing.merge_shards import merged_counts
from pipeline_lib.processing.processed import Origins
from pipeline_lib.processing.raw_data import RawFrames, read_activations, read_surveys
from pipeline_lib.processing.raw_lines import Checks, FileObjects, SetAside
from pipeline_lib.processing.selection import Selected
from pipeline_lib.processing.shard_files import read_shards, write_shard


def nothing_gathered() -> Gathered:
    nobody, nothing = pl.Series("uid", [], dtype=pl.String), pl.DataFrame()
    return Gathered(
        selected=Selected(nothing, nothing, nothing),
        withdrawn=nobody,
        in_error=None,
        senders=nobody,
        first_places=nothing,
        files=(),
        origins=Origins(fetched=nothing.lazy(), translated=nothing.lazy(), answers=nothing.lazy(), cuts=nothing.lazy()),
        moves=nothing,
        counts=(),
    )


FILE = Path("/run/f.jsonl")
ANNA, EVE, BEN = "anna", "eve", "ben"
"""Whose CRC-32s leave 1, 0 and 1 by 2."""


def of_shard(path: Path, number: int) -> RawFrames:
    return read_activations(path, {"text"}, "uid", None, Checks(shard=Shard(number, 2)))


def test_a_shard_has_the_objects_of_its_participants_and_knows_where_they_lie(jsonl: Callable[..., Path]) -> None:
    path = jsonl(*({"uid": uid, "text": text} for uid, text in [(ANNA, "a"), (EVE, "b"), (BEN, "c"), (ANNA, "d")]))
    first, second = of_shard(path, 0), of_shard(path, 1)
    assert (first.frame["text"].to_list(), first.rows.to_list()) == (["b"], [1])
    assert (second.frame["text"].to_list(), second.rows.to_list()) == (["a", "c", "d"], [0, 2, 3])
    assert (first.object_count, second.object_count) == (1, 3)


def test_what_is_unusable_is_set_aside_once_however_many_cannot_be_used_of_a_shard(tmp_path: Path) -> None:
    path = tmp_path / "flow.jsonl"
    path.write_text('{"text": "of nobody"}\nno object\n{"uid": "anna", "text": "\\ud800"}\n', encoding="utf-8")
    first, second = of_shard(path, 0), of_shard(path, 1)
    assert [(each.line, each.row) for each in first.set_aside] == [(1, 0), (2, 1)]
    assert (second.set_aside, second.rows.to_list()) == ((), [2])
    assert (first.counts, second.counts) == ((), (("half_characters", 1),))


def test_every_line_is_of_one_shard_however_odd_it_is(tmp_path: Path) -> None:
    path = tmp_path / "flow.jsonl"
    path.write_bytes(
        b'{"uid": "anna", "text": "a"}\n'
        b'{"uid": "eve", "text": "b"\n'
        b'{"uid": "anna", "text": "c"\n'
        b'{"text": {"uid": "eve"}}\n'
        rb'{"text": {"uid": "eve"}, "\u0075id": "anna"}'
        b'\n{"uid": "eve", "uid": "ben"}\n'
        b'[{"Data": {"uid": "eve"}}, {"Data": {"uid": "anna", "text": "d"}}]\n'
        b"no object\n"
        b'{"uid": 5, "text": "uid"}\n'
        b'{"uid": "ben", "text": NaN}\n'
    )
    checks = Checks(share_limit=1.0)
    whole = read_activations(path, {"text"}, "uid", None, checks)
    shards = [
        read_activations(path, {"text"}, "uid", None, checks._replace(shard=Shard(number, 2))) for number in range(2)
    ]
    assert whole.frame["participant"].to_list() == ["anna", "anna", "ben", "eve", "5", "ben"]
    assert [set(shard.frame["participant"]) for shard in shards] == [{"eve", "5"}, {"anna", "ben"}]
    rows = zip(whole.rows, whole.frame.rows(), strict=True)
    assert sorted(row for each in shards for row in zip(each.rows, each.frame.rows(), strict=True)) == list(rows)
    assert tuple(sorted(each for shard in shards for each in shard.set_aside)) == whole.set_aside
    assert sum(shard.object_count for shard in shards) == whole.object_count == 10
    assert [count for shard in shards for count in shard.counts] == list(whole.counts) == [("nan_values", 1)]


def test_answers_are_merged_within_the_shard_of_who_gave_them(jsonl: Callable[..., Path]) -> None:
    path = jsonl({"uid": ANNA, "age": "3"}, {"uid": EVE, "age": "4"}, {"uid": ANNA, "age": "5"})
    shards = [read_surveys(path, {"age"}, "uid", None, Checks(shard=Shard(number, 2))) for number in range(2)]
    assert [shard.frame.rows() for shard in shards] == [[(EVE, "4")], [(ANNA, "5")]]
    assert [shard.rows.to_list() for shard in shards] == [[1], [0]]


def test_only_all_objects_of_a_file_tell_whether_too_many_cannot_be_used() -> None:
    bad = SetAside(line=7, row=6, reason="is no complete JSON")
    assert FileObjects("f.jsonl", 100, (bad,)).problems(0.01, FILE) == []
    (at, share) = FileObjects("f.jsonl", 99, (bad,)).problems(0.01, FILE)
    assert str(at) == "/run/f.jsonl: line 7: is no complete JSON"
    assert str(share).startswith("/run/f.jsonl: 1 of its 99 lines cannot be used")


def test_counts_are_summed_step_by_step() -> None:
    def counted(step: str, count: int, reason: str | None = None) -> StepCount:
        return StepCount(step=step, measure="messages", count=count, outcome=Outcome.DROPPED, reason=reason)

    first = (counted("read", 3), counted("move", 1, "a"), counted("move", 5, "a"))
    second = (counted("read", 4), counted("move", 2, "b"), counted("move", 7, "a"))
    assert merged_counts([first, second]) == (
        counted("read", 7),
        counted("move", 13, "a"),
        counted("move", 2, "b"),
    )


def test_labels_of_a_dataset_that_shards_do_not_know_say_what_to_do(tmp_path: Path) -> None:
    labels = pl.DataFrame({"message_id": ["m1", "m2"], "code_id": ["c", "c"]})
    write_shard(tmp_path, nothing_gathered(), UsableLabels({"e01": labels}, ()), Shard(0, 1))
    read = read_shards([tmp_path], ["e01"]).labels.by_field
    assert (list(read), len(read)) == (["e01"], 1)
    assert_frame_equal(read["e01"], labels)
    assert ("e01" in read, "e02" in read, read.get("e02")) == (True, False, None)
    with pytest.raises(DataError, match='the shards: have no labels of "e02", which the config now has; run'):
        read_shards([tmp_path], ["e01", "e02"])


def test_steps_stay_in_their_order_if_the_first_shard_has_nobody_to_count() -> None:
    def counted(step: str, count: int) -> StepCount:
        return StepCount(step=step, measure="answers", count=count)

    nobody = (counted("select", 0),)
    some, more = (counted("translate", 3), counted("select", 2)), (counted("move", 1), counted("select", 1))
    steps = [each.step for each in merged_counts([nobody, some, more])]
    assert sorted(steps[:2]) == ["move", "translate"]
    assert steps[2:] == ["select"]


CHANGED = (
    "is gone, or is not as `process_shard` left it; clear that task of this shard in Airflow to have it made again"
)
FILES = ("facts.json", "messages.arrow", "fetched.arrow", "labels 1.arrow")


def test_a_folder_that_is_no_shard_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_shards([tmp_path], [])
    assert str(caught.value) == f"{tmp_path}/facts.json: {CHANGED}"


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_a_shard_that_is_broken_is_named_in_full(tmp_path: Path, name: str) -> None:
    labels = pl.DataFrame({"message_id": ["m1", "m2"], "code_id": ["c", "c"]})
    write_shard(tmp_path, nothing_gathered(), UsableLabels({"e01": labels}, ()), Shard(0, 1))
    whole = (tmp_path / name).read_bytes()
    for damaged in (b"", whole[:-20], whole[: len(whole) // 2], b"\xef\xbb\xbf", "x".encode("utf-16"), None):
        (tmp_path / name).unlink()
        if damaged is not None:
            (tmp_path / name).write_bytes(damaged)
        with pytest.raises(DataError) as caught:
            read_shards([tmp_path], ["e01"])
        assert str(caught.value) == f"{tmp_path}/{name}: {CHANGED}"


def test_any_byte_that_changed_is_seen_before_anything_is_read(tmp_path: Path) -> None:
    write_shard(tmp_path, nothing_gathered(), UsableLabels({}, ()), Shard(0, 1))
    files = [tmp_path / name for name in ("fetched.arrow", "messages.arrow")]
    for quarter in range(4):
        wholes = {file: file.read_bytes() for file in files}
        for file, whole in wholes.items():
            changed = bytearray(whole)
            changed[len(whole) * quarter // 4] ^= 1
            file.write_bytes(changed)
        with pytest.raises(DataError) as caught:
            read_shards([tmp_path], [])
        assert sorted(str(caught.value).splitlines()) == [f"{file}: {CHANGED}" for file in files]
        for file, whole in wholes.items():
            file.write_bytes(whole)
    assert len(read_shards([tmp_path], []).gathered) == 1


def test_a_shard_from_before_there_were_checksums_is_made_again(tmp_path: Path) -> None:
    write_shard(tmp_path, nothing_gathered(), UsableLabels({}, ()), Shard(0, 1))
    facts = json.loads((tmp_path / "facts.json").read_text())
    (tmp_path / "facts.json").write_text(json.dumps({key: facts[key] for key in facts if key != "sha256"}))
    with pytest.raises(DataError, match=r"facts\.json: is gone, or is not as `process_shard` left it; clear that task"):
        read_shards([tmp_path], [])
