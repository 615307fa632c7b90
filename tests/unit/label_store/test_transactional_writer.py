"""Adding in a transaction, as Coda's own client does."""

from typing import Any

import pytest

from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.layout import Layout, Segment
from pipeline_lib.label_store.transactional_writer import add_in_transaction
from tests.unit.label_store.in_firestore import Coda, message


def added(coda: Coda, *texts: str, last: int = 1) -> tuple[bool, dict[str, int]]:
    """Whether they were added, and what it cost."""
    costs = Costs()
    messages = [message(text) for text in texts]
    return add_in_transaction(Layout(coda.client), costs, Segment("x", last), messages), costs.by_measure()


def test_messages_are_numbered_behind_all_others_and_counted(coda: Coda) -> None:
    coda.push("x", "a", "b")
    coda.add_as_client("x", "of the client")
    is_added, costs = added(coda, "c", "d")
    assert is_added
    assert list(costs.values()) == [4, 0, 2 + 2]  # the metrics and the ledger beside the messages
    assert coda.counted_and_numbered() == ({"x": 5}, {"x": 5}, [0, 1, 2, 3, 4])
    assert coda.push("x", "e") == 1
    assert coda.pulled("x")["e"]["SequenceNumber"] == 5


@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize(("texts", "metrics"), [
    (["new", "a"], {"messages_count": 2}),  # one is there
    (["new", "newer"], {"messages_count": 24}),
    (["new"], {"messages_count": "secret"}),
    (["new"], {}),
])  # fmt: skip
def test_where_not_all_can_be_added_none_is(coda: Coda, texts: list[str], metrics: dict[str, Any]) -> None:
    coda.push("x", "a", "b")
    coda.client.document("datasets", "x", "metrics", "messages").set(metrics)
    before = coda.everything()
    assert not added(coda, *texts)[0]
    assert coda.everything() == before


@pytest.mark.usefixtures("small_segments")
def test_to_a_segment_that_is_not_the_last_nothing_is_added(coda: Coda) -> None:
    coda.push("x", *map(str, range(30)))
    coda.client.document("datasets", "x", "metrics", "messages").set({"messages_count": 2})
    assert not added(coda, "new", last=1)[0]
    assert added(coda, "new", last=2)[0]
