import json
import logging
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.label_store.arrivals import Arrivals
from pipeline_lib.label_store.folder_store import DirectoryLabelStore
from pipeline_lib.label_store.pull import PulledDataset, Wanted, check_shares, pull
from pipeline_lib.label_store.push import Proposed, plan, push
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import StopCode
from pipeline_lib.storage import storage_at

LABEL = {"SchemeID": "Scheme-1", "CodeID": "code-1", "DateTimeUTC": "2021-11-02T10:00:00Z", "Checked": True}
MESSAGE: dict[str, Any] = {"MessageID": "a", "Text": "biyo", "CreationDateTimeUTC": "2021-11-01T10:00:00Z"}
HASH = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> DirectoryLabelStore:
    store = DirectoryLabelStore(storage_at((tmp_path / "store").as_uri()))
    messages = [{**MESSAGE, "Labels": [LABEL]}, {**MESSAGE, "MessageID": "b", "Labels": []}]
    push(store, {"gender": Proposed(messages)}.items())
    return store


def test_each_dataset_is_written_to_its_file(store: DirectoryLabelStore, tmp_path: Path) -> None:
    pulled = pull(store, {"gender": Wanted("demo_gender.json")}, tmp_path, None)
    assert pulled == {"gender": PulledDataset(message_count=2, label_count=1)}
    assert (tmp_path / "demo_gender.json").read_text() == (
        "[\n"
        "  {\n"
        '    "CreationDateTimeUTC": "2021-11-01T10:00:00Z", \n'
        '    "Labels": [\n'
        "      {\n"
        '        "Checked": true, \n'
        '        "CodeID": "code-1", \n'
        '        "DateTimeUTC": "2021-11-02T10:00:00Z", \n'
        '        "SchemeID": "Scheme-1"\n'
        "      }\n"
        "    ], \n"
        '    "MessageID": "a", \n'
        '    "SequenceNumber": 0, \n'
        '    "Text": "biyo"\n'
        "  }, \n"
        "  {\n"
        '    "CreationDateTimeUTC": "2021-11-01T10:00:00Z", \n'
        '    "Labels": [], \n'
        '    "MessageID": "b", \n'
        '    "SequenceNumber": 1, \n'
        '    "Text": "biyo"\n'
        "  }\n"
        "]"
    )


def test_labels_made_since_are_not_in_the_file(store: DirectoryLabelStore, tmp_path: Path) -> None:
    pulled = pull(store, {"gender": Wanted("gender.json")}, tmp_path, datetime(2021, 11, 2, tzinfo=UTC))
    assert pulled == {"gender": PulledDataset(message_count=2, label_count=0)}


