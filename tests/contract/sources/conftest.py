"""Each kind of source, with a world that can be changed behind it."""

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from google.cloud.storage import Client

from pipeline_lib.config.csv_source import CSVSource
from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.config.sources import GCloudBucketSource, RecoveryCSVSource
from pipeline_lib.errors import DataError, FatalSourceError, PipelineError
from pipeline_lib.identity.sqlite import create_uuid_table
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.facebook.export import ExportToFetch, fetch_export
from pipeline_lib.sources.files.answer_files import AnswerFilesToFetch, fetch_answer_files
from pipeline_lib.sources.files.fetch import FileSource, fetch_source
from pipeline_lib.sources.kobo.client import STAND_IN_SETTING, open_client
from pipeline_lib.sources.kobo.fetch import Account, fetch_forms
from pipeline_lib.sources.targets import Targets, run_targets
from pipeline_lib.storage import Storage, storage_at
from sandbox.kobo import model as kobo_forms
from sandbox.kobo.model import Form, Question
from sandbox.kobo.server import TOKEN, KoboServer


class Inbox(NamedTuple):
    """Where people leave the files that a source reads: a folder beside the config, or a bucket."""

    folder: Path
    """The config's."""
    prefix: str
    """Of the files' URLs; empty for a folder."""
    put: Callable[[str, str], object]
    remove: Callable[[str], None]

    def place(self, name: str) -> str:
        """How errors name a file."""
        return f"{self.prefix or f'{self.folder.as_uri()}/'}{name}"


@dataclass(frozen=True)
class World:
    """One source that gives "show" and "demog", which are a survey where it knows surveys."""

    inbox: Inbox
    suffix: str
    written: Callable[[list[str]], str]
    """A file's content for the texts of its messages."""
    broken: Callable[[list[str]], str]
    """The same, but unusable behind the last message."""
    storage: Storage
    fetch_from: Callable[[Targets, ShrinkLimit], FetchResult]
    raw_name: Callable[[str], str] = str
    """What the raw data of "show" and "demog" are called."""
    noun: str = "record"
    place_of: Callable[[str], str] | None = None
    """How errors name "show" and "demog"; by their files if None."""
    broken_place: str = r"show\.[a-z]+: line \d"
    """How errors name what is unusable, as a pattern."""
    kept: str = ""
    """The folder that a failed fetch leaves as it was: for servers, what was read before stays read."""
    gone: tuple[type[PipelineError], str] = (DataError, "demog")
    """What is raised for a source that is not there, and a part of its text."""

    def give(self, name: str, *texts: str) -> None:
        self.inbox.put(f"{name}{self.suffix}", self.written(list(texts)))

    def give_broken(self, name: str, *texts: str) -> None:
        self.inbox.put(f"{name}{self.suffix}", self.broken(list(texts)))

    def place(self, name: str) -> str:
        return self.place_of(name) if self.place_of is not None else self.inbox.place(f"{name}{self.suffix}")

    def held(self) -> dict[str, bytes]:
        return {name: self.storage.read(name) for name in self.storage.names(self.kept)}

    def take_away(self, name: str) -> None:
        self.inbox.remove(f"{name}{self.suffix}")

    def fetch(self, run_folder: str = "runs/today", shrink_limit: ShrinkLimit = DEFAULT_LIMIT) -> FetchResult:
        return self.fetch_from(run_targets(self.storage, run_folder), shrink_limit)

    def published(self, name: str, run_folder: str = "runs/today") -> bytes:
        return self.storage.read(f"{run_folder}/Raw Data/{self.raw_name(name)}.jsonl")


def participant(number: int) -> str:
    """A participant's uuid."""
    return f"avf-phone-uuid-00000000-0000-4000-8000-{number:012}"


def files(source: FileSource, inbox: Inbox, storage: Storage) -> Callable[[Targets, ShrinkLimit], FetchResult]:
    return lambda targets, shrink_limit: fetch_source(
        source,
        storage=storage,
        config_folder=inbox.folder,
        targets=targets,
        quarantine_share_limit=0.1,
        shrink_limit=shrink_limit,
    )


