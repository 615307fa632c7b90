"""A project whose participants are processed in shards, as tasks that Airflow maps."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.toy import write_messages

SHARDS = ("1 of 2", "2 of 2")


def messages_csv(outputs: str) -> bytes:
    return Path(outputs.removeprefix("file://"), "messages.csv").read_bytes()


def test_each_shard_is_a_task_instance_and_their_merge_gives_the_bytes_of_everybody_at_once(nights: Any) -> None:
    from pipeline_lib.orchestration.dag import dags_in  # noqa: PLC0415 - after conftest's settings

    nights.write(ProcessingShards=2)
    (dag,) = [dag for dag in dags_in(nights.configs) if dag.dag_id == "toy"]
    assert dag.get_task("process").upstream_task_ids == {"fetch", "coda_pull", "process_shard"}
    assert dag.get_task("process_shard").expand_input.value == {"part": [{"shard": name} for name in SHARDS]}
    context = nights.context()
    inputs = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    shards = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
    merged = messages_csv(nights.task("process", context, **inputs, process_shard=shards))
    assert b"biyo" in merged
    nights.write(ProcessingShards=1)
    assert merged == messages_csv(nights.night(nights.context(day=3)))


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The shards that were gathered since, in whichever task."""
    from pipeline_lib.stages import shards  # noqa: PLC0415

    names: list[str] = []

    def gather(run: Any, raw_data: Any, coded: str, shard: Any, stage: Any = shards.process_shard) -> Any:
        names.append(str(shard))
        return stage(run, raw_data, coded, shard)

    monkeypatch.setattr(shards, "process_shard", gather)
    return names


def test_shards_that_no_task_has_gathered_are_gathered_where_they_are_merged(nights: Any, gathered: list[str]) -> None:
    context = nights.context()
    nights.write(ProcessingShards=3)
    inputs = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    three = [nights.task("process_shard", context, **inputs, shard=f"{number} of 3") for number in (1, 2, 3)]
    expected = messages_csv(nights.task("process", context, **inputs, process_shard=three))
    assert (b"biyo" in expected, gathered) == (True, ["1 of 3", "2 of 3", "3 of 3"])
    nights.write(ProcessingShards=2)  # what a run that is under way does not see, though Airflow does
    for index, left in enumerate((three[2:], [])):
        two = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
        gathered.clear()
        assert messages_csv(nights.task("process", context, **inputs, process_shard=[*two, *two, *left])) == expected
        assert gathered == ["1 of 3", "2 of 3", "3 of 3"][: 2 + index]


def test_shards_of_another_number_are_gone_once_the_run_is_done(nights: Any) -> None:
    context = nights.context()
    nights.write(ProcessingShards=3)
    inputs = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    shards = [nights.task("process_shard", context, **inputs, shard=f"{number} of 3") for number in (1, 2, 3)]
    nights.task("process", context, **inputs, process_shard=shards)
    for count, start in ((2, 4), (1, 5)):
        nights.write(ProcessingShards=count)
        cleared = nights.context(start_date=datetime(2026, 1, start, tzinfo=UTC))
        nights.task("process", cleared, **inputs, process_shard=shards)
        (run,) = nights.runs.iterdir()
        tasks = {task["task"] for task in json.loads((run / "manifest.json").read_bytes())["tasks"]}
        expected = {2: set(SHARDS), 1: set()}[count]
        assert {path.name for path in (run / "Shards").glob("[!.]*")} == expected
        assert len([name for name in tasks if name.startswith("process_shard")]) == len(expected)


def test_shards_of_before_a_run_was_cleared_are_gathered_again_with_the_mended_config_and_newer_raw_data(
    nights: Any, gathered: list[str]
) -> None:
    nights.write(ProcessingShards=2)
    context = nights.context(day=5)
    inputs = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    inputs["process_shard"] = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
    nights.write(ProjectEndDate="2026-01-01T08:00+03:00")  # before the one message
    cleared = nights.context(day=5, start_date=datetime(2026, 1, 6, tzinfo=UTC))
    gathered.clear()
    assert b"biyo" not in messages_csv(nights.task("process", cleared, **inputs))
    assert gathered == [*SHARDS]
    nights.write(ProjectEndDate=None)
    write_messages(nights.config, 3)
    cleared = nights.context(day=5, start_date=datetime(2026, 1, 7, tzinfo=UTC))
    inputs["fetch"] = nights.fetched(cleared)
    assert messages_csv(nights.task("process", cleared, **inputs)).count(b"biyo") == 3
    write_messages(nights.config, 4)
    inputs["fetch"] = nights.fetched(cleared)
    gathered.clear()
    for _ in range(2):
        assert messages_csv(nights.task("process", cleared, **inputs)).count(b"biyo") == 4
    assert gathered == [*SHARDS]  # once


def test_a_run_whose_sources_have_no_task_any_more_is_left_to_process(nights: Any) -> None:
    nights.write(ProcessingShards=2)
    context = nights.context()
    coded = nights.task("coda_pull", context)
    inputs = {"coda_pull": coded, "fetch": []}
    shards = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
    assert shards == [None, None]
    assert b"biyo" in messages_csv(nights.task("process", context, **inputs, process_shard=shards))
