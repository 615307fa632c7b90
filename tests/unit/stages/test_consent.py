"""Whoever was ever labelled STOP is withdrawn, by all that the project has of them, and nothing takes it back."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline_lib.errors import ConfigError
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.stages.withdrawn import read_withdrawn, remember_withdrawn
from pipeline_lib.storage import Storage, storage_at
from tests.step_counts import the_count
from tests.unit.stages.consent_world import (
    DEMO,
    END,
    LATER,
    MIDDLE,
    START,
    Labels,
    Message,
    World,
    everything,
    label,
    uuid_of,
)

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)

Outputs = Callable[..., Path]


@pytest.fixture
def outputs(tmp_path: Path) -> Outputs:
    """The outputs of what people wrote and coders said."""

    def make(
        messages: list[Message], labels: Labels | None = None, as_of: datetime | None = None, **config: Any
    ) -> Path:
        return World(tmp_path / "world", **config).outputs(messages, labels, as_of)[0]

    return make


def rows(outputs: Path, name: str) -> list[dict[str, str]]:
    with (outputs / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def withdrawn(outputs: Path) -> list[str]:
    """Of each individual, whether they withdrew; and that such a row says nothing else."""
    individuals = rows(outputs, "individuals.csv")
    for row in individuals:
        if row["consent_withdrawn"] == "true":
            assert {value for key, value in row.items() if key != "consent_withdrawn"} == {"STOP"}
    return [row["consent_withdrawn"] for row in individuals]


def coda_texts(outputs: Path, name: str = "s01e01_water") -> list[str]:
    coda_file = outputs / "Coda Files" / f"{name}.json"
    return [message["Text"] for message in json.loads(coda_file.read_text(encoding="utf-8"))]


WATER = label("s01e01_water", "wells_and_boreholes")
STOP = label("s01e01_water", "STOP")
WS, TO_GENDER = label("s01e01_water", "WS"), label("ws_correct_dataset", "gender")
LONG_AFTER = datetime(2031, 1, 1, tzinfo=UTC)

UNVERIFIED = json.loads((DEMO / "pipeline.json").read_text(encoding="utf-8"))["CodingPlans"]
UNVERIFIED["Demographics"][0]["Codings"][0]["RequiresManualVerification"] = False

SAID = Message("p1", "e01", "the text")


@pytest.mark.parametrize(
    ("messages", "labels"),
    [
        pytest.param([SAID], {("e01", "the text"): [STOP]}, id="and nothing else"),
        pytest.param(
            [SAID],
            {("e01", "the text"): [label("s01e01_water", "WS", suffix="-2"), STOP]},
            id="and WS in a duplicate of the scheme",
        ),
        pytest.param([SAID], {("e01", "the text"): [TO_GENDER, STOP]}, id="and a correct dataset"),
        pytest.param(
            [SAID, Message("p1", "e02", "more")], {("e01", "the text"): [TO_GENDER, WS, STOP]}, id="and moved since"
        ),
        pytest.param([SAID], {("e01", "the text"): [WATER, STOP]}, id="and something else since"),
        pytest.param(
            [SAID],
            {("e01", "the text"): [STOP | {"CodeID": "SPECIAL-MANUALLY_UNCODED"}, STOP]},
            id="and that was taken away",
        ),
        pytest.param(
            [SAID],
            {("e01", "the text"): [label("s01e01_water", "STOP", checked=False)]},
            id="and the label is not checked",
        ),
        pytest.param(
            [SAID],
            {("e01", "the text"): [label("s01e01_water", "STOP", origin="External")]},
            id="by a machine, and somebody has checked it",
        ),
        pytest.param([SAID], {("e01", "the text"): [label("gender", "STOP")]}, id="under another question's scheme"),
        pytest.param(
            [SAID, Message("p1", "location", "there")],
            {
                ("location", "there"): [
                    label("district", "STOP"),
                    label("mogadishu_sub_district", "NC"),
                ]
            },
            id="as a district, and not coded as a sub-district",
        ),
        pytest.param(
            [SAID, Message("p1", "location", "there")],
            {("location", "there"): [label("district", "STOP"), label("mogadishu_sub_district", "daynile")]},
            id="as a district, and a sub-district is named",
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "no more", END + 30 * DAY)], {("e01", "no more"): [STOP]}, id="after the end"
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "no more", START - 30 * DAY)],
            {("e01", "no more"): [STOP]},
            id="before the start",
        ),
        pytest.param(
            [SAID, Message("p1", "gender", "no more"), Message("p1", "gender", "wiil")],
            {("gender", "no more"): [label("gender", "STOP")]},
            id="in an answer that was given again",
        ),
        pytest.param(
            [SAID, Message("p1", "pilot gender", "no more"), Message("p1", "gender", "wiil")],
            {("gender", "no more"): [label("gender", "STOP")]},
            id="in an answer that another survey's takes the place of",
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "naag")],
            {("e01", "naag"): [TO_GENDER, WS], ("gender", "naag"): [label("gender", "STOP")]},
            id="where a text has moved to",
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "naag"), Message("p1", "gender", "wiil")],
            {("e01", "naag"): [TO_GENDER, WS], ("gender", "naag"): [label("gender", "STOP")]},
            id="where a text has moved to and become a part of another",
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "naag"), Message("p1", "gender", "wiil")],
            {("e01", "naag"): [TO_GENDER, WS], ("gender", "wiil; naag"): [label("gender", "STOP")]},
            id="where a text has moved to, in what became of it",
        ),
        pytest.param(
            [SAID, Message("p1", "csv", "no more", MIDDLE)], {("e01", "no more"): [STOP]}, id="where its time put it"
        ),
        pytest.param(
            [SAID, Message("p1", "csv", "no more", END + 30 * DAY)],
            {("e02", "no more"): [label("s01e02_health", "STOP")]},
            id="where no rule puts it any more",
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "naag")],
            {
                ("e01", "naag"): [TO_GENDER | {"CodeID": "SPECIAL-MANUALLY_UNCODED"}, TO_GENDER, WS],
                ("gender", "naag"): [label("gender", "STOP")],
            },
            id="where a text had moved to until that was taken back",
        ),
        pytest.param(
            [SAID, Message("p1", "e01", "naag")],
            {
                ("e01", "naag"): [label("ws_correct_dataset", "gender", LATER), label("s01e01_water", "WS", LATER)],
                ("gender", "naag"): [
                    label("ws_correct_dataset", "s01e02 health", LATER),
                    label("gender", "WS", LATER),
                ],
                ("e02", "naag"): [label("s01e02_health", "STOP", LATER)],
            },
            id="where coders sent a text on",
        ),
        pytest.param(
            [SAID],
            {("e01", "the text"): [{**STOP, "SchemeID": "Scheme-of-before", "CodeID": "code-STOP-of-before"}]},
            id="under a scheme that the project has no more",
        ),
        pytest.param([SAID], {("e01", "the text"): [label("s01e01_water", "STOP", LONG_AFTER)]}, id="by a fast clock"),
    ],
)
@pytest.mark.parametrize("as_of", [None, datetime(2025, 9, 30, tzinfo=UTC)], ids=["as of now", "in a backfill"])
def test_whoever_was_ever_labelled_stop_is_withdrawn(
    messages: list[Message], labels: Labels, as_of: datetime | None, outputs: Outputs
) -> None:
    made = outputs([*messages, Message("p2", "e01", "stays")], labels, as_of)
    assert sorted(withdrawn(made)) == ["false", "true"]
    said = everything(made)
    assert uuid_of("p1") not in said
    assert "the text" not in said
    assert "stays" in said


def test_a_stop_counts_where_a_text_would_move_if_the_config_moved_any(outputs: Outputs) -> None:
    labels = {("e01", "naag"): [TO_GENDER, WS], ("gender", "naag"): [label("gender", "STOP")]}
    made = outputs([SAID, Message("p1", "e01", "naag"), OF_OTHERS], labels, MoveWSMessages=False)
    assert sorted(withdrawn(made)) == ["false", "true"]


def test_a_stop_says_nothing_of_who_wrote_the_same_to_another_question(outputs: Outputs) -> None:
    labels = {("gender", "maya"): [label("gender", "STOP")], ("location", "maya"): [TO_GENDER]}
    made = outputs([Message("p1", "e01", "maya"), Message("p2", "gender", "maya")], labels)
    assert withdrawn(made) == ["false"]


def test_a_stop_counts_in_a_coding_that_nobody_verifies(outputs: Outputs) -> None:
    messages = [SAID, Message("p1", "gender", "no more")]
    labels = {("gender", "no more"): [label("gender", "STOP")]}
    assert withdrawn(outputs(messages, labels, CodingPlans=UNVERIFIED)) == ["true"]


OF_OTHERS = Message("p2", "e01", "stays")
LATE = Message("p1", "e01", "no more", MIDDLE + DAY)
BOTH = [SAID, LATE, OF_OTHERS]


@pytest.mark.parametrize(
    "at", [MIDDLE - DAY, MIDDLE + 2 * DAY], ids=["labelled before, since others wrote it", "labelled since"]
)
def test_a_backfill_leaves_out_who_has_withdrawn_since(at: datetime, tmp_path: Path) -> None:
    world = World(tmp_path)
    made, _ = world.outputs(BOTH, {("e01", "no more"): [label("s01e01_water", "STOP", at)]}, MIDDLE)
    assert sorted(withdrawn(made)) == ["false", "true"]
    again, _ = world.run(BOTH, MIDDLE)
    assert everything(again) == everything(made)


def test_a_backfill_knows_nothing_else_of_what_coders_said_later(tmp_path: Path) -> None:
    later = [label("s01e01_water", code, MIDDLE + DAY) for code in ("clean_water", "STOP")]
    messages = [SAID, Message("p2", "e01", "stays"), LATE]
    world = World(tmp_path)
    made, _ = world.outputs(messages, {("e01", "stays"): later[:1], ("e01", "no more"): later}, MIDDLE)
    (shown,) = (row for row in rows(made, "messages.csv") if row["uid"] == uuid_of("p2"))
    assert shown["s01e01_water_NR"] == "1"
    pulled = "".join(path.read_text(encoding="utf-8") for path in world.coded.iterdir())
    assert "no more" not in pulled
    assert later[0]["CodeID"] not in pulled


def test_a_stop_counts_in_a_message_that_breaks_codas_rules(tmp_path: Path) -> None:
    world = World(tmp_path, QuarantineShareLimit=1.0)
    world.say({("e01", "the text"): [STOP]})
    path = tmp_path / "coda" / "s01e01_water.json"
    (message,) = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps([message | {"CreationDateTimeUTC": "once", "Labels": [7, *message["Labels"]]}]))
    assert withdrawn(world.run([SAID], None)[0]) == ["true"]


@pytest.mark.parametrize("origin", ["External", "Automatic"])
def test_a_suggestion_withdraws_nobody_and_holds_back_until_a_coder_has_decided(
    origin: str, outputs: Outputs, tmp_path: Path
) -> None:
    suggested = label("s01e01_water", "STOP", checked=False, origin=origin)
    made = outputs([SAID, OF_OTHERS], {("e01", "the text"): [suggested]})
    assert withdrawn(made) == ["false"]
    assert "the text" not in everything(made, without_coda_files=True)
    decided, _ = World(tmp_path / "decided").outputs([SAID], {("e01", "the text"): [WATER, suggested]})
    assert withdrawn(decided) == ["false"]
    assert "the text" in everything(decided, without_coda_files=True)


@pytest.fixture
def state(tmp_path: Path) -> Storage:
    return storage_at((tmp_path / "world" / "data" / "geedka").as_uri())


def test_nobody_comes_back_when_their_label_or_their_message_is_gone(outputs: Outputs, state: Storage) -> None:
    remember_withdrawn(state, [uuid_of("p1")])
    remember_withdrawn(state, [uuid_of("p0")])
    assert read_withdrawn(state) == {uuid_of("p0"), uuid_of("p1")}
    made = outputs([SAID, Message("p2", "e01", "stays")], {("e01", "the text"): [WATER]})
    assert withdrawn(made) == ["true", "false"]
    assert "the text" not in everything(made)


def test_a_contact_that_was_deleted_counts_as_withdrawn(outputs: Outputs) -> None:
    deleted = Message("p1", "location", "there", marks={"deleted_contact": True})
    made = outputs([SAID, deleted, OF_OTHERS], {("e01", "the text"): [WATER]}, MIDDLE)
    assert withdrawn(made) == ["true", "false"]
    assert "the text" not in everything(made)


@pytest.mark.parametrize("no", [False, 0, None, "", "False", "FALSE", " false ", "0.0", "None", "No"])
def test_a_mark_that_says_no_marks_nobody(no: Any, outputs: Outputs) -> None:
    unmarked = Message("p1", "location", "there", marks={"deleted_contact": no, "test_run": no})
    made = outputs([SAID, unmarked], {("e01", "the text"): [WATER]})
    assert withdrawn(made) == ["false"]
    assert "the text" in everything(made)


@pytest.mark.parametrize(
    "mark",
    [
        pytest.param(Message("p1", "e02", "try", END + DAY, {"test_run": True}), id="after the end"),
        pytest.param(Message("p1", "gender", "wiil", MIDDLE + DAY, {"test_run": True}), id="after the as-of time"),
    ],
)
def test_a_test_contact_is_in_no_output_wherever_the_mark_is(mark: Message, outputs: Outputs) -> None:
    unmarked = Message("p1", "gender", "wiil", marks={"test_run": False})
    made = outputs([SAID, mark, unmarked, Message("p2", "e01", "stays")], as_of=MIDDLE)
    assert [row["uid"] for row in rows(made, "individuals.csv")] == [uuid_of("p2")]
    assert "the text" not in everything(made)


WORD = Message("p1", "e01", "Jooji!!")
NOT_CODED = label("s01e01_water", "NC")


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([SAID, WORD], id="to a show"),
        pytest.param([SAID, Message("p1", "gender", " stop STOP.")], id="as an answer"),
        pytest.param([SAID, Message("p1", "gender", "Acha"), Message("p1", "gender", "wiil")], id="answered again"),
        pytest.param([SAID, Message("p1", "e01", "jooji", END + 30 * DAY)], id="after the end"),
        pytest.param([SAID, Message("p1", "csv", "jooji", MIDDLE)], id="from a recovered file"),
        pytest.param([SAID, Message("p1", "e01", "S.T.O.P", MIDDLE + 7 * DAY)], id="after the as-of time"),
        pytest.param([SAID, Message("p1", "e01", "Faraxa")], id="in a word of the project"),
    ],
)
def test_whoever_sent_an_unreviewed_stop_word_is_in_no_output_but_the_coda_files(
    messages: list[Message], tmp_path: Path
) -> None:
    as_of = MIDDLE + 6 * DAY
    world = World(tmp_path, StopWords=["faraxa"])
    made, told = world.outputs([*messages, OF_OTHERS], {("e01", "the text"): [WATER]}, as_of)
    assert withdrawn(made) == ["false"]
    without = everything(made, without_coda_files=True)
    assert uuid_of("p1") not in without
    assert "the text" not in without
    assert "the text" in coda_texts(made)
    word = messages[-1 if len(messages) < 3 else 1]
    if word.at < as_of:
        assert word.text in coda_texts(made, "gender" if word.to == "gender" else "s01e01_water")
    assert the_count(told.counts, "participants_held_back") == 1
    assert total(told.counts, outcome=Outcome.DROPPED, reason="held_back") > 0
    for row in told.quality:
        not_counted = {"dataset", "oldest_unreviewed", "newest_message"}
        counts = {name: int(value or 0) for name, value in row.items() if name not in not_counted}
        dropped = sum(count for name, count in counts.items() if name.startswith("dropped_"))
        assert counts["fetched"] + counts["moved_in"] - counts["moved_out"] - dropped == counts["messages"]


def test_stop_words_that_wait_stand_first_in_the_coding_progress(outputs: Outputs) -> None:
    made = outputs([SAID, Message("p1", "gender", "jooji"), Message("p2", "gender", "jooji"), OF_OTHERS])
    progress = rows(made, "coding_progress.csv")
    assert (progress[0]["dataset"], progress[0]["unreviewed_stops"]) == ("gender", "1")
    assert [row["dataset"] for row in progress[1:3]] == ["s01e01_water", "s01e02_health"]
    quality = {row["dataset"]: row for row in rows(made, "quality.csv")}
    assert quality["s01e01_water"]["dropped_held_back"] == "2"


@pytest.mark.parametrize(
    ("labels", "consent"),
    [
        pytest.param([NOT_CODED], ["false", "false"], id="it says something else"),
        pytest.param([STOP], ["true", "false"], id="it is a STOP"),
        pytest.param([label("s01e01_water", "NC", checked=False, origin="External")], ["false"], id="a suggestion"),
        pytest.param(
            [label("s01e01_water", "NC") | {"CodeID": "SPECIAL-MANUALLY_UNCODED"}], ["false"], id="taken away"
        ),
        pytest.param([label("s01e01_water", "NC") | {"SchemeID": "another"}], ["false"], id="of another scheme"),
        pytest.param([label("s01e01_water", "NC", LATER)], ["false", "false"], id="after the as-of time"),
    ],
)
def test_a_stop_word_holds_back_until_a_coder_has_decided(
    labels: list[dict[str, Any]], consent: list[str], outputs: Outputs
) -> None:
    made = outputs([SAID, WORD, OF_OTHERS], {("e01", "Jooji!!"): labels}, MIDDLE)
    assert withdrawn(made) == consent


def test_nobody_is_held_back_where_the_config_says_so(outputs: Outputs) -> None:
    assert withdrawn(outputs([SAID, WORD], HoldBackUnreviewedStops=False)) == ["false"]


def test_the_predecessors_read_consent_from_what_is_left(outputs: Outputs) -> None:
    labels = {("e01", "the text"): [TO_GENDER, STOP]}
    assert withdrawn(outputs([SAID, WORD], labels, Compatibility="predecessor")) == ["false"]


def test_a_text_that_is_too_long_is_cut_off_counted_and_traced_and_a_stop_of_all_of_it_counts(tmp_path: Path) -> None:
    world = World(tmp_path, TextLimitBytes=1000)
    long = "biyo " * 1000
    messages = [
        Message("p1", "e01", long),
        Message("p1", "gender", "wiil " * 1000),
        Message("p2", "e02", long),
        Message("p3", "e01", "p3 " * 1000),
    ]
    made, told = world.outputs(messages, {("e01", "p3 " * 1000): [STOP]})
    said = everything(made)
    assert long[:1000] in said
    assert long[:1001] not in said
    assert uuid_of("p3") not in said
    assert the_count(told.counts, "texts_above_TextLimitBytes") == 4
    traced = (made / "messages_traced_data.jsonl").read_text(encoding="utf-8")
    assert '"texts_cut": {"S01E01_Water (Text) - geedka_s01e01_activation": 5000}' in traced
    assert '"texts_cut": {"Gender (Value) - geedka_demog": 5000}' in traced
    assert coda_texts(made, "s01e02_health") == [long[:1000]]


def test_the_predecessors_cut_no_text(tmp_path: Path) -> None:
    world = World(tmp_path, TextLimitBytes=1000, Compatibility="predecessor")
    made, _ = world.outputs([Message("p1", "e01", "biyo " * 1000)])
    assert "biyo " * 1000 in (made / "production.csv").read_text(encoding="utf-8")


def test_a_stop_word_that_every_text_would_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"StopWords\[1\].*has neither a letter nor a digit; write a word"):
        World(tmp_path, StopWords=["ka noqo", "!!"])
