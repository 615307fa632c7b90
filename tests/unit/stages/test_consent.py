"""Whoever was ever labelled STOP is withdrawn, by all that the project has of them, and nothing takes it back."""

import csv
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipeline_lib.errors import ConfigError
from pipeline_lib.model.step_counts import Outcome, total
from pipeline_lib.stages.outputs import ProcessResult
from pipeline_lib.stages.withdrawn import read_withdrawn, remember_withdrawn
from pipeline_lib.storage import Storage, storage_at
from tests.step_counts import the_count
from tests.unit.stages.consent_world import (
    DEMO,
    END,
    LATER,
    MIDDLE,
    START,
    Case,
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


class Made(NamedTuple):
    """What one run has made of many people, each a case."""

    outputs: Path
    told: ProcessResult
    said: str
    """By all files but those for coders."""
    said_to_coders: str
    cases: Mapping[str, Case]
    """As they were in this run."""

    def person(self, name: str) -> str:
        return uuid_of(self.cases[name].messages[0].who)

    def texts(self, name: str) -> list[str]:
        return [message.text for message in self.cases[name].messages]


def made_of(cases: Mapping[str, Case], world: World, as_of: datetime | None) -> Made:
    """One run of all cases, and of somebody else."""
    apart = {name: case.apart(number) for number, (name, case) in enumerate(cases.items())}
    messages = [message for case in apart.values() for message in case.messages]
    labels = {place: own for case in apart.values() for place, own in case.labels.items()}
    outputs, told = world.outputs([*messages, OF_OTHERS], labels, as_of)
    coda_files = sorted((outputs / "Coda Files").iterdir())
    said_to_coders = "\n".join(path.read_text(encoding="utf-8") for path in coda_files)
    return Made(outputs, told, everything(outputs, without_coda_files=True), said_to_coders, apart)


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
OF_OTHERS = Message("p2", "e01", "stays")


STOPPED = {
    "and nothing else": Case([SAID], {("e01", "the text"): [STOP]}),
    "and WS in a duplicate of the scheme": Case(
        [SAID], {("e01", "the text"): [label("s01e01_water", "WS", suffix="-2"), STOP]}
    ),
    "and a correct dataset": Case([SAID], {("e01", "the text"): [TO_GENDER, STOP]}),
    "and moved since": Case([SAID, Message("p1", "e02", "more")], {("e01", "the text"): [TO_GENDER, WS, STOP]}),
    "and something else since": Case([SAID], {("e01", "the text"): [WATER, STOP]}),
    "and that was taken away": Case(
        [SAID], {("e01", "the text"): [STOP | {"CodeID": "SPECIAL-MANUALLY_UNCODED"}, STOP]}
    ),
    "and the label is not checked": Case([SAID], {("e01", "the text"): [label("s01e01_water", "STOP", checked=False)]}),
    "by a machine, and somebody has checked it": Case(
        [SAID], {("e01", "the text"): [label("s01e01_water", "STOP", origin="External")]}
    ),
    "under another question's scheme": Case([SAID], {("e01", "the text"): [label("gender", "STOP")]}),
    "as a district, and not coded as a sub-district": Case(
        [SAID, Message("p1", "location", "there")],
        {
            ("location", "there"): [
                label("district", "STOP"),
                label("mogadishu_sub_district", "NC"),
            ]
        },
    ),
    "as a district, and a sub-district is named": Case(
        [SAID, Message("p1", "location", "there")],
        {("location", "there"): [label("district", "STOP"), label("mogadishu_sub_district", "daynile")]},
    ),
    "after the end": Case([SAID, Message("p1", "e01", "no more", END + 30 * DAY)], {("e01", "no more"): [STOP]}),
    "before the start": Case([SAID, Message("p1", "e01", "no more", START - 30 * DAY)], {("e01", "no more"): [STOP]}),
    "in an answer that was given again": Case(
        [SAID, Message("p1", "gender", "no more"), Message("p1", "gender", "wiil")],
        {("gender", "no more"): [label("gender", "STOP")]},
    ),
    "in an answer that another survey's takes the place of": Case(
        [SAID, Message("p1", "pilot gender", "no more"), Message("p1", "gender", "wiil")],
        {("gender", "no more"): [label("gender", "STOP")]},
    ),
    "where a text has moved to": Case(
        [SAID, Message("p1", "e01", "naag")],
        {("e01", "naag"): [TO_GENDER, WS], ("gender", "naag"): [label("gender", "STOP")]},
    ),
    "where a text has moved to and become a part of another": Case(
        [SAID, Message("p1", "e01", "naag"), Message("p1", "gender", "wiil")],
        {("e01", "naag"): [TO_GENDER, WS], ("gender", "naag"): [label("gender", "STOP")]},
    ),
    "where a text has moved to, in what became of it": Case(
        [SAID, Message("p1", "e01", "naag"), Message("p1", "gender", "wiil")],
        {("e01", "naag"): [TO_GENDER, WS], ("gender", "wiil; naag"): [label("gender", "STOP")]},
    ),
    "where its time put it": Case([SAID, Message("p1", "csv", "no more", MIDDLE)], {("e01", "no more"): [STOP]}),
    "where no rule puts it any more": Case(
        [SAID, Message("p1", "csv", "no more", END + 30 * DAY)], {("e02", "no more"): [label("s01e02_health", "STOP")]}
    ),
    "where a text had moved to until that was taken back": Case(
        [SAID, Message("p1", "e01", "naag")],
        {
            ("e01", "naag"): [TO_GENDER | {"CodeID": "SPECIAL-MANUALLY_UNCODED"}, TO_GENDER, WS],
            ("gender", "naag"): [label("gender", "STOP")],
        },
    ),
    "where coders sent a text on": Case(
        [SAID, Message("p1", "e01", "naag")],
        {
            ("e01", "naag"): [label("ws_correct_dataset", "gender", LATER), label("s01e01_water", "WS", LATER)],
            ("gender", "naag"): [
                label("ws_correct_dataset", "s01e02 health", LATER),
                label("gender", "WS", LATER),
            ],
            ("e02", "naag"): [label("s01e02_health", "STOP", LATER)],
        },
    ),
    "under a scheme that the project has no more": Case(
        [SAID], {("e01", "the text"): [{**STOP, "SchemeID": "Scheme-of-before", "CodeID": "code-STOP-of-before"}]}
    ),
    "by a fast clock": Case([SAID], {("e01", "the text"): [label("s01e01_water", "STOP", LONG_AFTER)]}),
}


@pytest.fixture(scope="module", params=[None, datetime(2025, 9, 30, tzinfo=UTC)], ids=["as of now", "in a backfill"])
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made_of(STOPPED, World(tmp_path_factory.mktemp("stopped")), request.param)


@pytest.mark.parametrize("name", STOPPED)
def test_whoever_was_ever_labelled_stop_is_withdrawn(name: str, stopped: Made) -> None:
    assert stopped.person(name) in stopped.told.withdrawn
    assert stopped.person(name) not in stopped.said + stopped.said_to_coders
    (text, *_) = stopped.texts(name)
    assert text not in stopped.said + stopped.said_to_coders


def test_nothing_is_said_of_the_withdrawn_but_that_they_are_and_nobody_else_is(stopped: Made) -> None:
    assert sorted(withdrawn(stopped.outputs)) == ["false", *["true"] * len(STOPPED)]
    assert OF_OTHERS.text in stopped.said


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


LATE = Message("p1", "e01", "no more", MIDDLE + DAY)


def test_a_backfill_leaves_out_who_has_withdrawn_since(tmp_path: Path) -> None:
    cases = {
        name: Case([SAID, LATE], {("e01", "no more"): [label("s01e01_water", "STOP", at)]})
        for name, at in {
            "labelled before, since others wrote it": MIDDLE - DAY,
            "labelled since": MIDDLE + 2 * DAY,
        }.items()
    }
    world = World(tmp_path)
    made = made_of(cases, world, MIDDLE)
    assert made.told.withdrawn == {made.person(name) for name in cases}
    assert sorted(withdrawn(made.outputs)) == ["false", "true", "true"]
    messages = [message for case in made.cases.values() for message in case.messages]
    again, _ = world.run([*messages, OF_OTHERS], MIDDLE)
    assert everything(again) == everything(made.outputs)


def test_a_backfill_knows_nothing_else_of_what_coders_said_later(tmp_path: Path) -> None:
    later = [label("s01e01_water", code, MIDDLE + DAY) for code in ("clean_water", "STOP")]
    messages = [SAID, OF_OTHERS, LATE]
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


@pytest.fixture
def state(tmp_path: Path) -> Storage:
    return storage_at((tmp_path / "world" / "data" / "geedka").as_uri())


def test_nobody_comes_back_when_their_label_or_their_message_is_gone(outputs: Outputs, state: Storage) -> None:
    remember_withdrawn(state, [uuid_of("p1")])
    remember_withdrawn(state, [uuid_of("p0")])
    assert read_withdrawn(state) == {uuid_of("p0"), uuid_of("p1")}
    made = outputs([SAID, OF_OTHERS], {("e01", "the text"): [WATER]})
    assert withdrawn(made) == ["true", "false"]
    assert "the text" not in everything(made)


UNMARKED = {
    repr(no): Case([SAID, Message("p1", "location", "there", marks={"deleted_contact": no, "test_run": no})])
    for no in (False, 0, None, "", "False", "FALSE", " false ", "0.0", "None", "No")
}
DELETED = {"a deleted contact": Case([SAID, Message("p1", "location", "there", marks={"deleted_contact": True})])}
WIIL = Message("p1", "gender", "wiil", marks={"test_run": False})
TESTS = {
    "after the end": Case([SAID, Message("p1", "e02", "try", END + DAY, {"test_run": True}), WIIL]),
    "after the as-of time": Case([SAID, Message("p1", "gender", "wiil", MIDDLE + DAY, {"test_run": True}), WIIL]),
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Made:
    cases = {
        name: Case(case.messages, {("e01", "the text"): [WATER]}) for name, case in (UNMARKED | DELETED | TESTS).items()
    }
    return made_of(cases, World(tmp_path_factory.mktemp("marked")), MIDDLE)


def test_a_contact_that_was_deleted_counts_as_withdrawn(marked: Made) -> None:
    (name,) = DELETED
    assert marked.told.withdrawn == {marked.person(name)}
    assert sorted(withdrawn(marked.outputs)) == ["false", *["false"] * len(UNMARKED), "true"]
    assert marked.person(name) not in marked.said + marked.said_to_coders
    assert marked.texts(name)[0] not in marked.said + marked.said_to_coders


@pytest.mark.parametrize("no", UNMARKED)
def test_a_mark_that_says_no_marks_nobody(no: str, marked: Made) -> None:
    assert marked.person(no) in [row["uid"] for row in rows(marked.outputs, "individuals.csv")]
    assert marked.texts(no)[0] in marked.said


@pytest.mark.parametrize("mark", TESTS)
def test_a_test_contact_is_in_no_output_wherever_the_mark_is(mark: str, marked: Made) -> None:
    assert marked.person(mark) not in marked.said + marked.said_to_coders
    assert marked.texts(mark)[0] not in marked.said + marked.said_to_coders


WORD = Message("p1", "e01", "Jooji!!")
AS_OF = MIDDLE + 6 * DAY

WORDS = {
    "to a show": Case([SAID, WORD]),
    "as an answer": Case([SAID, Message("p1", "gender", " stop STOP.")]),
    "answered again": Case([SAID, Message("p1", "gender", "Acha"), Message("p1", "gender", "wiil")]),
    "after the end": Case([SAID, Message("p1", "e01", "jooji", END + 30 * DAY)]),
    "from a recovered file": Case([SAID, Message("p1", "csv", "jooji", MIDDLE)]),
    "after the as-of time": Case([SAID, Message("p1", "e01", "S.T.O.P", MIDDLE + 7 * DAY)]),
    "in a word of the project": Case([SAID, Message("p1", "e01", "Faraxa")]),
}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Made:
    cases = {name: Case(case.messages, {("e01", "the text"): [WATER]}) for name, case in WORDS.items()}
    return made_of(cases, World(tmp_path_factory.mktemp("asked"), StopWords=["faraxa"]), AS_OF)


@pytest.mark.parametrize("name", WORDS)
def test_whoever_sent_an_unreviewed_stop_word_is_in_no_output_but_the_coda_files(name: str, asked: Made) -> None:
    assert asked.person(name) not in asked.said
    said, word, *_ = asked.cases[name].messages
    assert said.text not in asked.said
    assert said.text in coda_texts(asked.outputs)
    if word.at < AS_OF:
        assert word.text in coda_texts(asked.outputs, "gender" if word.to == "gender" else "s01e01_water")


def test_whoever_sent_an_unreviewed_stop_word_is_counted_as_held_back(asked: Made) -> None:
    assert withdrawn(asked.outputs) == ["false"]
    told = asked.told
    assert not told.withdrawn
    assert the_count(told.counts, "participants_held_back") == len(WORDS)
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


NOT_CODED = label("s01e01_water", "NC")
SUGGESTED = {
    origin: label("s01e01_water", "STOP", checked=False, origin=origin) for origin in ("External", "Automatic")
}

DECIDED = {
    "it says something else": ([NOT_CODED], "shown"),
    "it is a STOP": ([STOP], "withdrawn"),
    "a suggestion": ([label("s01e01_water", "NC", checked=False, origin="External")], "held back"),
    "taken away": ([NOT_CODED | {"CodeID": "SPECIAL-MANUALLY_UNCODED"}], "held back"),
    "of another scheme": ([NOT_CODED | {"SchemeID": "another"}], "held back"),
    "after the as-of time": ([label("s01e01_water", "NC", LATER)], "shown"),
}
"""What coders said of a stop word, and what becomes of its sender."""


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Made:
    words = {name: Case([SAID, WORD], {("e01", "Jooji!!"): labels}) for name, (labels, _) in DECIDED.items()}
    open_ = {f"{origin}, open": Case([SAID], {("e01", "the text"): [SUGGESTED[origin]]}) for origin in SUGGESTED}
    done = {f"{origin}, done": Case([SAID], {("e01", "the text"): [WATER, SUGGESTED[origin]]}) for origin in SUGGESTED}
    return made_of(words | open_ | done, World(tmp_path_factory.mktemp("decided")), MIDDLE)


def became(name: str, made: Made) -> str:
    """What became of a person: by what is known, and in all files; their text is where they are."""
    is_shown = made.person(name) in [row["uid"] for row in rows(made.outputs, "individuals.csv")]
    is_withdrawn = made.person(name) in made.told.withdrawn
    assert (made.texts(name)[0] in made.said) is is_shown
    assert (made.texts(name)[0] in made.said_to_coders) is not is_withdrawn
    assert not (is_shown and is_withdrawn)
    return "shown" if is_shown else "withdrawn" if is_withdrawn else "held back"


@pytest.mark.parametrize("name", DECIDED)
def test_a_stop_word_holds_back_until_a_coder_has_decided(name: str, decided: Made) -> None:
    assert became(name, decided) == DECIDED[name][1]


@pytest.mark.parametrize("origin", SUGGESTED)
def test_a_suggestion_withdraws_nobody_and_holds_back_until_a_coder_has_decided(origin: str, decided: Made) -> None:
    assert became(f"{origin}, open", decided) == "held back"
    assert became(f"{origin}, done", decided) == "shown"


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
