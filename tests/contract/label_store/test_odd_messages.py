"""Whatever else stands in a label store, the messages that are as they should be come out as if they were alone."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore import GeoPoint
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline_lib.errors import DataError
from pipeline_lib.label_store.firestore_store import FirestoreLabelStore
from pipeline_lib.label_store.folder_store import DirectoryLabelStore
from pipeline_lib.label_store.pull import PulledDataset, Wanted, check_shares, pull
from pipeline_lib.model.step_counts import total
from pipeline_lib.processing.label_files import read_label_file
from pipeline_lib.processing.quarantine import check_messages
from tests.contract.label_store.conftest import directory, firestore

TIME = "2021-11-02T10:00:00Z"
LABEL = {"SchemeID": "Scheme-1", "CodeID": "code-a", "DateTimeUTC": TIME, "Checked": True}
GOOD = [
    {
        "MessageID": f"{number:064x}",
        "Text": f"text {number}",
        "CreationDateTimeUTC": "2021-11-01T10:00:00Z",
        "Labels": [LABEL, {**LABEL, "DateTimeUTC": "2021-11-01T10:00:00Z"}][: number % 3],
        "SequenceNumber": number,
    }
    for number in range(4)
]
ODD_ID = "f" * 64

SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=3)
KEYS = st.text(st.characters(codec="ascii"), min_size=1, max_size=3)
JUNK = SCALARS | st.lists(SCALARS | st.lists(SCALARS, max_size=2), max_size=2) | st.dictionaries(KEYS, SCALARS)
OF_FIRESTORE: st.SearchStrategy[Any] = (
    SCALARS | st.binary(max_size=3) | st.builds(GeoPoint, st.just(2.0), st.just(45.0))
)
OF_FIRESTORE |= st.datetimes(timezones=st.just(UTC))
OF_FIRESTORE |= st.dictionaries(KEYS, OF_FIRESTORE)


def changed(written: dict[str, Any], keys: str, junk: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The object with something else at one of its keys, or without it."""

    def change(key: str, value: Any, is_there: bool) -> dict[str, Any]:
        kept = {each: item for each, item in written.items() if each != key}
        return {**kept, key: value} if is_there else kept

    return st.builds(change, st.sampled_from(keys.split()), junk, st.booleans())


