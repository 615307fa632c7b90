import json
import logging
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from pipeline_lib.errors import DataError
from pipeline_lib.sources.rapid_pro.deidentify import (
    Deidentified,
    Person,
    Persons,
    archived_records,
    contact_uuids,
    contacts_of,
    deleted_contacts_of,
    records_of,
)
from pipeline_lib.sources.rapid_pro.records import Record, decode_records, encode_records

RUN = "0199c5c0-0000-7000-8000-000000000001"
MODIFIED_ON = "2025-05-01T09:01:10.100000+00:00"
PLACE = "pipeline.json: RawDataSources[0]"
CONTACT = "d33e9ad5-0000-4000-8000-00000000000b"
OTHER_CONTACT = "d33e9ad5-0000-4000-8000-00000000000c"
AMINA = Person("avf-phone-uuid-amina", "tel", "25261")
NOBODY = Persons({}, {})

CANARY_NUMBER, CANARY_NAME, CANARY_TEXT = "252619998877", "Xalimo Canary", "geedka qarsoon"


def result(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Rqa_S01E01",
        "value": "biyo",
        "category": "Water",
        "node": "fc32aeb0-0000-4000-8000-000000000001",
        "time": "2025-05-01T09:01:10.000001Z",
        "input": "biyo la'aan",
    } | changes


def live_run(**changes: Any) -> dict[str, Any]:
    return {
        "uuid": RUN,
        "id": 981234,
        "flow": {"uuid": "f5901b62-0000-4000-8000-00000000000a", "name": "demo_s01e01_activation"},
        "contact": {"uuid": CONTACT, "name": "Amina", "urn": "tel:+252610000001", "urn_display": "061 000 0001"},
        "start": None,
        "responded": True,
        "path": None,
        "values": {"rqa_s01e01": result()},
        "created_on": "2025-05-01T09:00:01.000000Z",
        "modified_on": "2025-05-01T09:01:10.100000Z",
        "exited_on": "2025-05-01T09:01:10.090000Z",
        "exit_type": "completed",
    } | changes


def archived_run(**changes: Any) -> dict[str, Any]:
    """As rp-archiver writes it: no `start`, no URN, and times as PostgreSQL writes them."""
    run = live_run(
        contact={"uuid": CONTACT, "name": "Amina"},
        path=[{"node": "27a86a1b-0000-4000-8000-000000000001", "time": "2025-05-01T09:00:01.1+00:00"}],
        values={"rqa_s01e01": result(time="2025-05-01T09:01:10.000001+00:00")},
        created_on="2025-05-01T09:00:01+00:00",
        modified_on="2025-05-01T09:01:10.1+00:00",
        exited_on="2025-05-01T09:01:10.09+00:00",
        submitted_by=None,
    )
    del run["start"]
    return run | changes


def participants(addresses: Collection[str]) -> dict[str, str]:
    return {address: f"avf-phone-uuid-{number}" for number, address in enumerate(addresses, start=1)}


def deidentified(*runs: Any, open_results: Collection[str] = ()) -> Deidentified:
    return records_of(runs, participants, open_results)


def json_of(found: Deidentified) -> list[Any]:
    return [json.loads(line) for line in encode_records(found.records).splitlines()]


def test_a_live_run_becomes_a_record_without_who_it_is_from() -> None:
    found = deidentified(live_run())
    assert found.quarantined == []
    assert json_of(found) == [
        {
            "run": RUN,
            "id": 981234,
            "contact": CONTACT,
            "participant": "avf-phone-uuid-1",
            "urn_type": "tel",
            "operator": "25261",
            "created_on": "2025-05-01T09:00:01+00:00",
            "modified_on": "2025-05-01T09:01:10.100000+00:00",
            "exited_on": "2025-05-01T09:01:10.090000+00:00",
            "exit_type": "completed",
            "values": [
                {
                    "key": "rqa_s01e01",
                    "name": "Rqa_S01E01",
                    "category": "Water",
                    "value": "biyo",
                    "text": "biyo la'aan",
                    "text_source": "input",
                    "time": "2025-05-01T09:01:10.000001+00:00",
                }
            ],
        }
    ]


def test_newer_servers_give_no_input_and_may_give_no_id() -> None:
    run = live_run()
    del run["id"], run["values"]["rqa_s01e01"]["input"]
    (record,) = deidentified(run).records
    assert (record.id, record.values[0].text, record.values[0].text_source) == (None, "biyo", "unresolved")


