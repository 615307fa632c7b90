"""A run accepts what its parameter names, and nothing else."""

from typing import Any

import pytest

Nights = Any  # conftest.py has it; test modules are not imported

HEADER = "Sender,Message,ReceivedOn\n"
SOURCE = "1 RecoveryCSV: toy_recovered"


def empty_the_csv(nights: Nights) -> None:
    (nights.config.parent / "sources/toy_recovered.csv").write_text(HEADER)


def test_a_source_that_collapsed_fails_its_task_at_each_try_and_leaves_the_others_alone(nights: Nights) -> None:
    from pipeline_lib.errors import DataError  # noqa: PLC0415 - after conftest's settings

    nights.night(nights.context(day=2))
    empty_the_csv(nights)
    context = nights.context(day=3)
    for _ in range(2):
        with pytest.raises(
            DataError, match=r"toy_recovered\.csv: had 1 record when it was last read, and has none now"
        ):
            nights.task("fetch", context, source=SOURCE)
    others = "2 GCloudBucket: toy_age, toy_gender and 1 more"
    assert len(nights.task("fetch", context, source=others)) == 3
    assert not list(nights.runs.glob("2026-01-03T230000Z/Raw Data/toy_recovered.jsonl"))


@pytest.mark.parametrize("names", ["toy_recovered", ["toy_age", "toy_recovered"]])
def test_a_run_that_accepts_it_goes_through_and_the_next_one_need_not(nights: Nights, names: object) -> None:
    nights.night(nights.context(day=2))
    empty_the_csv(nights)
    nights.night(nights.context(day=3, conf={"accept_shrink": names}))
    nights.night(nights.context(day=4))


def test_a_backfill_of_a_past_day_is_held_against_the_last_fetch_too(nights: Nights) -> None:
    nights.night(nights.context(day=3))
    nights.night(nights.context(day=2))
    empty_the_csv(nights)
    from pipeline_lib.errors import DataError  # noqa: PLC0415 - after conftest's settings

    with pytest.raises(DataError, match="has none now"):
        nights.task("fetch", nights.context(day=1), source=SOURCE)


@pytest.mark.parametrize("task", ["coda_pull", "fetch"])
def test_a_name_that_is_not_known_fails_the_first_tasks_with_the_nearest(nights: Nights, task: str) -> None:
    from pipeline_lib.errors import ConfigError  # noqa: PLC0415 - after conftest's settings

    context = nights.context(conf={"accept_shrink": ["toy_recovred"]})
    more = {"source": SOURCE} if task == "fetch" else {}
    with pytest.raises(ConfigError, match='did you mean "toy_recovered"'):
        nights.task(task, context, **more)
