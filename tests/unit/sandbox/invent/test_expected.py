from datetime import UTC
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from sandbox.invent.expected import expected
from sandbox.invent.labels import Coded
from sandbox.invent.people import Said, Talk
from sandbox.invent.vocabulary import Written

DEMO = Path(__file__).parents[4] / "configs" / "demo" / "pipeline.json"


@pytest.mark.parametrize(
    ("field", "time_key", "participant_count"),
    [
        ("s01e02_health_raw", "anything", 0),
        ("read_by_no_dataset", "anything", 1),
        ("read_by_no_dataset", "received_on", 0),
    ],
)
def test_a_stop_word_holds_its_sender_back_if_a_dataset_may_read_it(
    field: str, time_key: str, participant_count: int
) -> None:
    project = load_project(DEMO)
    sent_at = project.config.starts_at.astimezone(UTC)

    def said(field: str, text: str) -> Said:
        return Said("p1", field, Written(text), text, sent_at, (time_key,))

    talk = Talk({}, [said("s01e01_water_raw", "biyo"), said(field, "STOP")], people={"p1"})
    labels = {dataset.raw_field: Coded([], {}, set()) for dataset in project.plans.datasets}
    assert expected(project, talk, labels).participant_count == participant_count