def test_the_answer_to_an_open_question_is_its_value() -> None:
    answer = result(value="biyo la'aan", category="All Responses")
    del answer["input"]
    (record,) = deidentified(live_run(values={"rqa_s01e01": answer}), open_results=["rqa_s01e01"]).records
    assert (record.values[0].text, record.values[0].text_source) == ("biyo la'aan", "all responses")


def test_an_archived_run_is_the_same_but_for_the_origin_of_its_text() -> None:
    archived = json_of(archived_records([archived_run()], Persons({CONTACT: AMINA}, {}), []))
    live = json_of(deidentified(live_run()))
    assert archived[0].pop("participant") == "avf-phone-uuid-amina"
    assert archived[0]["values"][0].pop("text_source") == "archive"
    del live[0]["participant"], live[0]["values"][0]["text_source"]
    assert archived == live


def test_an_archived_run_of_a_contact_that_cannot_be_told_is_set_aside() -> None:
    persons = Persons({}, {OTHER_CONTACT: "contact has no URN"})
    others = archived_run(contact={"uuid": OTHER_CONTACT, "name": "Hodan"})
    assert archived_records([archived_run(), others], persons, []) == (
        [],
        [
            (RUN, "contact is not on the server any more", MODIFIED_ON),
            (RUN, "contact has no URN", MODIFIED_ON),
        ],
    )


@pytest.mark.parametrize("values", [None, {}, "absent"])
def test_a_run_that_nobody_answered_is_a_record(values: Any) -> None:
    run = live_run(values=values, exited_on=None, exit_type=None)
    if values == "absent":
        del run["values"], run["exited_on"], run["exit_type"]
    (record,) = deidentified(run).records
    assert (record.values, record.exited_on, record.exit_type) == ([], None, None)


@pytest.mark.parametrize(
    ("run", "uuid", "reason"),
    [
        (None, "", "run is no object"),
        ([RUN], "", "run is no object"),
        (live_run(uuid=None), "", "run has no uuid"),
        (live_run(uuid="+252610000001"), "", "run has no uuid"),
        (live_run(contact=None), RUN, "run has no contact"),
        (live_run(contact=CONTACT), RUN, "run has no contact"),
        (live_run(contact={"urn": "tel:+252610000001"}), RUN, "run has no contact"),
        (live_run(contact={"uuid": "Amina", "urn": "tel:+252610000001"}), RUN, "run has no contact"),
        (live_run(contact={"uuid": CONTACT}), RUN, "contact has no URN"),
        (live_run(contact={"uuid": CONTACT, "urn": None}), RUN, "contact has no URN"),
        (live_run(contact={"uuid": CONTACT, "urn": "tel:********"}), RUN, "URN is masked: the workspace is anonymous"),
        (live_run(created_on=None), RUN, "run has no time of creation that can be read"),
        (live_run(modified_on="yesterday"), RUN, "run has no time of change that can be read"),
        (live_run(modified_on="2025-05-01T09:01:10"), RUN, "run has no time of change that can be read"),
        (live_run(exited_on="2025-05-01T09:01:10"), RUN, "run's exit cannot be read"),
        (live_run(exit_type=["completed"]), RUN, "a text is neither text nor a number"),
        (live_run(values=[]), RUN, "run's values are no object"),
        (live_run(values=""), RUN, "run's values are no object"),
        (live_run(values={"q": None}), RUN, "a result is no object with a key"),
        (live_run(values={"q": "biyo"}), RUN, "a result is no object with a key"),
        (live_run(values={"q\ud83d": result()}), RUN, "a result is no object with a key"),
        (live_run(values={"q": result(time=None)}), RUN, "a result has no time that can be read"),
        (live_run(values={"q": result(time="2025-05-01T09:01:10")}), RUN, "a result has no time that can be read"),
        (live_run(values={"q": result(time="0001-01-01T00:00:00Z")}), RUN, "a result has no time that can be read"),
        (live_run(values={"q": result(value=["biyo"])}), RUN, "a text is neither text nor a number"),
        (live_run(values={"q": result(input={"text": "biyo"})}), RUN, "a text is neither text nor a number"),
        (live_run(values={"q": result(name=True)}), RUN, "a text is neither text nor a number"),
        (live_run(values={"q": result(value="biyo \ud83d")}), RUN, "a text is not valid Unicode"),
        (live_run(values={"q": result(), "r": result(time="never")}), RUN, "a result has no time that can be read"),
    ],
)
def test_a_run_that_cannot_be_used_is_set_aside_whole_and_the_others_stay(run: Any, uuid: str, reason: str) -> None:
    found = deidentified(live_run(), run, live_run())
    assert [each[:2] for each in found.quarantined] == [(uuid, reason)]
    assert [record.run for record in found.records] == [RUN, RUN]


