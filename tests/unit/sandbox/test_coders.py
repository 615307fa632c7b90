import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sandbox.coders import MANUALLY_UNCODED, RETIRED_CODE_ID, coded_comments
from sandbox.facebook.invented import invented_page
from sandbox.world import AS_OF, code_schemes, dice_of

Coda = dict[str, list[dict[str, Any]]]
Schemes = dict[str, dict[str, Any]]


def _labels(coda: Coda) -> list[tuple[str, dict[str, Any]]]:
    return [(dataset, label) for dataset, messages in coda.items() for m in messages for label in m["Labels"]]


def _at(label: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(label["DateTimeUTC"])


def test_datasets_hold_each_text_once_in_the_order_of_its_coming(coda: Coda) -> None:
    assert {dataset: len(messages) for dataset, messages in coda.items()} == {
        "age": 234,
        "gender": 77,
        "location": 153,
        "recently_displaced": 65,
        "s01e01_water": 349,
        "s01e02_health": 276,
    }
    for messages in coda.values():
        assert [m["MessageID"] for m in messages] == [sha256(m["Text"].encode()).hexdigest() for m in messages]
        assert [m["SequenceNumber"] for m in messages] == list(range(len(messages)))
        created = [datetime.fromisoformat(m["CreationDateTimeUTC"]) for m in messages]
        assert created == sorted(created)
        assert len({m["Text"] for m in messages} - {""}) == len(messages)


def test_comments_are_messages_each_by_itself_and_known_by_their_ids() -> None:
    _, received = invented_page()
    coded = coded_comments(dice_of(1, 400), received, code_schemes())
    assert list(coded) == ["s01e01_water", "s01e02_health"]
    assert all(len(messages) > 100 for messages in coded.values())
    by_id = {sha256(id_.encode()).hexdigest(): item for id_, item in received.items()}
    for episode, messages in coded.items():
        assert {by_id[m["MessageID"]].dataset for m in messages} == {episode}
        assert [by_id[m["MessageID"]].answer.text for m in messages] == [m["Text"] for m in messages]
        assert len({m["MessageID"] for m in messages}) == len(messages) > len({m["Text"] for m in messages})
        created = [datetime.fromisoformat(m["CreationDateTimeUTC"]) for m in messages]
        assert created == sorted(created)


def test_labels_are_newest_first_and_younger_than_their_message(coda: Coda) -> None:
    for messages in coda.values():
        for message in messages:
            times = [_at(label) for label in message["Labels"]]
            assert times == sorted(times, reverse=True)
            assert all(time > datetime.fromisoformat(message["CreationDateTimeUTC"]) for time in times)


def test_each_morning_there_are_more_labels(coda: Coda) -> None:
    times = [_at(label) for _, label in _labels(coda)]
    mornings = {f"{day:02}": datetime(2025, 9, day, 23, tzinfo=UTC) for day in range(5, 17)}
    assert {day: sum(time < as_of for time in times) for day, as_of in mornings.items()} == {
        "05": 366,
        "06": 395,
        "07": 502,
        "08": 740,
        "09": 980,
        "10": 1140,
        "11": 1415,
        "12": 1662,
        "13": 1809,
        "14": 1896,
        "15": 1918,
        "16": 1921,
    }
    assert sum(time < AS_OF for time in times) == len(times)


def test_coders_left_every_kind_of_label(coda: Coda, schemes: Schemes) -> None:
    strings = {code["CodeID"]: code["StringValue"] for scheme in schemes.values() for code in scheme["Codes"]}
    found: Counter[str] = Counter()
    for _, label in _labels(coda):
        found["labels"] += 1
        found["unchecked"] += not label["Checked"]
        found["second column"] += label["SchemeID"].endswith("-2")
        found["third column"] += label["SchemeID"].endswith("-3")
        found["manually uncoded"] += label["CodeID"] == MANUALLY_UNCODED
        found["retired"] += label["CodeID"] == RETIRED_CODE_ID
        for control in ("STOP", "WS", "NC"):
            found[control] += strings.get(label["CodeID"]) == control
    found["messages without a label"] = sum(not m["Labels"] for messages in coda.values() for m in messages)
    assert found == {
        "labels": 1921,
        "unchecked": 493,
        "second column": 237,
        "third column": 64,
        "manually uncoded": 34,
        "retired": 2,
        "STOP": 12,
        "WS": 63,
        "NC": 26,
        "messages without a label": 52,
    }


def test_every_label_but_the_retired_ones_names_a_code_of_its_scheme(coda: Coda, schemes: Schemes) -> None:
    codes = {scheme["SchemeID"]: {code["CodeID"] for code in scheme["Codes"]} for scheme in schemes.values()}
    unknown = [
        label["CodeID"]
        for _, label in _labels(coda)
        if label["CodeID"] not in codes[re.sub(r"-\d$", "", label["SchemeID"])] | {MANUALLY_UNCODED}
    ]
    assert unknown == [RETIRED_CODE_ID, RETIRED_CODE_ID]


def test_retired_codes_stay_below_the_limit_of_quarantine_as_of_every_hour(coda: Coda) -> None:
    labels = [(_at(label), label["CodeID"] == RETIRED_CODE_ID) for label in _of(coda, "s01e01_water")]
    first = min(time for time, is_retired in labels if is_retired)
    for hours in range(240):
        seen = [is_retired for time, is_retired in labels if time < first + timedelta(hours=hours, seconds=1)]
        assert sum(seen) < 0.01 * len(seen)


def _of(coda: Coda, dataset: str) -> list[dict[str, Any]]:
    return [label for message in coda[dataset] for label in message["Labels"]]


def test_coders_see_the_schemes_of_their_dataset_only(coda: Coda, schemes: Schemes) -> None:
    names = {scheme["SchemeID"]: name for name, scheme in schemes.items()}
    seen = {dataset: sorted({names[label["SchemeID"][:15]] for label in _of(coda, dataset)}) for dataset in coda}
    assert seen == {
        "age": ["age", "ws_correct_dataset"],
        "gender": ["gender", "ws_correct_dataset"],
        "location": ["district", "mogadishu_sub_district", "region", "state", "ws_correct_dataset", "zone"],
        "recently_displaced": ["recently_displaced", "ws_correct_dataset"],
        "s01e01_water": ["s01e01_water", "ws_correct_dataset"],
        "s01e02_health": ["s01e02_health", "ws_correct_dataset"],
    }
