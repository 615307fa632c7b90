"""A flow that is deleted and made anew has another uuid: what was fetched of the old one stays in the outputs."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.model.shrink_limit import ShrinkLimit
from sandbox.rapid_pro.model import Flow
from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, OPEN, START, Fetcher, uuid

HOUR = timedelta(hours=1)
NEW_UUID = uuid(1, 9)


def made_anew(fetcher: Fetcher) -> None:
    """The flow `show` with what it has on the server goes, and another one is made."""
    database = fetcher.server.database
    for run in [run for run in database.runs.rows.values() if run.flow == FLOWS["show"].uuid]:
        database.remove_run(run)
    del database.flows[FLOWS["show"].uuid]
    database.put_flow(Flow(NEW_UUID, "show", START + HOUR, START + HOUR, (OPEN,)))


def published(fetcher: Fetcher) -> list[str]:
    return [fields["Rqa_S01E01 (Text) - show"] for fields in fetcher.raw_data()]


def test_the_runs_of_both_stand_in_the_raw_data_and_both_are_named(
    fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    contact = fetcher.world.contact(1)
    for hour, text in enumerate(["first", "third"]):
        fetcher.world.run(contact, text, at=START + 2 * hour * HOUR)
    fetcher.fetch()
    made_anew(fetcher)
    for hour, text in enumerate(["second", "fourth"]):
        run = fetcher.world.run(contact, text, at=START + (2 * hour + 1) * HOUR)
        fetcher.server.database.put_run(replace(run, flow=NEW_UUID))
    with caplog.at_level(logging.INFO):
        result = fetcher.fetch()
    assert published(fetcher) == ["first", "second", "third", "fourth"]
    assert result.files[0].record_count == 4
    assert the_count(result.counts, "runs_of_former_flows", file="show.jsonl") == 2
    assert the_count(result.counts, "runs_not_given", file="show.jsonl") == 0
    assert f"show: is now the flow {NEW_UUID}; the Raw Data also have" in caplog.text
    assert f"the runs of {FLOWS['show'].uuid}, which had this name before" in caplog.text
    assert fetcher.fetch(run_folder="runs/tomorrow").files[0].is_unchanged


def test_a_flow_that_took_another_name_leaves_nothing_under_the_old_one(fetcher: Fetcher) -> None:
    fetcher.world.run(fetcher.world.contact(1), "first", at=START)
    fetcher.fetch("show")
    database = fetcher.server.database
    database.put_flow(replace(FLOWS["show"], name="show two"))
    database.put_flow(Flow(NEW_UUID, "show", START, START, (OPEN,)))
    for _ in range(2):
        with pytest.raises(DataError) as raised:
            fetcher.fetch("show", "show two")
        assert str(raised.value) == (
            'pipeline.json: RawDataSources[0]: flow "show": had 1 run when it was last read, and has none now; '
            "have them restored; or, if they are gone for good, accept it once with --accept-shrink show or the run's "
            "parameter accept_shrink (SourceShrinkLimit: at least 50% must be there)"
        )
    fetcher.shrink_limit = ShrinkLimit(accepted=frozenset({"show"}))
    result = fetcher.fetch("show", "show two")
    assert [(file.name, file.record_count) for file in result.files] == [("show", 0), ("show two", 1)]


def test_a_workspace_that_is_another_is_refused_and_says_what_each_flow_had(fetcher: Fetcher) -> None:
    contact = fetcher.world.contact(1)
    for hour in range(4):
        fetcher.world.run(contact, at=START + hour * HOUR)
    fetcher.fetch("show")
    made_anew(fetcher)
    for name in [name for name in fetcher.storage.names("state/raw/RapidPro") if "/flows " in name]:
        fetcher.storage.remove(name)  # names of flows are known by workspace: of another one none are
    run = fetcher.world.run(contact, at=START + 5 * HOUR)
    fetcher.server.database.put_run(replace(run, flow=NEW_UUID))
    with pytest.raises(DataError, match='flow "show": had 4 runs when it was last read, and has 1 now'):
        fetcher.fetch("show", run_folder="runs/tomorrow")
    assert not fetcher.storage.exists("runs/tomorrow/Raw Data")
