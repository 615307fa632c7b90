import uuid

from pipeline_lib.coda.directory import DirectoryLabelStore
from pipeline_lib.coda.push import push
from pipeline_lib.storage import storage_at

MESSAGE = {"MessageID": "a", "Text": "biyo", "CreationDateTimeUTC": "2021-11-01T10:00:00Z", "Labels": []}


def test_a_push_counts_the_new_messages_of_each_dataset_and_a_second_one_none() -> None:
    store = DirectoryLabelStore(storage_at(f"memory://{uuid.uuid4()}"))
    datasets = {"gender": [MESSAGE, {**MESSAGE, "MessageID": "b"}], "s01e01": [MESSAGE], "age": []}
    assert push(store, datasets) == {"gender": 2, "s01e01": 1, "age": 0}
    assert push(store, datasets) == {"gender": 0, "s01e01": 0, "age": 0}
    assert store.dataset_names() == ["age", "gender", "s01e01"]
