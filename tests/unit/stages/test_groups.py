"""A project with groups, from their files to the tables."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.config.source_names import source_names
from pipeline_lib.errors import DataError
from pipeline_lib.model.step_counts import total
from pipeline_lib.stages.all_stages import run_all
from pipeline_lib.stages.fetch import dry_run_fetch, fetch, fetch_count, uris_to_fetch
from pipeline_lib.stages.process import process
from pipeline_lib.stages.run_context import Run, open_run
from pipeline_lib.storage.manifest import read_manifest
from tests.toy import change_config, write_toy

P1, P2, STRANGER = (f"avf-phone-uuid-3f5f0b0e-0000-4000-8000-00000000000{number}" for number in (1, 2, 9))
CLUB = {"Name": "club", "FileURLs": ["sources/club.csv"]}

Rows = list[dict[str, str]]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    """A project in which P1 and P2 sent a message; P1 and a stranger are in the club. The keys are the config's."""

    def make(**keys: Any) -> Run:
        config = write_toy(tmp_path / "configs")
        sources = config.parent / "sources"
        with (sources / "toy_recovered.csv").open("a") as messages:
            messages.write(f"{P2},biyo,02/01/2026 10:00\n")
        (sources / "club.csv").write_text(f"avf-phone-uuid,Name\n{P1},Asha\n{STRANGER},Ali\n{P1},Asha\n")
        change_config(config, **{"Groups": [CLUB], "DataRoot": (tmp_path / "data").as_uri(), **keys})
        return open_run(load_project(config), "today", datetime(2026, 2, 1, tzinfo=UTC), "tester")

    return make


def rows(run: Run, name: str) -> Rows:
    text = run.storage.read(f"runs/today/{name}").decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_groups_are_fetched_after_the_sources(run: Callable[..., Run]) -> None:
    opened = run()
    index = fetch_count(opened.project) - 1
    assert source_names(opened.project)[index:] == ("3 Groups: club.csv",)
    assert dry_run_fetch(opened.project).record_counts["club.csv"] == 2
    assert (
        fetch(opened, index) == uris_to_fetch(opened, index) == [opened.storage.uri_of("runs/today/Raw Data/club.csv")]
    )
    assert b"Asha" not in opened.storage.read("runs/today/Raw Data/club.csv")


def test_without_groups_only_sources_are_fetched(run: Callable[..., Run]) -> None:
    project = run(Groups=None).project
    assert fetch_count(project) == len(source_names(project)) == 2


def test_they_are_columns_breakdowns_and_counts(run: Callable[..., Run]) -> None:
    opened = run()
    run_all(opened, publish=False)
    assert [(row["uid"], row["club"]) for row in rows(opened, "Outputs/messages.csv")] == [(P1, "True"), (P2, "False")]
    assert [(row["uid"], row["club"]) for row in rows(opened, "Outputs/individuals.csv")] == [
        (P1, "True"),
        (P2, "False"),
    ]
    assert "club" not in rows(opened, "Outputs/production.csv")[0]
    themes = rows(opened, "Automated Analysis/theme_distributions.csv")
    not_reviewed = next(row for row in themes if row["Theme"] == "NR")
    assert [not_reviewed[column] for column in ("Total Participants", "club:True", "club:False")] == ["2", "1", "1"]
    counts = [count for task in read_manifest(opened.storage, "today").tasks for count in task.counts]
    told = {measure: total(counts, measure=measure) for measure in ("members", "members_without_message")}
    assert told == {"members": 2, "members_without_message": 1}
    assert total(counts, measure="repeated_members", file="club.csv") == 1


@pytest.mark.parametrize(("group_filter", "left"), [("keep_only", P1), ("leave_out", P2)])
def test_a_filter_decides_who_is_in_the_outputs(run: Callable[..., Run], group_filter: str, left: str) -> None:
    opened = run(Groups=[{**CLUB, "Filter": group_filter}])
    run_all(opened, publish=False)
    for name in ("messages", "individuals", "production"):
        assert [row["uid"] for row in rows(opened, f"Outputs/{name}.csv")] == [left]
    assert rows(opened, "Outputs/quality.csv")[0]["dropped_outside_groups"] == "1"


def test_a_file_with_a_number_in_it_stops_the_run_and_is_not_quoted(run: Callable[..., Run], tmp_path: Path) -> None:
    opened = run()
    (tmp_path / "configs/toy/sources/club.csv").write_text(f"avf-phone-uuid\n{P1}\n0712345678\n")
    with pytest.raises(DataError, match=r"club\.csv: line 3: is not de-identified") as caught:
        run_all(opened, publish=False)
    assert "0712345678" not in str(caught.value)


def test_a_file_that_is_not_in_the_raw_data_is_told(run: Callable[..., Run]) -> None:
    opened = run()
    coded = opened.project.folder / "coda"
    uris = [uri for index in range(fetch_count(opened.project) - 1) for uri in fetch(opened, index)]
    with pytest.raises(DataError, match=r"^file://.*/Raw%20Data/club\.csv: this file of raw data does not exist"):
        process(opened, uris, coded.as_uri())
