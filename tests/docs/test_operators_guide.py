"""docs/operators.md: its commands do what it says they do."""

import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pipeline_lib.cli import main
from tests.docs.markdown import ROOT, commands

GUIDE = (ROOT / "docs/operators.md").read_text(encoding="utf-8")
PIPELINE = ["python", "-m", "pipeline_lib"]


@pytest.fixture
def rivers(checkout: Path) -> Path:
    """The guide's project, handed over by its author, with a uuid table of its own."""
    assert main(["init", "rivers", "--like", "demo"]) == 0
    config = checkout / "configs/rivers/pipeline.json"
    settings = json.loads(config.read_text())
    settings["UUIDTable"] = {"SQLiteFile": "uuids.sqlite", "TableName": "rivers"}
    config.write_text(json.dumps(settings))
    return checkout


@pytest.mark.slow
def test_each_command_does_what_the_guide_says(rivers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {words[3]: words[3:] for words in commands(GUIDE) if words[:3] == PIPELINE}
    assert set(told) == {"validate", "create-uuid-table", "run", "diff", "re-identify"}
    assert main(["validate", "configs/rivers"]) == 0
    assert main(told["create-uuid-table"]) == 0
    assert (rivers / "configs/rivers/uuids.sqlite").exists()
    assert main(told["validate"]) == 0
    assert main(told["run"]) == 0
    capsys.readouterr()
    assert main(told["diff"]) == 0
    assert capsys.readouterr().out == ""
    known = "avf-phone-uuid-00000000-0000-4000-8000-000000000001"
    (rivers / "people.csv").write_text(f"address,uuid\n252610000001,{known}\n")
    assert main(["import-uuid-table", "--config", "configs/rivers", "people.csv"]) == 0
    (rivers / "uuids.txt").write_text(f"{known}\n")
    assert main(told["re-identify"]) == 0
    assert "252610000001" in (rivers / "numbers.csv").read_text()


def test_the_guide_validates_one_project_and_all_of_them() -> None:
    validated = [words[4:] for words in commands(GUIDE) if words[:4] == [*PIPELINE, "validate"]]
    assert validated == [["configs/rivers"], []]


@pytest.mark.parametrize("hour", [0, 2, 23])
def test_a_backfill_takes_the_ten_days_that_it_names_at_whatever_hour_they_begin(hour: int) -> None:
    (words,) = [words for words in commands(GUIDE) if words[:2] == ["airflow", "backfill"]]
    given = dict(pairwise(words))
    first, last = (datetime.fromisoformat(given[option]) for option in ("--from-date", "--to-date"))
    before = datetime(2026, 10, 25, hour, tzinfo=ZoneInfo("Africa/Mogadishu"))
    begun = [before + timedelta(days=number) for number in range(30)]
    assert [day.day for day in begun if first <= day <= last] == [*range(1, 11)]
