"""De-identifies runs into the records that are stored (sources.md A.4 to A.7).

A run that cannot be used is set aside whole, by its uuid and a reason. Nothing of a contact's name or URN gets into a
record or a reason.
"""

from collections.abc import Callable, Collection, Container, Iterable, Iterator
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from pipeline_lib.errors import DataError, Problem
from pipeline_lib.sources.addresses import NAMED_BY_OTHERS, Address, address_of, contact_address
from pipeline_lib.sources.base import Participants, UnusableError
from pipeline_lib.sources.operators import operator_digits
from pipeline_lib.sources.rapid_pro.json_values import is_unicode, text_of, time_of, uuid_of
from pipeline_lib.sources.rapid_pro.records import Quarantined, Record, Result
from pipeline_lib.sources.rapid_pro.text_recovery import text_and_source


class Deidentified(NamedTuple):
    """De-identified runs; the records are in the order of the runs."""

    records: list[Record]
    quarantined: list[Quarantined]


class Person(NamedTuple):
    """A contact, de-identified."""

    participant: str
    urn_type: str
    operator: str


class Draft(NamedTuple):
    """A run whose author is not known yet; its fields are those of a record."""

    run: str
    id: int | None
    contact: str
    created_on: str
    modified_on: str
    exited_on: str | None
    exit_type: str | None
    values: list[Result]
    taken_out: list[str]

    def __repr__(self) -> str:
        return f"Draft({self.run})"

    def of(self, person: Person) -> Record:
        """The record of a run that the person sent."""
        return Record(**self._asdict(), **person._asdict())


class Persons(NamedTuple):
    """The persons behind contacts, by the contacts' uuids."""

    known: dict[str, Person]
    unusable: dict[str, str]
    """Why the other contacts cannot be identified."""


def nobody(_: Collection[str]) -> Persons:
    """No contact is known."""
    return Persons({}, {})


def records_of(
    runs: Iterable[Any],
    participants: Participants,
    open_results: Collection[str],
    calling_code: str = "",
    contacts: Callable[[Collection[str]], Persons] = nobody,
) -> Deidentified:
    """Live runs, de-identified by the URN that each names of its contact.

    Args:
        runs: Runs of one flow, as either generation of servers lists them.
        participants: Called once, with each address once, unless there is none. Runs of people that are not in its
            answer are set aside.
        open_results: Keys of the results whose value is the text itself.
        calling_code: The code of the country whose local numbers people write; empty if the country is unknown.
        contacts: Identifies contacts by their other URNs, if the first one is of a kind that names nobody. Called once,
            with each contact once, unless there is none.
    """
    quarantined: list[Quarantined] = []
    read: list[tuple[Draft, Address | str]] = []
    for run in runs:
        try:
            draft = _draft(run, open_results, is_archived=False)
            address = _address_or_contact(run["contact"].get("urn"), calling_code, draft.contact)
            read.append((draft, address))
        except UnusableError as error:
            quarantined.append(_set_aside(run, error.reason, is_archived=False))
    persons = _persons((found for _, found in read if isinstance(found, Address)), participants)
    asked = {found for _, found in read if isinstance(found, str)}
    known, unusable = contacts(asked) if asked else nobody(())
    records: list[Record] = []
    for draft, found in read:
        person = known.get(found) if isinstance(found, str) else persons.get(found)
        if person:
            records.append(draft.of(person))
        else:
            reason = unusable.get(found, _NO_NUMBER) if isinstance(found, str) else NO_UUID_YET
            quarantined.append(Quarantined(draft.run, reason, draft.modified_on))
    return Deidentified(records, quarantined)


def _address_or_contact(urn: Any, calling_code: str, contact: str) -> Address | str:
    """The address that a URN stands for; or the contact, if another of its URNs may identify it."""
    try:
        return address_of(urn, calling_code)
    except UnusableError as error:
        if error.reason not in NAMED_BY_OTHERS:
            raise
        return contact


def archived_records(runs: Iterable[Any], persons: Persons, open_results: Collection[str]) -> Deidentified:
    """Archived runs, which have no URN, de-identified by their contacts.

    Args:
        runs: Runs of one flow, as parsed lines of an archive.
        persons: As `contacts_of` returns them, for all pages together.
        open_results: Keys of the results whose value is the text itself.
    """
    records: list[Record] = []
    quarantined: list[Quarantined] = []
    for run in runs:
        try:
            draft = _draft(run, open_results, is_archived=True)
        except UnusableError as error:
            quarantined.append(_set_aside(run, error.reason, is_archived=True))
            continue
        if draft.contact in persons.known:
            records.append(draft.of(persons.known[draft.contact]))
        else:
            reason = persons.unusable.get(draft.contact, "contact is not on the server any more")
            quarantined.append(Quarantined(draft.run, reason, draft.modified_on))
    return Deidentified(records, quarantined)


def contacts_of(
    contacts: Iterable[Any], participants: Participants, wanted: Container[str], calling_code: str = ""
) -> Persons:
    """The participants of contacts.

    Args:
        contacts: As the server lists them.
        participants: Called once, with each address once, unless there is none.
        wanted: Uuids of the contacts to identify; people who sent nothing must not get into the uuid table.
        calling_code: As for `records_of`.
    """
    addresses: dict[str, Address] = {}
    unusable: dict[str, str] = {}
    for contact in contacts:
        uuid = uuid_of(contact)
        if uuid in wanted:
            try:
                addresses[uuid] = contact_address(contact.get("urns"), calling_code)
            except UnusableError as error:
                unusable[uuid] = error.reason
    persons = _persons(addresses.values(), participants)
    known = {uuid: persons[address] for uuid, address in addresses.items() if address in persons}
    return Persons(known, unusable | {uuid: NO_UUID_YET for uuid in addresses if uuid not in known})