def odd_messages(junk: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Messages of which something, or a label's, is not as it should be."""
    message = {**GOOD[1], "MessageID": ODD_ID}
    label = changed(LABEL, "SchemeID CodeID DateTimeUTC Checked Confidence Origin", junk)
    labels = st.lists(st.just(LABEL) | label | junk, max_size=3)
    keys = "MessageID Text CreationDateTimeUTC Labels SequenceNumber LastUpdated X"
    return changed(message, keys, junk) | st.builds(lambda made: {**message, "Labels": made}, labels)


PLACES = st.lists(st.integers(0, len(GOOD)), min_size=5, max_size=5)
SETTINGS = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def among_good(odd: list[Any], places: list[int]) -> list[Any]:
    """The good messages in their order, with others between them."""
    listed: list[Any] = list(GOOD)
    for place, each in zip(places, odd, strict=False):
        listed.insert(place, each)
    return listed


def good(messages: list[Any]) -> list[Any]:
    ids = {each["MessageID"] for each in GOOD}
    return [
        {key: value for key, value in each.items() if key != "LastUpdated"}
        for each in messages
        if each["MessageID"] in ids
    ]


def check_counts(found: PulledDataset, listed_count: int) -> None:
    """Nothing is lost in silence, and too much that is set aside is refused with what would be right."""
    doubled_count = sum(each.part == ".MessageID" for each in found.mended)
    assert found.message_count + len(found.set_aside) + doubled_count == listed_count
    assert len(found.noticed) == len(found.set_aside) + len(found.mended)
    check_shares({"demo": found}, 1.0)
    if found.set_aside:
        with pytest.raises(DataError, match=rf"^dataset \"demo\": {len(found.set_aside)} of its .* messages cannot be"):
            check_shares({"demo": found}, 0.0)


@SETTINGS
@given(odd=st.lists(odd_messages(JUNK) | JUNK, max_size=5), places=PLACES, is_ascii=st.booleans())
@example(odd=[GOOD[1], {**GOOD[2], "Text": "\ud83d"}, float("nan"), None, {}], places=[4, 4, 2, 1, 0], is_ascii=True)
def test_good_messages_of_a_folder_come_out_as_if_alone(
    tmp_path: Path, odd: list[Any], places: list[int], *, is_ascii: bool
) -> None:
    at_hand = directory(f"memory://{uuid.uuid4()}/labels", tmp_path)
    listed = among_good(odd, places)
    content = json.dumps(listed, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    assert isinstance(at_hand.store, DirectoryLabelStore)
    at_hand.store.storage.create("demo.json", content)
    found = pull(at_hand.store, {"demo": Wanted("pulled.json")}, tmp_path, None)["demo"]
    pulled = json.loads((tmp_path / "pulled.json").read_text(encoding="ascii"))
    assert good(pulled) == GOOD
    check_counts(found, len(listed))
    assert at_hand.add("demo", [{**GOOD[1], "MessageID": "e" * 64}, GOOD[0]]) == 1
    _check_processing(tmp_path, content, listed, pulled)


def _check_processing(folder: Path, content: bytes, listed: list[Any], pulled: list[Any]) -> None:
    """Processing reads the same of the store's own file and of a pulled one, which it takes as it is."""
    (folder / "own.json").write_bytes(content)
    (folder / "good.json").write_text(json.dumps(GOOD))
    own, alone, of_pull = (read_label_file(folder / f"{name}.json") for name in ("own", "good", "pulled"))
    is_good = own.labels["message_id"].is_in(alone.labels["message_id"].unique().implode())
    assert own.labels.filter(is_good).sort("message_id", "position").equals(alone.labels)
    assert (own.message_count, of_pull.message_count) == (len(listed), len(pulled))
    assert of_pull.counts() == {}
    assert total(check_messages({"own.json": own}, 1.0)) == len(own.set_aside) + sum(own.mended.values())


@SETTINGS
@given(odd=st.lists(odd_messages(OF_FIRESTORE), max_size=4))
def test_good_messages_of_firestore_come_out_as_if_alone(
    firestore_project: str, tmp_path: Path, odd: list[Any]
) -> None:
    at_hand = firestore(firestore_project, tmp_path)
    dataset = uuid.uuid4().hex
    at_hand.write(dataset, GOOD)
    assert isinstance(at_hand.store, FirestoreLabelStore)
    messages = at_hand.store._mirror.layout.client.collection("datasets", dataset, "messages")
    for number, each in enumerate(odd):
        messages.document(f"odd {number}").set(each)
    found = pull(at_hand.store, {dataset: Wanted("pulled.json")}, tmp_path, None)[dataset]
    assert good(json.loads((tmp_path / "pulled.json").read_text(encoding="ascii"))) == GOOD
    check_counts(found, len(GOOD) + len(odd))
    assert at_hand.add(dataset, [{**GOOD[1], "MessageID": "e" * 64}, GOOD[0]]) == 1


def test_a_message_that_is_there_twice_has_the_labels_of_both_and_the_first_ones_text(
    at_hand: Any, message: Callable[..., Any], label: Callable[..., Any]
) -> None:
    first = message("a", label("2021-11-05T00:00:00Z"), label("2021-11-02T00:00:00Z"), SequenceNumber=0)
    labels = [label("2021-11-04T00:00:00Z"), label("2021-11-02T00:00:00Z")]
    again = message("a", *labels, SequenceNumber=1, Text="another", created_at="2021-10-01T10:00:00Z")
    at_hand.write("demo", [first, message("b", SequenceNumber=2), again])
    pulled, other = json.loads(at_hand.pull("demo", None))
    assert [each["DateTimeUTC"][9] for each in pulled["Labels"]] == ["5", "4", "2"]
    assert {**pulled, "Labels": first["Labels"]} == first
    assert other["MessageID"] == "b"