def recovery_csv(inbox: Inbox, storage: Storage) -> World:
    def written(texts: list[str]) -> str:
        rows = [f'{participant(n)},"{text}",22/09/2021 09:42\n' for n, text in enumerate(texts)]
        return "Sender,Message,ReceivedOn\n" + "".join(rows)

    urls = {"ActivationFlowURLs": [f"{inbox.prefix}show.csv"], "SurveyFlowURLs": [f"{inbox.prefix}demog.csv"]}
    source = RecoveryCSVSource.model_validate({"SourceType": "RecoveryCSV", **urls})
    broken = '+252610000001,"secret'
    return World(inbox, ".csv", written, lambda texts: written(texts) + broken, storage, files(source, inbox, storage))


def gcloud_bucket(inbox: Inbox, storage: Storage) -> World:
    def written(texts: list[str]) -> str:
        updates = [{"Data": {"avf_phone_id": participant(n), "text": text}} for n, text in enumerate(texts)]
        return "".join(json.dumps([update]) + "\n" for update in updates)

    urls = {"ActivationFlowURLs": [f"{inbox.prefix}show.jsonl"], "SurveyFlowURLs": [f"{inbox.prefix}demog.jsonl"]}
    source = GCloudBucketSource.model_validate({"SourceType": "GCloudBucket", "KeepFields": ["text"], **urls})
    broken = '{"avf_phone_id": "tel:+252610000001", "text": "secret'
    fetch = files(source, inbox, storage)
    return World(inbox, ".jsonl", written, lambda texts: written(texts) + broken, storage, fetch)


def csv(inbox: Inbox, storage: Storage) -> World:
    def written(texts: list[str]) -> str:
        rows = [f'7252610000{n:03},"{text}",2025-09-06 13:01,{n}\n' for n, text in enumerate(texts)]
        return "Phone,SMS,Date,Row\n" + "".join(rows)

    def dataset(name: str, kind: str) -> dict[str, Any]:
        answers = [{"Column": "SMS", "Field": "text"}]
        return {"Name": name, "FileURLs": [f"{inbox.prefix}{name}.csv"], kind: answers}

    source = CSVSource.model_validate(
        {
            "SourceType": "CSV",
            "Datasets": [dataset("show", "Messages"), dataset("demog", "Answers")],
            "Columns": {"Address": "Phone", "Time": "Date", "ID": "Row"},
            "Timezone": "Africa/Mogadishu",
        }
    )
    table = create_uuid_table(inbox.folder / "uuids.sqlite", "TEST", "avf-phone-uuid-")
    answers = AnswerFilesToFetch(source, "pipeline.json: RawDataSources[0]", table.uuids, storage, inbox.folder)

    def fetch(targets: Targets, shrink_limit: ShrinkLimit) -> FetchResult:
        return fetch_answer_files(answers, targets=targets, quarantine_share_limit=0.1, shrink_limit=shrink_limit)

    return World(inbox, ".csv", written, lambda t: written(t) + '7252610000001,"secret', storage, fetch)


def kobo(inbox: Inbox, storage: Storage) -> World:
    """Forms on a server, whatever the inbox: what is put there is what the server has."""
    asked = (("aShowForm1", "show", "Messages"), ("aDemogForm2", "demog", "Answers"))
    forms = {name: Form(uid, name, [Question("phone"), Question("text")]) for uid, name, _ in asked}
    server = KoboServer(kobo_forms.World(*forms.values()))

    def put(file_name: str, content: str) -> None:
        form, texts = forms[file_name.partition(".")[0]], json.loads(content)
        form.is_shared = True
        for number, (submission, text) in enumerate(zip(list(form.submissions.values()), texts, strict=False)):
            if submission.answers["text"] != text:
                server.world.edit(form.uid, submission.id, answers(number, text))
        for number, text in list(enumerate(texts))[len(form.submissions) :]:
            server.world.submit(form.uid, datetime(2025, 9, 6, 10, number, tzinfo=UTC), answers(number, text))
        server.world.delete(form.uid, *list(form.submissions)[len(texts) :])

    def answers(number: int, text: str) -> dict[str, str]:
        is_broken = text == "secret"
        return {"phone": "252610000001 or 2" if is_broken else f"7252610000{number:03}", "text": text}

    def remove(file_name: str) -> None:
        forms[file_name.partition(".")[0]].is_shared = False

    source = KoboToolboxSource.model_validate(
        {
            "SourceType": "KoboToolbox",
            "Domain": "kobo.example",
            "TokenFileURL": "token.txt",
            "Forms": [
                {"Name": name, "AssetUID": uid, "Address": "phone", kind: [{"Question": "text", "Field": "text"}]}
                for uid, name, kind in asked
            ],
        }
    )
    table = create_uuid_table(inbox.folder / "uuids.sqlite", "TEST", "avf-phone-uuid-")
    place = "pipeline.json: RawDataSources[0]"

    def fetch(targets: Targets, shrink_limit: ShrinkLimit) -> FetchResult:
        with pytest.MonkeyPatch.context() as patched, server:
            patched.setenv(STAND_IN_SETTING, server.host)
            account = Account(source, place, open_client("kobo.example", TOKEN, place=place), table.uuids, storage)
            return fetch_forms(account, targets=targets, quarantine_share_limit=0.1, shrink_limit=shrink_limit)

    return World(
        Inbox(inbox.folder, "", put, remove),
        ".json",
        json.dumps,
        lambda texts: json.dumps([*texts, "secret"]),
        storage,
        fetch,
        noun="submission",
        place_of=lambda name: f"{place}.Forms[{list(forms).index(name)}]",
        broken_place=r"RawDataSources\[0\]: 1 of \d submissions",
        kept="runs",
        gone=(FatalSourceError, "aDemogForm2"),
    )


