"""The stage that uploads: what leaves, with whose credentials, and what the run's manifest keeps."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import pytest

from pipeline_lib.cli import main
from pipeline_lib.config import load_project
from pipeline_lib.connection_secrets import lending_connections
from pipeline_lib.delivery.drive_calls import RetryPolicy
from pipeline_lib.errors import ConfigError, DataError, FatalSourceError, PipelineError, RetriableSourceError
from pipeline_lib.model.step_counts import in_words
from pipeline_lib.stages import upload as stage
from pipeline_lib.stages.approval import was_published
from pipeline_lib.stages.drive_clients import drive_client
from pipeline_lib.stages.run_context import Run, open_run
from pipeline_lib.storage import MissingArtifactError, located
from pipeline_lib.storage.manifest import read_manifest
from sandbox.drive.faults import Fault
from sandbox.drive.server import DriveServer
from sandbox.drive.world import SERVICE_ACCOUNT, SHARED_DRIVE, service_account_key
from tests.step_counts import the_count
from tests.toy import write_toy

FAADUMO = "faadumo@example.org"
PLACE = "pipeline.json: DriveUpload"
OF_KEY = f"{PLACE}.DriveCredentialsFileURL"
KINDS = 'name a service account\'s key, or credentials of a person with "type": "authorized_user"'
OUTPUTS = {
    "messages.csv": "messages",
    "individuals.csv": "individuals",
    "production.csv": "production",
    "quality.csv": "canary quality",
    "messages_traced_data.jsonl": "canary traced",
    "Coda Files/s01e01.json": "canary coda",
    "Processed/messages.parquet": "canary frames",
}
ANALYSIS = {
    "index.html": "report",
    "theme_distributions.csv": "themes",
    "graphs/season.png": "png",
    "graphs/season.svg": "svg",
    "maps/regions/wells.png": "map",
    "uuids.sqlite": "canary table",
    "raw.jsonl": "canary raw",
}
UPLOADED = [
    "outputs",
    "outputs/analysis",
    "outputs/analysis/graphs",
    "outputs/analysis/graphs/season.png",
    "outputs/analysis/graphs/season.svg",
    "outputs/analysis/index.html",
    "outputs/analysis/maps",
    "outputs/analysis/maps/regions",
    "outputs/analysis/maps/regions/wells.png",
    "outputs/analysis/theme_distributions.csv",
    "outputs/demo_individuals.csv",
    "outputs/demo_messages.csv",
    "outputs/demo_production.csv",
]


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    return service_account_key()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[DriveServer]:
    """A Drive with a shared drive to which the service account contributes."""
    with DriveServer() as server:
        monkeypatch.setenv("DRIVE_EMULATOR_HOST", server.host)
        monkeypatch.setattr(stage, "RETRY_POLICY", RetryPolicy(sleep=lambda _: None))
        server.store.add_account(SERVICE_ACCOUNT, is_service_account=True)
        server.store.add_account(FAADUMO)
        server.store.add_drive(SHARED_DRIVE, {SERVICE_ACCOUNT: "writer"})
        yield server


def settings(**changes: object) -> dict[str, object]:
    start = f"{SHARED_DRIVE}/outputs"
    written = {
        "DriveCredentialsFileURL": "key.json",
        "ProductionUploadPath": f"{start}/demo_production.csv",
        "MessagesUploadPath": f"{start}/demo_messages.csv",
        "IndividualsUploadPath": f"{start}/demo_individuals.csv",
        "AutomatedAnalysisDir": f"{start}/analysis",
        **changes,
    }
    return {name: value for name, value in written.items() if value is not None}


@pytest.fixture
def project(tmp_path: Path, key: dict[str, str]) -> Callable[..., Path]:
    """A small project with an upload; gives the config's path."""

    def write(credentials: object = key, **changes: object) -> Path:
        folder = tmp_path / "configs" / "demo"
        if not folder.exists():
            write_toy(folder.parent, "demo")
        written = json.loads((folder / "pipeline.json").read_text(encoding="utf-8"))
        root = changes.pop("DataRoot", str(tmp_path / "data"))
        written |= {"DriveUpload": settings(**changes), "DataRoot": root}
        (folder / "pipeline.json").write_text(json.dumps(written), encoding="utf-8")
        (folder / "key.json").write_text(credentials if isinstance(credentials, str) else json.dumps(credentials))
        return folder / "pipeline.json"

    return write


