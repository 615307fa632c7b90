"""What a pull from Firestore reads, and that it misses nothing."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.errors import ConfigError, DataError
from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.base import DatedMessage
from pipeline_lib.label_store.firestore_store import FirestoreLabelStore
from pipeline_lib.label_store.pull import Wanted, pull
from pipeline_lib.storage import storage_at
from tests.unit.label_store.in_firestore import LONG_AGO, OF_NO_FURTHER_SEGMENT, Coda, id_of

MINUTE = timedelta(minutes=1)


def test_messages_of_all_segments_come_in_the_order_of_their_numbers(coda: Coda) -> None:
    for segment, text, number in (("x", "b", 3), ("x", "d", 7), ("x_2", "a", 1), ("x_3", "c", 5), ("x_2", "e", None)):
        coda.put(segment, text, SequenceNumber=number)
    coda.client.document("segment_counts", "x").set({"segment_count": 3})
    assert list(coda.pulled("x")) == ["a", "b", "c", "d", "e"]


def test_an_updates_time_is_as_the_predecessors_tools_wrote_it(coda: Coda) -> None:
    coda.put("x", "a", LONG_AGO.replace(microsecond=120))
    assert coda.pulled("x")["a"]["LastUpdated"] == "2021-11-01T00:00:00.000120+00:00"


def test_a_second_pull_with_nothing_new_reads_no_message(coda: Coda) -> None:
    for number in range(40):
        coda.put("x", str(number), LONG_AGO + number * MINUTE)
    of_the_dataset, of_its_segment_count, a_query = 1, 1, 1
    assert coda.cost_of_pull("x") == (of_the_dataset + 40, of_its_segment_count + OF_NO_FURTHER_SEGMENT)
    assert coda.cost_of_pull("x") == (of_the_dataset, of_its_segment_count + OF_NO_FURTHER_SEGMENT + a_query)


def test_nor_does_it_where_all_were_written_a_moment_ago(coda: Coda) -> None:
    coda.push("x", *map(str, range(600)))
    for each in "0", "1", "2":
        coda.label("x", each)
    assert coda.cost_of_pull("x") == (1 + 600, 1 + OF_NO_FURTHER_SEGMENT)
    documents, further = coda.cost_of_pull("x")
    assert documents == 1
    assert further <= 3 + OF_NO_FURTHER_SEGMENT  # of the segment count, a query, a count of the youngest


@pytest.mark.parametrize(("minutes_until_the_pull", "queries"), [(11, 1), (9, 4)])
def test_many_labels_of_the_last_minutes_cost_further_queries_only_while_others_may_still_come(
    coda: Coda, minutes_until_the_pull: int, queries: int
) -> None:
    now = datetime.now(UTC)
    for number in range(40):
        coda.put("x", str(number), now - minutes_until_the_pull * MINUTE + number * timedelta(milliseconds=1))
    assert coda.cost_of_pull("x") == (1 + 40, 1 + OF_NO_FURTHER_SEGMENT)
    assert coda.cost_of_pull("x") == (1, 1 + OF_NO_FURTHER_SEGMENT + queries)
    coda.label("x", "7")
    coda.put("x", "new")
    assert coda.cost_of_pull("x")[0] == 1 + 2


def test_a_pull_reads_what_has_changed_and_nothing_else(coda: Coda) -> None:
    coda.push("x", *map(str, range(50)))
    coda.pulled("x")
    coda.label("x", "7")
    coda.put("x", "new")
    assert coda.cost_of_pull("x")[0] == 1 + 2
    pulled = coda.pulled("x")
    assert [label["CodeID"] for label in pulled["7"]["Labels"]] == ["code-a"]
    assert len(pulled) == 51


@pytest.mark.parametrize("earlier", [timedelta(0), MINUTE, 9 * MINUTE])
def test_a_label_stamped_before_what_is_known_already_is_found(coda: Coda, earlier: timedelta) -> None:
    now = datetime.now(UTC)
    for number in range(25):
        coda.put("x", f"old {number}", now - number * MINUTE / 3)
    coda.put("x", "known", now)
    coda.pulled("x")
    coda.put("x", "old 3", now - earlier - timedelta(milliseconds=1), Labels=[{"CodeID": "late"}])
    coda.put("x", "new", now - earlier - timedelta(milliseconds=1))
    pulled = coda.pulled("x")
    assert pulled["old 3"]["Labels"] == [{"CodeID": "late"}]
    assert "new" in pulled


def test_a_label_stamped_with_the_very_time_of_another_is_found(coda: Coda) -> None:
    coda.push("x", "a", "b")
    coda.push("x", "c")
    stamp = (coda.messages("x").document(id_of("c")).get().to_dict() or {})["LastUpdated"]
    coda.pulled("x")
    coda.put("x", "b", stamp, Labels=[{"CodeID": "late"}])
    coda.put("x", "d", stamp)
    pulled = coda.pulled("x")
    assert pulled["b"]["Labels"] == [{"CodeID": "late"}]
    assert "d" in pulled


def test_a_stamp_from_the_future_hides_nothing_that_comes_before_it(coda: Coda) -> None:
    coda.put("x", "a", LONG_AGO.replace(year=2100))
    coda.put("x", "b")
    coda.pulled("x")
    coda.label("x", "b")
    assert len(coda.pulled("x")["b"]["Labels"]) == 1


@pytest.mark.parametrize("stamp", [None, "2021-11-01T00:00:00.000000+00:00"])
def test_messages_without_a_time_of_update_or_with_a_text_for_one_are_pulled(coda: Coda, stamp: str | None) -> None:
    coda.put("x", "a", stamp)
    coda.put("x", "b")
    assert coda.pulled("x")["a"].get("LastUpdated") == stamp
    coda.label("x", "a")  # which stamps it
    assert len(coda.pulled("x")["a"]["Labels"]) == 1


@pytest.mark.parametrize("stamp", [None, "2021-11-01T00:00:00.000000+00:00"])
def test_what_a_tool_adds_without_a_stamp_is_found_when_documents_are_counted(coda: Coda, stamp: str | None) -> None:
    coda.put("x", "a")
    coda.pulled("x")
    coda.put("x", "restored", stamp)
    assert list(coda.pulled("x")) == ["a"]
    coda.age_copies(hours=21)
    assert sorted(coda.pulled("x")) == ["a", "restored"]


def test_what_was_deleted_is_noticed_when_documents_are_counted(coda: Coda) -> None:
    for number in range(30):
        coda.put("x", str(number), LONG_AGO)
    coda.pulled("x")
    coda.messages("x").document(id_of("7")).delete()
    coda.age_copies(hours=21)
    # A count tells that there is one less, and a list, which costs a read a line, which one it is.
    assert coda.cost_of_pull("x") == (1 + 29, 1 + OF_NO_FURTHER_SEGMENT + 1 + 1)
    assert "7" not in coda.pulled("x")


def test_a_count_that_agrees_costs_one_read_for_a_thousand(coda: Coda) -> None:
    for number in range(30):
        coda.put("x", str(number), LONG_AGO)
    coda.pulled("x")
    coda.age_copies(hours=21)
    assert coda.cost_of_pull("x") == (1, 1 + OF_NO_FURTHER_SEGMENT + 1 + 1)
    assert coda.cost_of_pull("x") == (1, 1 + OF_NO_FURTHER_SEGMENT + 1)


@pytest.mark.parametrize("stamp", [None, LONG_AGO])
def test_a_label_without_a_new_stamp_is_found_at_once_by_a_full_look_and_known_from_then_on(
    coda: Coda, stamp: datetime | None
) -> None:
    for number in range(30):
        coda.put("x", str(number), stamp)
    coda.pulled("x")
    coda.messages("x").document(id_of("7")).update({"Labels": [{"CodeID": "by a tool"}]})
    assert coda.pulled("x")["7"]["Labels"] == []
    store = FirestoreLabelStore(coda.client, coda.storage, reconciles=True)
    found = {message["Text"]: message["Labels"] for _, message in store.messages("x") or ()}
    assert found["7"] == [{"CodeID": "by a tool"}]
    assert store.costs()["documents_read"] == 1 + 30 + 1
    assert coda.pulled("x")["7"]["Labels"] == [{"CodeID": "by a tool"}]


def test_a_change_that_nothing_else_shows_is_found_once_a_week_and_only_it_is_read_whole(coda: Coda) -> None:
    for number in range(30):
        coda.put("x", str(number), LONG_AGO)
    coda.pulled("x")
    coda.put("x", "7", None, Labels=[{"CodeID": "by a tool"}])
    assert coda.pulled("x")["7"]["Labels"] == []
    coda.age_copies(days=6, hours=23)
    assert coda.pulled("x")["7"]["Labels"] == []
    coda.age_copies(hours=2)
    assert coda.cost_of_pull("x") == (1 + 30 + 1, 1 + OF_NO_FURTHER_SEGMENT)
    assert coda.pulled("x")["7"]["Labels"] == [{"CodeID": "by a tool"}]


def test_what_somebody_else_who_pulls_at_once_has_published_is_gone_on_from(coda: Coda) -> None:
    coda.put("x", "a")
    coda.pulled("x")
    interrupted = Interrupted(coda)
    coda.put("x", "b")
    found = coda.store(interrupted).messages("x") or ()
    assert sorted(message["Text"] for _, message in found) == ["a", "b", "meanwhile"]


class Interrupted:
    """A storage in which, just before the first write, another pull brings a new message."""

    def __init__(self, coda: Coda) -> None:
        self._coda, self._is_done = coda, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._coda.storage, name)

    def replace(self, name: str, content: bytes, **expected: Any) -> None:
        if not self._is_done:
            self._is_done = True
            self._coda.put("x", "meanwhile")
            self._coda.pulled("x")
        self._coda.storage.replace(name, content, **expected)


def test_of_a_dataset_that_was_deleted_and_made_anew_only_the_new_messages_are_there(coda: Coda) -> None:
    coda.push("x", *map(str, range(30)))
    assert len(coda.pulled("x")) == 30
    coda.client.recursive_delete(coda.client.document("datasets", "x"))
    for number in range(7):
        coda.put("x", f"new {number}", SequenceNumber=number)
    assert sorted(coda.pulled("x")) == [f"new {number}" for number in range(7)]


def test_a_dataset_that_was_deleted_and_made_anew_is_read_anew(coda: Coda) -> None:
    assert coda.store().messages("x") is None
    coda.put("x", "a", LONG_AGO)
    coda.pulled("x")
    coda.client.recursive_delete(coda.client.document("datasets", "x"))
    coda.put("x", "c", LONG_AGO)
    assert sorted(coda.pulled("x")) == ["c"]


def test_a_copy_of_an_earlier_version_is_read_anew(coda: Coda) -> None:
    coda.put("x", "a", LONG_AGO)
    coda.pulled("x")
    name = "state/coda/x/x.jsonl"
    stored = coda.storage.read_versioned(name)
    assert stored is not None
    head, ids, line, _ = stored.content.split(b"\n")
    older = json.loads(head) | {"format": 1}
    del older["dataset_made_at"]
    document_id, changed_at, stamped_at, _, message = json.loads(line)
    written = [json.dumps(each).encode() for each in (older, [document_id, changed_at, stamped_at, message])]
    coda.storage.replace(name, b"\n".join((written[0], ids, written[1], b"")), expected=stored)
    assert sorted(coda.pulled("x")) == ["a"]
    assert coda.storage.read(name).split(b"\n")[2] == line


def test_credentials_for_another_project_are_not_taken_for_an_empty_coda(coda: Coda) -> None:
    coda.put("x", "a")
    coda.pulled("x")
    elsewhere = Coda(Client(project="another", credentials=AnonymousCredentials()), coda.storage)
    wrong = (
        f'was pulled from the Firebase project "{coda.client.project}" before, but the credentials are for "another"'
    )
    with pytest.raises(ConfigError, match=f'dataset "x": {wrong}'):
        elsewhere.pulled("x")
    with pytest.raises(ConfigError, match=f'dataset "x": {wrong}'):
        elsewhere.push("x", "b")
    elsewhere.put("x", "b")
    with pytest.raises(ConfigError, match=f'dataset "x": {wrong}'):
        elsewhere.pulled("x")


def test_a_dataset_named_like_anothers_segment_is_refused_by_both_names(coda: Coda) -> None:
    coda.put("x", "a")
    coda.put("x_2", "b")
    assert list(coda.pulled("x_2")) == ["b"]  # as long as x has no second segment
    coda.client.document("segment_counts", "x").set({"segment_count": 2})
    with pytest.raises(ConfigError) as caught:
        coda.pulled("x_2")
    assert str(caught.value) == (
        'dataset "x_2": is what Coda calls segment 2 of dataset "x"; give it another CodaFilename'
    )


@pytest.mark.parametrize("content", [b"secret", b"{}\n", b'{"format": 1}\n[]\n'])
def test_a_broken_copy_is_named_and_not_quoted(coda: Coda, content: bytes) -> None:
    coda.put("x", "a")
    coda.storage.create("state/coda/x/x.jsonl", content)
    with pytest.raises(DataError) as caught:
        coda.pulled("x")
    place = f"{coda.storage.uri}/state/coda/x/x.jsonl"
    right = "remove it: the next pull reads the segment again"
    assert str(caught.value) == f"{place}: is not a copy of a segment; {right}"


def test_a_cut_copy_is_no_copy(coda: Coda) -> None:
    for each in "abc":
        coda.put("x", each, LONG_AGO)
    coda.pulled("x")
    stored = coda.storage.read_versioned("state/coda/x/x.jsonl")
    assert stored is not None
    coda.storage.replace("state/coda/x/x.jsonl", stored.content.rsplit(b"\n", 2)[0], expected=stored)
    coda.label("x", "a")
    with pytest.raises(DataError, match="is not a copy of a segment"):
        coda.pulled("x")


def test_a_place_names_a_hash_and_no_other_id(coda: Coda) -> None:
    coda.put("x", "a", SequenceNumber=1)
    coda.client.document("segment_counts", "x").set({"segment_count": 2})
    coda.client.collection("datasets").document("x_2").set({})
    coda.messages("x_2").document("secret words").set({"SequenceNumber": 2})
    coda.messages("x_2").document("more secret words").set({})
    coda.messages("x_2").document("and more").set({"SequenceNumber": 252612345678})
    assert [place for place, _ in coda.store().messages("x") or ()] == [
        f'dataset "x", message {id_of("a")}',
        'dataset "x", segment "x_2", a message whose id is no hash (SequenceNumber 2)',
        'dataset "x", segment "x_2", a message whose id is no hash',
        'dataset "x", segment "x_2", a message whose id is no hash',
    ]


def test_documents_that_a_tool_of_coda_made_anew_in_another_segment_are_as_old_as_before(
    coda: Coda, tmp_path: Path
) -> None:
    def pulled(as_of: datetime) -> bytes:
        arrivals = Arrivals(coda.storage)
        pull(coda.store(), {"x": Wanted("x.json")}, tmp_path, as_of, arrivals)
        arrivals.keep()
        return (tmp_path / "x.json").read_bytes()

    coda.put("x", "a", SequenceNumber=0)
    coda.put("x", "b", SequenceNumber=1)
    as_of = datetime.now(UTC)
    first = pulled(as_of)
    assert len(json.loads(first)) == 2
    coda.messages("x").document(id_of("b")).delete()
    coda.put("x_2", "b", SequenceNumber=1)
    coda.client.document("segment_counts", "x").set({"segment_count": 2})
    coda.age_copies(hours=21)
    assert pulled(as_of) == first
    another = Coda(coda.client, storage_at(f"memory://{uuid.uuid4()}"))
    made = [each.made_at for each in another.store().messages("x") or () if isinstance(each, DatedMessage)]
    assert made[0] < as_of < made[1]
