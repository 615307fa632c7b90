"""What is left of people whose text is coded as noise of another channel."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.coda_files import write_coda_files
from pipeline_lib.exports.icr import write_icr_files
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.exports.quality_csv import quality
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T00:00:00Z"


@pytest.fixture
def processed(processed_of: Callable[..., Processed], plans: CodingPlans) -> Processed:
    """Two people: p1 sent a good text and one of another channel, p2 a good one; both said their gender."""
    noise = {
        "CodeID": "e01-NOC",
        "CodeType": "Control",
        "StringValue": "NOC",
        "NumericValue": -99,
        "ControlCode": "NOC",
    }
    first, *others = plans.research_questions
    (coding,) = first.codings
    written = coding.code_scheme.model_dump(by_alias=True)
    scheme = CodeScheme.model_validate(written | {"Codes": [*written["Codes"], noise]})
    questions = (replace(first, codings=(replace(coding, code_scheme=scheme),)), *others)
    return processed_of(
        [("p1", "e01", "wells", DAY), ("p1", "e01", "advert", DAY), ("p2", "e01", "clinics", DAY)],
        {"p1": {"gender": "man"}, "p2": {"gender": "woman"}},
        {"e01": {"wells": "e01-water", "advert": "e01-NOC", "clinics": "e01-health"}},
        plans=replace(plans, research_questions=questions, noise_other_channel_filter=True),
    )


def test_all_that_they_sent_is_in_no_csv_and_coders_still_see_it(processed: Processed, tmp_path: Path) -> None:
    for write in (write_messages_csv, write_individuals_csv, write_production_csv):
        assert write(tmp_path / "out.csv", processed) == 1
        shown = (tmp_path / "out.csv").read_text()
        assert "p2" in shown
        assert "p1" not in shown
    assert write_coda_files(tmp_path, processed, labelled_at=processed.messages["sent_at"][0])["e01.json"] == 3
    assert write_icr_files(tmp_path, processed, IcrSampling())["e01.csv"] == 3


def test_the_report_of_quality_counts_what_went(processed: Processed) -> None:
    by_dataset = {row["dataset"]: row for row in quality(processed).rows(named=True)}
    columns = ("fetched", "dropped_noise_other_channel", "messages", "coded")
    assert [by_dataset["e01"][column] for column in columns] == [3, 2, 1, 1]
    assert [by_dataset["gender"][column] for column in columns] == [2, 1, 1, 0]