@pytest.fixture
def run_of(project: Callable[..., Path]) -> Callable[..., tuple[Run, str, str]]:
    """A run whose outputs and analysis are there."""

    def make(*arguments: Any, **changes: Any) -> tuple[Run, str, str]:
        run = open_run(load_project(project(*arguments, **changes)), "today", datetime(2025, 9, 16, tzinfo=UTC), "Deqa")
        for name, files in (("Outputs", OUTPUTS), ("Automated Analysis", ANALYSIS)):
            with run.storage.publish_folder(f"{run.folder}/{name}") as folder:
                for file, content in files.items():
                    (folder / file).parent.mkdir(parents=True, exist_ok=True)
                    (folder / file).write_text(content)
        outputs, analysis = (run.storage.uri_of(f"{run.folder}/{name}") for name in ("Outputs", "Automated Analysis"))
        return run, outputs, analysis

    return make


RunOf = Callable[..., tuple[Run, str, str]]


def test_only_what_may_leave_leaves(server: DriveServer, run_of: RunOf, caplog: pytest.LogCaptureFixture) -> None:
    links = stage.upload(*run_of())
    assert server.store.paths() == UPLOADED
    contents = [item.content or b"" for item in server.store.items.values()]
    assert not [content for content in contents if b"canary" in content]
    assert links == {
        "production": server.store.at("outputs/demo_production.csv").link,
        "messages": server.store.at("outputs/demo_messages.csv").link,
        "individuals": server.store.at("outputs/demo_individuals.csv").link,
        "analysis": server.store.at("outputs/analysis").link,
    }
    left = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert left == [
        "not uploaded, since no analysis makes such a file: raw.jsonl",
        "not uploaded, since no analysis makes such a file: uuids.sqlite",
    ]


def test_the_manifest_says_what_was_published_by_whom(server: DriveServer, run_of: RunOf) -> None:
    run, outputs, analysis = run_of()
    stage.upload(run, outputs, analysis)
    (part,) = read_manifest(run.storage, run.key).tasks
    assert (part.task, part.user) == ("upload", "Deqa")
    first = part.published[0]
    item = server.store.at("outputs/demo_production.csv")
    assert (first.path, first.id, first.link, first.md5, first.action) == (
        f"{SHARED_DRIVE}/outputs/demo_production.csv",
        item.item_id,
        item.link,
        item.md5,
        "created",
    )
    assert len(part.published) == 8
    assert in_words(part.counts) == {
        "files created": 8,
        "files updated": 0,
        "files equal": 0,
        "files left alone": 0,
        "files no longer made": 0,
        "requests": len(server.requests),
    }
    assert set(part.inputs) == {
        f"{outputs}/production.csv",
        f"{outputs}/messages.csv",
        f"{outputs}/individuals.csv",
        analysis,
    }


def test_a_data_root_on_an_object_store_is_uploaded_from_as_well(server: DriveServer, run_of: RunOf) -> None:
    stage.upload(*run_of(DataRoot=f"memory://{uuid4().hex}"))
    assert server.store.paths() == UPLOADED


def test_the_next_run_sends_only_what_changed(server: DriveServer, run_of: RunOf) -> None:
    stage.upload(*run_of())
    run, outputs, analysis = run_of()
    with run.storage.publish_folder(f"{run.folder}/Outputs") as folder:
        for name in ("messages.csv", "individuals.csv", "production.csv"):
            (folder / name).write_text("new" if name == "messages.csv" else OUTPUTS[name])
    server.requests.clear()
    stage.upload(run, outputs, analysis)
    # Where paths begin, the folder of the outputs, each CSV, and the analysis with its folders.
    counts = {"token": 1, "drives.list": 1, "files.get": 1, "files.list": 1 + 1 + 3 + 1 + 4, "files.update": 1}
    assert server.request_counts() == counts
    assert server.store.at("outputs/demo_messages.csv").content == b"new"
    assert server.store.paths() == UPLOADED


def test_what_was_left_alone_fails_the_task_when_the_rest_is_published(server: DriveServer, run_of: RunOf) -> None:
    stage.upload(*run_of())
    server.store.add("demo_messages.csv", server.store.at("outputs").item_id, b"a person's copy")
    run, outputs, analysis = run_of()
    with pytest.raises(FatalSourceError) as caught:
        stage.upload(run, outputs, analysis)
    assert str(caught.value) == (
        f"Drive: {SHARED_DRIVE}/outputs/demo_messages.csv: there are several files of this name; "
        "keep one of them; nothing was changed"
    )
    (part,) = read_manifest(run.storage, run.key).tasks
    assert (the_count(part.counts, "files_left_alone"), the_count(part.counts, "files_equal")) == (1, 7)


