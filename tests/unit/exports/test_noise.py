"""Noise is in the messages and individuals CSVs, and in nothing that coders or producers read."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.coda_files import write_coda_files
from pipeline_lib.exports.coding_progress_csv import coding_progress
from pipeline_lib.exports.icr import write_icr_files
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.exports.quality_csv import quality
from pipeline_lib.exports.traced.files import Origin, write_traced_data
from pipeline_lib.exports.traced.updates import Signature
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.noise_filter import NoiseFilter, NoiseWords
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.processing.processed import Processed
from pipeline_lib.trace.explain import explain
from pipeline_lib.trace.reader import latest_items, read_objects

DAY = "2021-10-02T00:00:00Z"
FILTER = NoiseFilter(min_length=10, words=(NoiseWords.SOMALI,), unless_recognised_by=("somali.yes_no",))
MESSAGES = [
    ("p1", "e01", "biyo nadiif ah", DAY),
    ("p1", "e01", "asc", DAY),
    ("p2", "e01", "mahad sanid", DAY),
    ("p2", "e02", "haa", DAY),
]
CODED = {"e01": {"biyo nadiif ah": "e01-water", "asc": "e01-health", "mahad sanid": "e01-WS"}}
Make = Callable[..., Processed]


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., list[dict[str, str]]]:
    def read(write: Callable[[Path, Processed], int], processed: Processed) -> list[dict[str, str]]:
        write(tmp_path / "written.csv", processed)
        with (tmp_path / "written.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return read


def columns(rows: Sequence[dict[str, str]], *names: str) -> list[tuple[str, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_a_project_of_surveys_only_has_no_noise(processed_of: Make) -> None:
    processed = processed_of(MESSAGES, noise_filter=FILTER)
    rows = processed.messages_in_order()
    assert replace(processed, questions=()).without_noise(rows).equals(rows)


@pytest.mark.slow
def test_noise_is_not_coded_in_messages_and_folds_like_other_texts(
    processed_of: Make, rows: Callable[..., list[dict[str, str]]]
) -> None:
    processed = processed_of(MESSAGES, opinions=CODED, noise_filter=FILTER)
    shown = ("e01_raw", "e01_water", "e01_health", "e01_WS", "e01_CE", "e01_NC", "e01_NR")
    assert columns(rows(write_messages_csv, processed), *shown) == [
        ("biyo nadiif ah", "1", "0", "0", "0", "0", "0"),
        ("asc", "0", "0", "0", "0", "1", "0"),
        ("mahad sanid", "0", "0", "0", "0", "1", "0"),
        ("", "0", "0", "0", "0", "0", "0"),
    ]
    assert columns(rows(write_individuals_csv, processed), *shown) == [
        ("biyo nadiif ah;asc", "1", "0", "0", "0", "0", "0"),
        ("mahad sanid", "0", "0", "0", "0", "1", "0"),
    ]


@pytest.mark.slow
def test_coders_and_producers_see_no_noise(
    processed_of: Make, rows: Callable[..., list[dict[str, str]]], tmp_path: Path
) -> None:
    processed = processed_of(MESSAGES, noise_filter=FILTER)
    written = write_coda_files(tmp_path, processed, datetime(2021, 10, 20, tzinfo=UTC))
    assert (written["e01.json"], written["e02.json"]) == (1, 1)
    assert [each["Text"] for each in json.loads((tmp_path / "e01.json").read_text())] == ["biyo nadiif ah"]
    assert write_icr_files(tmp_path, processed, IcrSampling()) == {"e01.csv": 1, "e02.csv": 1}
    assert columns(rows(write_production_csv, processed), "e01_raw", "e02_raw") == [("biyo nadiif ah", ""), ("", "haa")]
    assert coding_progress(processed).datasets["messages"].to_list()[:2] == [1, 1]


def test_noise_is_counted(processed_of: Make) -> None:
    processed = processed_of(MESSAGES, opinions=CODED, noise_filter=FILTER)
    assert in_words(processed.counts)["noise messages"] == 2
    report = quality(processed)
    assert report["noise"].to_list() == [2, 0, 0, 0, 0]
    assert report["coded"].to_list() == [1, 0, 0, 0, 0]
    assert report["not_reviewed"].to_list() == [0, 1, 0, 0, 0]


def test_the_history_of_a_message_says_why_it_is_not_coded(processed_of: Make, tmp_path: Path) -> None:
    processed = processed_of(MESSAGES, opinions=CODED, noise_filter=FILTER)
    at = datetime(2021, 10, 20, tzinfo=UTC)
    origin = Origin((tmp_path / "f.jsonl",), tmp_path, None, Signature("a test", at))
    write_traced_data(tmp_path, processed, origin)
    answer, greeting, *_ = read_objects(tmp_path / "messages_traced_data.jsonl")
    assert latest_items(greeting)["e01_coded"][0]["CodeID"] == "e01-NC"
    assert "code e01-NC (automatic, checked) was set because the text holds no answer" in told(greeting)
    assert "holds no answer" not in told(answer)


def told(updates: Any) -> str:
    """A message's history in words, without the values."""
    lines = explain(updates, {"e01_coded"}, {})
    return " ".join(" ".join(lines).split())


def test_a_survey_answer_is_never_noise(processed_of: Make, tmp_path: Path) -> None:
    processed = processed_of(MESSAGES, {"p1": {"county": "asc"}}, noise_filter=FILTER)
    assert write_coda_files(tmp_path, processed, datetime(2021, 10, 20, tzinfo=UTC))["county.json"] == 1


@pytest.mark.parametrize("said", [{}, {"e01": {"STOP": "e01-STOP"}}], ids=["waits for a coder", "labelled"])
def test_a_stop_word_is_never_noise(said: dict[str, dict[str, str]], processed_of: Make, tmp_path: Path) -> None:
    processed = processed_of([*MESSAGES, ("p3", "e01", "STOP", DAY)], opinions=said, noise_filter=FILTER)
    assert "p3" not in processed.participants["uid"] or processed.participants.filter(uid="p3")["is_withdrawn"].all()
    assert in_words(processed.counts)["noise messages"] == 2
    written = write_coda_files(tmp_path, processed, datetime(2021, 10, 20, tzinfo=UTC))
    assert written["e01.json"] == (1 if said else 2)  # what only the withdrawn said is in no file


def test_what_a_coder_labelled_stop_is_no_noise(processed_of: Make) -> None:
    messages = [*MESSAGES, ("p3", "e01", "naga daa", DAY)]
    processed = processed_of(messages, opinions={"e01": {"naga daa": "e01-STOP"}}, noise_filter=FILTER)
    assert processed.withdrawn == {"p3"}
    assert in_words(processed.counts)["noise messages"] == 2


def test_q54_a_short_stop_is_noise_and_withdraws_nobody(processed_of: Make) -> None:
    messages = [*MESSAGES, ("p3", "e01", "STOP", DAY), ("p4", "e01", "please stop it all", DAY)]
    stops = {"e01": {"STOP": "e01-STOP", "please stop it all": "e01-STOP"}}
    quirks = frozenset({Quirk.STOPS_MAY_BE_NOISE})
    processed = processed_of(messages, opinions=stops, noise_filter=FILTER, as_predecessor=True, quirks=quirks)
    assert processed.withdrawn == {"p4"}
    assert in_words(processed.counts)["noise messages"] == 3