@pytest.mark.parametrize(
    ("run", "modified_on"),
    [
        (live_run(values=[]), "2025-05-01T09:01:10.100000+00:00"),
        (live_run(modified_on="2025-05-01T12:01:10+03:00", values=[]), "2025-05-01T09:01:10+00:00"),
        (live_run(modified_on="yesterday"), None),
        ([RUN], None),
    ],
)
def test_what_is_set_aside_tells_its_version(run: Any, modified_on: str | None) -> None:
    (set_aside,) = deidentified(run).quarantined
    assert set_aside.modified_on == modified_on


def test_numbers_are_texts_as_rapidpro_gave_them() -> None:
    (record,) = deidentified(live_run(values={"age": result(value=12, input=12.5, category=None)})).records
    assert (record.values[0].value, record.values[0].text, record.values[0].category) == ("12", "12.5", None)


def old_run(**changes: Any) -> dict[str, Any]:
    """As archives of about 2016 to 2018 have it."""
    run = archived_run(values=[{"age": result(value="12", input="miaka 12")}, {"place": result(value="Garoowe")}])
    del run["uuid"]
    return run | changes


def test_a_run_of_an_old_archive_has_results_in_a_list_and_a_uuid_that_is_made_of_its_id() -> None:
    persons = Persons({CONTACT: AMINA}, {})
    runs = [old_run(), old_run(uuid=None), old_run(id=981235), old_run(flow={"uuid": OTHER_CONTACT})]
    first, same, other, of_other_flow = archived_records(runs, persons, []).records
    assert first.run == same.run == "9d4493ee-716e-5837-add7-0e1458563797"
    assert len({first.run, other.run, of_other_flow.run}) == 3
    assert first.id == 981234
    assert [(each.key, each.value, each.text, each.text_source) for each in first.values] == [
        ("age", "12", "miaka 12", "archive"),
        ("place", "Garoowe", "biyo la'aan", "archive"),
    ]


def test_a_result_of_an_old_archive_may_have_had_no_input_yet() -> None:
    persons = Persons({CONTACT: AMINA}, {})
    values = [{"age": result(value="12", input=None)}, {"rqa": result(category="All Responses", input=None)}]
    (record,) = archived_records([old_run(values=values)], persons, ["rqa"]).records
    assert [(each.text, each.text_source) for each in record.values] == [("12", "value"), ("biyo", "all responses")]


@pytest.mark.parametrize(
    ("run", "uuid", "reason"),
    [
        (old_run(id=None), "", "run has no uuid"),
        (old_run(id=True), "", "run has no uuid"),
        (old_run(uuid="1", id=1), "", "run has no uuid"),
        (old_run(uuid=RUN, values=["biyo"]), RUN, "run's values are no object"),
        (old_run(uuid=RUN, values=[{"age": None}]), RUN, "a result is no object with a key"),
    ],
)
def test_what_is_no_run_of_an_old_archive_either_is_set_aside(run: dict[str, Any], uuid: str, reason: str) -> None:
    found = archived_records([run], Persons({CONTACT: AMINA}, {}), [])
    assert found == ([], [(uuid, reason, MODIFIED_ON)])


@pytest.mark.parametrize("number", ["981234", 2**63, True, 98.5])
def test_an_id_that_is_no_number_of_a_machine_word_is_none(number: Any) -> None:
    (record,) = deidentified(live_run(id=number)).records
    assert record.id is None
    assert decode_records(encode_records([record])) == [record]


def test_a_page_asks_once_for_each_address_of_its_usable_runs() -> None:
    asked: list[list[str]] = []

    def ask(addresses: Collection[str]) -> dict[str, str]:
        asked.append(list(addresses))
        return participants(addresses)

    def from_urn(urn: str | None, **changes: Any) -> dict[str, Any]:
        return live_run(contact={"uuid": CONTACT, "urn": urn}, **changes)

    page = [
        from_urn("tel:+252610000002"),
        from_urn("tel:+252610000001"),
        from_urn("whatsapp:252610000002"),
        from_urn(None),
        from_urn("tel:+252610000003", modified_on=None),
    ]
    found = records_of(page, ask, [])
    assert asked == [["252610000002", "252610000001"]]
    assert [(record.participant, record.urn_type, record.operator) for record in found.records] == [
        ("avf-phone-uuid-1", "tel", "25261"),
        ("avf-phone-uuid-2", "tel", "25261"),
        ("avf-phone-uuid-1", "whatsapp", "whatsapp"),
    ]


