import json
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

TracedLines = Callable[[str], list[list[dict[str, Any]]]]

ACTIVATIONS = {
    "geedka_s01e01_activation": "S01E01_Water",
    "geedka_s01e02_activation": "S01E02_Health",
}
SURVEYS = ("geedka_demog", "geedka_pilot_demog")


def _texts(traced: TracedLines, flow: str) -> list[str | None]:
    key = f"{ACTIVATIONS[flow]} (Text) - {flow}"
    return [updates[-1]["Data"][key] for updates in traced(flow) if key in updates[-1]["Data"]]


@pytest.mark.parametrize("flow", [*ACTIVATIONS, *SURVEYS])
def test_every_line_is_a_chain_of_hashes(traced: TracedLines, flow: str) -> None:
    for updates in traced(flow):
        sha = ""
        for update in reversed(updates):
            hashed = json.dumps({"data": update["Data"], "prev_sha": sha}, sort_keys=True)
            sha = sha256(hashed.encode()).hexdigest()
            assert update["SHA"] == sha


def test_a_run_has_the_fields_that_rapid_pro_tools_wrote(traced: TracedLines) -> None:
    operator, run = next(line for line in traced("geedka_s01e01_activation") if len(line[-1]["Data"]) > 8)
    assert sorted(operator["Data"]) == ["operator_coded", "operator_raw"]
    assert sorted(run["Data"]) == [
        "S01E01_Water (Category) - geedka_s01e01_activation",
        "S01E01_Water (Name) - geedka_s01e01_activation",
        "S01E01_Water (Run ID) - geedka_s01e01_activation",
        "S01E01_Water (Text) - geedka_s01e01_activation",
        "S01E01_Water (Time) - geedka_s01e01_activation",
        "S01E01_Water (Value) - geedka_s01e01_activation",
        "avf_phone_id",
        "run_created_on - geedka_s01e01_activation",
        "run_exit_type - geedka_s01e01_activation",
        "run_exited_on - geedka_s01e01_activation",
        "run_id - geedka_s01e01_activation",
        "run_modified_on - geedka_s01e01_activation",
        "urn_type",
    ]


def test_activations_are_as_messy_as_reality(traced: TracedLines) -> None:
    found: Counter[str] = Counter()
    for flow in ACTIVATIONS:
        lines, texts = traced(flow), _texts(traced, flow)
        found["lines"] += len(lines)
        found["unanswered"] += len(lines) - len(texts)
        found["by test contacts"] += sum("test_run" in updates[-1]["Data"] for updates in lines)
        found["null"] += texts.count(None)
        found["empty"] += texts.count("")
        written = [text for text in texts if text]
        found["repeated"] += len(written) - len(set(written))
        found["with a line break"] += sum("\n" in text for text in written)
        found["with a comma"] += sum("," in text for text in written)
        found["with a semicolon"] += sum(";" in text for text in written)
        found["with quotes"] += sum('"' in text for text in written)
        found["with emoji"] += sum(any(char > "\U0001f000" for char in text) for text in written)
        found["longer than an SMS"] += sum(len(text) > 160 for text in written)
    assert found == {
        "lines": 940,
        "unanswered": 33,
        "by test contacts": 8,
        "null": 8,
        "empty": 5,
        "repeated": 202,
        "with a line break": 45,
        "with a comma": 74,
        "with a semicolon": 95,
        "with quotes": 18,
        "with emoji": 22,
        "longer than an SMS": 7,
    }


def test_some_messages_were_sent_before_the_project_began_or_after_it_ended(traced: TracedLines) -> None:
    times = [
        updates[-1]["Data"][f"{question} (Time) - {flow}"]
        for flow, question in ACTIVATIONS.items()
        for updates in traced(flow)
        if f"{question} (Time) - {flow}" in updates[-1]["Data"]
    ]
    assert sum(time < "2025-09-05T21:00" for time in times) == 16
    assert sum(time >= "2025-09-13T21:00" for time in times) == 10
    assert sum("2025-09-08T23:00" <= time < "2025-09-09T23:00" for time in times) == 63


def test_people_write_more_than_once_and_answer_the_survey_again(traced: TracedLines) -> None:
    writers = Counter(updates[-1]["Data"]["avf_phone_id"] for flow in ACTIVATIONS for updates in traced(flow))
    asked = Counter(updates[-1]["Data"]["avf_phone_id"] for updates in traced("geedka_demog"))
    pilots = {updates[-1]["Data"]["avf_phone_id"] for updates in traced("geedka_pilot_demog")}
    assert (len(writers), max(writers.values()), sum(count > 1 for count in writers.values())) == (382, 11, 192)
    assert (len(asked), max(asked.values()), sum(count > 1 for count in asked.values())) == (284, 2, 20)
    assert (len(pilots), len(pilots & asked.keys()), len(pilots - writers.keys())) == (74, 33, 30)


def test_nothing_looks_like_a_phone_number(traced: TracedLines) -> None:
    digits = [
        value
        for flow in ACTIVATIONS
        for updates in traced(flow)
        for value in updates[0]["Data"].values()
        if isinstance(value, str)
    ]
    assert {len(value) for value in digits} == {5}
    texts = [text or "" for flow in ACTIVATIONS for text in _texts(traced, flow)]
    assert max(sum(char.isdigit() for char in text) for text in texts) == 3
