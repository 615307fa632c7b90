"""Fetches of forms from a sandbox server: what is new, edited, deleted, renamed and set aside."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.config.kobo_source import KoboToolboxSource
from pipeline_lib.errors import ConfigError, DataError, FatalSourceError, RetriableSourceError
from pipeline_lib.identity.sqlite import SqliteUuidTable, create_uuid_table
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT, ShrinkLimit
from pipeline_lib.model.step_counts import total
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.http.retry_policy import Timing
from pipeline_lib.sources.kobo import read_form
from pipeline_lib.sources.kobo.client import STAND_IN_SETTING, open_client
from pipeline_lib.sources.kobo.fetch import Account, fetch_forms
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import Storage, storage_at
from sandbox.kobo.faults import Change, Fault
from sandbox.kobo.model import Form, Question, World
from sandbox.kobo.server import TOKEN, KoboServer

UID = "aShowForm1"
START = datetime(2025, 9, 6, 10, tzinfo=UTC)
PLACE = "pipeline.json: RawDataSources[0]"
QUESTIONS = [
    Question("phone"),
    Question("show", "begin_group"),
    Question("water"),
    Question("needs", "select_multiple"),
    Question("", "end_group"),
    Question("child", "begin_repeat"),
    Question("wish"),
    Question("", "end_repeat"),
    Question("gender", "select_one"),
    Question("photo", "image"),
]
SOURCE: dict[str, Any] = {
    "SourceType": "KoboToolbox",
    "Domain": "kobo.example",
    "TokenFileURL": "token.txt",
    "Country": "SO",
    "Forms": [
        {
            "Name": "show",
            "AssetUID": UID,
            "Address": "phone",
            "Messages": [{"Question": "show/water", "Field": "water"}],
            "Answers": [{"Question": "gender", "Field": "gender"}],
        }
    ],
}


def declaring(*messages: tuple[str, str], **form: Any) -> dict[str, Any]:
    asked = [{"Question": question, "Field": name} for question, name in messages]
    changes = ({"Messages": asked} if asked else {}) | form
    return {**SOURCE, "Forms": [{**SOURCE["Forms"][0], **changes}]}


@dataclass
class Fetcher:
    """Fetches what one server has into one folder."""

    server: KoboServer
    storage: Storage
    table: SqliteUuidTable
    limit: float = 0.5
    waits: list[float] = field(default_factory=list)

    @property
    def world(self) -> World:
        return self.server.world

    def submit(self, minutes: int, phone: str | None = "0612345678", **answers: Any) -> int:
        """A submission so many minutes after the start; its id."""
        known = {"phone": phone} if phone is not None else {}
        given = {key.replace("__", "/"): value for key, value in answers.items()}
        return self.world.submit(UID, START + timedelta(minutes=minutes), known | given).id

    def fetch(
        self,
        source: dict[str, Any] = SOURCE,
        run: str = "runs/today",
        token: str = TOKEN,
        shrink_limit: ShrinkLimit = DEFAULT_LIMIT,
    ) -> FetchResult:
        client = open_client("kobo.example", token, place=PLACE, timing=Timing(sleep=self.waits.append))
        declared = KoboToolboxSource.model_validate(source)
        return fetch_forms(
            Account(declared, PLACE, client, self.table.uuids, self.storage),
            targets=run_targets(self.storage, run),
            quarantine_share_limit=self.limit,
            shrink_limit=shrink_limit,
        )

    def raw_data(self, run: str = "runs/today", name: str = "show") -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.storage.read(f"{run}/Raw Data/{name}.jsonl").splitlines()]

    def texts(self, field_name: str = "water", run: str = "runs/today") -> list[str | None]:
        return [each.get(f"{field_name} (Text) - show") for each in self.raw_data(run)]

    def set_aside(self) -> list[tuple[int, str]]:
        lines = self.storage.read("runs/today/Quarantine/show.jsonl").splitlines()
        return [(each["submission"], each["reason"]) for each in map(json.loads, lines)]

    def asked_for(self) -> list[str]:
        """The queries for whole submissions since the last call."""
        found = [each.parameters.get("query", "") for each in self.server.requests if "fields" not in each.parameters]
        self.server.requests.clear()
        return [query for query in found if query]


@pytest.fixture
def fetcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetcher]:
    table = create_uuid_table(tmp_path / "uuids.sqlite", "TEST", "avf-phone-uuid-")
    with KoboServer(World(Form(UID, "Show", QUESTIONS))) as server:
        monkeypatch.setenv(STAND_IN_SETTING, server.host)
        yield Fetcher(server, storage_at((tmp_path / "data").as_uri()), table)


def test_a_submission_has_the_fields_of_a_flows_result(fetcher: Fetcher) -> None:
    number = fetcher.submit(1, show__water="biyo ma hayno", gender="naag", photo="1.jpg", note="not declared")
    result = fetcher.fetch()
    assert fetcher.raw_data() == [
        {
            "avf_phone_id": fetcher.table.known(["252612345678"])["252612345678"],
            "urn_type": "tel",
            "operator_raw": "25261",
            "water (Text) - show": "biyo ma hayno",
            "water (Time) - show": "2025-09-06T10:01:00+00:00",
            "water (Run ID) - show": str(number),
            "gender (Text) - show": "naag",
            "gender (Time) - show": "2025-09-06T10:01:00+00:00",
            "gender (Run ID) - show": str(number),
        }
    ]
    assert [(file.name, file.record_count, file.is_unchanged) for file in result.files] == [("show", 1, False)]


def test_nothing_is_stored_but_declared_answers_of_participants(fetcher: Fetcher) -> None:
    fetcher.submit(1, show__water="biyo", name="Canary Cumar", note="call 0619999999")
    fetcher.fetch()
    held = b"".join(fetcher.storage.read(name) for name in fetcher.storage.names(""))
    for hidden in (b"612345678", b"Canary", b"619999999", TOKEN.encode()):
        assert hidden not in held


def test_a_second_fetch_changes_nothing_and_asks_only_from_the_watermark_on(fetcher: Fetcher) -> None:
    for minutes in (0, 60):
        fetcher.submit(minutes, show__water="biyo")
    fetcher.fetch()
    before = {name: fetcher.storage.read(name) for name in fetcher.storage.names("")}
    fetcher.asked_for()
    result = fetcher.fetch()
    assert {name: fetcher.storage.read(name) for name in fetcher.storage.names("")} == before
    assert result.files[0].is_unchanged
    assert json.loads(fetcher.asked_for()[0]) == {
        "_submission_time": {"$gte": "2025-09-06T10:45:00"},
        "_id": {"$gt": 0},
    }


def test_what_is_new_is_added_in_the_order_in_which_it_was_received(fetcher: Fetcher) -> None:
    fetcher.submit(60, show__water="second")
    fetcher.submit(0, show__water="first, which a phone without a network sent later")
    fetcher.fetch()
    fetcher.submit(90, show__water="third")
    result = fetcher.fetch()
    assert fetcher.texts() == ["first, which a phone without a network sent later", "second", "third"]
    assert total(result.counts, measure="submissions_new") == 1


def test_a_submission_that_appears_long_after_it_was_received_is_found(fetcher: Fetcher) -> None:
    fetcher.submit(600, show__water="late")
    fetcher.fetch()
    fetcher.submit(0, show__water="received before, and visible only now")
    fetcher.fetch()
    assert fetcher.texts() == ["received before, and visible only now", "late"]


def test_an_edit_is_found_though_it_changes_no_time(fetcher: Fetcher) -> None:
    first = fetcher.submit(0, show__water="biyoo")
    fetcher.submit(600, show__water="ceel")
    fetcher.fetch()
    fetcher.world.edit(UID, first, {"show/water": "biyo"})
    result = fetcher.fetch()
    assert fetcher.texts() == ["biyo", "ceel"]
    assert fetcher.raw_data()[0]["water (Run ID) - show"] == str(first)
    assert total(result.counts, measure="submissions_edited") == 1


def test_an_edit_while_the_form_is_read_is_found_in_the_same_fetch(fetcher: Fetcher) -> None:
    first = fetcher.submit(0, show__water="biyoo")
    fetcher.server.changes.append(Change("data", lambda world: world.edit(UID, first, {"show/water": "biyo"})))
    fetcher.fetch()
    assert fetcher.texts() == ["biyo"]


def test_a_deleted_submission_is_gone_from_the_raw_data(fetcher: Fetcher) -> None:
    numbers = [fetcher.submit(n, show__water=f"text {n}") for n in range(4)]
    fetcher.fetch()
    fetcher.world.delete(UID, numbers[1])
    result = fetcher.fetch(run="runs/tomorrow")
    assert fetcher.texts(run="runs/tomorrow") == ["text 0", "text 2", "text 3"]
    assert total(result.counts, measure="submissions_deleted") == 1


def test_a_deletion_while_pages_are_read_hides_no_other_submission(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline_lib.sources.kobo.client.PAGE_SIZE", 2)
    numbers = [fetcher.submit(n, show__water=f"text {n}") for n in range(5)]
    fetcher.server.changes.append(Change("data", lambda world: world.delete(UID, numbers[0])))
    fetcher.fetch()
    assert fetcher.texts() == ["text 1", "text 2", "text 3", "text 4"]


def test_a_form_that_lost_most_of_its_submissions_stops_the_fetch_until_it_is_accepted(fetcher: Fetcher) -> None:
    numbers = [fetcher.submit(n, show__water="biyo") for n in range(4)]
    fetcher.fetch()
    fetcher.world.delete(UID, *numbers[1:])
    with pytest.raises(DataError, match=r"Forms\[0\]: had 4 submissions when it was last read, and has 1 now"):
        fetcher.fetch()
    assert len(fetcher.raw_data()) == 4
    fetcher.fetch(shrink_limit=ShrinkLimit(accepted=frozenset({"show"})))
    assert len(fetcher.raw_data()) == 1


def test_pages_are_followed_however_short_the_server_makes_them(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.kobo.api.MOST", 3)
    for minutes in range(10):
        fetcher.submit(minutes, show__water=f"text {minutes}")
    fetcher.fetch()
    assert fetcher.texts() == [f"text {minutes}" for minutes in range(10)]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("count-lies", "has 3 more submissions of form aShowForm1 but does not give them"),
        ("page-repeated", "gave submissions of form aShowForm1 again, or in another order than by their ids"),
        ("order-lost", "gave submissions of form aShowForm1 again, or in another order than by their ids"),
    ],
)
def test_a_server_that_contradicts_itself_is_not_believed(fetcher: Fetcher, kind: Any, wrong: str) -> None:
    for minutes in range(3):
        fetcher.submit(minutes, show__water="biyo")
    fetcher.server.faults.append(Fault(kind, times=9, after_requests=int(kind == "page-repeated")))
    with pytest.raises(RetriableSourceError) as raised:
        fetcher.fetch()
    assert wrong in str(raised.value)
    fetcher.server.faults.clear()
    fetcher.fetch()
    assert len(fetcher.raw_data()) == 3


@pytest.mark.parametrize("kind", ["429", "500", "502", "503", "504", "cut", "early-json", "truncate"])
@pytest.mark.parametrize("endpoint", ["form", "data"])
def test_a_passing_fault_is_waited_for(fetcher: Fetcher, kind: Any, endpoint: Any) -> None:
    fetcher.submit(0, show__water="biyo")
    fetcher.server.faults.append(Fault(kind, endpoint))
    result = fetcher.fetch()
    assert fetcher.texts() == ["biyo"]
    assert total(result.counts, measure="requests_repeated") == 1
    assert len(fetcher.waits) == 1


def test_a_server_that_stays_away_is_named_without_its_own_words(
    fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fetcher.server.faults.append(Fault("504", times=99))
    with pytest.raises(RetriableSourceError) as raised:
        fetcher.fetch()
    assert "asked for form aShowForm1, answered 504 (6 tries)" in str(raised.value)
    for hidden in ("Gateway", TOKEN, "query"):
        assert hidden not in str(raised.value) + caplog.text


def test_an_interrupted_fetch_continues_where_it_was(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_lib.sources.kobo.client.PAGE_SIZE", 2)
    monkeypatch.setattr(read_form, "PART_SUBMISSIONS", 2)
    for minutes in range(6):
        fetcher.submit(minutes, show__water=f"text {minutes}")
    fetcher.server.faults.append(Fault("403", after_requests=2))
    with pytest.raises(FatalSourceError):
        fetcher.fetch()
    fetcher.asked_for()
    fetcher.fetch()
    assert json.loads(fetcher.asked_for()[0]) == {"_id": {"$gt": 4}}
    assert fetcher.texts() == [f"text {minutes}" for minutes in range(6)]


@pytest.mark.parametrize("kind", ["401", "403"])
def test_a_refused_token_is_told_at_its_key(fetcher: Fetcher, kind: Any) -> None:
    fetcher.server.faults.append(Fault(kind, "form"))
    with pytest.raises(FatalSourceError) as raised:
        fetcher.fetch()
    assert str(raised.value).startswith(f"{PLACE}.TokenFileURL: ")
    assert f"refuses the token: it answered {kind} to form aShowForm1" in str(raised.value)


def test_a_wrong_token_is_not_quoted(fetcher: Fetcher) -> None:
    with pytest.raises(FatalSourceError) as raised:
        fetcher.fetch(token="canary")  # noqa: S106 - an invented one
    assert "canary" not in str(raised.value)


def test_a_form_that_is_not_there_or_not_shared_is_told_in_a_sentence(fetcher: Fetcher) -> None:
    fetcher.world.forms[UID].is_shared = False
    with pytest.raises(FatalSourceError) as raised:
        fetcher.fetch()
    assert str(raised.value).endswith(
        "has no form aShowForm1, or the token's user may not see it; "
        "correct its AssetUID, or share the form with the user, with the right to view submissions"
    )


def test_questions_that_the_form_never_had_are_named_with_the_nearest(fetcher: Fetcher) -> None:
    fetcher.submit(0, show__water="biyo")
    with pytest.raises(ConfigError) as raised:
        fetcher.fetch(declaring(("show/watr", "water"), ("photo", "photo"), ("child", "child")))
    assert str(raised.value).splitlines() == [
        f'{PLACE}.Forms[0].Messages[0].Question: the form has no question "show/watr"; did you mean "show/water"?',
        f'{PLACE}.Forms[0].Messages[1].Question: "photo" asks for a file (image), not for a text; name a question',
        f'{PLACE}.Forms[0].Messages[2].Question: "child" is a group, not for a text; name a question',
    ]


def test_a_renamed_question_is_named_and_its_answers_from_before_stay(
    fetcher: Fetcher, caplog: pytest.LogCaptureFixture
) -> None:
    fetcher.submit(0, show__water="biyo")
    fetcher.fetch()
    renamed = [Question("water_2") if each.name == "water" else each for each in QUESTIONS]
    fetcher.world.redeploy(UID, renamed)
    fetcher.submit(60, show__water_2="ceel")
    result = fetcher.fetch()
    assert (
        f'{PLACE}.Forms[0]: the form no longer has the question "show/water"; the answers from before are still read; '
        'is it "show/water_2" now? Then list that with the same Field'
    ) in caplog.text
    assert total(result.counts, measure="questions_gone") == 1
    assert fetcher.texts() == ["biyo"]
    fetcher.fetch(declaring(("show/water", "water"), ("show/water_2", "water")))
    assert fetcher.texts() == ["biyo", "ceel"]


def test_a_question_of_a_repeating_group_may_go_too(fetcher: Fetcher) -> None:
    source = declaring(("child/wish", "wish"))
    fetcher.submit(0, child=[{"child/wish": "school"}])
    fetcher.fetch(source)
    fetcher.world.redeploy(UID, [*QUESTIONS[:5], *QUESTIONS[8:]])
    assert total(fetcher.fetch(source).counts, measure="questions_gone") == 1
    assert fetcher.texts("wish") == ["school"]


def test_several_choices_are_told_apart_even_when_the_question_is_gone(fetcher: Fetcher) -> None:
    source = declaring(("show/needs", "needs"))
    fetcher.submit(0, show__needs="water health")
    fetcher.fetch(source)
    assert fetcher.texts("needs") == ["water, health"]
    fetcher.world.redeploy(UID, [each for each in QUESTIONS if each.name != "needs"])
    fetcher.world.edit(UID, 1, {"show/needs": "water food"})
    fetcher.fetch(source)
    assert fetcher.texts("needs") == ["water, food"]


def test_each_repetition_of_a_group_is_a_message_or_a_part_of_an_answer(fetcher: Fetcher) -> None:
    fetcher.submit(0, child=[{"child/wish": "school"}, {"child/wish": " "}, {"child/wish": "football"}])
    fetcher.fetch(declaring(("child/wish", "wish")))
    assert fetcher.texts("wish") == ["school", "football"]
    assert [each["wish (Run ID) - show"] for each in fetcher.raw_data()] == ["1", "1/2"]
    fetcher.fetch(declaring(Messages=[], Answers=[{"Question": "child/wish", "Field": "wish"}]))
    assert fetcher.texts("wish") == ["school; football"]


def test_numbers_that_cannot_be_and_odd_answers_set_a_submission_aside(fetcher: Fetcher) -> None:
    fetcher.limit = 0.9
    fetcher.submit(0, show__water="fine")
    fetcher.submit(1, phone="call me", show__water="a word for a number")
    fetcher.submit(2, show__water={"lat": 1})
    fetcher.submit(3, show__water=23)
    result = fetcher.fetch()
    assert fetcher.texts() == ["fine", "23"]
    assert fetcher.set_aside() == [(2, '"phone" is no number'), (3, "an answer is neither text nor a number")]
    assert sum(result.files[0].quarantined_counts.values()) == 2


def test_a_submission_is_fetched_when_its_number_was_corrected(fetcher: Fetcher) -> None:
    fetcher.submit(0, show__water="fine")
    wrong = fetcher.submit(1, phone="call me", show__water="biyo")
    fetcher.fetch()
    fetcher.world.edit(UID, wrong, {"phone": "0612345679"})
    fetcher.fetch()
    assert fetcher.texts() == ["fine", "biyo"]
    assert fetcher.set_aside() == []


def test_an_edit_that_spoils_a_submission_leaves_the_version_before(fetcher: Fetcher) -> None:
    number = fetcher.submit(0, show__water="fine")
    fetcher.submit(1, show__water="biyo")
    fetcher.fetch()
    fetcher.world.edit(UID, number, {"phone": "call me"})
    fetcher.fetch()
    assert fetcher.texts() == ["fine", "biyo"]
    assert fetcher.set_aside() == [(number, '"phone" is no number')]


def test_too_many_unusable_submissions_stop_the_fetch_by_reason(fetcher: Fetcher) -> None:
    fetcher.limit = 0.1
    fetcher.submit(0, phone="secret", show__water="secret")
    with pytest.raises(DataError) as raised:
        fetcher.fetch()
    assert str(raised.value) == (
        f'{PLACE}: 1 of 1 submission cannot be used: 1 x "phone" is no number; '
        "correct them on the server; at most 10.0% may be set aside (QuarantineShareLimit)"
    )


def test_who_gives_no_number_is_a_participant_of_their_own(fetcher: Fetcher) -> None:
    fetcher.submit(0, phone=None, show__water="biyo")
    fetcher.submit(1, phone=" ", show__water="ceel")
    fetcher.submit(2, show__water="roob")
    result = fetcher.fetch()
    people = [each["avf_phone_id"] for each in fetcher.raw_data()]
    assert len(set(people)) == 3
    assert total(result.counts, measure="submissions_of_unknown_people") == 2
    assert "urn_type" not in fetcher.raw_data()[0]
    fetcher.fetch(run="runs/tomorrow")
    assert [each["avf_phone_id"] for each in fetcher.raw_data("runs/tomorrow")] == people


def test_participant_uuids_that_a_form_holds_are_nobody_unknown(fetcher: Fetcher) -> None:
    participant = "avf-phone-uuid-00000000-0000-4000-8000-000000000001"
    fetcher.submit(0, phone=participant, show__water="biyo")
    result = fetcher.fetch({**SOURCE, "AddressType": "participant"})
    assert fetcher.raw_data()[0]["avf_phone_id"] == participant
    assert total(result.counts, measure="submissions_of_unknown_people") == 0


def test_a_form_without_a_question_for_the_address_needs_none(fetcher: Fetcher) -> None:
    form = {key: value for key, value in SOURCE["Forms"][0].items() if key != "Address"}
    fetcher.submit(0, show__water="biyo")
    fetcher.submit(1, show__water="biyo")
    fetcher.fetch({**SOURCE, "Forms": [form]})
    assert len({each["avf_phone_id"] for each in fetcher.raw_data()}) == 2


def test_more_declared_questions_are_read_of_old_submissions_too(fetcher: Fetcher) -> None:
    fetcher.submit(0, show__water="biyo", show__needs="water")
    fetcher.fetch()
    result = fetcher.fetch(declaring(("show/water", "water"), ("show/needs", "needs")))
    assert [each.get("needs (Text) - show") for each in fetcher.raw_data()] == [None, "water"]
    assert not result.files[0].is_unchanged


def test_many_fetches_leave_few_parts(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_lib.sources.kobo.form_log._MANY_PARTS", 3)
    for minutes in range(8):
        fetcher.submit(minutes * 60, show__water=f"text {minutes}")
        fetcher.fetch()
    state = json.loads(fetcher.storage.read(f"state/raw/KoboToolbox/{UID}/manifest.json"))
    assert len(state["parts"]) <= 3
    assert fetcher.texts() == [f"text {minutes}" for minutes in range(8)]


def test_edits_of_many_submissions_are_asked_for_in_parts(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline_lib.sources.kobo.client.IDS_AT_ONCE", 2)
    numbers = [fetcher.submit(n, show__water="biyoo") for n in range(5)]
    fetcher.submit(600, show__water="ceel")
    fetcher.fetch()
    for number in numbers:
        fetcher.world.edit(UID, number, {"show/water": "biyo"})
    fetcher.fetch()
    assert fetcher.texts() == ["biyo"] * 5 + ["ceel"]
