"""One label store of every kind, empty, and how somebody else (a coder, another pipeline) writes to the same one."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.coda.base import CodaMessage, LabelStore
from pipeline_lib.coda.directory import DirectoryLabelStore
from pipeline_lib.storage import storage_at


@dataclass(frozen=True)
class StoreAtHand:
    store: LabelStore
    write: Callable[[str, list[CodaMessage]], None]
    """Replaces a dataset's messages, as the web app's users would, one after the other."""


def directory(uri: str) -> StoreAtHand:
    storage = storage_at(uri)

    def write(dataset: str, messages: list[CodaMessage]) -> None:
        name = f"{dataset}.json"
        storage.replace(name, json.dumps(messages).encode(), expected=storage.read_versioned(name))

    return StoreAtHand(DirectoryLabelStore(storage), write)


MAKERS: dict[str, Callable[[Path], StoreAtHand]] = {
    "directory on file": lambda folder: directory((folder / "Coded Coda Files").as_uri()),
    "directory in memory": lambda _: directory(f"memory://{uuid.uuid4()}/labels"),
}


@pytest.fixture(params=sorted(MAKERS))
def at_hand(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAtHand:
    return MAKERS[request.param](tmp_path)


@pytest.fixture
def store(at_hand: StoreAtHand) -> LabelStore:
    return at_hand.store


@pytest.fixture
def label() -> Callable[..., dict[str, Any]]:
    """Makes a label by a coder, made at a time."""

    def make(made_at: str, code: str = "code-a", *, checked: bool = True) -> dict[str, Any]:
        return {
            "SchemeID": "Scheme-1",
            "CodeID": code,
            "DateTimeUTC": made_at,
            "Checked": checked,
            "Origin": {"OriginID": "x", "Name": "coder@example.org", "OriginType": "Manual"},
        }

    return make


@pytest.fixture
def message() -> Callable[..., CodaMessage]:
    """Makes a message with an id, created at a time."""

    def make(message_id: str, *labels: dict[str, Any], created_at: str = "2021-11-01T10:00:00Z", **more: Any) -> Any:
        base = {"MessageID": message_id, "Text": f"text of {message_id}", "CreationDateTimeUTC": created_at}
        return {**base, "Labels": list(labels), **more}

    return make
