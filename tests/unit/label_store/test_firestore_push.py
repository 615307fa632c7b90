"""What a push to Firestore writes, and that it overwrites nothing."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from google.cloud.firestore import WriteBatch

from pipeline_lib.errors import ConfigError, DataError, StorageConflictError
from pipeline_lib.label_store.base import DatasetSetup, Findings
from pipeline_lib.label_store.push import Proposed, plan, push
from pipeline_lib.storage import storage_at
from tests.unit.label_store.in_firestore import (
    CODER,
    OF_A_COUNT,
    OF_NO_FURTHER_SEGMENT,
    OF_THE_METRICS,
    SCHEME,
    SETUP,
    Coda,
    id_of,
    message,
)


def test_a_new_dataset_has_its_users_schemes_messages_and_metrics(coda: Coda) -> None:
    suggestion = {"SchemeID": "Scheme-1", "CodeID": "code-a", "Checked": False, "DateTimeUTC": "2021-11-02T00:00:00Z"}
    proposed = Proposed([message("biyo", Labels=[suggestion]), message("caafimaad")], SETUP)
    assert push(coda.store(), {"x": proposed}.items()) == {"x": 2}
    assert coda.everything() == {
        "datasets/x": {"users": [CODER]},
        "datasets/x/code_schemes/Scheme-1": SCHEME,
        f"datasets/x/messages/{id_of('biyo')}": message("biyo", Labels=[suggestion], SequenceNumber=0),
        f"datasets/x/messages/{id_of('caafimaad')}": message("caafimaad", SequenceNumber=1),
        "datasets/x/metrics/messages": {
            "messages_count": 2,
            "messages_with_label": 0,
            "wrong_scheme_messages": 0,
            "not_coded_messages": 0,
        },
    }
    assert coda.browser().segments() == ["x"]


def test_a_dataset_that_nobody_could_see_is_not_made(coda: Coda) -> None:
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "a", setup=DatasetSetup(schemes=(SCHEME,)))
    assert str(caught.value) == (
        'dataset "x": does not exist in Coda yet, and nobody could see it there; name its coders in LabelStore.Users'
    )
    assert coda.everything() == {}


def test_messages_beyond_the_capacity_of_a_segment_open_the_next_which_is_made_like_it(coda: Coda) -> None:
    coda.push("x", *map(str, range(2490)))
    coda.client.document("datasets", "x").update({"users": [CODER, "another@example.org"]})
    further_column = {**SCHEME, "SchemeID": "Scheme-1-2"}
    coda.client.document("datasets", "x", "code_schemes", "Scheme-1-2").set(further_column)
    assert coda.push("x", *map(str, range(2480, 2520))) == 30
    everything = coda.everything()
    first = [each for path, each in everything.items() if path.startswith("datasets/x/messages/")]
    second = [each for path, each in everything.items() if path.startswith("datasets/x_2/messages/")]
    assert sorted(each["SequenceNumber"] for each in first) == list(range(2500))
    assert sorted(each["SequenceNumber"] for each in second) == list(range(2500, 2520))
    assert everything["segment_counts/x"] == {"segment_count": 2}
    assert everything["datasets/x_2"] == everything["datasets/x"] == {"users": [CODER, "another@example.org"]}
    assert everything["datasets/x_2/code_schemes/Scheme-1"] == SCHEME
    assert everything["datasets/x_2/code_schemes/Scheme-1-2"] == further_column
    assert everything["datasets/x/metrics/messages"]["messages_count"] == 2500
    assert everything["datasets/x_2/metrics/messages"]["messages_count"] == 20
    assert len(coda.pulled("x")) == 2520


def test_a_push_costs_what_it_writes_and_reads_only_what_changed_since_the_pull(coda: Coda) -> None:
    coda.push("x", *map(str, range(300)))
    coda.pulled("x")
    coda.label("x", "7")
    store = coda.store()
    push(store, {"x": Proposed([message(str(number)) for number in range(310)], SETUP)}.items())
    documents, further, written = store.costs().values()
    of_the_dataset, of_the_ledger, of_the_scheme = 1, 1, 1
    assert documents == of_the_dataset + of_the_ledger + OF_THE_METRICS + of_the_scheme + 1
    assert further <= 3 + OF_A_COUNT + OF_NO_FURTHER_SEGMENT  # of the segment count, a query, a count of the youngest
    assert written == 10 + 2  # the ledger, the metrics


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize(("hours", "asked_segments"), [(2, 1), (4, 3)])
def test_a_push_soon_after_a_pull_asks_only_the_last_segment_what_is_new(
    coda: Coda, hours: int, asked_segments: int
) -> None:
    coda.push("x", *map(str, range(60)))
    coda.pulled("x")
    coda.age_copies(hours=hours)
    store = coda.store()
    assert store.addition("x", [message("new")], SETUP).messages[0]["SequenceNumber"] == 60
    of_the_dataset, of_its_segment_count, of_the_ledger, of_the_scheme = 1, 1, 1, 1
    of_the_whole = of_the_dataset + of_its_segment_count + of_the_ledger + OF_THE_METRICS + of_the_scheme
    a_query, a_count_of_the_youngest = 1, 1
    documents, further, _ = store.costs().values()
    of_further_segments = 2
    assert documents == of_the_whole + of_further_segments
    assert further == OF_NO_FURTHER_SEGMENT + OF_A_COUNT + asked_segments * (a_query + a_count_of_the_youngest)


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("segment", ["x_2", "x_3"])
def test_what_a_tool_of_coda_added_after_the_pull_is_not_added_again(coda: Coda, segment: str) -> None:
    coda.push("x", *map(str, range(30)))
    coda.pulled("x")
    coda.put(segment, "of a tool", SequenceNumber=30)
    if segment == "x_3":
        coda.client.document("segment_counts", "x").set({"segment_count": 3})
    assert coda.push("x", "of a tool", "new") == 1
    assert coda.pulled("x")["new"]["SequenceNumber"] == 31


@pytest.mark.usefixtures("small_segments")
def test_a_copy_that_was_removed_since_the_pull_is_read_anew(coda: Coda) -> None:
    coda.push("x", *map(str, range(30)))
    coda.pulled("x")
    copy = "state/coda/x/x.jsonl"
    coda.storage.replace(copy, b"", expected=coda.storage.read_versioned(copy))
    assert coda.push("x", "0", "29", "new") == 1


@pytest.mark.usefixtures("small_segments")
def test_a_dataset_that_was_deleted_and_made_anew_since_the_pull_is_read_anew(coda: Coda) -> None:
    coda.push("x", *map(str, range(30)))
    coda.pulled("x")
    for collection in ("datasets", "segment_counts"):
        for document in coda.client.collection(collection).list_documents():
            coda.client.recursive_delete(document)
    coda.put("x", "another", SequenceNumber=0)
    store = coda.store()
    assert [each["Text"] for each in store.addition("x", [message("another"), message("new")], SETUP).messages] == [
        "new"
    ]


def test_a_push_of_nothing_new_writes_nothing(coda: Coda) -> None:
    coda.push("x", "a")
    coda.pulled("x")
    store = coda.store()
    assert push(store, {"x": Proposed([message("a")], SETUP)}.items()) == {"x": 0}
    assert store.costs()["documents_written"] == 0


def test_metrics_are_counted_anew_from_the_labels_that_are_there(coda: Coda) -> None:
    coda.push("x", "a", "b", "c", "d", "e", "f")
    for text, code in (("a", "code-a"), ("b", "code-ws"), ("c", "code-nc"), ("d", "code-a")):
        coda.label("x", text, code)
    browser = coda.browser()
    browser.open("x")
    browser.take_back("x", id_of("d"), "Scheme-1")
    browser.label("x", id_of("e"), "Scheme-1", "code-ws", checked=False)
    coda.client.document("datasets", "x", "metrics", "messages").set({"messages_count": 1000})
    coda.push("x", "g")
    assert coda.document("datasets", "x", "metrics", "messages") == {
        "messages_count": 7,
        "messages_with_label": 3,
        "wrong_scheme_messages": 1,
        "not_coded_messages": 1,
    }


def test_a_message_that_a_tool_added_meanwhile_without_a_stamp_is_left_as_it_is(coda: Coda) -> None:
    coda.push("x", "a")
    coda.pulled("x")
    coda.put("x", "b", None, Labels=[{"CodeID": "of the tool"}], SequenceNumber=1)
    assert coda.push("x", "a", "b", "c") == 1
    pulled = coda.pulled("x")
    assert pulled["b"]["Labels"] == [{"CodeID": "of the tool"}]
    assert pulled["c"]["SequenceNumber"] == 2


def test_numbers_of_messages_that_were_deleted_are_not_given_again(coda: Coda) -> None:
    coda.push("x", "a", "b")
    coda.messages("x").document(id_of("b")).delete()
    coda.client.document("segment_counts", "unrelated").set({"segment_count": 3})
    coda.push("x", "c")
    assert coda.pulled("x")["c"]["SequenceNumber"] == 2


def test_ids_that_firestore_does_not_take_are_named_by_their_place(coda: Coda) -> None:
    for unusable in ("secret/words", "..", "__x__", "é" * 751):
        with pytest.raises(DataError) as caught:
            push(coda.store(), {"x": Proposed([message("a"), message("b", MessageID=unusable)], SETUP)}.items())
        wrong = "1 of the new messages have a MessageID that Coda cannot store"
        assert str(caught.value).startswith(f'dataset "x": {wrong}; ')
        assert unusable not in str(caught.value)


@pytest.mark.usefixtures("small_segments")
def test_a_dataset_whose_next_segment_has_the_name_of_a_dataset_is_refused_by_both_names(coda: Coda) -> None:
    coda.push("x", *map(str, range(25)))
    with pytest.raises(ConfigError) as caught:
        coda.push("x_3", "a")
    assert str(caught.value) == (
        'dataset "x_3": is what Coda will call segment 3 of dataset "x"; give it another CodaFilename'
    )
    addition = coda.store().addition("x", [message("one more")], SETUP)
    coda.put("x_2", "of another dataset")
    assert list(map(str, addition.findings().problems)) == [
        (
            'dataset "x": needs another segment, which Coda would call "x_2", but a dataset of that name exists; '
            "rename that dataset in Coda"
        )
    ]
    with pytest.raises(DataError, match=r'if "x_2" is another dataset, rename it$'):
        coda.push("x", "one more")
    assert list(coda.pulled("x_2")) == ["of another dataset"]


def other(scheme: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A scheme whose first code is otherwise."""
    first, *rest = scheme["Codes"]
    return {**scheme, "Codes": [{**first, **changes}, *rest]}