def test_nobody_is_asked_about_a_page_without_usable_runs() -> None:
    def never(_: Collection[str]) -> dict[str, str]:
        raise AssertionError

    assert records_of([], never, []) == ([], [])
    assert records_of([live_run(uuid=None)], never, []) == ([], [("", "run has no uuid", MODIFIED_ON)])
    assert contacts_of([{"uuid": CONTACT, "urns": []}], never, {CONTACT}).known == {}


def test_a_person_who_has_no_uuid_yet_is_set_aside() -> None:
    """A dry run creates none; the number must not be in a KeyError either."""
    reason = "contact has no participant uuid yet"
    assert records_of([live_run()], lambda _: {}, []) == ([], [(RUN, reason, MODIFIED_ON)])
    contact = {"uuid": CONTACT, "urns": ["tel:+252610000001"]}
    assert contacts_of([contact], lambda _: {}, {CONTACT}) == ({}, {CONTACT: reason})


def test_contacts_are_told_by_their_participant_and_only_those_that_are_wanted() -> None:
    stranger = "d33e9ad5-0000-4000-8000-00000000000d"
    page = [
        {"uuid": CONTACT, "name": "Amina", "urns": ["tel:+252610000001", "whatsapp:252610000001"]},
        {"uuid": OTHER_CONTACT, "name": "Hodan", "urns": ["bsuid:SO.1349120865530274"]},
        {"uuid": stranger, "name": "Faarax", "urns": ["tel:+252610000003"]},
        {"name": "nobody", "urns": ["tel:+252610000004"]},
    ]
    asked: list[str] = []

    def ask(addresses: Collection[str]) -> dict[str, str]:
        asked.extend(addresses)
        return participants(addresses)

    assert contacts_of(page, ask, {CONTACT, OTHER_CONTACT}) == (
        {CONTACT: ("avf-phone-uuid-1", "tel", "25261")},
        {OTHER_CONTACT: "URN is no number"},
    )
    assert asked == ["252610000001"]


@pytest.mark.parametrize("urn", ["bsuid:SO.1349120865530274", "whatsapp:SO.1349120865530274", "later:252610000009"])
def test_a_run_whose_urn_names_nobody_is_its_contacts(urn: str) -> None:
    """Newer servers put such an id before the phone number."""
    asked: list[set[str]] = []

    def contacts(wanted: Collection[str]) -> Persons:
        asked.append(set(wanted))
        return Persons({CONTACT: Person("avf-phone-uuid-1", "tel", "25261")}, {OTHER_CONTACT: "URN is no number"})

    page = [live_run(contact={"uuid": uuid, "urn": urn}) for uuid in (CONTACT, OTHER_CONTACT)]
    found = records_of([*page, live_run()], participants, [], contacts=contacts)
    assert asked == [{CONTACT, OTHER_CONTACT}]
    assert [(each.contact, each.participant, each.urn_type) for each in found.records] == [
        (CONTACT, "avf-phone-uuid-1", "tel"),
        (CONTACT, "avf-phone-uuid-1", "tel"),
    ]
    assert found.quarantined == [(RUN, "URN is no number", MODIFIED_ON)]


@pytest.mark.parametrize("urn", [None, "tel:********", "tel:0610000001", "deleted:1"])
def test_a_run_without_any_other_urn_asks_for_nobody(urn: str | None) -> None:
    def never(_: Collection[str]) -> Persons:
        raise AssertionError

    found = records_of([live_run(contact={"uuid": CONTACT, "urn": urn})], participants, [], contacts=never)
    assert found.records == []


def test_the_contacts_of_runs_are_those_that_can_be_asked_for() -> None:
    runs = [live_run(), archived_run(contact={"uuid": OTHER_CONTACT}), live_run(contact=None), None]
    assert contact_uuids(runs) == {CONTACT, OTHER_CONTACT}


def test_deleted_contacts_are_told_with_the_time_of_their_deletion() -> None:
    page: list[dict[str, Any]] = [
        {"uuid": CONTACT, "name": None, "urns": [], "modified_on": "2025-05-02T10:00:00.000000Z"}
    ]
    assert list(deleted_contacts_of(page, PLACE)) == [(CONTACT, datetime(2025, 5, 2, 10, tzinfo=UTC))]


