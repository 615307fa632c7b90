"""Which numbers a change would change, without doing it."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.errors import DataError
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.analysis import analyse
from pipeline_lib.stages.diff import diff
from pipeline_lib.stages.disclosure import create_disclosure_key
from pipeline_lib.stages.run_context import Run, project_storage
from pipeline_lib.storage import located

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("no_drawings"),  # a diff compares none
]


@pytest.fixture
def done(
    demo: Path, run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> Callable[[], dict[str, str]]:
    """A run of the demo; gives what its data root holds, by file."""
    run = run_of()
    analyse(run, run_to_outputs_once(run))
    root = Path(project_storage(load_project(demo)).uri.removeprefix("file://"))

    def hashes() -> dict[str, str]:
        files = sorted(path for path in root.rglob("*") if path.is_file())
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    return hashes


def with_codes(demo: Path, scheme: str, **changed: str) -> None:
    """Gives codes of a scheme another StringValue."""
    path = demo.parent / "code_schemes" / f"{scheme}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for code in content["Codes"]:
        code["StringValue"] = changed.get(code["StringValue"], code["StringValue"])
    path.write_text(json.dumps(content), encoding="utf-8")


def test_where_nothing_is_changed_nothing_is_said_or_written(
    demo: Path, done: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    before = done()
    assert main(["diff", str(demo), "--against", "latest"]) == 0
    assert capsys.readouterr().out == ""
    assert done() == before


def test_a_code_that_is_called_otherwise_changes_its_cells_and_columns(
    demo: Path, done: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    before = done()
    with_codes(demo, "gender", man="male")
    difference = diff(load_project(demo), "today", "tester")
    individuals = difference.rows["individuals.csv"]
    men = individuals.columns["gender"]
    assert men == individuals.changed > 0
    assert individuals.codes == {"gender": {("man", "male"): men}}
    assert not difference.counts
    assert not difference.files
    shares = {
        (cell.row, cell.column): (cell.old, cell.new) for cell in difference.cells["demographic_distributions.csv"]
    }
    assert shares["gender, man", "Total Participants"] == (str(men), "-")
    assert shares["gender, male", "Total Participants"] == ("-", str(men))
    assert main(["diff", str(demo.parent), "--against", "today"]) == 1
    assert f"  gender: {men} (man → male {men})\n" in capsys.readouterr().out
    assert done() == before


def test_what_people_wrote_is_never_shown(
    demo: Path, done: Callable[[], dict[str, str]], change: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    change(FilterOperator=["hormud"])
    assert done()
    assert main(["diff", str(demo), "--against", "latest", "--all"]) == 1
    said = capsys.readouterr().out
    assert "messages.csv: rows " in said
    assert "removed" in said
    root = Path(project_storage(load_project(demo)).uri.removeprefix("file://"))
    written = (root / "runs" / "today" / "Outputs" / "production.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    texts = {cell for line in written for cell in line.split(",")[2:] if len(cell) > 12 and "+" not in cell}
    assert texts
    assert not [text for text in texts if text in said]


def test_a_run_that_was_never_processed_is_named(demo: Path, done: Callable[[], dict[str, str]]) -> None:
    assert done()
    with pytest.raises(DataError, match="runs/yesterday: no run was processed there; name one of the runs"):
        diff(load_project(demo), "yesterday", "tester")


def test_a_run_of_automatic_codes_only_is_held_against_as_much(
    demo: Path, run_of: Callable[..., Run], capsys: pytest.CaptureFixture[str]
) -> None:
    run_to_outputs(run_of(), Mode.AUTO_CODE_ONLY)
    assert main(["diff", str(demo), "--against", "latest"]) == 0
    assert capsys.readouterr().out == ""


def test_with_disclosure_control_only_released_numbers_are_told(
    demo: Path, run_of: Callable[..., Run], change: Callable[..., None]
) -> None:
    analysis = json.loads(demo.read_text(encoding="utf-8"))["AutomatedAnalysis"]
    change(AutomatedAnalysis=analysis | {"DisclosureControl": {"Threshold": 5, "KeyFileURL": "disclosure.key"}})
    create_disclosure_key(load_project(demo))
    run = run_of()
    tables, folder = located(analyse(run, run_to_outputs(run)))
    with_codes(demo, "gender", man="male")
    difference = diff(load_project(demo), "today", "tester")
    assert difference.rows["individuals.csv"].codes == {}
    released = csv.DictReader(tables.read(f"{folder}/demographic_distributions.csv").decode().splitlines())
    men = next(row["Total Participants"] for row in released if row["Theme"] == "man")
    (told,) = [
        cell.old
        for cell in difference.cells["demographic_distributions.csv"]
        if (cell.row, cell.column) == ("gender, man", "Total Participants")
    ]
    assert told == men
