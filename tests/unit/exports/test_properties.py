"""What must hold for any messages: two episodes and one demographic, with moves and withdrawals."""

import csv
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.coda_files import write_coda_files
from pipeline_lib.exports.icr import write_icr_files
from pipeline_lib.exports.individuals_csv import write_individuals_csv
from pipeline_lib.exports.messages_csv import write_messages_csv
from pipeline_lib.exports.production_csv import write_production_csv
from pipeline_lib.model.code_scheme import CodeScheme
from pipeline_lib.model.coding_plan import Coding, CodingMode, CodingPlans, Dataset, DatasetKind
from pipeline_lib.processing.process import process
from pipeline_lib.processing.settings import RawFiles, Settings
from pipeline_lib.processing.translation import KeyRemapping, Translation

pytestmark = pytest.mark.slow

Message = tuple[str, int, str, int]
"""Who, which episode, what, and the minute."""

LABELS = {
    "biyo": {"e": "water"},
    "caafimaad": {"e": "health"},
    "jooji": {"e": "STOP", "gender": "STOP"},
    "wiil baan ahay": {"e": "WS", "ws": "gender"},
    "qaybta labaad": {"e": "WS", "ws": "e1"},
}
TEXTS = ["", "biyo", "caafimaad", "jooji", "wiil baan ahay", "qaybta labaad", "cusub"]

PEOPLE = [f"p{n}" for n in range(10, 22)]
MESSAGE = st.tuples(st.sampled_from(PEOPLE), st.integers(0, 1), st.sampled_from(TEXTS), st.integers(0, 5000))


def lists_of_messages(fewest: int, most: int) -> st.SearchStrategy[list[Message]]:
    return st.lists(MESSAGE, min_size=fewest, max_size=most, unique_by=lambda message: message[3])


# A run of many people costs hardly more than one of few, and there is more in it that may go wrong.
messages_ = lists_of_messages(0, 4) | lists_of_messages(12, 36)
answers_ = st.dictionaries(st.sampled_from(PEOPLE[:9]), st.sampled_from(["wiil", "naag", "jooji", ""]))


def scheme(name: str, *values: str) -> CodeScheme:
    normal = [
        {"CodeID": f"{name}-{v}", "CodeType": "Normal", "StringValue": v, "NumericValue": n, "MatchValues": [v]}
        for n, v in enumerate(values, start=1)
    ]
    control = [
        {"CodeID": f"{name}-{c}", "CodeType": "Control", "ControlCode": c, "StringValue": c, "NumericValue": -n}
        for n, c in enumerate(("NA", "NC", "NR", "STOP", "WS", "CE"), start=1)
    ]
    return CodeScheme.model_validate(
        {"SchemeID": f"Scheme-{name}", "Name": name, "Version": "1", "Codes": normal + control}
    )


def dataset(name: str, kind: DatasetKind, coding: Coding) -> Dataset:
    is_question = kind is DatasetKind.RESEARCH_QUESTION
    return Dataset(
        name=name,
        kind=kind,
        raw_field=f"{name}_raw",
        time_field="sent_on" if is_question else f"{name}_time",
        run_id_field=f"{name}_run_id" if is_question else None,
        message_id_field=None,
        coda_filename=f"{name}.json",
        icr_filename=f"{name}.csv" if is_question else None,
        ws_code_match_value=name,
        imputation=None,
        codings=(coding,),
    )


def coding(name: str, mode: CodingMode, *values: str) -> Coding:
    return Coding(code_scheme=scheme(name, *values), mode=mode, coded_field=f"{name}_coded", analysis_file_key=name)


PLANS = CodingPlans(
    research_questions=tuple(
        dataset(name, DatasetKind.RESEARCH_QUESTION, coding(name, CodingMode.MULTIPLE, "water", "health"))
        for name in ("e0", "e1")
    ),
    demographics=(dataset("gender", DatasetKind.DEMOGRAPHIC, coding("gender", CodingMode.SINGLE, "man", "woman")),),
    ws_correct_dataset_scheme=scheme("ws", "e0", "e1", "gender"),
)
KEYS = (
    KeyRemapping("avf_phone_id", "uid", is_activation_message=False),
    *(KeyRemapping(f"text {n}", f"e{n}_raw", is_activation_message=True) for n in range(2)),
    KeyRemapping("time", "sent_on", is_activation_message=False),
    KeyRemapping("gender", "gender_raw", is_activation_message=False),
    KeyRemapping("gender time", "gender_time", is_activation_message=False),
)


