"""docs/csv.md says what the code does."""

import json
import re
from pathlib import Path

from pipeline_lib.config.csv_source import CSVSource

GUIDE = (Path(__file__).parents[2] / "docs/csv.md").read_text(encoding="utf-8")


def test_the_example_is_a_source_with_the_raw_fields_of_the_table() -> None:
    (example,) = re.findall(r"```json\n(.+?)```", GUIDE, re.DOTALL)
    (dataset,) = CSVSource.model_validate(json.loads(example)).datasets
    told = re.findall(r"^\| `(water .+?)` \|", GUIDE, re.MULTILINE)
    assert told == [dataset.names.raw_field("water", part) for part in ("Text", "Time", "Run ID")]
