from typing import Any

import polars as pl

from pipeline_lib.processing.texts import distinct_texts


def test_equal_texts_are_coded_once_and_known_by_their_sha256(scheme: Any, coding: Any, dataset: Any) -> None:
    rows = pl.DataFrame({"uid": ["p1", "p2", "p3"], "text": ["haa", "", "haa"]})
    coded = distinct_texts(dataset("e01", coding(scheme("e01", "water"))), rows)
    assert coded.texts["text"].to_list() == ["haa", ""]
    # printf haa | sha256sum; printf '' | sha256sum
    assert coded.texts["message_id"].to_list() == [
        "aefb4673842099b276157e99bb8c29252a7a20758d040260c08dd3e102caebef",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ]
    assert coded.rows["text_row"].to_list() == [0, 1, 0]


def test_messages_with_an_id_of_their_own_stay_apart_though_their_texts_are_equal(
    scheme: Any, coding: Any, dataset: Any
) -> None:
    rows = pl.DataFrame(
        {
            "uid": ["p1", "p2", "p2"],
            "text": ["haa", "haa", "haa"],
            "message_key": ["c1", "c2", "c2"],
            "parent": [None, "{}", "{}"],
        }
    )
    plan = dataset(
        "e01",
        coding(scheme("e01", "water")),
        coding(scheme("reply", "post"), raw_field="parent"),
        message_id_field="comment_id",
    )
    coded = distinct_texts(plan, rows)
    assert coded.texts.select("text", "message_key", "parent").rows() == [("haa", "c1", None), ("haa", "c2", "{}")]
    assert coded.rows["text_row"].to_list() == [0, 1, 1]