def write_lines(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_labels(folder: Path) -> None:
    for name in ("e0", "e1", "gender"):
        messages = []
        for text, codes in LABELS.items():
            codes_here = {name if owner == "e" else owner: code for owner, code in codes.items()}
            if name == "gender":
                codes_here = {owner: code for owner, code in codes_here.items() if owner == "gender" and code == "STOP"}
            made = {"Checked": True, "DateTimeUTC": "2021-10-09T00:00:00Z"}
            labels = [
                {"SchemeID": f"Scheme-{owner}", "CodeID": f"{owner}-{code}", **made}
                for owner, code in codes_here.items()
                if owner in {name, "ws"}
            ]
            messages.append({"MessageID": hashlib.sha256(text.encode()).hexdigest(), "Labels": labels})
        (folder / f"{name}.json").write_text(json.dumps(messages), encoding="utf-8")


def outputs(files: Sequence[Sequence[Message]], answers: dict[str, str]) -> dict[str, bytes]:
    """All output files of messages that come in several raw data files."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        start = datetime(2021, 10, 1, tzinfo=UTC)
        activations = [
            write_lines(
                folder / f"f{number}.jsonl",
                [
                    {"avf_phone_id": who, f"text {n}": text, "time": (start + timedelta(minutes=minute)).isoformat()}
                    for who, n, text, minute in messages
                ],
            )
            for number, messages in enumerate(files)
        ]
        survey = write_lines(
            folder / "survey.jsonl",
            [{"avf_phone_id": w, "gender": a, "gender time": "2021-09-01T00:00:00Z"} for w, a in answers.items()],
        )
        write_labels(folder)
        processed = process(
            RawFiles(activations=tuple(activations), surveys=(survey,)),
            folder,
            Settings(
                translation=Translation(KEYS, (), PLANS),
                start=start,
                end=datetime(2100, 1, 1, tzinfo=UTC),
                filter_test_messages=True,
                moves_wrong_scheme=True,
                as_predecessor=False,
                quarantine_share_limit=0.0,
                as_of=None,
            ),
        )
        made = folder / "made"
        made.mkdir()
        write_messages_csv(made / "messages.csv", processed)
        write_individuals_csv(made / "individuals.csv", processed)
        write_production_csv(made / "production.csv", processed)
        write_coda_files(made, processed, start)
        write_icr_files(made, processed, IcrSampling())
        return {path.name: path.read_bytes() for path in made.iterdir()}


def rows(made: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(made[name].decode().splitlines()))


@settings(max_examples=25, deadline=None)
@given(messages=messages_, answers=answers_, data=st.data())
def test_any_order_that_keeps_each_participants_own_gives_the_same_rows(
    messages: list[Message], answers: dict[str, str], data: st.DataObject
) -> None:
    interleaved: list[Message] = []
    left = {who: [message for message in messages if message[0] == who] for who in {message[0] for message in messages}}
    while any(left.values()):
        who = data.draw(st.sampled_from(sorted(who for who, own in left.items() if own)))
        interleaved.append(left[who].pop(0))
    one, other = outputs([messages], answers), outputs([interleaved], answers)
    for name in ("messages.csv", "individuals.csv", "production.csv"):
        assert one[name] == other[name]


@settings(max_examples=15, deadline=None)
@given(messages=messages_, answers=answers_)
def test_processing_twice_gives_the_same_bytes_and_nobody_twice(
    messages: list[Message], answers: dict[str, str]
) -> None:
    one, other = outputs([messages], answers), outputs([messages], answers)
    assert one == other
    uids = [row["uid"] for row in rows(one, "individuals.csv") if row["consent_withdrawn"] == "false"]
    assert len(uids) == len(set(uids))
    assert {row["uid"] for row in rows(one, "messages.csv")} == {row["uid"] for row in rows(one, "individuals.csv")}


@settings(max_examples=25, deadline=None)
@given(messages=messages_, answers=answers_, cut=st.integers(0, 36))
def test_the_fold_is_the_same_however_the_messages_are_split_over_files(
    messages: list[Message], answers: dict[str, str], cut: int
) -> None:
    whole, split = outputs([messages], answers), outputs([messages[:cut], messages[cut:]], answers)
    assert whole == split


@settings(max_examples=40, deadline=None)
@given(messages=messages_, answers=answers_)
def test_whoever_withdrew_is_nowhere_and_whoever_did_not_keeps_all(
    messages: list[Message], answers: dict[str, str]
) -> None:
    own = [(f"{text} of {who}" if text == "cusub" else text, who) for who, _, text, _ in messages]
    marked = [(who, n, text, minute) for (text, who), (_, n, _, minute) in zip(own, messages, strict=True)]
    made = outputs([marked], answers)
    senders = {who for who, *_ in messages}
    stopped = {who for who, _, text, _ in messages if text == "jooji"}
    stopped |= {who for who, answer in answers.items() if answer == "jooji" and who in senders}
    everything = b"".join(made.values()).decode()
    for who in senders:
        if who in stopped:
            assert who not in everything
        kept = any(w == who and text == f"cusub of {who}" for w, _, text, _ in marked)
        assert (f"cusub of {who}" in everything) == (kept and who not in stopped)
