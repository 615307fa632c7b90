# ruff: noqa: E501 - expected texts stand as they are printed, on a line each
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import check

Files = dict[str, Any]


def days(first: int, last: int, month: int = 9) -> dict[str, str]:
    return {
        "RangeStartInclusive": f"2025-{month:02}-{first:02}T00:00+03:00",
        "RangeEndExclusive": f"2025-{month:02}-{last:02}T00:00+03:00",
    }


def channel(key: str, *ranges: dict[str, str]) -> dict[str, Any]:
    return {"Key": key, "Ranges": list(ranges)}


OUTSIDE = "lies outside ProjectStartDate to ProjectEndDate, so that it holds no message; correct it, or leave it out"


@pytest.mark.parametrize(
    ("channels", "errors"),
    [
        ({"Channels": [channel("ad", days(2, 3)), channel("show", days(3, 4), days(9, 10))]}, []),
        (
            {"Channels": [channel("ad", days(2, 9)), channel("show", days(3, 4), days(8, 10))]},
            [
                "pipeline.json: Channels.Channels[1].Ranges[0]: overlaps Channels.Channels[0].Ranges[0], so that a message came by both; let one end when the other starts",
                "pipeline.json: Channels.Channels[1].Ranges[1]: overlaps Channels.Channels[0].Ranges[0], so that a message came by both; let one end when the other starts",
            ],
        ),
        (
            {"Channels": [channel("ad", days(2, 9))], "Weeks": [channel("w1", days(1, 8)), channel("w2", days(7, 9))]},
            [],
        ),
        (
            {"Channels": [channel("ad", days(4, 4))]},
            [
                "pipeline.json: Channels.Channels[0].Ranges[0]: RangeEndExclusive is not after RangeStartInclusive, so that no message is within both"
            ],
        ),
        (
            {
                "Channels": [channel("gender_raw", days(2, 3))],
                "NoChannelKey": "uid",
                "Weeks": [channel("uid", days(2, 3))],
            },
            [
                'pipeline.json: Channels.NoChannelKey: it makes the column "uid", which is already a column of every CSV; give one of them another name, so that no two columns have the same',
                'pipeline.json: Channels.Weeks[0].Key: it makes the column "uid", which is already a column of every CSV; give one of them another name, so that no two columns have the same',
                'coding_plans.json: Demographics[0].RawField: it makes the column "gender_raw", which is already pipeline.json: Channels.Channels[0].Key; give one of them another name, so that no two columns have the same',
            ],
        ),
    ],
)
def test_what_makes_channels_unclear_is_an_error(
    channels: dict[str, Any], errors: list[str], files: Files, write: Callable[..., Path]
) -> None:
    files["pipeline.json"]["Channels"] = channels
    assert [str(each) for each in check(write(files)).errors] == errors


def test_a_range_outside_the_project_is_a_warning(files: Files, write: Callable[..., Path]) -> None:
    files["pipeline.json"]["Channels"] = {
        "Channels": [channel("ad", days(30, 31, month=8), days(30, 31, month=10))],
        "Weeks": [channel("w0", days(20, 27, month=8))],
    }
    found = check(write(files))
    assert [str(each) for each in found.warnings] == [
        f"pipeline.json: Channels.Channels[0].Ranges[0]: {OUTSIDE}",
        f"pipeline.json: Channels.Channels[0].Ranges[1]: {OUTSIDE}",
        f"pipeline.json: Channels.Weeks[0].Ranges[0]: {OUTSIDE}",
    ]


def test_a_channel_cannot_be_named_as_a_group_or_a_column_of_the_analysis(
    files: Files, write: Callable[..., Path]
) -> None:
    config = files["pipeline.json"]
    config["Channels"] = {"Channels": [channel("record_key", days(2, 3))], "NoChannelKey": "club"}
    config["Groups"] = [{"Name": "club", "FileURLs": ["recovered.csv"]}]
    assert [str(each) for each in check(write(files)).errors] == [
        'pipeline.json: Channels: "record_key" is already a column of every frame of the analysis; choose another Key',
        'pipeline.json: Channels: "club" is already a group; choose another Key',
    ]
