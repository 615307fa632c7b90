"""What a config says of disclosure control, and that the key stays where it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from pipeline_lib.config import load_project
from pipeline_lib.errors import DataError
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.disclosure import create_disclosure_key, perturbation_table, read_disclosure_key
from pipeline_lib.stages.run import Run

Change = Callable[..., None]


def asked(demo: Path, **control: object) -> dict[str, Any]:
    """The demo's settings, with disclosure control."""
    analysis: dict[str, Any] = json.loads(demo.read_text(encoding="utf-8"))["AutomatedAnalysis"]
    return analysis | {"DisclosureControl": {"KeyFileURL": "state/disclosure.key", **control}}


@pytest.mark.parametrize(
    ("control", "threshold", "largest_deviation"),
    [
        ({}, 5, 7),
        ({"Threshold": 3}, 3, 5),
        ({"Threshold": 10}, 10, 11),
        ({"Threshold": 10, "LargestDeviation": 6, "Variance": 3}, 10, 6),
        ({"PerturbationTable": "10-5 rule"}, 10, 2),
    ],
)
def test_the_config_says_how_numbers_are_perturbed(
    control: dict[str, object], threshold: int, largest_deviation: int, demo: Path, change: Change
) -> None:
    change(AutomatedAnalysis=asked(demo, **control))
    table = perturbation_table(load_project(demo))
    assert table is not None
    assert (table.threshold, table.largest_deviation) == (threshold, largest_deviation)


def test_the_key_stands_in_no_file_but_its_own(demo: Path, change: Change, run_of: Callable[..., Run]) -> None:
    change(AutomatedAnalysis=asked(demo))
    project = load_project(demo)
    create_disclosure_key(project)
    key = (read_disclosure_key(project) or "").encode()
    run = run_of()
    folder = Path(unquote(analyse(run, run_to_outputs(run)).removeprefix("file://")))
    having = [path for path in demo.parents[2].rglob("*") if path.is_file() and key in path.read_bytes()]
    assert [path.name for path in having] == ["disclosure.key"]
    assert "numbers are perturbed and need not add up; &lt;5 stands for" in (folder / "index.html").read_text(
        encoding="utf-8"
    )


def test_what_was_processed_without_a_key_has_to_be_processed_again(
    demo: Path, change: Change, run_of: Callable[..., Run]
) -> None:
    outputs = run_to_outputs(run_of())
    change(AutomatedAnalysis=asked(demo))
    with pytest.raises(DataError) as lacking:
        analyse(run_of(), outputs)
    assert str(lacking.value).endswith(
        'individuals.parquet: lacks columns that the config has by now: "record_key"; process the project again'
    )
