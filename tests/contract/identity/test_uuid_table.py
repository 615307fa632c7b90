"""What every uuid table owes."""

import json
import random
import re
import signal
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.identity.base import Added, UuidTable, would_add

UUID4 = re.compile(r"avf-phone-uuid-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_an_address_has_the_same_uuid_for_ever(table: UuidTable) -> None:
    first = table.uuids(["252610000001"])
    table.uuids(["252610000002", "252610000003"])
    assert table.uuids(["252610000003", "252610000001"])["252610000001"] == first["252610000001"]
    assert table.known(["252610000001"]) == first


def test_every_address_asked_for_gets_an_own_uuid_of_the_tables_form(table: UuidTable) -> None:
    uuids = table.uuids(["1", "2", "3", "2"])
    assert list(uuids) == ["1", "2", "3"]
    assert len(set(uuids.values())) == 3
    assert all(UUID4.fullmatch(value) for value in uuids.values())


def test_known_never_creates(table: UuidTable) -> None:
    stored = table.uuids(["1"])
    assert table.known(["1", "2"]) == stored
    assert table.known(["2"]) == {}


def test_nothing_asked_for_gives_nothing(table: UuidTable) -> None:
    assert table.uuids([]) == {}
    assert table.known([]) == {}


@pytest.mark.parametrize(
    "address",
    [
        'o\'hara "x"',
        "'); DROP TABLE mappings; --",
        "tel:+252610000001",
        "...",
        "__x",
        "%2F",
        "mogadishu مقديشو 😀",
        "é",  # as one code point …
        "e\u0301",  # … and as two: other bytes, another address
        " leading and trailing ",
        "line\nbreak\tand\0nul",
        "%_*?",
        "1" * 1500,
        "ID",
    ],
)
def test_an_unusual_address_is_kept_as_it_is(table: UuidTable, address: str) -> None:
    stored = table.uuids([address])
    assert list(stored) == [address]
    assert table.uuids([address, "id"]) == {**stored, "id": table.known(["id"])["id"]}
    assert table.known([f"{address.strip()}x"[-1500:], "e"]) == {}


@pytest.mark.parametrize(
    "unusable", ["", "half a pair \ud83d", "tel:+252/61/0000001", ".", "..", "__proto__", "____", "1" * 1501, "é" * 751]
)
def test_an_address_that_is_none_is_refused_and_nothing_is_created(table: UuidTable, unusable: str) -> None:
    with pytest.raises(DataError, match="1 of 2 addresses are unusable") as caught:
        table.uuids(["252610000001", unusable])
    assert "252610000001" not in repr(caught.value)
    assert table.known(["252610000001"]) == {}
    with pytest.raises(DataError):
        table.known([unusable])


def test_a_table_does_not_show_its_addresses(table: UuidTable) -> None:
    table.uuids(["252610000001"])
    assert "252610000001" not in f"{table!r} {table}"


def test_processes_that_create_the_same_thousand_people_agree(at_hand: Any) -> None:
    program = """
addresses = [str(n) for n in range(1000)][:: int(sys.argv[1])]
print("ready", flush=True)
sys.stdin.readline()
result = {}
for start in range(0, 1000, 100):  # many small batches, so that the processes meet often
    result |= table.uuids(addresses[start : start + 100])
print(json.dumps(result))
"""
    with ExitStack() as stack:
        processes = [stack.enter_context(at_hand.process(program, step)) for step in ("1", "-1", "1")]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        results = [json.loads(process.stdout.readline()) for process in processes]
    assert results[0] == results[1] == results[2] == at_hand.table.known([str(n) for n in range(1000)])
    assert len(set(results[0].values())) == 1000


def test_a_killed_writer_leaves_what_it_was_told_and_a_table_that_works(at_hand: Any) -> None:
    program = """
for start in range(0, 10_000_000, 200):
    print(json.dumps(table.uuids([str(n) for n in range(start, start + 200)])), flush=True)
"""
    told: dict[str, str] = {}
    with at_hand.process(program) as process:
        for _ in range(3):
            told |= json.loads(process.stdout.readline())
        process.kill()  # wherever it is in the batches after these
        process.wait()
    assert len(told) == 600
    assert at_hand.table.known(list(told)) == told
    everybody = at_hand.table.uuids([str(n) for n in range(2000)])
    assert told.items() <= everybody.items()
    assert len(set(everybody.values())) == 2000


def test_writers_killed_at_any_point_leave_nobody_half_stored(at_hand: Any) -> None:
    program = """
import itertools, os, signal, uuid
count, uuid4 = itertools.count(1), uuid.uuid4
uuid.uuid4 = lambda: os.kill(os.getpid(), signal.SIGKILL) if next(count) == int(sys.argv[1]) else uuid4()
for start in range(0, 2000, 100):
    table.uuids([str(n) for n in range(start, start + 100)])
    print(start, flush=True)
"""
    addresses = [str(n) for n in range(2000)]
    before: dict[str, str] = {}
    for _ in range(3):
        killed_at = random.randrange(1, 500)  # noqa: S311 - any point will do
        with at_hand.process(program, str(killed_at)) as process:
            done_count = len(process.stdout.readlines())
            assert process.wait() == -signal.SIGKILL
        after = at_hand.table.known(addresses)
        assert before.items() <= after.items()
        assert len(after) >= 100 * done_count
        assert all(UUID4.fullmatch(uuid) for uuid in after.values())
        before = after
    everybody = at_hand.table.uuids(addresses)
    assert before.items() <= everybody.items()
    assert len(set(everybody.values())) == 2000


def uuid_number(n: int, prefix: str = "avf-phone-uuid-") -> str:
    return f"{prefix}00000000-0000-4000-8000-{n:012}"


def test_people_known_elsewhere_keep_their_uuids(table: UuidTable) -> None:
    elsewhere = {"1": uuid_number(1), "2": uuid_number(2, "avf-participant-uuid-")}
    assert table.add_known(elsewhere) == Added(added_count=2, known_count=0, conflict_count=0)
    assert table.uuids(["2", "1"]) == elsewhere
    assert table.add_known(elsewhere) == Added(added_count=0, known_count=2, conflict_count=0)


def test_what_is_stored_is_never_overwritten(table: UuidTable) -> None:
    stored = table.uuids(["1"])
    mixed = {"1": uuid_number(1), "2": uuid_number(2), "3": uuid_number(3)}
    table.add_known({"3": uuid_number(3)})
    assert table.add_known(mixed) == Added(added_count=1, known_count=1, conflict_count=1)
    assert table.known(["1", "2", "3"]) == {**stored, "2": uuid_number(2), "3": uuid_number(3)}


def test_a_uuid_that_stands_for_somebody_stands_for_nobody_else(table: UuidTable) -> None:
    stored = table.uuids(["1"])
    assert table.add_known({"2": stored["1"]}) == Added(added_count=0, known_count=0, conflict_count=1)
    assert table.known(["1", "2"]) == stored


@pytest.mark.parametrize(
    ("pairs", "wrong"),
    [
        ({"1": uuid_number(1), "2": "252610000001"}, "1 of 2 uuids are not a prefix of letters and a uuid"),
        ({"1": uuid_number(1, "tel:+252610000001-")}, "1 of 1 uuids are not a prefix of letters and a uuid"),
        ({"1": uuid_number(1, "252610000001-")}, "1 of 1 uuids are not a prefix of letters and a uuid"),
        ({"1": uuid_number(1) + "\n"}, "1 of 1 uuids are not a prefix of letters and a uuid"),
        ({"1": uuid_number(1), "2": uuid_number(1)}, "1 of 2 addresses have the same uuid as another address"),
        ({"1": uuid_number(1), "": uuid_number(2)}, "1 of 2 addresses are unusable"),
    ],
)
def test_pairs_that_cannot_be_are_refused_and_none_is_added(
    table: UuidTable, pairs: dict[str, str], wrong: str
) -> None:
    for add in (table.add_known, partial(would_add, table)):
        with pytest.raises(DataError, match=wrong) as caught:
            add(pairs)
        assert "252610000001" not in repr(caught.value)
    assert table.known(["1", "2"]) == {}


def test_adding_can_be_tried_without_adding(table: UuidTable) -> None:
    stored = table.uuids(["1", "2"])
    pairs = {"1": stored["1"], "2": uuid_number(2), "3": uuid_number(3)}
    assert would_add(table, pairs) == Added(added_count=1, known_count=1, conflict_count=1)
    assert table.known(["1", "2", "3"]) == stored


def test_nobody_added_is_nobody(table: UuidTable) -> None:
    assert table.add_known({}) == Added(0, 0, 0)