DIFFERENCES = [
    ({**SCHEME, "Codes": SCHEME["Codes"][1:]}, 'lacks the code "a" (code-a), which the scheme of the project has'),
    (
        {**SCHEME, "Codes": [*SCHEME["Codes"], {"CodeID": "code-b", "StringValue": "b"}]},
        "has the code code-b, which the scheme of the project lacks",
    ),
    (other(SCHEME, NumericValue=7), "NumericValue of the code code-a is 7, but 1 in the project"),
    (
        other(SCHEME, CodeType="Meta"),
        "CodeType of the code code-a is 'Meta', but 'Normal' in the project",
    ),
]


@pytest.mark.parametrize(("in_coda", "said"), DIFFERENCES)
def test_a_scheme_that_means_something_else_in_coda_is_told_before_anything_is_written(
    coda: Coda, in_coda: dict[str, Any], said: str
) -> None:
    coda.push("x", "a")
    coda.client.document("datasets", "x", "code_schemes", "Scheme-1").set(in_coda)
    before = coda.everything()
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "b")
    assert str(caught.value) == f'dataset "x", code scheme "water" (Scheme-1): {said}; make the two the same'
    assert coda.everything() == before
    assert coda.push("x", "a") == 0  # with nothing to add nothing is held against anything


@pytest.mark.usefixtures("small_segments")
def test_schemes_are_held_against_those_of_every_segment(coda: Coda) -> None:
    coda.push("x", *map(str, range(26)))
    coda.client.document("datasets", "x_2", "code_schemes", "Scheme-1").delete()
    coda.client.document("datasets", "x", "code_schemes", "Scheme-2").set({"SchemeID": "Scheme-2", "Name": "theirs"})
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "b")
    place = 'dataset "x", segment x_2, code scheme'
    assert str(caught.value).splitlines() == [
        f'{place} "water" (Scheme-1): is missing in Coda; add it there: the project codes with it',
        f"{place} Scheme-2: is missing here, but is in the first segment; add it here",
    ]


