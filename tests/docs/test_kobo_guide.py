"""docs/kobo.md says what the code does."""

import json
import re
from pathlib import Path

from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.sources.kobo.client import PAGE_SIZE
from pipeline_lib.sources.kobo.read_form import OVERLAP

GUIDE = (Path(__file__).parents[2] / "docs/kobo.md").read_text(encoding="utf-8")


def test_the_example_is_a_source_with_the_raw_fields_of_the_table() -> None:
    (example,) = re.findall(r"```json\n(.+?)```", GUIDE, re.DOTALL)
    (form,) = KoboToolboxSource.model_validate(json.loads(example)).forms
    told = re.findall(r"^\| `(water .+?)` \|", GUIDE, re.MULTILINE)
    assert told == [form.names.raw_field("water", part) for part in ("Text", "Time", "Run ID")]


def test_the_overlap_and_the_size_of_pages_are_those_of_the_code() -> None:
    assert (OVERLAP.total_seconds(), "an overlap of a quarter of an hour" in GUIDE) == (15 * 60, True)
    assert (PAGE_SIZE, "a thousand a request" in GUIDE) == (1000, True)
