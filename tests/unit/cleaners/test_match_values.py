"""What cleaners are said to give, held against what they give."""

import json
import tomllib
from typing import Any

import polars as pl
import pytest

from pipeline_lib.cleaners import CLEANERS, clean
from pipeline_lib.cleaners.data_files import DATA_FOLDER
from pipeline_lib.cleaners.match_values import match_values


def phrases_in(written: Any) -> list[str]:
    """Every text in a data file, wherever it stands."""
    if isinstance(written, dict):
        return [phrase for part in written.values() for phrase in phrases_in(part)]
    if isinstance(written, list):
        return [phrase for part in written for phrase in phrases_in(part)]
    return [written] if isinstance(written, str) else []


@pytest.fixture(scope="module")
def answers() -> list[str]:
    """All that any cleaner knows, and more."""
    files = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(DATA_FOLDER.glob("*.toml"))]
    attachments = [[], ["photo"], ["video_inline"], ["photo", "share"]]
    posts = [json.dumps({"attachments": {"data": [{"type": kind} for kind in kinds]}}) for kinds in attachments]
    return [*phrases_in(files), *map(str, range(121)), "{}", '{"id": "1"}', *posts]


@pytest.mark.parametrize("name", sorted(CLEANERS))
def test_a_cleaner_gives_the_values_that_it_is_said_to_give_and_no_other(name: str, answers: list[str]) -> None:
    assert set(clean(name, pl.Series(answers)).drop_nulls()) == set(match_values(name))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("somali.gender", ("man", "woman")),
        ("swahili.yes_no", ("yes", "no")),
        ("facebook.post_type", ("video", "photo")),
        ("somali.age_10_to_99", tuple(str(years) for years in range(10, 100))),
    ],
)
def test_each_value_is_named_once(name: str, values: tuple[str, ...]) -> None:
    assert match_values(name) == values


@pytest.mark.parametrize(
    ("name", "count"), [("kenya.county", 47), ("kenya.constituency", 290), ("somali.mogadishu_sub_district", 17)]
)
def test_places_are_all_there(name: str, count: int) -> None:
    assert len(match_values(name)) == count
