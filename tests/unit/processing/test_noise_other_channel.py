from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from pipeline_lib.model.coding_plan import CodingPlans, Dataset, DatasetKind
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.processing.noise_other_channel import other_channel_counts, participants_of_other_channels
from pipeline_lib.processing.texts import CodedDataset


@pytest.fixture
def datasets(scheme: Any, coding: Any, dataset: Any) -> tuple[Dataset, Dataset]:
    noisy = scheme("e01", "water", controls=("NA", "STOP", "NOC"))
    return dataset("e01", coding(noisy)), dataset("sex", coding(scheme("sex", "man")), kind=DatasetKind.DEMOGRAPHIC)


@pytest.fixture
def coded(datasets: tuple[Dataset, Dataset]) -> list[CodedDataset]:
    """p1 sent something of another channel and a good text, p2 the same and a STOP, p3 only good texts."""
    sent = pl.DataFrame({"uid": ["p1", "p1", "p2", "p2", "p3"], "text_row": [0, 1, 1, 2, 0]})
    texts = pl.DataFrame({"e01_coded": [["e01-water"], ["e01-NOC"], ["e01-STOP"]]})
    answers = pl.DataFrame({"uid": ["p1", "p3"], "text_row": [0, 0]})
    question, survey = datasets
    return [
        CodedDataset(question, sent, texts),
        CodedDataset(survey, answers, pl.DataFrame({"sex_coded": [["sex-man"]]})),
    ]


@pytest.mark.parametrize(
    ("is_on", "keeps_no_stop", "left_out"), [(False, False, []), (True, False, ["p1"]), (True, True, ["p1", "p2"])]
)
def test_whoever_sent_noise_of_another_channel_is_left_out_and_whoever_withdrew_is_still_known(
    coded: list[CodedDataset], plans: Callable[..., CodingPlans], is_on: bool, keeps_no_stop: bool, left_out: list[str]
) -> None:
    project = plans(*(each.dataset for each in coded), noise_other_channel_filter=is_on)
    found = participants_of_other_channels(coded, project, pl.Series(["p2"]), keeps_no_stop=keeps_no_stop)
    assert found.to_list() == left_out


def test_what_goes_with_them_is_counted_by_dataset(
    coded: list[CodedDataset], plans: Callable[..., CodingPlans]
) -> None:
    project = plans(*(each.dataset for each in coded))
    rest = [CodedDataset(each.dataset, each.rows.filter(pl.col("uid") != "p1"), each.texts) for each in coded]
    counts = other_channel_counts(coded, rest, 1, project)
    assert in_words(counts) == {
        "participants with noise": 1,
        "messages dropped: noise other channel": 2,
        "answers dropped: noise other channel": 1,
    }
    assert other_channel_counts(coded, coded, 0, project) == []
