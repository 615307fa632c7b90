import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import located, storage_at
from tests.toy import write_toy

BEFORE = "No message counts yet: the run's as-of time is not after ProjectStartDate (2026-01-01T00:00+03:00)"


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        (
            datetime(2025, 12, 31, 21, tzinfo=UTC),
            [BEFORE],
        ),
        (datetime(2025, 12, 31, 22, tzinfo=UTC), []),
        (datetime(2026, 3, 1, tzinfo=UTC), []),
    ],
)
def test_a_run_that_reaches_back_before_the_project_says_so_and_has_outputs_without_rows(
    as_of: datetime, told: list[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project = load_project(write_toy(tmp_path / "configs"))
    run = Run(project, storage_at((tmp_path / "data").as_uri()), "past", as_of, "amina")
    with caplog.at_level(logging.WARNING):
        storage, outputs = located(run_to_outputs(run))
    assert [line for line in caplog.messages if "ProjectStartDate" in line] == told
    # The toy project's one message is of the first of January, 10:00 at 3 hours east.
    row_count = storage.read(f"{outputs}/messages.csv").decode().count("\n") - 1
    assert row_count == (1 if as_of.year == 2026 else 0)
