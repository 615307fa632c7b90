"""What every uuid table owes."""

import json
import re
import time
from contextlib import ExitStack
from typing import Any

import pytest

from pipeline_lib.errors import DataError
from pipeline_lib.identity.base import UuidTable

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
        "tel:+252/61/0000001",
        "..",
        "mogadishu مقديشو 😀",
        "é",  # as one code point …
        "e\u0301",  # … and as two: other bytes, another address
        " leading and trailing ",
        "line\nbreak\tand\0nul",
        "%_*?",
        "1" * 1400,
        "ID",
    ],
)
def test_an_unusual_address_is_kept_as_it_is(table: UuidTable, address: str) -> None:
    stored = table.uuids([address])
    assert list(stored) == [address]
    assert table.uuids([address, "id"]) == {**stored, "id": table.known(["id"])["id"]}
    assert table.known([address.strip() + "x", "e"]) == {}


@pytest.mark.parametrize("unusable", ["", "half a pair \ud83d"])
def test_an_address_that_is_none_is_refused_and_nothing_is_created(table: UuidTable, unusable: str) -> None:
    with pytest.raises(DataError) as caught:
        table.uuids(["252610000001", unusable])
    assert "1 of 2 addresses are empty or not valid Unicode" in str(caught.value)
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
for start in range(0, 10_000_000, 1000):
    print(json.dumps(table.uuids([str(n) for n in range(start, start + 1000)])), flush=True)
"""
    told: dict[str, str] = {}
    with at_hand.process(program) as process:
        for _ in range(3):
            told |= json.loads(process.stdout.readline())
        process.kill()  # wherever it is in the batches after these
        process.wait()
    assert len(told) == 3000
    assert at_hand.table.known(list(told)) == told
    everybody = at_hand.table.uuids([str(n) for n in range(20_000)])
    assert told.items() <= everybody.items()
    assert len(set(everybody.values())) == 20_000


def test_a_batch_of_a_hundred_thousand_takes_less_than_three_seconds(table: UuidTable) -> None:
    addresses = [f"25261{n:07}" for n in range(100_000)]
    started_at = time.process_time()
    created = table.uuids(addresses)
    assert time.process_time() - started_at < 3
    started_at = time.process_time()
    assert table.uuids(addresses) == created
    assert time.process_time() - started_at < 3