def test_datasets_that_do_not_exist_yet_are_empty_and_told_of_once(
    store: DirectoryLabelStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    datasets = {name: Wanted(f"{name}.json") for name in ("s01e02", "gender", "s01e01")}
    with caplog.at_level(logging.WARNING):
        pulled = pull(store, datasets, tmp_path, None)
    assert {name: found.message_count for name, found in pulled.items()} == {"s01e02": 0, "gender": 2, "s01e01": 0}
    assert [name for name, found in pulled.items() if found.is_absent] == ["s01e02", "s01e01"]
    assert (tmp_path / "s01e01.json").read_text() == "[]"
    assert caplog.messages == [
        'The label store does not have these datasets yet, so nothing is coded in them: "s01e01", "s01e02"'
    ]
    assert store.messages("s01e01") is None


BROKEN = [
    (
        {**MESSAGE, "MessageID": HASH, "Text": None},
        f" (MessageID {HASH}).Text: is missing; expected a non-empty string",
    ),
    (["secret"], ": is not an object; expected one"),
    ({**MESSAGE, "MessageID": "a"}, ".Labels: is missing; expected a list"),
    (
        {**MESSAGE, "MessageID": HASH, "Labels": [{**LABEL, "Origin": {"Name": "secret"}}]},
        f" (MessageID {HASH}).Labels[0].Origin.OriginID: is missing; expected a non-empty string",
    ),
]


@pytest.mark.parametrize(("broken", "said"), BROKEN)
def test_a_message_that_breaks_a_rule_is_set_aside_and_told_without_its_text(
    broken: Any, said: str, store: DirectoryLabelStore, tmp_path: Path
) -> None:
    stored = json.loads((tmp_path / "store" / "gender.json").read_text())
    (tmp_path / "store" / "gender.json").write_text(json.dumps([*stored, broken]))
    pulled = pull(store, {"gender": Wanted("gender.json")}, tmp_path, None)["gender"]
    assert pulled.message_count == 2
    assert [str(each.problem) for each in pulled.set_aside] == [f"gender.json: [2]{said}"]
    check_shares({"gender": pulled}, share_limit=0.34)
    with pytest.raises(DataError) as caught:
        check_shares({"gender": pulled}, share_limit=0.3)
    assert str(caught.value).splitlines() == [
        'dataset "gender": 1 of its 3 messages cannot be used; at most 30.0% may be (QuarantineShareLimit)',
        f"gender.json: [2]{said}",
    ]


def test_every_dataset_of_which_too_much_is_set_aside_is_told(store: DirectoryLabelStore, tmp_path: Path) -> None:
    for name, broken_count in (("age", 60), ("gender", 0), ("place", 1)):
        (tmp_path / "store" / f"{name}.json").write_text(json.dumps([{"MessageID": "a"}] * broken_count))
    pulled = pull(store, {name: Wanted(f"{name}.json") for name in ("age", "gender", "place")}, tmp_path, None)
    with pytest.raises(DataError) as caught:
        check_shares(pulled, share_limit=0.01)
    told = [str(problem) for problem in caught.value.problems]
    assert len(told) == 1 + 50 + 1 + 1 + 1
    assert told[51] == 'dataset "age": 10 more problems like these'
    assert told[52].startswith('dataset "place": 1 of its 1 messages cannot be used')


def test_labels_of_a_message_that_is_there_twice_are_all_in_the_file(
    store: DirectoryLabelStore, tmp_path: Path
) -> None:
    def made_on(day: int, **more: Any) -> dict[str, Any]:
        return {**LABEL, "DateTimeUTC": f"2021-11-0{day}T00:00:00Z", **more}

    messages = [{**MESSAGE, "Labels": [made_on(5), made_on(2)]}, {**MESSAGE, "Labels": [made_on(4), made_on(2)]}]
    (tmp_path / "store" / "gender.json").write_text(
        json.dumps([*messages, {**MESSAGE, "MessageID": HASH, "Labels": []}])
    )
    pulled = pull(store, {"gender": Wanted("gender.json")}, tmp_path, None)["gender"]
    assert (pulled.message_count, pulled.label_count, pulled.set_aside) == (2, 3, ())
    assert Counter(each.reason for each in pulled.mended) == {
        "MessageID is also that of a message before it, which has the labels of both": 1
    }
    check_shares({"gender": pulled}, share_limit=0)
    first, second = json.loads((tmp_path / "gender.json").read_text())
    assert [label["DateTimeUTC"][9] for label in first["Labels"]] == ["5", "4", "2"]
    assert second["Labels"] == []


def test_equal_labels_of_messages_that_are_there_three_times_are_one(
    store: DirectoryLabelStore, tmp_path: Path
) -> None:
    later = {**LABEL, "DateTimeUTC": "2021-11-03T00:00:00Z", "CodeID": "code-2"}
    messages = [{**MESSAGE, "Labels": [LABEL]}] + [
        {**MESSAGE, "Text": text, "CreationDateTimeUTC": "2021-10-01T10:00:00Z", "Labels": [later]} for text in "xy"
    ]
    (tmp_path / "store" / "gender.json").write_text(json.dumps(messages))
    pulled = pull(store, {"gender": Wanted("gender.json")}, tmp_path, None)["gender"]
    assert (pulled.message_count, pulled.label_count, len(pulled.mended)) == (1, 2, 2)
    assert json.loads((tmp_path / "gender.json").read_text()) == [{**MESSAGE, "Labels": [later, LABEL]}]


def test_half_a_character_and_a_number_that_json_lacks_cost_no_message(
    store: DirectoryLabelStore, tmp_path: Path
) -> None:
    origin = {"OriginID": "x", "Name": "coder \ude00", "OriginType": "Manual"}
    messages = [
        {**MESSAGE, "MessageID": HASH, "Text": "biyo \ud83d", "Labels": [LABEL]},
        {**MESSAGE, "MessageID": "b", "Labels": [{**LABEL, "Confidence": float("nan"), "Origin": origin}]},
        {**MESSAGE, "MessageID": "c", "Labels": []},
    ]
    (tmp_path / "store" / "gender.json").write_text(json.dumps(messages))
    pulled = pull(store, {"gender": Wanted("gender.json")}, tmp_path, None)["gender"]
    wrong = "has half a character, or a number that JSON does not have"
    assert [str(each.problem) for each in pulled.mended] == [
        f"gender.json: [0] (MessageID {HASH}): {wrong}",
        f"gender.json: [1]: {wrong}",
    ]
    assert Counter(each.reason for each in pulled.noticed) == {f"a message {wrong}": 2}
    assert (pulled.message_count, pulled.label_count) == (3, 2)
    first, second, _ = json.loads((tmp_path / "gender.json").read_text())
    assert (first["Text"], second["Labels"][0]["Confidence"]) == ("biyo \ufffd", None)
    assert second["Labels"][0]["Origin"]["Name"] == "coder \ufffd"


def test_a_message_that_is_nested_too_deeply_is_no_traceback(store: DirectoryLabelStore, tmp_path: Path) -> None:
    deep = '{"MessageID": "c", "Text": "secret", "CreationDateTimeUTC": "2021-11-01T10:00:00Z", "Labels": [], "X": '
    (tmp_path / "store" / "gender.json").write_text(f"[{deep}{'[' * 1000}{']' * 1000}}}]")
    with pytest.raises(DataError, match=r'^dataset "gender": has a message that is nested too deeply'):
        pull(store, {"gender": Wanted("gender.json")}, tmp_path, None)


def test_an_empty_file_is_a_dataset_without_messages_and_is_told(
    store: DirectoryLabelStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "store" / "gender.json").write_bytes(b"")
    assert pull(store, {"gender": Wanted("gender.json")}, tmp_path, None) == {"gender": PulledDataset()}
    place = f"{(tmp_path / 'store').as_uri()}/gender.json"
    assert caplog.messages == [f"{place}: is empty; it is read as a dataset without messages"]


def test_messages_set_aside_are_counted_by_their_reason(store: DirectoryLabelStore, tmp_path: Path) -> None:
    broken = [{**MESSAGE, "MessageID": each, "Labels": [LABEL, {**LABEL, "CodeID": None}]} for each in "xyz"]
    (tmp_path / "store" / "gender.json").write_text(json.dumps([*broken, "secret"]))
    pulled = pull(store, {"gender": Wanted("gender.json")}, tmp_path, None)["gender"]
    assert Counter(each.reason for each in pulled.set_aside) == {
        "Labels.CodeID is missing": 3,
        "a message is not an object": 1,
    }


def scheme(scheme_id: str, *code_ids: str) -> CodeScheme:
    codes = [
        {"CodeID": code_id, "CodeType": "Normal", "StringValue": code_id, "NumericValue": number}
        for number, code_id in enumerate(code_ids)
    ]
    return CodeScheme.model_validate({"SchemeID": scheme_id, "Name": "gender", "Version": "1", "Codes": codes})


def test_a_label_whose_code_its_scheme_lacks_is_told_and_stays_in_the_file(
    store: DirectoryLabelStore, tmp_path: Path
) -> None:
    labels = [
        {**LABEL, "CodeID": "code-gone"},
        LABEL,
        {**LABEL, "SchemeID": "Scheme-1-2", "CodeID": "code-gone"},
        {**LABEL, "CodeID": "SPECIAL-MANUALLY_UNCODED"},
        {**LABEL, "SchemeID": "Scheme-foreign", "CodeID": "anything"},
    ]
    push(store, {"gender": Proposed([{**MESSAGE, "MessageID": HASH, "Labels": labels}])}.items())
    wanted = Wanted("gender.json", [scheme("Scheme-1", "code-1"), scheme("Scheme-9", "code-gone")])
    pulled = pull(store, {"gender": wanted}, tmp_path, None)["gender"]
    wrong = 'has the code "code-gone", which its scheme "gender" lacks'
    assert [str(each.problem) for each in pulled.unknown_codes] == [
        f"gender.json: [2] (MessageID {HASH}).Labels[0]: {wrong}",
        f"gender.json: [2] (MessageID {HASH}).Labels[2]: {wrong}",
    ]
    assert Counter(each.reason for each in pulled.unknown_codes) == {f"Labels {wrong}": 2}
    assert (pulled.message_count, pulled.label_count) == (3, 6)


@pytest.mark.parametrize("secret", ["252612345678", "code-252612345678", "Amina Hassan", "code-1a\nsecret"])
def test_a_code_that_is_no_codes_id_is_told_without_what_it_says(
    secret: str, store: DirectoryLabelStore, tmp_path: Path
) -> None:
    origin = {"OriginID": secret, "Name": secret, "OriginType": secret, "Metadata": {secret: secret}}
    labels = [{**LABEL, "CodeID": secret, "SchemeID": f"Scheme-1{secret}", "Origin": origin}]
    broken = {**MESSAGE, "MessageID": secret, "Labels": [{**labels[0], "DateTimeUTC": secret}], "Author": secret}
    stored = [{**MESSAGE, "MessageID": secret, "Labels": labels, "Author": secret}, broken]
    (tmp_path / "store" / "gender.json").write_text(json.dumps(stored))
    pulled = pull(store, {"gender": Wanted("gender.json", [scheme("Scheme-1", "code-1")])}, tmp_path, None)["gender"]
    assert [str(each.problem) for each in pulled.unknown_codes] == [
        'gender.json: [0].Labels[0]: has a code of another form, which its scheme "gender" lacks'
    ]
    noticed = (*pulled.unknown_codes, *pulled.set_aside)
    assert len(noticed) == 2
    assert secret not in f"{noticed} {[each.reason for each in noticed]}"


def test_a_code_of_another_scheme_of_the_project_is_quoted_whatever_its_form(
    store: DirectoryLabelStore, tmp_path: Path
) -> None:
    stored = [{**MESSAGE, "Labels": [{**LABEL, "CodeID": "biyo"}]}]
    (tmp_path / "store" / "gender.json").write_text(json.dumps(stored))
    wanted = Wanted("gender.json", [scheme("Scheme-1", "code-1"), scheme("Scheme-9", "biyo")])
    (unknown,) = pull(store, {"gender": wanted}, tmp_path, None)["gender"].unknown_codes
    assert unknown.wrong == 'has the code "biyo", which its scheme "gender" lacks'


def test_a_dataset_that_vanished_is_not_made_anew(store: DirectoryLabelStore, tmp_path: Path) -> None:
    state = storage_at((tmp_path / "state").as_uri())
    wanted = {"gender": Wanted("gender.json"), "age": Wanted("age.json")}
    arrivals = Arrivals(state)
    pull(store, wanted, tmp_path, None, arrivals)
    arrivals.keep()
    (tmp_path / "store" / "gender.json").rename(tmp_path / "kept")
    for act in (
        lambda: push(store, {"gender": Proposed([{**MESSAGE, "Labels": []}])}.items(), Arrivals(state)),
        lambda: plan(store, {"gender": Proposed([])}.items(), Arrivals(state)),
    ):
        with pytest.raises(DataError) as caught:
            act()
        assert str(caught.value) == (
            'dataset "gender": had 2 messages when it was last read, and has none now; '
            "have them restored; or, if they are gone for good, pull with --accept-shrink gender"
        )
    assert push(store, {"age": Proposed([{**MESSAGE, "Labels": []}])}.items(), Arrivals(state)) == {"age": 1}
    (tmp_path / "kept").rename(tmp_path / "store" / "gender.json")
    assert pull(store, wanted, tmp_path, None, Arrivals(state))["gender"].message_count == 2


def test_a_dataset_that_was_emptied_is_not_accepted(store: DirectoryLabelStore, tmp_path: Path) -> None:
    state, path = storage_at((tmp_path / "state").as_uri()), tmp_path / "store" / "gender.json"
    arrivals = Arrivals(state)
    pull(store, {"gender": Wanted("gender.json")}, tmp_path, None, arrivals)
    arrivals.keep()
    path.write_text(json.dumps(["broken"]))
    assert len(pull(store, {"gender": Wanted("gender.json")}, tmp_path, None, Arrivals(state))["gender"].set_aside) == 1
    path.write_text("[]")
    arrivals = Arrivals(state)
    pull(store, {"gender": Wanted("gender.json")}, tmp_path, None, arrivals)
    with pytest.raises(DataError, match="had 2 messages when it was last read, and has none now"):
        arrivals.check_shrinkage()


def test_a_dataset_that_a_push_did_not_get_to_make_is_made_by_the_next(
    store: DirectoryLabelStore, tmp_path: Path
) -> None:
    state = storage_at((tmp_path / "state").as_uri())
    Arrivals(state).note_adding("age", [MESSAGE])
    assert push(store, {"age": Proposed([{**MESSAGE, "Labels": []}])}.items(), Arrivals(state)) == {"age": 1}


LATER = "2021-12-01T00:00:00Z"
STOP = {"SchemeID": "Scheme-1-2", "CodeID": "code-STOP", "DateTimeUTC": LATER, "Checked": True}
SUGGESTED = {**STOP, "Checked": False, "Origin": {"OriginID": "o", "Name": "o", "OriginType": "External"}}


@pytest.mark.parametrize(
    ("message", "stopped", "reviewed"),
    [
        pytest.param({"Labels": [STOP]}, [HASH], [], id="labelled since"),
        pytest.param({"Labels": [STOP], "CreationDateTimeUTC": LATER}, [HASH], [], id="added since"),
        pytest.param({"Labels": [STOP], "Text": None}, [HASH], [], id="against the rules"),
        pytest.param({"Labels": [None, {"SchemeID": 1}, STOP]}, [HASH], [], id="with labels against the rules"),
        pytest.param({"Labels": [{**STOP, "CodeID": "code-1"}]}, [], [], id="something else"),
        pytest.param({"Labels": [{**STOP, "SchemeID": "Scheme-9"}]}, [HASH], [], id="a scheme that nobody reads"),
        pytest.param({"Labels": [{**STOP, "DateTimeUTC": "2021-11-01T12:00:00Z"}]}, [], [], id="labelled before"),
        pytest.param({"Labels": [SUGGESTED]}, [], [], id="suggested"),
        pytest.param({"Labels": [SUGGESTED | {"Checked": True}]}, [HASH], [], id="suggested and checked"),
        pytest.param({"Labels": [LABEL], "Text": "Jooji!"}, [], [HASH], id="a stop word that is answered since"),
        pytest.param({"Labels": [LABEL], "Text": "Faraxa"}, [], [HASH], id="a word of the project's"),
        pytest.param({"Labels": [SUGGESTED], "Text": "Jooji!"}, [], [], id="a stop word with a suggestion"),
    ],
)
def test_what_later_labels_say_of_withdrawal_is_told_by_message_ids_and_is_not_in_the_file(
    message: dict[str, Any], stopped: list[str], reviewed: list[str], tmp_path: Path
) -> None:
    written = json.dumps([{**MESSAGE, "MessageID": HASH, **message}])
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "gender.json").write_text(written)
    store = DirectoryLabelStore(storage_at((tmp_path / "store").as_uri()))
    wanted = Wanted("gender.json", stop_codes=[StopCode("Scheme-1", "code-STOP")], stop_words=["faraxa"])
    pulled = pull(store, {"gender": wanted}, tmp_path, datetime(2021, 11, 2, tzinfo=UTC))["gender"]
    assert (list(pulled.stopped), list(pulled.reviewed)) == (stopped, reviewed)
    assert LATER not in (tmp_path / "gender.json").read_text()