@pytest.mark.usefixtures("small_segments")
def test_a_segment_whose_scheme_looks_otherwise_than_the_first_ones_is_told_since_codas_tools_refuse_it(
    coda: Coda,
) -> None:
    coda.push("x", *map(str, range(60)))
    first, *rest = SCHEME["Codes"]
    in_second = {**SCHEME, "Codes": [{**first, "Color": "#00f", "secret words": 1}, *rest]}
    coda.client.document("datasets", "x_2", "code_schemes", "Scheme-1").set(in_second)
    theirs = {"SchemeID": "Scheme-2", "Name": "theirs", "Codes": SCHEME["Codes"]}
    for segment in ("x", "x_2", "x_3"):
        codes = SCHEME["Codes"][::-1] if segment == "x_3" else SCHEME["Codes"]
        coda.client.document("datasets", segment, "code_schemes", "Scheme-2").set({**theirs, "Codes": codes})
    findings = coda.store().addition("x", [message("new")], SETUP).findings()
    right = "make them the same: Coda's own tools refuse such a dataset"
    keys = "Color, keys that Coda does not know"
    water, of_theirs = 'segment x_2, code scheme "water" (Scheme-1)', "segment x_3, code scheme Scheme-2"
    assert list(map(str, findings.remarks)) == [
        f'dataset "x", {water}: differs from the project\'s in {keys}',
        f'dataset "x", {water}: differs from the first segment\'s in {keys}; {right}',
        f'dataset "x", {of_theirs}: differs from the first segment\'s in the order of its codes; {right}',
    ]
    assert not findings.problems


