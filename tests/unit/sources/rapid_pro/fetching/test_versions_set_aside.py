"""A newer version of a run that cannot be used, while an older one can: neither vanishes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline_lib.errors import DataError
from sandbox.rapid_pro.model import Run
from tests.step_counts import the_count
from tests.unit.sources.rapid_pro.fetching.workspace import NOW, START, Fetcher

HOUR = timedelta(hours=1)


def answered_again(run: Run, text: str, *, hours: int) -> Run:
    ((key, value),) = run.values.items()
    at = START + hours * HOUR
    return replace(run, modified_on=at, values={key: replace(value, value=text, input=text, time=at)})


def without_times(run: Run) -> Run:
    values = {key: replace(value, time=None) for key, value in run.values.items()}  # type: ignore[arg-type]
    return replace(run, values=values)


@pytest.fixture
def run(fetcher: Fetcher) -> Run:
    """The run of a contact whose first answer was fetched, beside three others."""
    fetcher.limit = 0.25
    for number in range(2, 5):
        fetcher.world.run(fetcher.world.contact(number), at=START)
    run = fetcher.world.run(fetcher.world.contact(1), "first answer", at=START)
    fetcher.fetch()
    return run


def test_the_older_version_is_published_and_the_newer_one_stands_in_the_quarantine(fetcher: Fetcher, run: Run) -> None:
    fetcher.world.no_urn(1)
    fetcher.server.database.put_run(answered_again(run, "second answer", hours=3))
    result = fetcher.fetch()
    assert fetcher.texts()[-1] == "first answer"
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": "contact has no URN"}]
    assert result.files[0].record_count == 4
    assert result.files[0].quarantined_counts == {"contact has no URN": 1}
    assert the_count(result.counts, "runs_in_older_version", file="show.jsonl") == 1
    assert the_count(result.counts, "runs_not_given", file="show.jsonl") == 0


def test_a_newer_version_whose_value_has_no_time_is_told_too(fetcher: Fetcher, run: Run) -> None:
    fetcher.server.database.put_run(without_times(answered_again(run, "second answer", hours=3)))
    fetcher.fetch()
    assert fetcher.texts()[-1] == "first answer"
    reason = "a result has no time that can be read"
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": reason}]


def test_it_counts_for_the_share_that_may_be_set_aside(fetcher: Fetcher, run: Run) -> None:
    fetcher.limit = 0.2
    fetcher.world.no_urn(1)
    fetcher.server.database.put_run(answered_again(run, "second answer", hours=3))
    with pytest.raises(DataError, match="1 of its 4 runs cannot be used: 1 x contact has no URN"):
        fetcher.fetch()
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": "contact has no URN"}]


def test_of_several_versions_that_were_set_aside_the_newest_is_told(fetcher: Fetcher, run: Run) -> None:
    fetcher.server.database.put_run(without_times(answered_again(run, "second answer", hours=3)))
    fetcher.fetch(now=START + 4 * HOUR)
    fetcher.world.no_urn(1)
    fetcher.server.database.put_run(answered_again(run, "third answer", hours=5))
    fetcher.fetch(now=START + 6 * HOUR)
    assert fetcher.quarantine() == [{"flow": "show", "run": run.uuid, "reason": "contact has no URN"}]


def test_a_version_that_can_be_used_ends_it(fetcher: Fetcher, run: Run) -> None:
    fetcher.world.no_urn(1)
    fetcher.server.database.put_run(answered_again(run, "second answer", hours=3))
    fetcher.fetch(now=START + 4 * HOUR)
    fetcher.world.contact(1)
    fetcher.server.database.put_run(answered_again(run, "third answer", hours=5))
    result = fetcher.fetch(now=NOW)
    assert fetcher.texts()[-1] == "third answer"
    assert fetcher.quarantine() == []
    assert the_count(result.counts, "runs_in_older_version", file="show.jsonl") == 0
