"""A whole run of the demo project, stage by stage in one process."""

import csv
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline_lib.cli import main
from pipeline_lib.model.mode import Mode
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.coda_push import coda_push
from pipeline_lib.stages.fetch import fetch
from pipeline_lib.stages.process import process
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import located
from pipeline_lib.storage.manifest import read_manifest
from tests.step_counts import the_count

pytestmark = pytest.mark.slow

MIDDLE = datetime(2025, 9, 9, tzinfo=UTC)
END = datetime(2025, 9, 16, 23, tzinfo=UTC)


def hashes(uri: str) -> dict[str, str]:
    storage, name = located(uri)
    with storage.local_folder(name) as folder:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(uri: str, name: str) -> list[dict[str, str]]:
    storage, folder = located(uri)
    return list(csv.DictReader(storage.read(f"{folder}/{name}").decode().splitlines()))


def run_and_publish(run: Run) -> str:
    """The URI of the outputs, whose new messages are in the label store."""
    outputs = run_to_outputs(run)
    coda_push(run, outputs)
    return outputs


def test_a_run_makes_the_three_csvs_the_coda_files_and_the_samples(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    outputs = run_to_outputs_once(run_of(as_of=END))
    names = {Path(name).parts[0] for name in hashes(outputs)}
    csvs = {"messages.csv", "individuals.csv", "production.csv", "quality.csv", "wrong_scheme_moves.csv"}
    csvs |= {"coding_progress.csv", "coding_by_coder.csv"}
    traced = {"messages_traced_data.jsonl", "individuals_traced_data.jsonl"}
    assert names == {*csvs, *traced, "Coda Files", "ICR", "Processed"}
    participants = {row["uid"] for row in rows(outputs, "messages.csv")}
    individuals = [row["uid"] for row in rows(outputs, "individuals.csv")]
    assert set(individuals) == participants
    assert all(individuals.count(uid) == 1 for uid in participants - {"STOP"})


def test_a_run_of_automatic_codes_only_stops_before_what_coders_said(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    run = run_of(as_of=END)
    everything = hashes(run_to_outputs_once(run))
    automatic = hashes(run_to_outputs(run, Mode.AUTO_CODE_ONLY))
    traced = automatic.pop("auto_coded_traced_data.jsonl")
    assert traced
    assert {Path(name).parts[0] for name in automatic} == {"production.csv", "Coda Files", "ICR"}
    assert automatic.items() < everything.items()


def test_a_config_chooses_the_names_of_the_csvs_and_asks_for_the_interface(
    run_of: Callable[..., Run], change: Callable[..., None]
) -> None:
    names = {"Messages": "csap_mes.csv", "Individuals": "csap_ind.csv", "Production": "csap_prod.csv"}
    interface = {"DemographicsFilename": "csap_demo", "Age": "age"}
    change(OutputFilenames=names, MoveWSMessages=False, Interface=interface, TracedData=False)
    outputs = run_to_outputs(run_of(as_of=END))
    made = {Path(name).parts[0] for name in hashes(outputs)}
    reports = {"quality.csv", "coding_progress.csv", "coding_by_coder.csv"}
    assert made == {*names.values(), *reports, "inbox", "csap_demo", "Coda Files", "ICR", "Processed"}


def test_the_manifest_holds_the_quality_report(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    run = run_of(as_of=END)
    outputs = run_to_outputs_once(run)
    (part,) = (part for part in read_manifest(run.storage, run.key).tasks if part.task == "process")
    table = rows(outputs, "quality.csv")
    assert [row["dataset"] for row in table] == [each["dataset"] for each in part.quality]
    for row in table:
        (told,) = [each for each in part.quality if each["dataset"] == row["dataset"]]
        assert row == {name: "" if value is None else str(value) for name, value in told.items()}
        del row["dataset"]
        flow = {name: int(value) for name, value in row.items() if name not in {"oldest_unreviewed", "newest_message"}}
        dropped = sum(count for name, count in flow.items() if name.startswith("dropped_"))
        left = flow["fetched"] + flow["moved_in"] - flow["moved_out"] - flow["put_together"] - dropped
        assert left == flow["messages"] > 0
        assert flow["messages"] == sum(flow[s] for s in ("withdrawn", "coded", "not_reviewed", "coding_errors"))


def test_the_same_run_twice_gives_the_same_bytes(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    assert hashes(run_to_outputs_once(run_of(as_of=END))) == hashes(run_to_outputs(run_of(as_of=END)))


def test_a_backfill_after_a_push_gives_what_the_day_would_have_given(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    before = hashes(run_to_outputs_once(run_of("past", MIDDLE)))
    run_and_publish(run_of("newest", END))
    assert hashes(run_to_outputs(run_of("past", MIDDLE))) == before


def test_an_earlier_run_sees_fewer_messages_and_says_how_many_came_later(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    past, newest = run_of("past", MIDDLE), run_of("newest", END)
    run_to_outputs_once(past)
    run_to_outputs(newest)
    (early,) = (part for part in read_manifest(past.storage, "past").tasks if part.task == "process")
    (late,) = (part for part in read_manifest(newest.storage, "newest").tasks if part.task == "process")
    message_counts = [total(part.counts, step="select", measure="messages") for part in (early, late)]
    assert 0 < message_counts[0] < message_counts[1]
    assert total(early.counts, reason="after_as_of") > 0
    assert total(late.counts, reason="after_as_of") == 0
    assert [(each.source, each.file) for each in early.newest_records] == [
        (each.source, each.file) for each in late.newest_records
    ]
    assert all(each.received_at < MIDDLE for each in early.newest_records if each.received_at)
    assert max(each.received_at for each in late.newest_records if each.received_at) > MIDDLE
    episodes = {dataset.name for dataset in past.project.plans.research_questions}
    for part, message_count in zip((early, late), message_counts, strict=True):
        assert the_count(part.counts, "activations") == 200
        moves = [each for each in part.counts if each.outcome is Outcome.MOVED]
        moved = sum(each.count * ((each.target in episodes) - (each.dataset in episodes)) for each in moves)
        dropped = total(part.counts, outcome=Outcome.DROPPED, measure="messages")
        assert 200 + moved - dropped == message_count


def test_the_manifest_holds_how_far_coding_has_come_and_not_who_coded(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    run = run_of(as_of=END)
    outputs = run_to_outputs_once(run)
    (part,) = (part for part in read_manifest(run.storage, run.key).tasks if part.task == "process")
    table = rows(outputs, "coding_progress.csv")
    assert [row["dataset"] for row in table] == [each["dataset"] for each in part.coding_progress]
    assert sum(int(row["labelled"]) for row in table) > 100
    assert int(table[0]["not_reviewed"]) == part.coding_progress[0]["not_reviewed"]
    coder = rows(outputs, "coding_by_coder.csv")[0]["coder"]
    assert "@" in coder
    assert coder not in part.model_dump_json()


def test_a_second_push_adds_nothing_and_no_message_of_before_changes(
    run_of: Callable[..., Run], demo: Path, run_to_outputs_once: Callable[[Run], str]
) -> None:
    labels = demo.parents[2] / ".demo" / "world" / "coda"
    before = {path.name: json.loads(path.read_bytes()) for path in labels.glob("*.json")}
    run = run_of(as_of=END)
    outputs = run_to_outputs_once(run)
    added = coda_push(run, outputs)
    assert sum(added.values()) > 0
    assert set(coda_push(run, outputs).values()) == {0}
    after = {path.name: json.loads(path.read_bytes()) for path in labels.glob("*.json")}
    assert all(after[name][: len(messages)] == messages for name, messages in before.items())
    assert sum(map(len, after.values())) == sum(map(len, before.values())) + sum(added.values())


def test_a_task_run_again_replaces_its_outputs_and_its_part_of_the_manifest(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    run = run_of(as_of=END)
    first = run_to_outputs_once(run)
    before = hashes(first)
    raw_data = [uri for index in range(3) for uri in fetch(run, index)]
    assert hashes(process(run, raw_data, coda_pull(run))) == before
    tasks = [part.task for part in read_manifest(run.storage, run.key).tasks]
    assert sorted(tasks) == ["coda_pull", "fetch-0", "fetch-1", "fetch-2", "process"]


def test_the_manifest_says_who_ran_what_on_which_input(
    run_of: Callable[..., Run], run_to_outputs_once: Callable[[Run], str]
) -> None:
    run = run_of(as_of=END)
    outputs = run_to_outputs_once(run)
    parts = read_manifest(run.storage, run.key).tasks
    (part,) = (part for part in parts if part.task == "process")
    assert part.user == "tester"
    assert part.outputs[f"{outputs}/messages.csv"] == len(rows(outputs, "messages.csv"))
    assert all(len(digest) == 64 for digest in part.inputs.values())
    assert part.versions.keys() == {"pipeline_lib", "config"}
    folders = (run.storage.uri_of(f"{run.folder}/Coded Coda Files"), outputs)
    files = {uri: names for part in parts for uri, names in part.files.items()}
    assert files == {uri: tuple(sorted(hashes(uri))) for uri in folders}


def test_a_backfill_after_somebody_withdrew_leaves_them_out_and_nobody_takes_it_back(
    run_of: Callable[..., Run], demo: Path, run_to_outputs_once: Callable[[Run], str]
) -> None:
    past = run_of("past", MIDDLE)
    published = {row["uid"] for row in rows(run_to_outputs_once(past), "individuals.csv")}
    labels = demo.parents[2] / ".demo" / "world" / "coda" / "s01e01_water.json"
    before = labels.read_bytes()
    scheme = json.loads((demo.parent / "code_schemes" / "s01e01_water.json").read_bytes())
    (stop,) = (code["CodeID"] for code in scheme["Codes"] if code.get("ControlCode") == "STOP")
    given = {"SchemeID": scheme["SchemeID"], "CodeID": stop, "Checked": True, "DateTimeUTC": "2025-12-01T00:00:00Z"}
    coded = json.loads(before)
    common = coded[0]
    common["Labels"].insert(0, given)
    labels.write_text(json.dumps(coded), encoding="utf-8")
    left = {row["uid"] for row in rows(run_to_outputs(past), "individuals.csv")}
    assert left < published | {"STOP"}
    gone = published - left
    assert gone
    labels.write_bytes(before)
    assert {row["uid"] for row in rows(run_to_outputs(run_of("again", MIDDLE)), "individuals.csv")} == left
    assert all(participant in past.storage.read("state/withdrawn.jsonl").decode() for participant in gone)
    run_folder = past.storage.uri_of("runs/again").removeprefix("file://")
    folders = ["--raw-data", f"{run_folder}/Raw Data", "--coded", f"{run_folder}/Coded Coda Files"]
    alone = demo.parents[2] / "alone"
    command = ["process", "--config", str(demo), *folders, "--outputs", str(alone), "--as-of", MIDDLE.isoformat()]
    assert main(command) == 0
    assert {row["uid"] for row in rows(alone.as_uri(), "individuals.csv")} == left