@pytest.mark.usefixtures("small_segments")
def test_numbers_that_messages_share_are_told_wherever_the_messages_are(coda: Coda) -> None:
    coda.push("x", *map(str, range(60)))
    assert coda.store().addition("x", [], SETUP).remarks_on_messages() == []
    for segment, text, number in (("x", "one more", 3), ("x_3", "another", 3), ("x_3", "and another", 59)):
        coda.put(segment, text, SequenceNumber=number)
    for odd in (None, "secret"):
        coda.put("x_3", f"without a number: {odd}", SequenceNumber=odd)
    coda.age_copies(hours=4)
    (remark,) = coda.store().addition("x", [], SETUP).remarks_on_messages()
    assert str(remark).startswith('dataset "x": 5 messages share 2 sequence numbers, such as 3, 59; coders see them')


@pytest.mark.usefixtures("small_segments")
def test_a_segment_that_other_coders_see_is_told_without_their_names_and_one_that_is_missing_gets_nothing(
    coda: Coda,
) -> None:
    coda.push("x", *map(str, range(60)))
    coda.client.document("datasets", "x_2").update({"users": ["another@example.org"]})

    def findings() -> Findings:
        return coda.store().addition("x", [message("new")], SETUP).findings()

    told = 'dataset "x", segment x_2: has other users than the first segment; give all segments the same users in Coda'
    assert list(map(str, findings().remarks)) == [told]
    assert not findings().problems
    coda.client.document("datasets", "x_3").delete()
    assert list(map(str, findings().remarks)) == [told]
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "new")
    assert str(caught.value) == (
        'dataset "x", segment x_3: has no document in Coda, so nobody could see it; '
        'correct "segment_count" of the dataset, or create the missing document, in the Firebase console'
    )
    assert len(coda.pulled("x")) == 60


@pytest.mark.parametrize(("scheme_id", "wrong"), [
    ("secret/words", "an id of another form: has a SchemeID that cannot be the id of a document; correct it in Coda"),
    ("Scheme-1", '"water" (Scheme-1): is there more than once; keep one of them'),
])  # fmt: skip
def test_a_scheme_that_no_further_segment_could_get_is_told(coda: Coda, scheme_id: str, wrong: str) -> None:
    coda.push("x", "a")
    coda.client.document("datasets", "x", "code_schemes", "another").set({**SCHEME, "SchemeID": scheme_id})
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "b")
    assert str(caught.value) == f'dataset "x", code scheme {wrong}'


@pytest.mark.parametrize(("users", "is_refused"), [("secret", True), ([7], True), ({"a": 1}, True), ([], False)])
def test_users_that_are_no_list_of_texts_are_told(coda: Coda, users: Any, is_refused: bool) -> None:
    coda.push("x", "a")
    coda.client.document("datasets", "x").set({"users": users})
    problems = coda.store().addition("x", [message("b")], SETUP).findings().problems
    said = (
        'dataset "x": has "users" that are not a list of addresses; '
        "write a list of e-mail addresses in the Firebase console"
    )
    assert list(map(str, problems)) == [said] * is_refused


