"""A project whose labels are in Coda's own database."""

import csv
import hashlib
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

from pipeline_lib.cli import main
from pipeline_lib.errors import ConfigError, DataError
from pipeline_lib.stages.all_stages import run_to_outputs
from pipeline_lib.stages.coda_pull import coda_pull
from pipeline_lib.stages.coda_push import coda_push, dry_run_make_datasets, make_datasets
from pipeline_lib.stages.run_context import Run
from pipeline_lib.storage import located
from pipeline_lib.storage.manifest import TaskManifest, read_manifest
from sandbox.coda_web_app import Browser
from tests.step_counts import the_count

END = datetime(2025, 9, 16, 23, tzinfo=UTC)
TOMORROW = datetime(2100, 1, 1, tzinfo=UTC)
CODER = "coder.asli@geedka.example"
Change = Callable[..., None]
RunOf = Callable[..., Run]


def hashes(uri: str) -> dict[str, str]:
    storage, name = located(uri)
    with storage.local_folder(name) as folder:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def rows(uri: str, name: str) -> list[dict[str, str]]:
    storage, folder = located(uri)
    return list(csv.DictReader(storage.read(f"{folder}/{name}").decode().splitlines()))


def part(run: Run, task: str) -> TaskManifest:
    (found,) = (part for part in read_manifest(run.storage, run.key).tasks if part.task == task)
    return found


def id_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def client(firestore_project: str) -> Client:
    return Client(project=firestore_project, credentials=AnonymousCredentials())


@pytest.fixture
def use_firestore(demo: Path, change: Change, firestore_project: str) -> Callable[..., None]:
    """Makes the demo keep its labels in Firestore from now on, in a Firebase project."""

    def use(project: str = firestore_project) -> None:
        key = {"type": "service_account", "project_id": project}
        (demo.parent / f"{project}.json").write_text(json.dumps(key))
        store = {"PullCredentialsFileURL": f"{project}.json", "PushCredentialsFileURL": f"{project}.json"}
        change(LabelStore={"StoreType": "Firestore", **store, "Users": [CODER]}, TracedData=False)

    return use


@pytest.fixture
def labels_in_coda(demo: Path, client: Client, run_of: RunOf, use_firestore: Callable[..., None]) -> None:
    """What the demo's coders have done, in Firestore: as Coda's own tools would put it there."""
    use_firestore()
    make_datasets(run_of().project)
    for path in (demo.parents[2] / ".demo" / "world" / "coda").glob("*.json"):
        batch = client.batch()
        for message in json.loads(path.read_bytes()):
            stamp = message.get("LastUpdated")
            stamped = {"LastUpdated": datetime.fromisoformat(stamp)} if stamp else {}
            document = client.collection("datasets", path.stem, "messages").document(message["MessageID"])
            batch.set(document, message | stamped)
        batch.commit()


