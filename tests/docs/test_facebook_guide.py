"""docs/facebook.md says what the code does."""

import json
import re
from pathlib import Path

from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.sources import FacebookSource
from pipeline_lib.sources.facebook.graph_errors import THROTTLED
from pipeline_lib.sources.facebook.preflight import NEEDED_SCOPES, NOTICE, USEFUL_SCOPES
from pipeline_lib.sources.facebook.usage import THRESHOLD_PERCENT

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/facebook.md").read_text(encoding="utf-8")


def test_errors_lead_to_headings_that_are_there() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline_lib").rglob("*.py"))
    named = set(re.findall(r"docs/facebook\.md, ([A-Z][A-Za-z ]+)", code))
    assert named == {"The token", "Who wrote"}
    assert named <= set(re.findall(r"^## (.+)$", GUIDE, re.MULTILINE))


def test_the_examples_are_sources() -> None:
    example, export = re.findall(r"```json\n(.+?)```", GUIDE, re.DOTALL)
    assert FacebookExportSource.model_validate(json.loads(export)).authors_are_known
    assert FacebookSource.model_validate(json.loads(example)).activation_names == (
        "facebook_s01e01_GeedkaHoostiisa",
        "facebook_s01e02_GeedkaHoostiisa",
    )


def test_permissions_limits_and_notices_are_those_of_the_code() -> None:
    assert all(f"`{scope}`" in GUIDE for scope in (*NEEDED_SCOPES, *USEFUL_SCOPES))
    assert f"From {THRESHOLD_PERCENT} % on" in GUIDE
    assert "(errors 4, 17, 32, 613, 80001)" in GUIDE
    assert {4, 17, 32, 613, 80001} <= THROTTLED
    assert (NOTICE.days, "two weeks ahead" in GUIDE) == (14, True)


def test_the_readme_leads_here() -> None:
    assert "(docs/facebook.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
