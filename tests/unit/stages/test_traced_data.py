"""The traced data of a run of the demo project."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.model.mode import Mode
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.fetch import fetch
from pipeline_lib.stages.process import process
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import located
from pipeline_lib.trace.history import HIDDEN_VALUE
from pipeline_lib.trace.reader import latest_items, read_objects, verify

pytestmark = pytest.mark.slow

END = datetime(2025, 9, 16, 23, tzinfo=UTC)


@pytest.fixture
def outputs(run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]) -> Path:
    return Path(run_to_outputs_once(run_of(as_of=END)).removeprefix("file://"))


def outputs_of(run: Run, mode: Mode) -> Path:
    raw_data = [uri for index in range(3) for uri in fetch(run, index)]
    storage, name = located(process(run, raw_data, coda_pull(run), mode))
    with storage.local_folder(name) as folder:
        return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items(outputs: Path, name: str) -> list[dict[str, Any]]:
    return [latest_items(updates) for updates in read_objects(outputs / f"{name}_traced_data.jsonl")]


@pytest.mark.parametrize("name", ["messages", "individuals"])
def test_every_line_is_a_row_of_the_csv_and_its_chain_holds(outputs: Path, name: str) -> None:
    shown = rows(outputs / f"{name}.csv")
    assert verify(outputs / f"{name}_traced_data.jsonl") == len(shown)
    traced = items(outputs, name)
    assert [each["uid"] for each in traced] == [row["uid"] for row in shown]
    assert [each["consent_withdrawn"] for each in traced] == [row["consent_withdrawn"] for row in shown]
    for field in ("s01e01_water_raw", "gender_raw", "location_raw"):
        told = [each.get(field) or "" for each in traced if each["consent_withdrawn"] == "false"]
        assert told == [row[field] for row in shown if row["consent_withdrawn"] == "false"]


@pytest.mark.parametrize("name", ["messages", "individuals"])
def test_the_codes_are_those_of_the_csv(outputs: Path, demo: Path, name: str) -> None:
    plans = load_project(demo).plans
    for each, row in zip(items(outputs, name), rows(outputs / f"{name}.csv"), strict=True):
        for _, coding in plans.codings() if row["uid"] != "STOP" else ():
            key, labels = coding.analysis_file_key, each[coding.coded_field]
            codes = [label["CodeID"] for label in (labels if isinstance(labels, list) else [labels])]
            if key in row:
                assert row[key] == coding.code_scheme.by_id[codes[0]].string_value
            else:
                told = {coding.code_scheme.by_id[code].string_value for code in codes}
                shown = {
                    code.string_value for code in coding.code_scheme.codes if row[f"{key}_{code.string_value}"] == "1"
                }
                assert told == shown


def test_those_who_withdrew_have_no_row_and_no_line_unless_the_config_asks_for_them(
    change: Callable[..., None], run_of: Callable[..., Run]
) -> None:
    shown = {}
    for asked in ("leave_out", "stop"):
        change(WithdrawnRows=asked)
        outputs = outputs_of(run_of(as_of=END), Mode.ALL)
        consents = [row["consent_withdrawn"] for row in rows(outputs / "messages.csv")]
        assert [each["consent_withdrawn"] for each in items(outputs, "messages")] == consents
        individuals = [row["consent_withdrawn"] for row in rows(outputs / "individuals.csv")]
        assert [each["consent_withdrawn"] for each in items(outputs, "individuals")] == individuals
        shown[asked] = [consents.count("true"), individuals.count("true"), consents.count("false")]
    assert shown == {"leave_out": [0, 0, 147], "stop": [31, 6, 147]}


def test_nothing_of_those_who_withdrew_is_left_in_their_lines(
    change: Callable[..., None], run_of: Callable[..., Run]
) -> None:
    change(WithdrawnRows="stop")
    outputs = outputs_of(run_of(as_of=END), Mode.ALL)
    withdrawn = [each for each in items(outputs, "messages") if each["consent_withdrawn"] == "true"]
    assert withdrawn
    assert all(value == "STOP" for each in withdrawn for key, value in each.items() if key != "consent_withdrawn")
    for line in (outputs / "messages_traced_data.jsonl").read_text().splitlines():
        updates = json.loads(line)
        if latest_items(updates)["consent_withdrawn"] == "true":
            assert len(updates) == 1


def test_a_coding_error_is_one_of_the_right_dataset_too(outputs: Path) -> None:
    errors = [
        update["Data"]
        for updates in read_objects(outputs / "messages_traced_data.jsonl")
        for update in updates
        if update["Metadata"]["Source"].startswith("impute_coding_errors")
    ]
    assert errors
    for data in errors:
        told = [value for key, value in data.items() if key.endswith("_correct_dataset")]
        assert told
        assert all("CE" in code for code in told)


def test_an_individual_holds_its_messages_histories_once(outputs: Path) -> None:
    def newest(updates: list[dict[str, Any]]) -> str:
        sha: str = updates[0]["SHA"]
        return sha

    def stays(updates: list[dict[str, Any]]) -> bool:
        return latest_items(updates)["consent_withdrawn"] == "false"

    messages = [newest(u) for u in read_objects(outputs / "messages_traced_data.jsonl") if stays(u)]
    held: list[str] = []
    for updates in read_objects(outputs / "individuals_traced_data.jsonl"):
        nested = [newest(other) for update in updates for other in update["NestedTracedData"].values()]
        held += (nested or [newest(updates)]) if stays(updates) else []
    assert sorted(held) == sorted(messages)


def test_the_user_and_the_as_of_time_sign_every_update_of_ours(outputs: Path) -> None:
    for updates in read_objects(outputs / "messages_traced_data.jsonl"):
        signed = [u["Metadata"] for u in updates if u["Metadata"]["User"] != "sandbox"]
        assert {(m["User"], m["Timestamp"]) for m in signed} == {("tester", "2025-09-16T23:00:00.000000+00:00")}


def test_without_coders_the_history_ends_with_the_suggested_codes(run_of: Callable[..., Run]) -> None:
    made = outputs_of(run_of(as_of=END), Mode.AUTO_CODE_ONLY)
    assert not (made / "messages_traced_data.jsonl").exists()
    assert verify(made / "auto_coded_traced_data.jsonl") == len(rows(made / "production.csv"))
    steps = {
        u["Metadata"]["Source"].split()[0] for each in read_objects(made / "auto_coded_traced_data.jsonl") for u in each
    }
    assert "auto_code" in steps
    assert not steps & {"manual_codes", "impute", "fold"}


def test_a_config_can_do_without_traced_data(change: Callable[..., None], run_of: Callable[..., Run]) -> None:
    change(TracedData=False)
    made = outputs_of(run_of(as_of=END), Mode.ALL)
    assert not list(made.glob("*.jsonl"))


def test_trace_tells_of_a_moved_message_where_it_was_and_which_coder_moved_it(
    outputs: Path, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, data = next(
        (row, update["Data"])
        for row, updates in enumerate(read_objects(outputs / "messages_traced_data.jsonl"), start=1)
        for update in updates
        if update["Metadata"]["Source"].startswith("move_wrong_scheme") and "sent_on" in update["Data"]
    )
    (target,) = (
        key for key in ("s01e01_water_raw", "s01e02_health_raw") if data.get(key, HIDDEN_VALUE) != HIDDEN_VALUE
    )
    (origin,) = (key.removesuffix("_WS_correct_dataset") for key in data if key.endswith("_WS_correct_dataset"))
    cell = f"messages.csv:{row}:{target}"
    assert main(["trace", "--outputs", str(outputs), "--config", str(demo), "--cell", cell]) == 0
    told = capsys.readouterr().out
    assert f'{target}: "{data[target]}" moved, since a coder said which question it answers' in told
    coder = data[f"{origin}_WS_correct_dataset"]["Origin"]["Name"]
    assert f"{origin}_WS_correct_dataset: code " in told
    assert f"(by {coder}, " in told


def test_trace_tells_of_an_imputed_district_where_it_is_from(
    outputs: Path, demo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = rows(outputs / "individuals.csv")
    row = next(n for n, each in enumerate(shown, start=1) if each["district"] == "mogadishu" and each["uid"] != "STOP")
    cell = f"individuals.csv:{row}:district"
    assert main(["trace", "--outputs", str(outputs), "--config", str(demo), "--cell", cell]) == 0
    told = capsys.readouterr().out
    assert "code mogadishu" in told
    assert "was derived from other codes (impute somalia_location" in told
    assert f'location_raw: "{shown[row - 1]["location_raw"]}"' in told


@pytest.mark.parametrize("cell", ["messages.csv", "production.csv:1:uid", "messages.csv:one:uid", "messages.csv:0:uid"])
def test_a_cell_that_is_none_is_refused(outputs: Path, capsys: pytest.CaptureFixture[str], cell: str) -> None:
    assert main(["trace", "--outputs", str(outputs), "--cell", cell]) == 2
    assert capsys.readouterr().err


def test_trace_finds_a_participant_and_a_message_and_says_when_there_is_none(
    outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    uid = next(row["uid"] for row in rows(outputs / "individuals.csv") if row["uid"] != "STOP")
    assert main(["trace", "--outputs", str(outputs), "--participant", uid]) == 0
    assert uid in capsys.readouterr().out
    message_id = json.loads((outputs / "Coda Files" / "s01e01_water.json").read_text())[0]["MessageID"]
    assert main(["trace", "--outputs", str(outputs), "--message", message_id]) == 0
    assert message_id in capsys.readouterr().out
    assert main(["trace", "--outputs", str(outputs), "--participant", "nobody"]) == 2
    assert capsys.readouterr().out == "not found\n"