def facebook_export(inbox: Inbox, storage: Storage) -> World:
    def written(texts: list[str]) -> str:
        rows = [f'55_{n},2025-09-06 13:01,"{text}",7252610000{n:03}\n' for n, text in enumerate(texts)]
        return "Comment ID,Date,Comment,Author ID\n" + "".join(rows)

    source = FacebookExportSource.model_validate(
        {
            "SourceType": "FacebookExport",
            "PageID": "371",
            "Datasets": [
                {"Name": name, "CommentFileURLs": [f"{inbox.prefix}{name}.csv"], "PostIDs": ["55"]}
                for name in ("show", "demog")
            ],
            "Columns": {"CommentID": "Comment ID", "Time": "Date", "Text": "Comment", "AuthorID": "Author ID"},
            "Timezone": "Africa/Mogadishu",
        }
    )
    table = create_uuid_table(inbox.folder / "uuids.sqlite", "TEST", "avf-facebook-uuid-")
    export = ExportToFetch(source, "pipeline.json: RawDataSources[0]", table.uuids, storage, inbox.folder)

    def fetch(targets: Targets, shrink_limit: ShrinkLimit) -> FetchResult:
        return fetch_export(export, targets=targets, quarantine_share_limit=0.1, shrink_limit=shrink_limit)

    broken = '55_99,2025-09-06 13:01,"secret,7252610000001'
    return World(inbox, ".csv", written, lambda t: written(t) + broken, storage, fetch, lambda name: f"{name}_371")


@pytest.fixture(params=[recovery_csv, gcloud_bucket, csv, kobo, facebook_export], ids=lambda made: made.__name__)
def kind(request: pytest.FixtureRequest) -> Callable[[Inbox, Storage], World]:
    return request.param


@pytest.fixture(params=["file", "memory", "gs"])
def world(kind: Callable[[Inbox, Storage], World], request: pytest.FixtureRequest, tmp_path: Path) -> World:
    match request.param:
        case "gs":
            bucket = request.getfixturevalue("gcs_bucket")
            made = kind(in_bucket(bucket, tmp_path), storage_at(f"{bucket}/data"))
        case "file":
            made = kind(beside_the_config(tmp_path), storage_at((tmp_path / "data").as_uri()))
        case _:
            made = kind(beside_the_config(tmp_path), storage_at(f"memory://{uuid.uuid4()}/demo"))
    made.give("show", "waa nabad", "haa", "haa")
    made.give("demog", "naag")
    return made


def beside_the_config(folder: Path) -> Inbox:
    inbox = folder / "inbox"
    inbox.mkdir()
    return Inbox(inbox, "", lambda name, text: (inbox / name).write_text(text), lambda name: (inbox / name).unlink())


def in_bucket(uri: str, folder: Path) -> Inbox:
    """Files that somebody uploads without our code, so that they carry nothing of ours."""
    url = os.environ["STORAGE_EMULATOR_HOST"]
    client = Client(project=None, client_options={"api_endpoint": url}, use_auth_w_custom_endpoint=False)
    bucket = client.bucket(uri.removeprefix("gs://"))
    return Inbox(
        folder,
        f"{uri}/inbox of radio/",
        lambda name, text: bucket.blob(f"inbox of radio/{name}").upload_from_string(text),
        lambda name: bucket.blob(f"inbox of radio/{name}").delete(),
    )
