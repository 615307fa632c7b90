import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.label_store.base import Findings
from pipeline_lib.label_store.folder_store import DirectoryLabelStore
from pipeline_lib.label_store.push import Proposed, push
from pipeline_lib.storage import storage_at

MESSAGE = {"MessageID": "a", "Text": "biyo", "CreationDateTimeUTC": "2021-11-01T10:00:00Z", "Labels": []}


def test_a_push_counts_the_new_messages_of_each_dataset_and_a_second_one_none() -> None:
    store = DirectoryLabelStore(storage_at(f"memory://{uuid.uuid4()}"))
    datasets = {
        "gender": Proposed([MESSAGE, {**MESSAGE, "MessageID": "b"}]),
        "s01e01": Proposed([MESSAGE]),
        "age": Proposed([]),
    }
    assert push(store, datasets.items()) == {"gender": 2, "s01e01": 1, "age": 0}
    assert push(store, datasets.items()) == {"gender": 0, "s01e01": 0, "age": 0}
    assert store.messages("age") is not None


@dataclass
class ProfileRequest:
    """A store that finds something, and notes what is carried out."""

    found: dict[str, Findings]
    carried_out: list[str] = field(default_factory=list)

    def messages(self, dataset: str) -> None:
        raise AssertionError(dataset)

    def costs(self) -> dict[str, int]:
        return {}

    def addition(self, dataset: str, messages: Sequence[dict[str, Any]], _setup: object) -> Any:
        return AskedAddition(self, dataset, messages)


@dataclass
class AskedAddition:
    store: ProfileRequest
    dataset: str
    messages: Sequence[dict[str, Any]]
    is_of_new_dataset: bool = False

    def findings(self) -> Findings:
        return self.store.found.get(self.dataset, Findings())

    def commit(self) -> int:
        self.store.carried_out.append(self.dataset)
        return len(self.messages)


def test_what_is_wrong_with_any_dataset_is_told_at_once_and_nothing_is_added_to_any() -> None:
    store = ProfileRequest({name: Findings([Problem(name, "differs")]) for name in ("gender", "age", "untouched")})
    proposed = {"s01e01": Proposed([MESSAGE]), "gender": Proposed([MESSAGE]), "age": Proposed([MESSAGE])}
    with pytest.raises(ConfigError) as caught:
        push(store, (proposed | {"untouched": Proposed([])}).items())
    assert str(caught.value) == "gender: differs\nage: differs"
    assert store.carried_out == []


def test_what_nothing_waits_for_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    store = ProfileRequest({"gender": Findings([], [Problem("gender", "has another colour")])})
    with caplog.at_level(logging.WARNING):
        assert push(store, {"gender": Proposed([MESSAGE])}.items()) == {"gender": 1}
    assert caplog.messages == ["gender: has another colour"]
