import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.analysis.frames import frames_of
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.model.channels import Channel, Channels, TimeRange
from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.processing.processed import Processed

SHOW = TimeRange(datetime(2021, 10, 2, tzinfo=UTC), datetime(2021, 10, 3, tzinfo=UTC))
CHANNELS = Channels((Channel("show", (SHOW,)),), "no_channel")
MESSAGES = [
    ("p1", "e01", "biyo", "2021-10-02T12:00:00Z"),
    ("p2", "e01", "caano", "2021-10-04T00:00:00Z"),
    ("p1", "e02", "cusub", "2021-10-05T00:00:00Z"),
    ("p3", "e02", "jooji", "2021-10-06T00:00:00Z"),
]


@pytest.fixture
def processed(processed_of: Callable[..., Processed], plans: CodingPlans) -> Processed:
    return processed_of(
        MESSAGES,
        None,
        {"e02": {"jooji": "e02-STOP"}},
        plans=replace(plans, channels=CHANNELS),
        shows_withdrawn=True,
        holds_back_stops=False,
    )


def columns(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        names = ("consent_withdrawn", "show", "no_channel")
        return [tuple(row[name] for name in names) for row in csv.DictReader(file)]


def test_each_message_says_by_which_channel_it_came(processed: Processed, tmp_path: Path) -> None:
    write_messages_csv(tmp_path / "messages.csv", processed)
    assert columns(tmp_path / "messages.csv") == [
        ("false", "true", "false"),
        ("false", "false", "true"),
        ("false", "false", "true"),
        ("true", "STOP", "STOP"),
    ]


def test_each_participant_has_all_channels_of_their_messages(processed: Processed, tmp_path: Path) -> None:
    write_individuals_csv(tmp_path / "individuals.csv", processed)
    assert columns(tmp_path / "individuals.csv") == [
        ("false", "true", "true"),
        ("false", "false", "true"),
        ("true", "STOP", "STOP"),
    ]


def test_the_columns_stand_after_consent(processed: Processed, tmp_path: Path) -> None:
    write_messages_csv(tmp_path / "messages.csv", processed)
    header = (tmp_path / "messages.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.startswith("uid,sent_on,consent_withdrawn,show,no_channel,e01_")


def test_the_analysis_knows_the_channels_of_people(processed: Processed) -> None:
    individuals = frames_of(processed).individuals
    assert individuals["show"].to_list() == [["true"], ["false"], None]
    assert individuals["no_channel"].to_list() == [["true"], ["true"], None]