@pytest.mark.parametrize("contact", [{"uuid": CONTACT}, {"modified_on": "2025-05-02T10:00:00.000000Z"}])
def test_a_deleted_contact_is_never_passed_over(contact: dict[str, Any]) -> None:
    with pytest.raises(DataError, match=r"\[0\]: a deleted contact has no uuid, or no time"):
        list(deleted_contacts_of([contact], PLACE))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["uuid", "id", "contact", "values", "created_on", "modified_on", "exited_on", "exit_type"]


@pytest.mark.slow
@given(
    run=JSON
    | st.builds(lambda changes: live_run(**changes), st.dictionaries(st.sampled_from(KEYS), JSON))
    | st.builds(
        lambda changes: live_run(values={"q": result(**changes)}),
        st.dictionaries(st.sampled_from(["name", "value", "category", "time", "input"]), JSON),
    )
)
def test_any_json_is_a_record_that_can_be_stored_or_set_aside_for_a_reason(run: Any) -> None:
    found = deidentified(run)
    assert len(found.records) + len(found.quarantined) == 1
    assert decode_records(encode_records(found.records)) == found.records
    archived = archived_records([run], Persons({CONTACT: AMINA}, {}), [])
    assert len(archived.records) + len(archived.quarantined) == 1
    assert decode_records(encode_records(archived.records)) == archived.records


def shown(*values: object) -> list[str]:
    """Whatever a log or a traceback could show of values."""
    contexts = [e.__context__ for e in values if isinstance(e, BaseException) and e.__context__]
    return [text for value in (*values, *contexts) for text in (str(value), repr(value), pretty_repr(value))]


def canary_run(**changes: Any) -> dict[str, Any]:
    contact = {
        "uuid": CONTACT,
        "name": CANARY_NAME,
        "urn": f"tel:+{CANARY_NUMBER}#{CANARY_NAME}",
        "urn_display": "061 999 8877",
    }
    answer = result(value=CANARY_TEXT, input=CANARY_TEXT)
    return live_run(contact=contact, values={"q": answer}) | changes


def test_a_record_holds_no_number_and_no_name(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (record,) = deidentified(canary_run()).records
    line = encode_records([record]).decode()
    assert CANARY_TEXT in line
    for canary in (CANARY_NUMBER, CANARY_NUMBER[3:], CANARY_NAME, "999", "061"):
        assert canary not in line
    assert caplog.records == []


def test_no_repr_of_a_record_shows_a_text() -> None:
    found = deidentified(canary_run())
    assert isinstance(found.records[0], Record)
    everything = " ".join(shown(found, found.records[0], found.records[0].values[0], found.records[0].values))
    assert CANARY_TEXT not in everything
    assert "25261" not in everything


@pytest.mark.parametrize(
    "changes",
    [
        {"contact": {"uuid": CANARY_NAME, "urn": f"tel:+{CANARY_NUMBER}"}},
        {"contact": {"uuid": CONTACT, "name": CANARY_NAME, "urn": f"tel:{CANARY_NAME}+{CANARY_NUMBER}"}},
        {"contact": {"uuid": CONTACT, "name": CANARY_NAME, "urn": f"+{CANARY_NUMBER}"}},
        {"contact": {"uuid": CONTACT, "name": CANARY_NAME, "urn": [CANARY_NUMBER]}},
        {"uuid": CANARY_NUMBER},
        {"uuid": f"tel:+{CANARY_NUMBER}"},
        {"modified_on": CANARY_TEXT},
        {"exited_on": f"2025-05-01T09:01:10 {CANARY_TEXT}"},
        {"exit_type": [CANARY_TEXT]},
        {"values": CANARY_TEXT},
        {"values": {CANARY_TEXT: None}},
        {"values": {"q": CANARY_TEXT}},
        {"values": {"q": result(time=CANARY_TEXT)}},
        {"values": {"q": result(value=[CANARY_TEXT])}},
        {"values": {"q": result(input=f"{CANARY_TEXT} \ud83d")}},
    ],
)
def test_no_reason_tells_anything_of_what_it_is_about(changes: dict[str, Any]) -> None:
    found = deidentified(canary_run(**changes))
    assert found.records == []
    everything = " ".join(shown(found, *found.quarantined))
    for canary in (CANARY_NUMBER, CANARY_NAME, CANARY_TEXT):
        assert canary not in everything