def test_an_analysis_folder_may_be_named_by_its_id_alone(server: DriveServer, run_of: RunOf) -> None:
    (drive_id,) = server.store.drives
    changes = {"AutomatedAnalysisDir": None, "AutomatedAnalysisFolderID": drive_id, "MessagesUploadPath": "m.csv"}
    links = stage.upload(*run_of(**changes, MessagesUploadFolderID=drive_id, IndividualsUploadPath=None))
    assert [path for path in server.store.paths() if "/" not in path] == [
        "graphs",
        "index.html",
        "m.csv",
        "maps",
        "outputs",
        "theme_distributions.csv",
    ]
    assert links["analysis"] == server.store.items[drive_id].link
    assert "individuals" not in links


def person(**changes: object) -> dict[str, object]:
    return {
        "type": "authorized_user",
        "client_id": "c",
        "client_secret": "canary-s",
        "refresh_token": "1//canary-r",
    } | changes


def test_a_persons_credentials_reach_their_own_folder(server: DriveServer, run_of: RunOf) -> None:
    server.tokens.refresh_tokens["1//canary-r"] = FAADUMO
    server.store.add(SHARED_DRIVE, server.store.accounts[FAADUMO].root_id)
    stage.upload(*run_of(person()))
    assert server.store.at(f"{SHARED_DRIVE}/outputs/demo_messages.csv").owner == FAADUMO


def test_a_persons_refresh_token_goes_to_google_alone(
    monkeypatch: pytest.MonkeyPatch, project: Callable[..., Path]
) -> None:
    monkeypatch.delenv("DRIVE_EMULATOR_HOST", raising=False)
    config = project(person() | {"token_uri": "https://elsewhere.example/token"})
    settings = load_project(config).config.drive_upload
    assert settings is not None
    with drive_client(settings, config.parent, PLACE) as client:
        credentials = client.service._http.credentials
        assert str(credentials.token_uri).startswith("https://oauth2.googleapis.com/")
        assert client.service._baseUrl == "https://www.googleapis.com/drive/v3/"


def test_a_service_account_acts_for_a_person_where_that_is_allowed(server: DriveServer, run_of: RunOf) -> None:
    server.store.add(SHARED_DRIVE, server.store.accounts[FAADUMO].root_id)
    with pytest.raises(FatalSourceError) as caught:
        stage.upload(*run_of(Subject=FAADUMO))
    assert str(caught.value) == (
        f"{OF_KEY}: the service account may not act for the Subject (unauthorized_client); have an "
        "administrator of its domain allow that (Security, API controls, domain-wide delegation) for the client id "
        "100000000000000000001 and the scope https://www.googleapis.com/auth/drive"
    )
    server.tokens.delegations.add((SERVICE_ACCOUNT, FAADUMO))
    stage.upload(*run_of(Subject=FAADUMO))
    assert server.store.at(f"{SHARED_DRIVE}/outputs/demo_messages.csv").owner == FAADUMO


def test_credentials_may_be_in_an_airflow_connection(server: DriveServer, run_of: RunOf, key: dict[str, str]) -> None:
    secrets = {"drive": json.dumps(key)}
    with lending_connections(secrets.get):
        stage.upload(*run_of("none", DriveCredentialsFileURL="connection://drive"))
    assert server.store.paths() == UPLOADED


