"""A run that asks only some of the sources."""

from typing import Any

import pytest

Nights = Any  # conftest.py has it; test modules are not imported

CSV = "1 RecoveryCSV: toy_recovered"
BUCKET = "2 GCloudBucket: toy_age, toy_gender and 1 more"


def raw_data(nights: Nights, day: int) -> dict[str, bytes]:
    return {
        file.name: file.read_bytes() for file in (nights.runs / f"2026-01-{day:02}T230000Z/Raw Data").glob("*.jsonl")
    }


def add_message(nights: Nights) -> None:
    csv = nights.config.parent / "sources/toy_recovered.csv"
    row = csv.read_text(encoding="utf-8").splitlines()[-1]
    csv.write_text(csv.read_text(encoding="utf-8").rstrip("\n") + f"\n{row}\n", encoding="utf-8")


def test_a_source_that_is_not_named_gives_the_newest_raw_data_that_are_there(nights: Nights) -> None:
    nights.night(nights.context(day=4))
    add_message(nights)
    nights.night(nights.context(day=2))  # worked on later, though of an earlier day
    add_message(nights)
    nights.night(nights.context(day=5, conf={"sources": [BUCKET]}))
    assert raw_data(nights, 5) == raw_data(nights, 2) != raw_data(nights, 4)
    nights.night(nights.context(day=6, conf={"sources": [CSV]}))
    assert raw_data(nights, 6)["toy_recovered.jsonl"].count(b"\n") == 3


def test_raw_data_that_are_not_as_they_were_fetched_are_not_used(nights: Nights) -> None:
    nights.night(nights.context(day=2))
    add_message(nights)
    nights.night(nights.context(day=3))
    (nights.runs / "2026-01-03T230000Z/Raw Data/toy_recovered.jsonl").write_text("")
    nights.night(nights.context(day=4, conf={"sources": [BUCKET]}))
    assert raw_data(nights, 4) == raw_data(nights, 2)


def test_a_source_that_was_never_fetched_must_be(nights: Nights) -> None:
    from pipeline_lib.errors import DataError  # noqa: PLC0415 - after conftest's settings

    context = nights.context(conf={"sources": [BUCKET]})
    with pytest.raises(DataError, match=f"{CSV}: is not to be fetched, and no run that is still there has fetched it"):
        nights.task("fetch", context, source=CSV)


@pytest.mark.parametrize("task", ["coda_pull", "fetch"])
def test_a_name_that_is_not_known_fails_the_first_tasks(nights: Nights, task: str) -> None:
    from pipeline_lib.errors import ConfigError  # noqa: PLC0415 - after conftest's settings

    context = nights.context(conf={"sources": ["1 RecoveryCSV: toy_recovred"]})
    inputs = {"source": CSV} if task == "fetch" else {}
    with pytest.raises(ConfigError, match=f'names no source of the project; did you mean "{CSV}"'):
        nights.task(task, context, **inputs)
