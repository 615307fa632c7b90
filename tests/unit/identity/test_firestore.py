"""What only a table on Firestore can meet: its layout, its costs, and a service that fails."""

import logging
import os
import sqlite3
import subprocess
import sys
import traceback
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud.firestore import Client

import pipeline_lib
from pipeline_lib.errors import ConfigError, DataError, FatalSourceError, RetriableSourceError
from pipeline_lib.identity.base import Costs
from pipeline_lib.identity.cache import UuidCache, open_uuid_cache
from pipeline_lib.identity.firestore import FirestoreUuidTable, create_uuid_table, open_uuid_table
from pipeline_lib.identity.re_identification import addresses
from pipeline_lib.storage import Located, storage_at

PREFIX = "avf-phone-uuid-"
ADDRESS = "252610000001"


@pytest.fixture
def client(firestore_project: str) -> Client:
    return Client(firestore_project)


@pytest.fixture
def table(client: Client) -> FirestoreUuidTable:
    return create_uuid_table(client, "water", PREFIX)


@pytest.fixture
def spoiled(spoiled_firestore: Any, firestore_project: str) -> tuple[Any, FirestoreUuidTable]:
    """A server that a test spoils, and a table behind it."""
    return spoiled_firestore, create_uuid_table(Client(firestore_project), "water", PREFIX)


def documents(client: Client) -> dict[str, Any]:
    tables = list(client.collection("tables").stream())
    people = [person for table in tables for person in table.reference.collection("mappings").stream()]
    return {document.reference.path: document.to_dict() for document in [*tables, *people]}


def test_tables_are_laid_out_as_those_that_are_there(table: FirestoreUuidTable, client: Client) -> None:
    uuid = table.uuids([ADDRESS])[ADDRESS]
    assert documents(client) == {
        "tables/water": {"table_name": "water"},
        "tables/water/mappings/252610000001": {"uuid": uuid},
    }


def test_uuids_of_other_prefixes_are_taken_as_they_are(table: FirestoreUuidTable, client: Client) -> None:
    client.document("tables/water/mappings/tel:+252610000001").set(
        {"uuid": "avf-participant-uuid-00000000-0000-4000-8000-000000000007", "note": "old"}
    )
    assert table.uuids(["tel:+252610000001"]) == {
        "tel:+252610000001": "avf-participant-uuid-00000000-0000-4000-8000-000000000007"
    }


