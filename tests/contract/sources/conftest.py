"""Each kind of source, with a world that can be changed behind it."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline_lib.config.sources import GCloudBucketSource, RecoveryCSVSource, Source
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.fetch import fetch_source, run_targets
from pipeline_lib.storage import Storage, storage_at


@dataclass(frozen=True)
class World:
    """One source that gives activations "show" and surveys "demog"."""

    source: Source
    folder: Path
    suffix: str
    written: Callable[[list[str]], str]
    """A file's content for the texts of its messages."""
    broken: Callable[[list[str]], str]
    """The same, but unusable behind the last message."""
    storage: Storage

    def give(self, name: str, *texts: str) -> None:
        (self.folder / f"{name}{self.suffix}").write_text(self.written(list(texts)))

    def give_broken(self, name: str, *texts: str) -> None:
        (self.folder / f"{name}{self.suffix}").write_text(self.broken(list(texts)))

    def fetch(self, run_folder: str = "runs/today") -> FetchResult:
        return fetch_source(
            self.source,
            storage=self.storage,
            config_folder=self.folder,
            targets=run_targets(self.storage, run_folder),
            quarantine_share_limit=0.1,
        )

    def published(self, name: str, run_folder: str = "runs/today") -> bytes:
        return self.storage.read(f"{run_folder}/Raw Data/{name}.jsonl")


def recovery_csv(folder: Path, storage: Storage) -> World:
    def written(texts: list[str]) -> str:
        rows = [f'avf-phone-uuid-{n}-a,"{text}",22/09/2021 09:42\n' for n, text in enumerate(texts)]
        return "Sender,Message,ReceivedOn\n" + "".join(rows)

    urls = {"ActivationFlowURLs": ["show.csv"], "SurveyFlowURLs": ["demog.csv"]}
    source = RecoveryCSVSource.model_validate({"SourceType": "RecoveryCSV", **urls})
    return World(source, folder, ".csv", written, lambda texts: written(texts) + '+252610000001,"secret', storage)


def gcloud_bucket(folder: Path, storage: Storage) -> World:
    def written(texts: list[str]) -> str:
        updates = [{"Data": {"avf_phone_id": f"avf-phone-uuid-{n}-a", "text": text}} for n, text in enumerate(texts)]
        return "".join(json.dumps([update]) + "\n" for update in updates)

    urls = {"ActivationFlowURLs": ["show.jsonl"], "SurveyFlowURLs": ["demog.jsonl"]}
    source = GCloudBucketSource.model_validate({"SourceType": "GCloudBucket", **urls})
    broken = '{"avf_phone_id": "tel:+252610000001", "text": "secret'
    return World(source, folder, ".jsonl", written, lambda texts: written(texts) + broken, storage)


@pytest.fixture(params=[recovery_csv, gcloud_bucket], ids=lambda made: made.__name__)
def kind(request: pytest.FixtureRequest) -> Callable[[Path, Storage], World]:
    return request.param


@pytest.fixture(params=["file", "memory"])
def world(kind: Callable[[Path, Storage], World], request: pytest.FixtureRequest, tmp_path: Path) -> World:
    data = (tmp_path / "data").as_uri() if request.param == "file" else f"memory://{uuid.uuid4()}/demo"
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    made = kind(inbox, storage_at(data))
    made.give("show", "waa nabad", "haa", "haa")
    made.give("demog", "naag")
    return made