@pytest.mark.parametrize(
    ("credentials", "changes", "said"),
    [
        ("canary-rapid-pro-token", {}, f"{OF_KEY}: holds no Google credentials; {KINDS}"),
        ("[" * 100_000, {}, f"{OF_KEY}: holds no Google credentials; {KINDS}"),
        ('["canary"]', {}, f"{OF_KEY}: holds no Google credentials; {KINDS}"),
        (
            {"type": "external_account", "audience": "canary"},
            {},
            f"{OF_KEY}: holds credentials of another kind; {KINDS}",
        ),
        ({"access_token": "canary"}, {}, f"{OF_KEY}: holds credentials of another kind; {KINDS}"),
        # Firebase's of an Android app, and of a web page.
        (
            {"project_info": {"project_number": "1"}, "client": [{"api_key": [{"current_key": "canary"}]}]},
            {},
            f"{OF_KEY}: holds credentials of another kind; {KINDS}",
        ),
        (
            {"apiKey": "canary", "authDomain": "water.firebaseapp.com", "projectId": "water", "appId": "1:2:web:3"},
            {},
            f"{OF_KEY}: holds credentials of another kind; {KINDS}",
        ),
        (
            {"web": {"client_id": "c", "client_secret": "canary", "redirect_uris": []}},
            {},
            (
                f"{OF_KEY}: holds an OAuth client, with which nobody has logged in yet; "
                "log in with it as docs/drive.md says; name the resulting file"
            ),
        ),
        (
            {"installed": {"client_secret": "canary"}},
            {},
            (
                f"{OF_KEY}: holds an OAuth client, with which nobody has logged in yet; "
                "log in with it as docs/drive.md says; name the resulting file"
            ),
        ),
        (
            {"type": "service_account", "private_key": "canary", "client_email": "x@y"},
            {},
            f"{OF_KEY}: is not a complete service account key; download it again from Google Cloud",
        ),
        (
            person(refresh_token=None),
            {},
            f"{OF_KEY}: lacks refresh_token of a person's credentials; log in again, as docs/drive.md says",
        ),
        (
            person(),
            {"Subject": FAADUMO},
            (
                f"{PLACE}.Subject: only a service account can act for somebody, and these credentials are a person's "
                "own; take Subject out, or name a service account's key"
            ),
        ),
    ],
)
def test_credentials_for_something_else_are_refused_without_being_quoted(
    server: DriveServer, run_of: RunOf, credentials: object, changes: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        stage.upload(*run_of(credentials, **changes))
    assert str(caught.value) == said
    assert server.requests == []


@pytest.mark.parametrize(
    ("changes", "fault", "said"),
    [
        pytest.param(
            {"MessagesUploadPath": "water_outputs/messages.csv"},
            None,
            f'{PLACE}.MessagesUploadPath: no folder and no shared drive called "water_outputs" is shared with the '
            f'service account {SERVICE_ACCOUNT}; known: "{SHARED_DRIVE}"; share it, or name a folder\'s id, as '
            "docs/drive.md explains",
            id="a path that begins nowhere",
        ),
        pytest.param(
            {"MessagesUploadPath": "messages.csv", "MessagesUploadFolderID": "1AbC-d_EfGhIjKlMn"},
            None,
            f"{PLACE}.MessagesUploadPath: there is no folder with this id, or it is not shared with the service "
            f"account {SERVICE_ACCOUNT}",
            id="a folder that is not shared",
        ),
        pytest.param(
            {},
            Fault("refuse", "files.create", status=403, reason="storageQuotaExceeded", times=100),
            f"the service account {SERVICE_ACCOUNT} has no storage, so it cannot create anything here "
            "(403 storageQuotaExceeded)",
            id="a quota that is used up",
        ),
        pytest.param(
            {},
            Fault("refuse", "files.create", status=403, reason="teamDriveFileLimitExceeded", times=100),
            "has reached its limit of items",
            id="a shared drive that is full",
        ),
    ],
)
def test_what_drive_refuses_is_told_and_the_run_stays_as_it_is(
    server: DriveServer,
    run_of: RunOf,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, Any],
    fault: Fault | None,
    said: str,
) -> None:
    _, outputs, analysis = run_of(**changes)
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    server.faults += [fault] if fault else []
    folders = ["--outputs", outputs.removeprefix("file://"), "--analysis", unquote(analysis.removeprefix("file://"))]
    command = ["upload", "--config", str(tmp_path / "configs/demo"), *folders]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "canary" not in told
    assert server.store.paths() == []
    after = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    after = {
        path: content for path, content in after.items() if path.name != "ids.json" and ".versions" not in path.parts
    }
    assert after == {path: content for path, content in before.items() if ".versions" not in path.parts}
    server.faults.clear()
    config = tmp_path / "configs/demo/pipeline.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"DriveUpload": settings()}))
    assert main(command) == 0
    assert server.store.paths() == UPLOADED


def test_credentials_that_were_revoked_are_told(server: DriveServer, run_of: RunOf) -> None:
    server.tokens.revoked_keys.add(SERVICE_ACCOUNT)
    with pytest.raises(FatalSourceError) as of_key:
        stage.upload(*run_of())
    assert str(of_key.value) == (
        f"{OF_KEY}: Google does not accept the credentials (invalid_grant); make new ones; check that this machine's "
        "clock is right"
    )
    with pytest.raises(FatalSourceError) as of_person:
        stage.upload(*run_of(person()))
    assert str(of_person.value) == (
        f"{OF_KEY}: Google does not accept the credentials any more: they were revoked or have expired "
        "(invalid_grant); make new ones, as docs/drive.md explains; those of an app in testing expire after seven days"
    )
    assert {request.method for request in server.requests} == {"token"}


def test_a_token_that_ends_on_the_way_is_renewed(server: DriveServer, run_of: RunOf) -> None:
    seen = []

    def forget(number: int, when: str) -> None:
        if (number, when) == (9, "before"):
            server.tokens.forget()
            seen.append(number)

    server.watch = forget
    stage.upload(*run_of())
    assert server.store.paths() == UPLOADED
    assert seen
    assert server.request_counts()["token"] == 2