@pytest.mark.parametrize(
    "broken",
    [{}, {"uuid": 5}, {"uuid": ""}, {"uuid": None}, {"uuid": "252610000001"}, {"uuid": "avf-phone-uuid-252610000001"}],
)
def test_a_person_without_a_uuid_is_left_out_and_counted_and_the_others_get_theirs(
    table: FirestoreUuidTable, client: Client, broken: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    client.document(f"tables/water/mappings/{ADDRESS}").set(broken)
    stored = table.uuids([ADDRESS, "2"])
    assert list(stored) == ["2"]
    assert table.known([ADDRESS, "2"]) == stored
    assert table.add_known({ADDRESS: "avf-phone-uuid-00000000-0000-4000-8000-000000000001"}) == (0, 0, 1)
    assert documents(client)[f"tables/water/mappings/{ADDRESS}"] == broken
    assert table.costs.broken_count == 1
    (warning,) = caplog.records
    assert warning.getMessage() == (
        'uuid table "water": 1 stored people have no uuid, and are left out; their runs are in the Quarantine: '
        "look up who sent them, and mend or delete the documents in the Firebase console"
    )


def test_a_person_whose_document_was_mended_or_deleted_is_there_again(
    table: FirestoreUuidTable, client: Client
) -> None:
    for address in ("1", "2"):
        client.document(f"tables/water/mappings/{address}").set({})
    assert table.uuids(["1", "2"]) == {}
    client.document("tables/water/mappings/1").set({"uuid": "avf-phone-uuid-00000000-0000-4000-8000-000000000007"})
    client.document("tables/water/mappings/2").delete()
    stored = table.uuids(["1", "2"])
    assert stored["1"] == "avf-phone-uuid-00000000-0000-4000-8000-000000000007"
    assert list(stored) == ["1", "2"]


def test_a_table_that_knows_people_by_whole_urns_is_refused_and_stays_as_it_is(client: Client) -> None:
    create_uuid_table(client, "water", PREFIX)
    client.document("tables/water/mappings/tel:+252610000001").set(
        {"uuid": "avf-phone-uuid-00000000-0000-4000-8000-000000000001"}
    )
    before = documents(client)
    for ask in ("uuids", "known"):
        with pytest.raises(ConfigError) as caught:
            getattr(open_uuid_table(client, "water", PREFIX), ask)([ADDRESS])
        assert str(caught.value) == (
            'uuid table "water": stores people by whole URNs (tel:+…), but this pipeline looks them up by the digits '
            "alone; make a new table (create-uuid-table), and import the people there by their digits "
            "(import-uuid-table)"
        )
    assert documents(client) == before


@pytest.mark.parametrize(
    ("uuid", "wrong"),
    [
        (
            "avf-participant-uuid-00000000-0000-4000-8000-000000000001",
            'the uuids begin with "avf-participant-uuid-", not with "avf-phone-uuid-"',
        ),
        ("252610000009", 'the uuids begin with something else, not with "avf-phone-uuid-"'),
    ],
)
def test_a_table_whose_uuids_have_another_prefix_is_refused_and_stays_as_it_is(
    client: Client, uuid: str, wrong: str
) -> None:
    create_uuid_table(client, "water", PREFIX)
    client.document(f"tables/water/mappings/{ADDRESS}").set({"uuid": uuid})
    before = documents(client)
    with pytest.raises(ConfigError) as caught:
        open_uuid_table(client, "water", PREFIX).uuids([ADDRESS, "252610000002"])
    assert str(caught.value) == (
        f'uuid table "water": {wrong}; correct UuidPrefix or TableName; '
        "people of another prefix go into a table of their own (import-uuid-table)"
    )
    assert documents(client) == before


def test_people_with_another_prefix_may_stand_beside_those_with_ours(table: FirestoreUuidTable, client: Client) -> None:
    client.document("tables/water/mappings/1").set(
        {"uuid": "avf-participant-uuid-00000000-0000-4000-8000-000000000007"}
    )
    stored = table.uuids(["1", "2"])
    another = open_uuid_table(client, "water", PREFIX)
    assert another.known(["1", "2"]) == stored
    assert another.costs.read_count == 5  # the table, the first person, one with our prefix, and the two


def test_a_table_that_does_not_exist_is_refused_and_not_made(client: Client) -> None:
    with pytest.raises(ConfigError) as caught:
        open_uuid_table(client, "watr", PREFIX)
    assert str(caught.value) == (
        f'uuid table "watr": does not exist in the Firebase project "{client.project}"; correct TableName, '
        "or run `python -m pipeline_lib create-uuid-table --config …` once to make an empty one"
    )
    assert documents(client) == {}


def test_a_table_that_exists_is_not_made_again(table: FirestoreUuidTable, client: Client) -> None:
    stored = table.uuids([ADDRESS])
    with pytest.raises(ConfigError, match='uuid table "water": it exists already'):
        create_uuid_table(client, "water", "avf-other-uuid-")
    assert open_uuid_table(client, "water", PREFIX).known([ADDRESS]) == stored


@pytest.mark.parametrize("name", ["", "a/b", "..", "__all__"])
def test_a_name_that_no_table_can_have_is_refused(client: Client, name: str) -> None:
    for make in (create_uuid_table, open_uuid_table):
        with pytest.raises(ConfigError, match="cannot be the name of a table"):
            make(client, name, PREFIX)


def test_only_those_asked_for_are_read_and_only_once(table: FirestoreUuidTable, client: Client, tmp_path: Path) -> None:
    people = [f"25261{n:07}" for n in range(1000)]
    stored = table.uuids(people)
    assert table.costs == Costs(read_count=1001, write_count=1001)  # with the table itself
    three = people[100:103]
    for cached_count, read_count in ((0, 5), (3, 1)):  # the table; and a person, if anybody has to be looked up
        another = open_uuid_table(client, "water", PREFIX, open_uuid_cache(tmp_path))
        assert another.uuids(three) == {address: stored[address] for address in three}
        assert another.costs == Costs(read_count=read_count, write_count=0, cached_count=cached_count)


def an_hour_passes(cache: UuidCache) -> None:
    with closing(sqlite3.connect(cache.path, isolation_level=None)) as connection:
        connection.execute("UPDATE uuids SET young_since = young_since - 3600")


@pytest.mark.parametrize("theirs", [{"uuid": f"{PREFIX}00000000-0000-4000-8000-00000000000b"}, {}, None])
def test_people_whom_a_predecessor_writes_over_are_told_and_nobody_is_looked_up_until_that_is_put_right(
    table: FirestoreUuidTable, client: Client, tmp_path: Path, theirs: dict[str, str] | None
) -> None:
    cache = open_uuid_cache(tmp_path)
    assert cache is not None
    stored = open_uuid_table(client, "water", PREFIX, cache).uuids([ADDRESS, "252610000002"])
    document = client.document("tables", "water", "mappings", ADDRESS)
    document.delete() if theirs is None else document.set(theirs)
    assert open_uuid_table(client, "water", PREFIX, cache).known([ADDRESS]) == {ADDRESS: stored[ADDRESS]}
    an_hour_passes(cache)
    for _ in range(2):
        for ask in (FirestoreUuidTable.uuids, FirestoreUuidTable.known):
            with pytest.raises(DataError) as caught:
                ask(open_uuid_table(client, "water", PREFIX, cache), ["252610000003"])
            assert str(caught.value) == (
                'uuid table "water": 1 of the uuids that were stored in it are gone, such as '
                f'"{stored[ADDRESS]}": documents were overwritten or deleted, and these people would get new '
                "identities from now on; "
                "stop the other pipeline that creates people in this table, and restore their documents; if the change "
                f"was intended, remove {cache.path} and fetch the data with the old uuids again"
            )
    assert not client.document("tables", "water", "mappings", "252610000003").get().exists
    document.set({"uuid": stored[ADDRESS]})
    assert open_uuid_table(client, "water", PREFIX, cache).uuids(list(stored)) == stored


def test_new_people_are_looked_at_again_once(table: FirestoreUuidTable, client: Client, tmp_path: Path) -> None:
    cache = open_uuid_cache(tmp_path)
    assert cache is not None
    people = [f"25261{n:07}" for n in range(40)]
    stored = table.uuids(people[:20])  # as a predecessor would, not long ago
    stored |= open_uuid_table(client, "water", PREFIX, cache).uuids(people)
    an_hour_passes(cache)
    of_the_table = 1
    for read_count in (of_the_table + len(people), of_the_table):
        another = open_uuid_table(client, "water", PREFIX, cache)
        assert another.uuids(people[:2]) == {address: stored[address] for address in people[:2]}
        assert another.uuids(people[2:]) == {address: stored[address] for address in people[2:]}
        assert another.costs == Costs(read_count=read_count, write_count=0, cached_count=40)


def test_the_cache_takes_no_emulators_people_for_googles(
    table: FirestoreUuidTable, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = open_uuid_cache(tmp_path)
    assert cache is not None
    emulated = open_uuid_table(client, "water", PREFIX, cache)
    stored = emulated.uuids([ADDRESS])
    monkeypatch.delenv("FIRESTORE_EMULATOR_HOST")
    googles = FirestoreUuidTable(Client(client.project, AnonymousCredentials()), "water", PREFIX, cache)
    assert cache.uuids(emulated._name_for_cache, [ADDRESS]) == stored
    assert cache.uuids(googles._name_for_cache, [ADDRESS]) == {}


def test_a_uuid_that_stands_for_several_is_given_out_for_none_and_the_question_is_recorded(
    table: FirestoreUuidTable, client: Client, tmp_path: Path
) -> None:
    for address in (ADDRESS, "252610000002"):
        client.document(f"tables/water/mappings/{address}").set(
            {"uuid": "avf-phone-uuid-00000000-0000-4000-8000-000000000007"}
        )
    log = Located(storage_at(tmp_path.as_uri()), "re-identifications")
    with pytest.raises(DataError) as caught:
        addresses(
            table, ["avf-phone-uuid-00000000-0000-4000-8000-000000000007"], user="halima", purpose="call-backs", log=log
        )
    assert str(caught.value) == (
        'uuid table "water": 1 uuids stand for several addresses each, such as '
        '"avf-phone-uuid-00000000-0000-4000-8000-000000000007"; '
        "leave them out, and mend the table"
    )
    assert len(log.storage.names("re-identifications")) == 1


def test_what_a_dry_run_asks_for_is_not_created(table: FirestoreUuidTable, client: Client) -> None:
    before = documents(client)
    table = open_uuid_table(client, "water", PREFIX)
    assert table.known([ADDRESS]) == {}
    assert documents(client) == before
    assert table.costs == Costs(read_count=3)  # the table, the first person, and who was asked for


def test_somebody_who_is_created_meanwhile_keeps_the_uuid_that_was_stored_first(
    spoiled: tuple[Any, FirestoreUuidTable], client: Client
) -> None:
    server, table = spoiled
    person = client.document(f"tables/water/mappings/{ADDRESS}")
    server.spoil(
        "BatchWrite",
        server.after(lambda: person.create({"uuid": "avf-phone-uuid-00000000-0000-4000-8000-00000000f125"})),
    )
    stored = table.uuids(["1", ADDRESS, "2"])
    assert stored[ADDRESS] == "avf-phone-uuid-00000000-0000-4000-8000-00000000f125"
    assert stored == open_uuid_table(client, "water", PREFIX).known(["1", ADDRESS, "2"])


@pytest.mark.parametrize("status", ["DEADLINE_EXCEEDED", "UNAVAILABLE", "ABORTED", "INTERNAL", "UNKNOWN", "CANCELLED"])
@pytest.mark.parametrize("fault", ["refused", "done_but"])
def test_whether_people_were_created_is_read_back_where_a_request_fails_in_passing(
    spoiled: tuple[Any, FirestoreUuidTable], client: Client, status: str, fault: str
) -> None:
    server, table = spoiled
    server.spoil("BatchWrite", getattr(server, fault)(status))
    stored = table.uuids(["1", "2"])
    assert stored == open_uuid_table(client, "water", PREFIX).known(["1", "2"])
    assert len(stored) == 2


@pytest.mark.parametrize("status", ["DEADLINE_EXCEEDED", "UNAVAILABLE"])
def test_what_is_in_doubt_to_the_end_is_read_back(
    spoiled: tuple[Any, FirestoreUuidTable], client: Client, status: str
) -> None:
    server, table = spoiled
    server.spoil("BatchWrite", *[server.done_but(status)] * 1000)
    stored = table.uuids(["1", "2"])
    assert stored == open_uuid_table(client, "water", PREFIX).known(["1", "2"])


def test_what_somebody_else_stored_is_read_back_where_our_own_request_never_succeeds(
    spoiled: tuple[Any, FirestoreUuidTable], client: Client
) -> None:
    server, table = spoiled
    client.document(f"tables/water/mappings/{ADDRESS}").create(
        {"uuid": "avf-phone-uuid-00000000-0000-4000-8000-00000000f125"}
    )
    server.spoil("BatchWrite", *[server.refused("UNAVAILABLE")] * 1000)
    assert table._created_at_once({ADDRESS: "avf-phone-uuid-00000000-0000-4000-8000-000000005ec0"}) == {
        ADDRESS: "avf-phone-uuid-00000000-0000-4000-8000-00000000f125"
    }


@pytest.mark.parametrize("is_made", [True, False])
@pytest.mark.parametrize("status", ["ABORTED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"])
def test_one_creation_in_doubt_does_not_keep_the_others(
    spoiled: tuple[Any, FirestoreUuidTable], client: Client, status: str, is_made: bool
) -> None:
    server, table = spoiled
    server.spoil("BatchWrite", server.first_write(status, is_made=is_made))
    stored = table.uuids(["1", "2", "3"])
    assert stored == open_uuid_table(client, "water", PREFIX).known(["1", "2", "3"])
    assert len(stored) == 3


def test_what_cannot_be_created_is_worth_a_retry_and_the_others_stay(
    spoiled: tuple[Any, FirestoreUuidTable], client: Client
) -> None:
    server, table = spoiled
    server.spoil("BatchWrite", *[server.first_write("ABORTED", is_made=False)] * 4)
    with pytest.raises(RetriableSourceError, match="1 of 3 people could not be created"):
        table.uuids(["1", "2", "3"])
    assert server.call_counts["BatchWrite"] == 4
    assert list(open_uuid_table(client, "water", PREFIX).known(["1", "2", "3"])) == ["2", "3"]


FAILURES = [
    ("UNAVAILABLE", RetriableSourceError, "Firestore is unavailable (UNAVAILABLE); try again later"),
    ("DEADLINE_EXCEEDED", RetriableSourceError, "Firestore is unavailable (DEADLINE_EXCEEDED); try again later"),
    (
        "RESOURCE_EXHAUSTED",
        RetriableSourceError,
        "Firestore is unavailable (RESOURCE_EXHAUSTED); try again later",
    ),
    (
        "PERMISSION_DENIED",
        FatalSourceError,
        (
            "Firestore refuses the service account (PERMISSION_DENIED); "
            "see that the key is of the right Firebase project, and give its account the role Cloud Datastore User"
        ),
    ),
    (
        "UNAUTHENTICATED",
        FatalSourceError,
        "Firestore does not accept the service account key (UNAUTHENTICATED); make a new one",
    ),
    (
        "NOT_FOUND",
        FatalSourceError,
        (
            "Firestore has no database in this project (NOT_FOUND); "
            "see that the key is of the right Firebase project, and that its Firestore database was made"
        ),
    ),
    (
        "INVALID_ARGUMENT",
        FatalSourceError,
        "Firestore rejects the request (INVALID_ARGUMENT); report this: it is no mistake of yours",
    ),
]


def carries(error: BaseException, secret: str) -> bool:
    """Whether anything that a handler could print of an error holds the secret."""
    seen = [error]
    for one in seen:
        seen += [other for other in (one.__cause__, one.__context__) if other is not None and other not in seen]
    texts = [repr(one) + str(one) + repr(vars(one)) for one in seen]
    return secret in "".join([*texts, *traceback.format_exception(error)])


@pytest.mark.parametrize(("status", "kind", "text"), FAILURES)
@pytest.mark.parametrize("method", ["BatchGetDocuments", "BatchWrite", "RunQuery"])
def test_a_service_that_fails_is_told_by_what_to_do_next_and_never_by_whom_it_was_asked_about(
    spoiled: tuple[Any, FirestoreUuidTable], method: str, status: str, kind: type[Exception], text: str
) -> None:
    server, table = spoiled
    details = f"no /tables/water/mappings/{ADDRESS} for you"
    server.spoil(method, *[server.refused(status, details)] * 1000)
    asks = {
        "BatchGetDocuments": lambda: table.known([ADDRESS]),
        "BatchWrite": lambda: table.uuids([ADDRESS]),
        "RunQuery": lambda: table.add_known({ADDRESS: "avf-phone-uuid-00000000-0000-4000-8000-000000000001"}),
    }
    with pytest.raises(kind) as caught:
        asks[method]()
    assert not carries(caught.value, ADDRESS)
    if (method, kind) == ("BatchWrite", RetriableSourceError):  # read back, and not there: asked four times
        text = "1 of 1 people could not be created; try again later; those that were created stay"
    assert str(caught.value) == f'uuid table "water": {text}'


def test_a_key_that_was_revoked_is_told_at_once(spoiled: tuple[Any, FirestoreUuidTable]) -> None:
    server, table = spoiled
    details = "Getting metadata from plugin failed with error: ('invalid_grant: Invalid JWT Signature.', {…})"
    server.spoil("BatchGetDocuments", server.refused("UNAVAILABLE", details))
    server.call_counts.clear()
    with pytest.raises(FatalSourceError, match="does not accept the service account key"):
        table.known([ADDRESS])
    assert server.call_counts["BatchGetDocuments"] == 1


def test_a_creation_that_is_refused_is_an_error_at_once(spoiled: tuple[Any, FirestoreUuidTable]) -> None:
    server, table = spoiled
    server.spoil("BatchWrite", server.first_write("PERMISSION_DENIED", is_made=False))
    with pytest.raises(FatalSourceError, match="refuses the service account") as caught:
        table.uuids([ADDRESS, "2"])
    assert not carries(caught.value, ADDRESS)
    assert server.call_counts["BatchWrite"] == 1


def test_a_reply_that_is_broken_off_is_asked_for_again(spoiled: tuple[Any, FirestoreUuidTable]) -> None:
    server, table = spoiled
    people = [str(n) for n in range(300)]
    stored = table.uuids(people)
    server.call_counts.clear()
    server.spoil("BatchGetDocuments", server.broken_off)
    assert table.known(people) == stored
    assert server.call_counts["BatchGetDocuments"] == 2


def test_a_query_that_is_broken_off_is_asked_for_again(spoiled: tuple[Any, FirestoreUuidTable]) -> None:
    server, table = spoiled
    stored = table.uuids([str(n) for n in range(20)])
    server.call_counts.clear()
    server.spoil("RunQuery", server.broken_off)
    assert table.add_known({f"other {n}": uuid for n, uuid in enumerate(stored.values())}) == (0, 0, 20)
    assert server.call_counts["RunQuery"] == 2


def test_a_bug_of_the_client_library_quotes_nobody(table: FirestoreUuidTable, monkeypatch: pytest.MonkeyPatch) -> None:
    def get_all(*_: object, **__: object) -> None:
        raise ValueError(f"Document '/mappings/{ADDRESS}' appeared in response but was not present among references")

    monkeypatch.setattr(table.client, "get_all", get_all)
    with pytest.raises(FatalSourceError, match=r"the Firestore client failed \(ValueError\)") as caught:
        table.known([ADDRESS])
    assert not carries(caught.value, ADDRESS)


def test_a_batch_that_is_cut_off_leaves_the_chunks_before_it_and_what_they_have_is_cached(
    spoiled: tuple[Any, FirestoreUuidTable], tmp_path: Path
) -> None:
    server, table = spoiled
    cache = open_uuid_cache(tmp_path)
    table = open_uuid_table(table.client, "water", PREFIX, cache)
    people = [str(n) for n in range(700)]
    server.spoil("BatchWrite", server.after(lambda: None), server.refused("PERMISSION_DENIED"))
    with pytest.raises(FatalSourceError):
        table.uuids(people)
    known = table.known(people)
    assert list(known) == people[:300]
    assert table.costs.cached_count == 300
    assert known.items() <= table.uuids(people).items()


LOGGING_PROGRAM = """
import logging, sys
class Everything(logging.Formatter):
    def format(self, record):
        return f"{record.name} {super().format(record)} {vars(record)}"
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(Everything())
logging.root.setLevel(logging.DEBUG)
for logger in (logging.root, logging.getLogger("google"), logging.getLogger("grpc")):
    logger.addHandler(handler)
logging.getLogger("google").setLevel(logging.DEBUG)
from google.cloud.firestore import Client
from pipeline_lib.identity.base import new_uuid
from pipeline_lib.identity.firestore import open_uuid_table
client = Client(sys.argv[1])
client.document("tables/water/mappings/252619999999").set({})  # as logs are without the table's care
table = open_uuid_table(client, "water", "avf-phone-uuid-")
print(table, repr(table))
table.uuids(["252610000001", "252610000002"])
table.known(["252610000001", "252610000003"])
table.add_known({"252610000004": new_uuid("x-")})
table._addresses_with(table.known(["252610000001"]).values())
client.document("tables/water/mappings/252610000005").set({})
table.uuids(["252610000005"])
"""


def test_no_log_at_debug_holds_an_address(table: FirestoreUuidTable, client: Client) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(pipeline_lib.__file__).parents[1]),
        "GOOGLE_SDK_PYTHON_LOGGING_SCOPE": "google",
        "GRPC_VERBOSITY": "DEBUG",
    }
    done = subprocess.run(
        [sys.executable, "-c", LOGGING_PROGRAM, client.project],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = done.stdout + done.stderr
    assert "252619999999" in printed  # so these logs would tell
    assert "1 stored people have no uuid" in printed
    assert "25261000000" not in printed


def test_what_a_failed_call_said_is_not_logged_when_it_is_made_again(
    spoiled: tuple[Any, FirestoreUuidTable], caplog: pytest.LogCaptureFixture
) -> None:
    server, table = spoiled
    server.spoil("BatchGetDocuments", server.refused("UNAVAILABLE", f"/mappings/{ADDRESS}"))
    logger = logging.getLogger("google.api_core.retry")
    logger.addHandler(caplog.handler)
    try:
        with caplog.at_level(logging.DEBUG, logger.name):
            assert table.known([ADDRESS]) == {}
    finally:
        logger.removeHandler(caplog.handler)
    assert ADDRESS not in caplog.text
