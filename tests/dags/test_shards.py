"""A project whose participants are processed in shards, as tasks that Airflow maps."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError
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
    with pytest.raises(DataError, match="the shards: are not a complete set: 1 of 2"):
        nights.task("process", context, **inputs, process_shard=shards[:1])
    merged = messages_csv(nights.task("process", context, **inputs, process_shard=shards))
    assert b"biyo" in merged
    assert merged == messages_csv(nights.task("process", context, **inputs, process_shard=[]))


def test_a_run_that_was_cleared_with_fewer_shards_merges_those_alone(nights: Any) -> None:
    context = nights.context()
    nights.write(ProcessingShards=4)
    inputs = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    more = [nights.task("process_shard", context, **inputs, shard=f"{number} of 4") for number in range(1, 5)]
    nights.write(ProcessingShards=2)
    cleared = nights.context(start_date=datetime(2026, 1, 4, tzinfo=UTC))
    shards = [nights.task("process_shard", cleared, **inputs, shard=shard) for shard in SHARDS]
    for left in (more[2:], shards):  # what Airflow's third and fourth instance returned before, or return again
        assert b"biyo" in messages_csv(nights.task("process", cleared, **inputs, process_shard=[*shards, *left]))
    with pytest.raises(DataError, match="the shards: were made with another config"):
        nights.task("process", cleared, **inputs, process_shard=[shards[1], more[2]])


def test_shards_of_before_a_run_was_cleared_are_not_merged_with_a_mended_config_or_newer_raw_data(nights: Any) -> None:
    nights.write(ProcessingShards=2)
    context = nights.context()
    inputs = {"coda_pull": nights.task("coda_pull", context), "fetch": nights.fetched(context)}
    shards = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
    nights.task("process", context, **inputs, process_shard=shards)
    nights.write(ProjectEndDate="2026-01-01T08:00+03:00")  # before the one message
    cleared = nights.context(start_date=datetime(2026, 1, 4, tzinfo=UTC))
    right = "clear `process_shard` in Airflow, all of it; `process` follows it"
    with pytest.raises(DataError) as caught:
        nights.task("process", cleared, **inputs, process_shard=shards)
    assert str(caught.value) == f"the shards: were made with another config than the run has now; {right}"
    shards = [nights.task("process_shard", cleared, **inputs, shard=shard) for shard in SHARDS]
    assert b"biyo" not in messages_csv(nights.task("process", cleared, **inputs, process_shard=shards))
    write_messages(nights.config, 3)
    inputs["fetch"] = nights.fetched(cleared)
    with pytest.raises(DataError) as caught:
        nights.task("process", cleared, **inputs, process_shard=shards)
    assert str(caught.value) == f'the shards: are older than "toy_recovered.jsonl"; {right}'


def test_a_run_whose_sources_have_no_task_any_more_is_left_to_process(nights: Any) -> None:
    nights.write(ProcessingShards=2)
    context = nights.context()
    coded = nights.task("coda_pull", context)
    inputs = {"coda_pull": coded, "fetch": []}
    shards = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
    assert shards == [None, None]
    assert b"biyo" in messages_csv(nights.task("process", context, **inputs, process_shard=shards))
