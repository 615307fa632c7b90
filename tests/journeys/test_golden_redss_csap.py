"""What REDSS/CSAP's cases hold beside `expected`: another rule for reasons, and raw data as it was fetched."""

import gzip
import json
import os
import shutil
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from tests.run_golden import write_config

ROOT = Path(__file__).parents[2]
GOLDEN_FAMILY = Path(os.environ.get("GOLDEN_FAMILY_ROOT", ROOT.parent / "shared" / "golden_family"))
CASES = sorted(path.parent for path in GOLDEN_FAMILY.glob("redss-csap/*/expected"))

pytestmark = [
    pytest.mark.golden,
    pytest.mark.skipif(not CASES, reason=f"no redss-csap in {GOLDEN_FAMILY}; set GOLDEN_FAMILY_ROOT"),
    pytest.mark.parametrize("case", CASES, ids=lambda case: case.name),
]


def process(case: Path, config: Path, raw_data: Path) -> Path:
    written = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(written | {"TracedData": False}), encoding="utf-8")  # which nothing here looks at
    outputs = config.parent / "Outputs"
    inputs: list[str | Path] = ["--raw-data", raw_data, "--coded", case / "input" / "Coded Coda Files"]
    assert main(["process", "--config", *map(str, [config, *inputs, "--outputs", outputs])]) == 0
    return outputs


def test_synchronised_reasons_are_those_of_the_unmerged_branch(case: Path, tmp_path: Path) -> None:
    """Q33."""
    config = write_config(case, tmp_path)
    plans = json.loads((case.parent / "coding_plans.json").read_text(encoding="utf-8"))
    plans["CodeSchemesDir"] = str(case.parent / "code_schemes")
    for question in plans["ResearchQuestions"]:
        question.pop("SynchroniseControlCodes", None)  # the default
    written = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(written | {"CodingPlans": plans}), encoding="utf-8")
    outputs = process(case, config, case / "input" / "Raw Data")
    for name in ("messages.csv", "individuals.csv"):
        assert (outputs / name).read_bytes() == (case / "expected_synchronised" / name).read_bytes()


def test_raw_data_as_it_was_fetched_gives_the_same(case: Path, tmp_path: Path) -> None:
    raw_data = tmp_path / "Raw Data"
    raw_data.mkdir()
    for number, zipped in enumerate(sorted((case / "input" / "Raw Data").glob("*.json.gz"))):
        if number % 2:
            shutil.copy(zipped, raw_data)
        else:
            (raw_data / zipped.name.removesuffix(".gz")).write_bytes(gzip.decompress(zipped.read_bytes()))
    outputs = process(case, write_config(case, tmp_path), raw_data)
    for name in ("messages.csv", "individuals.csv", "production.csv"):
        assert (outputs / name).read_bytes() == (case / "expected" / name).read_bytes()