def contact_uuids(runs: Iterable[Any]) -> set[str]:
    """The contacts of runs; unusable runs are ignored."""
    uuids = {uuid_of(run.get("contact")) for run in runs if isinstance(run, dict)}
    return uuids - {""}


def deleted_contacts_of(contacts: Iterable[Any], place: str) -> Iterator[tuple[str, datetime]]:
    """The uuid of each deleted contact, and when it was deleted.

    Raises:
        DataError: One has no uuid or no time, so that somebody who must be forgotten could not be.
    """
    for contact in contacts:
        uuid, time = uuid_of(contact), time_of(contact.get("modified_on"))
        if not uuid or time is None:
            raise DataError(Problem(place, "a deleted contact has no uuid, or no time that can be read"))
        yield uuid, datetime.fromisoformat(time)


NO_UUID_YET = "contact has no participant uuid yet"
_NO_NUMBER = "URN is no number"


def _persons(addresses: Iterable[Address], participants: Participants) -> dict[Address, Person]:
    distinct = dict.fromkeys(addresses)
    uuids = participants(list(dict.fromkeys(each.address for each in distinct))) if distinct else {}
    return {
        each: Person(uuids[each.address], each.urn_type, operator_digits(each))
        for each in distinct
        if each.address in uuids
    }


def _set_aside(run: Any, reason: str, *, is_archived: bool) -> Quarantined:
    modified_on = time_of(run.get("modified_on")) if isinstance(run, dict) else None
    return Quarantined(_run_uuid(run, is_archived=is_archived), reason, modified_on)


def _draft(run: Any, open_results: Collection[str], *, is_archived: bool) -> Draft:
    if not isinstance(run, dict):
        raise UnusableError("run is no object")
    uuid, contact = _run_uuid(run, is_archived=is_archived), uuid_of(run.get("contact"))
    if not uuid:
        raise UnusableError("run has no uuid")
    if not contact:
        raise UnusableError("run has no contact")
    number = run.get("id")
    taken_out: list[str] = []
    return Draft(
        run=uuid,
        id=number if type(number) is int and number <= _MOST else None,
        contact=contact,
        created_on=_time(run, "created_on", "run has no time of creation that can be read"),
        modified_on=_time(run, "modified_on", "run has no time of change that can be read"),
        exited_on=None if run.get("exited_on") is None else _time(run, "exited_on", "run's exit cannot be read"),
        exit_type=text_of(run.get("exit_type")),
        values=[
            _result(key, given, taken_out, is_open=key in open_results, is_archived=is_archived)
            for key, given in _values(run.get("values"), is_archived=is_archived).items()
        ],
        taken_out=taken_out,
    )


_MOST = 2**63 - 1
"""The range that JSON readers accept as an integer."""


def _run_uuid(run: Any, *, is_archived: bool) -> str:
    """A run's uuid, empty if it has none; archives of about 2016 to 2018 have none, so it is made from the run's id."""
    if is_archived and isinstance(run, dict) and run.get("uuid") is None and type(run.get("id")) is int:
        return str(uuid5(_OLD_RUNS, f"{uuid_of(run.get('flow'))} {run['id']}"))
    return uuid_of(run)


_OLD_RUNS = UUID("31e42fb7-01ef-504f-b217-b70f2137fc62")


def _values(given: Any, *, is_archived: bool) -> dict[str, Any]:
    """A run's results by key. Archives of about 2016 to 2018 have a list of objects with one key each.

    In these, an `input` of null means nothing: not every answer had one yet.
    """
    if given is None or isinstance(given, dict):
        return given or {}
    if not is_archived or not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise UnusableError("run's values are no object")
    return {key: _old_result(result) for each in given for key, result in each.items()}


def _old_result(given: Any) -> Any:
    if isinstance(given, dict) and given.get("input") is None:
        return {key: value for key, value in given.items() if key != "input"}
    return given


def _result(key: str, given: Any, taken_out: list[str], *, is_open: bool, is_archived: bool) -> Result:
    if not isinstance(given, dict) or not is_unicode(key):
        raise UnusableError("a result is no object with a key")
    value, text = text_of(_number(given, "value", taken_out)), text_of(_number(given, "input", taken_out))
    text, source = text_and_source(given, text, value, is_open=is_open, is_archived=is_archived)
    time = _time(given, "time", "a result has no time that can be read")
    return Result(key, text_of(given.get("name")), text_of(given.get("category")), value, text, source, time)


def _number(given: dict[str, Any], key: str, taken_out: list[str]) -> Any:
    """The value of a key; None for NaN and infinities."""
    value = given.get(key)
    if isinstance(value, float) and not isfinite(value):
        taken_out.append("values")
        return None
    return value


def _time(given: dict[str, Any], key: str, reason: str) -> str:
    time = time_of(given.get(key))
    if time is None:
        raise UnusableError(reason)
    return time