def coda_files(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The messages of a folder's Coda files, without the time at which a store wrote them."""
    files = {path.stem: json.loads(path.read_bytes()) for path in folder.glob("*.json")}
    for message in (message for messages in files.values() for message in messages):
        message.pop("LastUpdated", None)
    return files


def run_and_publish(run: Run) -> str:
    """The URI of the outputs, whose new messages are in the label store."""
    outputs = run_to_outputs(run)
    coda_push(run, outputs)
    return outputs


@pytest.mark.usefixtures("labels_in_coda")
def test_runs_with_either_store_give_the_same_outputs_byte_for_byte(
    run_of: RunOf, demo: Path, change: Change, use_firestore: Callable[..., None]
) -> None:
    with_firestore = [hashes(run_and_publish(run_of(key, as_of=END))) for key in ("first", "second")]
    change(LabelStore={"StoreType": "Directory", "DirectoryURL": "../../.demo/world/coda"})
    with_directory = [hashes(run_and_publish(run_of(key, as_of=END))) for key in ("third", "fourth")]
    assert with_firestore == with_directory
    use_firestore()
    assert main(["coda-pull", "--config", str(demo), "--coded", str(demo.parent / "pulled")]) == 0
    assert coda_files(demo.parent / "pulled") == coda_files(demo.parents[2] / ".demo" / "world" / "coda")


def test_what_a_coder_labels_in_the_web_app_is_in_the_next_runs_tables(
    run_of: RunOf, client: Client, use_firestore: Callable[..., None]
) -> None:
    use_firestore()
    run = run_of("first", as_of=END)
    (coding, *_) = run.project.plans.research_questions[0].codings
    scheme = coding.code_scheme
    code, another = [code for code in scheme.codes if code.is_normal][:2]
    first = rows(run_and_publish(run), "messages.csv")
    browser = Browser(client, CODER)
    assert "s01e01_water" in browser.segments()
    texts = {message["Text"] for message in browser.open("s01e01_water").values()}
    text = next(row["s01e01_water_raw"] for row in first if row["s01e01_water_raw"] in texts)
    assert browser.schemes("s01e01_water").keys() >= {scheme.scheme_id, f"{scheme.scheme_id}-2"}
    browser.label("s01e01_water", id_of(text), scheme.scheme_id, code.code_id)
    browser.label("s01e01_water", id_of(text), f"{scheme.scheme_id}-2", another.code_id)
    second = rows(run_and_publish(run_of("second", as_of=TOMORROW)), "messages.csv")
    columns = [f"{coding.analysis_file_key}_{each.string_value}" for each in (code, another)]

    def said(table: list[dict[str, str]]) -> set[tuple[str, ...]]:
        return {tuple(row[column] for column in columns) for row in table if row["s01e01_water_raw"] == text}

    assert (said(first), said(second)) == ({("0", "0")}, {("1", "1")})
    browser.take_back("s01e01_water", id_of(text), f"{scheme.scheme_id}-2")
    assert said(rows(run_and_publish(run_of("third", as_of=TOMORROW)), "messages.csv")) == {("1", "0")}


@pytest.mark.usefixtures("labels_in_coda")
@pytest.mark.parametrize("store", ["Firestore", "Directory"])
@pytest.mark.parametrize("is_of_today", [True, False])
def test_a_pull_that_is_repeated_after_the_push_gives_the_same_bytes(
    run_of: RunOf, demo: Path, change: Change, client: Client, store: str, is_of_today: bool
) -> None:
    if store == "Directory":
        change(LabelStore={"StoreType": "Directory", "DirectoryURL": "../../.demo/world/coda"})
    as_of = datetime.now(UTC) if is_of_today else END
    run = run_of(as_of=as_of)

    def by_command(name: str) -> dict[str, str]:
        folder = demo.parent / name
        command = ["coda-pull", "--config", str(demo), "--coded", str(folder), "--as-of", as_of.isoformat()]
        assert main(command) == 0
        return hashes(folder.as_uri())

    outputs = run_to_outputs(run)
    coded = f"{run.storage.uri}/{run.folder}/Coded Coda Files"
    first = hashes(coded)
    assert len(first) == 6
    assert by_command("before") == first
    assert sum(coda_push(run, outputs).values()) > 0
    if store == "Firestore":
        browser = Browser(client, CODER)
        for number, message_id in enumerate(browser.open("gender")):
            browser.label("gender", message_id, "Scheme-any", f"code-{number}")
    assert hashes(coda_pull(run)) == first
    assert by_command("after") == first
    assert hashes(coda_pull(run_of("later", as_of=TOMORROW))) != first
    assert hashes(coda_pull(run)) == first


@pytest.mark.usefixtures("labels_in_coda")
def test_what_a_task_costs_stands_in_the_manifest(run_of: RunOf) -> None:
    first, second = run_of("first", as_of=END), run_of("second", as_of=END)
    coda_pull(first)
    coda_pull(second)
    message_count = sum(part(first, "coda_pull").outputs.values())
    dataset_count = len(first.project.plans.datasets)
    assert the_count(part(first, "coda_pull").counts, "documents_read") >= message_count + dataset_count
    assert the_count(part(second, "coda_pull").counts, "documents_read") == dataset_count
    outputs = run_to_outputs(second)
    added = sum(coda_push(second, outputs).values())
    assert added > 0
    changed_count = sum(count > 0 for count in coda_push_counts(second))
    assert the_count(part(second, "coda_push").counts, "documents_written") == added + 2 * changed_count


def coda_push_counts(run: Run) -> list[int]:
    return [each.count for each in part(run, "coda_push").counts if each.measure == "messages_added"]


@pytest.mark.usefixtures("labels_in_coda")
def test_a_message_that_lacks_its_text_is_set_aside_by_its_id(run_of: RunOf, client: Client, change: Change) -> None:
    change(QuarantineShareLimit=0.5)
    run = run_of(as_of=END)
    broken = client.collection("datasets", "gender", "messages").document(id_of("secret words"))
    broken.set({"MessageID": id_of("secret words"), "SequenceNumber": 10_000, "Labels": ["secret"]})
    folder = coda_pull(run)
    (line,) = run.storage.read(f"{run.folder}/Quarantine/Coda/gender.jsonl").decode().splitlines()
    assert json.loads(line) == {
        "place": f'dataset "gender", message {id_of("secret words")}.Text',
        "reason": "is missing",
    }
    counts = part(run, "coda_pull").counts
    assert the_count(counts, "messages", dataset="gender", reason="Text is missing") == 1
    broken.delete()
    copy = run.storage.read_versioned("state/coda/gender/gender.jsonl")
    assert copy is not None
    run.storage.replace("state/coda/gender/gender.jsonl", b"", expected=copy)
    assert coda_pull(run) == folder
    assert run.storage.read(f"{run.folder}/Quarantine/Coda/gender.jsonl") == b""


@pytest.mark.usefixtures("labels_in_coda")
def test_too_many_broken_messages_stop_a_pull_and_all_are_in_the_quarantine(
    run_of: RunOf, client: Client, change: Change
) -> None:
    change(QuarantineShareLimit=0)
    run = run_of(as_of=END)
    client.collection("datasets", "gender", "messages").document("x").set({"MessageID": "x", "Labels": []})
    with pytest.raises(DataError, match=r'^dataset "gender": 1 of its .* at most 0\.0% may be'):
        coda_pull(run)
    assert len(run.storage.read(f"{run.folder}/Quarantine/Coda/gender.jsonl").splitlines()) == 1
    assert not run.storage.exists(f"{run.folder}/Coded Coda Files")


@pytest.mark.usefixtures("labels_in_coda")
def test_a_label_whose_code_its_scheme_lacks_is_told_by_its_message(run_of: RunOf, client: Client) -> None:
    run = run_of(as_of=TOMORROW)
    text = next(iter(client.collection("datasets", "gender", "messages").limit(1).stream())).id
    scheme = run.project.plans.demographics[0].codings[0].code_scheme
    browser = Browser(client, CODER)
    browser.open("gender")
    browser.label("gender", text, scheme.scheme_id, "code-gone")
    coda_pull(run)
    told = [json.loads(line) for line in run.storage.read(f"{run.folder}/Quarantine/Coda/gender.jsonl").splitlines()]
    assert told == [
        {
            "place": f'dataset "gender", message {text}.Labels[0]',
            "reason": f'has the code "code-gone", which its scheme "{scheme.name}" lacks',
        }
    ]


@pytest.mark.usefixtures("labels_in_coda")
def test_credentials_of_another_project_leave_what_was_pulled_as_it_was(
    run_of: RunOf, use_firestore: Callable[..., None], firestore_project: str
) -> None:
    before = hashes(coda_pull(run_of(as_of=END)))
    use_firestore("another-project")
    run = run_of(as_of=END)
    with pytest.raises(ConfigError) as caught:
        coda_pull(run)
    assert str(caught.value).startswith('dataset "s01e01_water": was pulled from the Firebase project "test-')
    assert hashes(f"{run.storage.uri}/{run.folder}/Coded Coda Files") == before


def test_keys_of_two_projects_push_nothing_anywhere(
    demo: Path,
    change: Change,
    run_of: RunOf,
    use_firestore: Callable[..., None],
    firestore_project: str,
    client: Client,
) -> None:
    use_firestore()
    use_firestore("another-project")
    store = json.loads(demo.read_text(encoding="utf-8"))["LabelStore"]
    change(LabelStore=store | {"PullCredentialsFileURL": f"{firestore_project}.json"})
    for act in (make_datasets, dry_run_make_datasets):
        with pytest.raises(ConfigError) as caught:
            act(run_of().project)
        assert str(caught.value) == (
            f'pipeline.json: LabelStore: pulls from the Firebase project "{firestore_project}" and pushes to '
            '"another-project"; name two keys of one project'
        )
    assert list(client.collection("datasets").stream()) == []
    elsewhere = Client(project="another-project", credentials=AnonymousCredentials())
    assert list(elsewhere.collection("datasets").stream()) == []


def test_datasets_are_made_with_code_schemes_that_codas_own_clients_read(
    run_of: RunOf, client: Client, demo: Path, use_firestore: Callable[..., None]
) -> None:
    path = demo.parent / "code_schemes" / "s01e01_water.json"
    scheme = json.loads(path.read_text(encoding="utf-8"))
    first, second, *_ = scheme["Codes"]
    first |= {"DisplayText": "", "Color": "", "MatchValues": [""], "Shortcut": None, "Owner": None}
    del second["VisibleInCoda"], second["DisplayText"]
    path.write_text(json.dumps(scheme | {"Documentation": None, "Owner": "x"}), encoding="utf-8")
    use_firestore()
    make_datasets(run_of().project)
    schemes = client.collection("datasets", "s01e01_water", "code_schemes")
    written = {snapshot.id: snapshot.to_dict() or {} for snapshot in schemes.stream()}[scheme["SchemeID"]]
    assert written.keys() == {"SchemeID", "Name", "Version", "Codes"}
    in_coda = {code["CodeID"]: code for code in written["Codes"]}
    kept = ("CodeID", "CodeType", "NumericValue", "StringValue", "VisibleInCoda")
    assert in_coda[first["CodeID"]] == {key: first[key] for key in kept} | {"DisplayText": first["StringValue"]}
    filled = {"DisplayText": second["StringValue"], "VisibleInCoda": True}
    assert in_coda[second["CodeID"]].items() >= filled.items()


@pytest.mark.usefixtures("labels_in_coda")
def test_no_log_line_holds_a_text_or_a_label(run_of: RunOf, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    texts = {
        (snapshot.to_dict() or {})["Text"]
        for snapshot in client.collection("datasets", "s01e01_water", "messages").stream()
    }
    caplog.set_level(logging.DEBUG)
    run = run_of(as_of=END)
    outputs = run_and_publish(run)
    coda_push(run, outputs)
    assert len(texts) > 10
    long_texts = [text for text in texts if len(text) > 12]
    assert [text for text in long_texts if text in caplog.text] == []
    assert "code-" not in caplog.text


@pytest.mark.usefixtures("use_firestore")
def test_the_commands_say_what_they_would_do_and_what_it_cost(
    demo: Path,
    client: Client,
    run_of: RunOf,
    use_firestore: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    use_firestore()
    config = ["--config", str(demo)]

    def said(*command: str, exit_code: int = 0) -> str:
        assert main([command[0], *config, *command[1:]]) == exit_code
        told = capsys.readouterr()
        return told.out + told.err

    def datasets() -> set[str]:
        return {snapshot.id for snapshot in client.collection("datasets").stream()}

    assert "make dataset gender\n" in said("coda-init", "--dry-run")
    assert datasets() == set()
    assert "make dataset gender\n" in said("coda-init")
    assert datasets() == {"s01e01_water", "s01e02_health", "gender", "age", "recently_displaced", "location"}
    assert "make dataset" not in said("coda-init")

    outputs = run_to_outputs(run_of(as_of=END))
    storage, name = located(outputs)
    with storage.local_folder(name) as folder:
        state = set(storage.names(name.split("/runs/")[0] + "/state/coda"))
        for command in (["coda-diff"], ["coda-push", "--dry-run"]):
            assert "gender: new messages" in said(*command, "--outputs", str(folder))
        assert set(storage.names(name.split("/runs/")[0] + "/state/coda")) == state
        assert "        0  documents written" in said("coda-diff", "--outputs", str(folder))
        assert "documents written" in said("coda-push", "--outputs", str(folder))
        assert "        0  gender: new messages" in said("coda-diff", "--outputs", str(folder))
        shared = next(client.collection("datasets", "gender", "messages").limit(1).stream())
        twin = {**(shared.to_dict() or {}), "MessageID": id_of("twin"), "Text": "twin", "LastUpdated": TOMORROW}
        shared.reference.parent.document(id_of("twin")).set(twin)
        assert 'note: dataset "gender": 2 messages share 1 sequence numbers' in said(
            "coda-diff", "--outputs", str(folder)
        )
        shared.reference.parent.document(id_of("twin")).delete()
        gender = run_of().project.plans.demographics[0].codings[0].code_scheme
        client.document("datasets", "gender", "code_schemes", gender.scheme_id).update({"Codes": []})
        differs = f'dataset "gender", code scheme "{gender.name}" ({gender.scheme_id}): lacks the code "'
        assert differs in said("coda-diff", "--outputs", str(folder), exit_code=1)
        assert differs in said("coda-push", "--dry-run", "--outputs", str(folder))  # with nothing to add
        assert differs not in said("coda-push", "--outputs", str(folder))
        some = next(iter(client.collection("datasets", "gender", "messages").list_documents()))
        some.delete()
        for copy in storage.names(name.split("/runs/")[0] + "/state/coda/gender"):
            storage.replace(copy, b"", expected=storage.read_versioned(copy))
        assert differs in said("coda-push", "--dry-run", "--outputs", str(folder), exit_code=2)
        assert differs in said("coda-push", "--outputs", str(folder), exit_code=2)
        assert not some.get().exists
        assert differs in said("coda-init", exit_code=2)
    assert "documents read" in said("coda-pull", "--dry-run")
    assert "documents read" in said("coda-pull", "--coded", str(demo.parent / "pulled"))
    labelled = next(client.collection("datasets", "gender", "messages").limit(1).stream())
    label = {"SchemeID": "Scheme-1", "CodeID": "by-a-tool", "DateTimeUTC": "2025-09-01T00:00:00Z"}
    labelled.reference.update({"Labels": [label]})
    for more, is_found in ((), False), (("--reconcile",), True), ((), True):
        said("coda-pull", "--coded", str(demo.parent / "pulled"), *more)
        assert ('"by-a-tool"' in (demo.parent / "pulled" / "gender.json").read_text()) is is_found
    assert len(list((demo.parent / "pulled").glob("*.json"))) == 6
