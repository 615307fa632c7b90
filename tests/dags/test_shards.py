"""A project whose participants are processed in shards, as tasks that Airflow maps."""

from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import DataError

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


def test_a_run_whose_sources_have_no_task_any_more_is_left_to_process(nights: Any) -> None:
    nights.write(ProcessingShards=2)
    context = nights.context()
    coded = nights.task("coda_pull", context)
    inputs = {"coda_pull": coded, "fetch": []}
    shards = [nights.task("process_shard", context, **inputs, shard=shard) for shard in SHARDS]
    assert shards == [None, None]
    assert b"biyo" in messages_csv(nights.task("process", context, **inputs, process_shard=shards))
