"""Flows may be called whatever people call them on the server."""

from dataclasses import replace

import pytest

from pipeline_lib.config.file_names import safe_file_name
from tests.unit.sources.rapid_pro.fetching.workspace import FLOWS, START, Fetcher

NAMES = [
    "a/b",
    "../up",
    'what "is" it\\',
    "x" * 240,
    "line\nbreak\tand null\0",
    " around ",
    ".hidden.",
    "{{ a }}",
    "heart \u2764\ufe0f \U0001f468\u200d\U0001f469",
    "a:b*c?<d>|e",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_flow_of_any_name_is_fetched_and_told_of(fetcher: Fetcher, name: str) -> None:
    fetcher.server.database.put_flow(replace(FLOWS["show"], name=name))
    fetcher.world.run(fetcher.world.contact(1), "biyo", at=START)
    fetcher.world.run(fetcher.world.no_urn(2), "caano", at=START)
    fetcher.limit = 1.0
    (file,) = fetcher.fetch(name).files
    assert (file.name, file.record_count, sum(file.quarantined_counts.values())) == (name, 1, 1)
    safe = safe_file_name(name)
    assert fetcher.raw_data(safe)[0][f"Rqa_S01E01 (Text) - {name}"] == "biyo"
    assert [each["flow"] for each in fetcher.quarantine(safe)] == [name]
    assert fetcher.fetch(name, run_folder="runs/tomorrow").files[0].is_unchanged


def test_flows_whose_names_differ_in_case_alone_are_two(fetcher: Fetcher) -> None:
    database = fetcher.server.database
    database.put_flow(replace(FLOWS["demog"], name="Show"))
    contact = fetcher.world.contact(1)
    fetcher.world.run(contact, "biyo", at=START)
    fetcher.fetch("show", "Show")
    assert (len(fetcher.raw_data("show")), len(fetcher.raw_data("Show"))) == (1, 0)