def test_a_scheme_with_a_code_twice_makes_no_dataset(coda: Coda) -> None:
    twice = {**SCHEME, "Codes": [*SCHEME["Codes"], {"CodeID": "code-a", "StringValue": "b", "NumericValue": 1}]}
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "a", setup=DatasetSetup((CODER,), (twice,)))
    assert str(caught.value).splitlines() == [
        'dataset "x", code scheme "water" (Scheme-1): has 2 codes of the CodeID \'code-a\'; keep one of them',
        'dataset "x", code scheme "water" (Scheme-1): has 2 codes of the NumericValue 1; keep one of them',
    ]
    assert coda.everything() == {}


CODE_TWICE = {**SCHEME, "Codes": [*SCHEME["Codes"], {**SCHEME["Codes"][0], "CodeID": "code-b"}]}
BROKEN = [
    (CODE_TWICE, [
        "has 2 codes of the StringValue 'a'; keep one of them",
        "has 2 codes of the NumericValue 1; keep one of them",
        'has the code "a" (code-b), which the scheme of the project lacks; make the two the same',
    ]),
    ({**SCHEME, "Codes": [*SCHEME["Codes"], {"CodeID": ["secret"]}]}, ["has a code without a CodeID"]),
    ({**SCHEME, "Codes": "secret"}, [
        f'lacks the code "{code["StringValue"]}" ({code["CodeID"]}), which the scheme of the project has; '
        "make the two the same"
        for code in SCHEME["Codes"]
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("in_coda", "said"), BROKEN)
def test_a_scheme_that_is_broken_in_coda_is_told_and_nothing_is_written(
    coda: Coda, in_coda: dict[str, Any], said: list[str]
) -> None:
    coda.push("x", "a")
    coda.label("x", "a")
    coda.client.document("datasets", "x", "code_schemes", "Scheme-1").set(in_coda)
    before = coda.everything()
    with pytest.raises(ConfigError) as caught:
        coda.push("x", "b")
    assert str(caught.value).splitlines() == [f'dataset "x", code scheme "water" (Scheme-1): {each}' for each in said]
    assert coda.everything() == before


def test_what_looks_otherwise_and_means_the_same_keeps_nobody_from_pushing(coda: Coda) -> None:
    coda.push("x", "a")
    coda.client.document("datasets", "x", "code_schemes", "Scheme-1").set(other(SCHEME, Color="#00f", Shortcut="w"))
    setup = DatasetSetup((CODER,), ({**other(SCHEME, Color="#fff", DisplayText="A"), "Version": "2"},))
    addition = plan(coda.store(), {"x": Proposed([message("b")], setup)}.items())["x"]
    keys = "Color, DisplayText, Shortcut, Version"
    assert [str(remark) for remark in addition.findings().remarks] == [
        f'dataset "x", code scheme "water" (Scheme-1): differs from the project\'s in {keys}'
    ]
    assert coda.push("x", "b", setup=setup) == 1


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("state", ["one each", "the same"])
def test_pipelines_at_once_add_each_message_once_and_share_no_number(coda: Coda, state: str) -> None:
    coda.push("x", *map(str, range(20)))

    def pipeline(number: int) -> int:
        storage = coda.storage if state == "the same" else storage_at(f"{coda.storage.uri}-{number}")
        texts = [str(each) for each in range(10 + 20 * number, 90 + 20 * number)]
        proposed = {"x": Proposed([message(text) for text in texts], SETUP)}
        return push(coda.store(storage), proposed.items())["x"]

    with ThreadPoolExecutor(3) as pool:
        added = list(pool.map(pipeline, range(3)))
    everything = coda.everything()
    messages = {path: each for path, each in everything.items() if "/messages/" in path}
    assert sorted(int(each["Text"]) for each in messages.values()) == list(range(130))
    assert sorted(each["SequenceNumber"] for each in messages.values()) == list(range(130))
    assert sum(added) == 110
    assert everything["segment_counts/x"] == {"segment_count": 6}
    sizes = Counter(path.split("/")[1] for path in messages)
    assert sizes == {"x": 25, "x_2": 25, "x_3": 25, "x_4": 25, "x_5": 25, "x_6": 5}
    metrics = {name: everything[f"datasets/{name}/metrics/messages"]["messages_count"] for name in sizes}
    assert metrics == sizes


def test_metrics_count_what_is_there_after_a_tool_has_deleted_most_of_it(coda: Coda) -> None:
    coda.push("x", *map(str, range(30)))
    coda.pulled("x")
    for number in range(3, 30):
        coda.messages("x").document(id_of(str(number))).delete()
    assert coda.push("x", *(f"new {number}" for number in range(5))) == 5
    assert coda.counted_and_numbered() == ({"x": 8}, {"x": 8}, [0, 1, 2, 30, 31, 32, 33, 34])


def test_what_a_tool_has_deleted_is_added_anew_with_what_is_new(coda: Coda) -> None:
    coda.push("x", "a", "b")
    coda.pulled("x")
    coda.messages("x").document(id_of("a")).delete()
    assert coda.push("x", "a", "b", "c") == 2


@contextmanager
def killed_at(write: int, *, is_written: bool) -> Iterator[None]:
    """The process dies at a commit: just before it, or when it is done and nobody has heard of it."""
    real, count = WriteBatch.commit, 0

    def commit(self: WriteBatch, *arguments: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count < write:
            return real(self, *arguments, **more)
        if count == write and is_written:
            real(self, *arguments, **more)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WriteBatch, "commit", commit)
        with pytest.raises(KeyboardInterrupt):
            yield


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("seed", range(4))
def test_a_push_that_is_killed_again_and_again_ends_as_one_push(coda: Coda, seed: int) -> None:
    texts = [str(number) for number in range(118)]
    dice = random.Random(seed)  # noqa: S311 - no secret
    for _ in range(6):
        with killed_at(dice.choice((1, 2, 3)), is_written=dice.random() < 0.5):
            coda.push("x", *texts)
    coda.push("x", *texts)
    coda.push("y", *texts)
    everything = coda.everything()
    interrupted = {path.replace("/x", "/y"): each for path, each in everything.items() if "/x" in path}
    assert interrupted == {path: each for path, each in everything.items() if "/y" in path}
    assert len(interrupted) == 118 + 5 * len(("the segment", "its scheme", "its metrics")) + 1


def test_a_commit_of_which_nobody_heard_is_counted_when_the_client_tries_it_again(
    coda: Coda, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, is_heard = WriteBatch.commit, iter([False, True])

    def commit_twice(batch: WriteBatch, **more: Any) -> Any:
        if not next(is_heard):
            writes = list(batch._write_pbs)
            commit(batch, **more)  # and the line breaks before the answer is there
            batch._write_pbs = writes
        return commit(batch, **more)

    monkeypatch.setattr(WriteBatch, "commit", commit_twice)
    assert coda.push("x", "a", "b") == 2
    assert coda.push("x", "b", "c") == 1
    assert {text: each["SequenceNumber"] for text, each in coda.pulled("x").items()} == {"a": 0, "b": 1, "c": 2}


def test_a_ledger_that_somebody_removed_is_begun_anew(coda: Coda) -> None:
    coda.push("x", "a")
    addition = coda.store().addition("x", [message("b")], SETUP)
    coda.client.document("pipeline_ledgers", "x").delete()
    assert addition.commit() == 1
    assert coda.push("x", "c") == 1
    assert {text: each["SequenceNumber"] for text, each in coda.pulled("x").items()} == {"a": 0, "b": 1, "c": 2}


def test_a_dataset_that_others_keep_adding_to_is_left_for_later(coda: Coda, monkeypatch: pytest.MonkeyPatch) -> None:
    coda.push("x", "a")
    commit, numbers = WriteBatch.commit, itertools.count(1)

    def commit_after_another_pipeline(batch: WriteBatch, **more: Any) -> Any:
        theirs = coda.client.batch()
        theirs.set(coda.client.document("pipeline_ledgers", "x"), {"next_sequence_number": next(numbers)})
        commit(theirs)
        return commit(batch, **more)

    monkeypatch.setattr(WriteBatch, "commit", commit_after_another_pipeline)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(StorageConflictError) as caught:
        coda.push("x", "b")
    assert str(caught.value) == (
        'dataset "x": others added messages during each of 30 attempts; try again when they are done'
    )
    assert list(coda.pulled("x")) == ["a"]