def test_a_token_server_that_does_not_answer_can_be_tried_again(server: DriveServer, run_of: RunOf) -> None:
    server.faults.append(Fault("cut", "token", times=1000))
    with pytest.raises(RetriableSourceError, match="Google Drive does not answer"):
        stage.upload(*run_of())


@pytest.mark.slow
@pytest.mark.parametrize("moment", range(1, 34, 4))
def test_an_upload_that_fails_anywhere_leaves_the_rest_of_the_run_and_goes_on_later(
    server: DriveServer, run_of: RunOf, moment: int
) -> None:
    count = [0]

    def fail(number: int, when: str) -> None:
        if when == "before":
            count[0] += 1
            if count[0] == moment:
                methods = ("files.list", "files.get", "files.create", "files.generateIds", "drives.list", "token")
                server.faults += [Fault("refuse", method, status=400, reason="invalid") for method in methods]

    server.watch = fail
    run, outputs, analysis = run_of()
    try:
        stage.upload(run, outputs, analysis)
    except PipelineError as error:
        assert "canary" not in str(error)  # noqa: PT017 - a late moment comes after the end
    server.watch = None
    server.faults.clear()
    assert stage.upload(run, outputs, analysis)
    assert server.store.paths() == UPLOADED


def test_a_folder_that_is_no_analysis_is_not_uploaded(server: DriveServer, run_of: RunOf) -> None:
    run, outputs, _ = run_of()
    with run.storage.publish_folder(f"{run.folder}/Raw Data") as folder:
        (folder / "water.jsonl").write_text("canary")
    raw = run.storage.uri_of(f"{run.folder}/Raw Data")
    with pytest.raises(DataError) as caught:
        stage.upload(run, outputs, raw)
    assert str(caught.value) == (
        f"{raw}: is not an analysis: there is no index.html in it; name the folder that analyse has made"
    )
    with pytest.raises(MissingArtifactError, match=r"production\.csv: there is no such file"):
        stage.upload(run, raw, raw)
    assert server.store.paths() == []


def test_a_project_without_an_upload_has_nothing_to_upload(run_of: RunOf, tmp_path: Path) -> None:
    _, outputs, analysis = run_of()
    config = tmp_path / "configs/demo/pipeline.json"
    written = json.loads(config.read_text())
    del written["DriveUpload"]
    config.write_text(json.dumps(written))
    with pytest.raises(ConfigError, match=r"^pipeline.json: DriveUpload: is missing: there is nothing to upload"):
        stage.upload(open_run(load_project(config), "today", None, "Deqa"), outputs, analysis)


def shell(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    said = capsys.readouterr()
    return code, said.out, said.err


def test_from_a_shell_it_says_first_what_it_would_do(
    server: DriveServer, run_of: RunOf, project: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    run, *_ = run_of()
    folder = Path(run.storage.uri_of(run.folder).removeprefix("file://"))
    command = ("upload", "--config", str(project()), "--outputs", str(folder / "Outputs"))
    code, said, _ = shell(capsys, *command, "--dry-run")
    assert code == 0
    assert said.splitlines()[:2] == [
        f"created  {SHARED_DRIVE}/outputs/demo_production.csv",
        f"created  {SHARED_DRIVE}/outputs/demo_messages.csv",
    ]
    assert "        8  files created" in said
    assert server.store.paths() == []
    assert shell(capsys, *command)[0] == 0
    assert server.store.paths() == UPLOADED
    server.store.add("old.png", server.store.at("outputs/analysis/graphs").item_id, b"")
    server.store.add("demo_messages.csv", server.store.at("outputs").item_id, b"")
    code, said, problems = shell(capsys, *command, "--analysis", str(folder / "Automated Analysis"))
    assert code == 2
    assert f"equal    {SHARED_DRIVE}/outputs/demo_production.csv" in said
    assert f"no longer made, and left there: {SHARED_DRIVE}/outputs/analysis/graphs/old.png" in said
    assert "there are several files of this name" in problems


def test_an_upload_notes_that_the_project_is_published_once_anything_is_there(
    server: DriveServer, run_of: RunOf
) -> None:
    run, outputs, analysis = run_of()
    assert not was_published(run.storage)
    stage.upload(run, outputs, analysis)
    assert was_published(run.storage)
    assert server.store.paths()


def test_a_dry_run_publishes_nothing(server: DriveServer, run_of: RunOf) -> None:
    run, outputs, analysis = run_of()
    stage.dry_run_upload(run.project, stage.Sources(located(outputs), located(analysis)))
    assert not was_published(run.storage)
    assert server.store.paths() == []
