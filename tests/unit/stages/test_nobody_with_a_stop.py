"""Whatever labels, dates, as-of times, moves and imputations there are, nobody with a STOP has a text anywhere."""

import json
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.stages.consent_world import DEMO, END, MIDDLE, START, Labels, Message, World, everything, label, uuid_of

pytestmark = pytest.mark.slow

SCHEMES = {
    "e01": ("s01e01_water", "clean_water"),
    "e02": ("s01e02_health", "vaccination"),
    "gender": ("gender", "man"),
    "location": ("district", "afgooye"),
}
"""Of each dataset, a scheme and one of its normal codes."""

TARGETS = {"s01e01 water": "e01", "s01e02 health": "e02", "gender": "gender", "location": "location"}
"""Where coders send texts, and whose labels they then stand in."""

DATASETS = {"e01": ["e01"], "e02": ["e02"], "gender": ["gender"], "pilot gender": ["gender"], "location": ["location"]}
"""In whose labels a text may be found that was sent somewhere. A recovered file's go by their time."""

WHEN = [
    START - timedelta(days=30),
    START + timedelta(days=1),
    MIDDLE,
    MIDDLE + timedelta(days=2),
    END + timedelta(days=9),
]

_instants = st.sampled_from(WHEN)
_messages = st.lists(
    st.tuples(st.sampled_from(["p1", "p2", "p3"]), st.sampled_from([*DATASETS, "csv"]), _instants), max_size=9
)
_groups = st.lists(_messages, min_size=6, max_size=6)
"""What six times three people sent: one run of all costs hardly more than that of three."""


@st.composite
def _labels(draw: st.DrawFn, dataset: str) -> list[dict[str, Any]]:
    """A text's labels: of its own scheme or a duplicate, or where it belongs; of places also as a sub-district."""
    scheme, normal = SCHEMES[dataset]
    kinds = [
        (scheme, normal, ""),
        (scheme, "STOP", ""),
        (scheme, "STOP", "-2"),
        (scheme, "WS", ""),
        (scheme, "NC", "-2"),
    ]
    kinds += [("ws_correct_dataset", target, "") for target in TARGETS]
    if dataset == "location":
        places = ("mogadishu_sub_district", "region")
        kinds += [(place, code, "") for place in places for code in ("NC", "STOP")]
        kinds += [("mogadishu_sub_district", "daynile", "")]
    chosen = draw(st.lists(st.sampled_from(kinds), max_size=4))
    return [
        label(
            of, code, draw(_instants), checked=draw(st.booleans()), suffix=suffix, origin=draw(st.sampled_from(ORIGINS))
        )
        for of, code, suffix in chosen
    ]


ORIGINS = ("Manual", None, "External")


def is_stop(given_label: Mapping[str, Any]) -> bool:
    """Whether a label withdraws, by a rule of this test's own: every STOP code of the demo has STOP in its id."""
    is_suggestion = not given_label["Checked"] and given_label.get("Origin", {}).get("OriginType") == "External"
    return "STOP" in given_label["CodeID"] and not is_suggestion


def targets_of(given_labels: Sequence[Mapping[str, Any]]) -> set[str]:
    """The datasets to which somebody has ever sent a text, whether it moves by that or not."""
    by_code = {label("ws_correct_dataset", target)["CodeID"]: dataset for target, dataset in TARGETS.items()}
    said = (each for each in given_labels if each["Checked"] or each.get("Origin", {}).get("OriginType") != "External")
    return {by_code[each["CodeID"]] for each in said if each["CodeID"] in by_code}


def unverified() -> dict[str, Any]:
    """The demo's plans, of which nobody verifies what is said of gender and of sub-districts."""
    plans: dict[str, Any] = json.loads((DEMO / "pipeline.json").read_text(encoding="utf-8"))["CodingPlans"]
    plans["Demographics"][0]["Codings"][0]["RequiresManualVerification"] = False
    plans["Demographics"][3]["Codings"][0]["RequiresManualVerification"] = False
    return plans


@pytest.fixture(scope="module", params=["the demo's", "moves nothing", "verifies less"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    config: dict[str, dict[str, Any]] = {
        "the demo's": {},
        "moves nothing": {"MoveWSMessages": False, "FilterTestMessages": False},
        "verifies less": {"CodingPlans": unverified(), "HoldBackUnreviewedStops": False},
    }
    return World(tmp_path_factory.mktemp("world"), **config[request.param])


def texts_of(sent: Sequence[Sequence[tuple[str, str, datetime]]]) -> list[Message]:
    """What people sent, of which each text is nobody else's."""
    return [
        Message(f"{group}{who}", to, f"marker {number} of {group}{who}", at)
        for group, of_group in zip("abcdef", sent, strict=True)
        for number, (who, to, at) in enumerate(of_group)
    ]


@settings(max_examples=8, deadline=None)
@given(data=st.data(), sent=_groups, as_of=st.sampled_from([None, *WHEN[1:]]))
def test_nobody_with_a_stop_label_has_a_text_or_a_name_in_any_output(
    world: World, data: st.DataObject, sent: list[list[tuple[str, str, datetime]]], as_of: datetime | None
) -> None:
    messages = texts_of(sent)
    labels = {}
    for message in messages:
        dataset = data.draw(st.sampled_from(DATASETS.get(message.to, ["e01", "e02"])))
        labels[dataset, message.text] = data.draw(_labels(dataset))
        for target in targets_of(labels[dataset, message.text]) - {dataset}:
            labels[target, message.text] = data.draw(_labels(target))
    stopped = {text.rpartition(" ")[2] for (_, text), given_labels in labels.items() if any(map(is_stop, given_labels))}
    shutil.rmtree(world.folder / "data", ignore_errors=True)  # what is known of the label store of before
    outputs, told = world.outputs(messages, labels, as_of)
    assert set(map(uuid_of, stopped)) <= told.withdrawn
    said = everything(outputs)
    for who in stopped:
        assert uuid_of(who) not in said
        assert f"of {who}" not in said
    production = (outputs / "production.csv").read_text(encoding="utf-8")
    for message in messages:
        is_heard = message.who not in stopped and (as_of is None or message.at < as_of)
        if is_heard and is_surely_published(message, messages, labels):
            assert message.text in production  # lest empty outputs pass


def is_surely_published(message: Message, messages: Sequence[Message], labels: Labels) -> bool:
    """Whether it is its sender's only one, to an episode within the dates, and nobody says that it moves."""
    is_alone = [other for other in messages if other.who == message.who] == [message]
    codes = {given_label["CodeID"] for given_label in labels.get((message.to, message.text), ())}
    is_plain = message.to in {"e01", "e02"} and not any("STOP" in code or "WS" in code for code in codes)
    return is_alone and is_plain and START <= message.at < END
