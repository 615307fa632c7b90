"""What coders had done in Coda by the end of the invented world: messages with the history of their labels."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.answers import CORRECT_DATASET, DEMOGRAPHICS
from sandbox.code_choice import Choice
from sandbox.dice import happens, weighted
from sandbox.talk import EPISODES
from sandbox.timeline import EAT, PROJECT_END_AT, PROJECT_START_AT, nightly_run_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from random import Random

    from pipeline_lib.model.code_scheme import CodeScheme
    from sandbox.runs import Received

DATASETS = (*EPISODES, *DEMOGRAPHICS)
MANUALLY_UNCODED = "SPECIAL-MANUALLY_UNCODED"
RETIRED_CODE_ID = "code-5e71ed00"
"""A code that the first draft of the water scheme had: the few labels that still name it are to be set aside."""

_CODERS = ("coder.asli@geedka.example", "coder.bashir@geedka.example", "coder.cawo@geedka.example")
_LAST_PUSH_AT = (PROJECT_END_AT - timedelta(hours=22)).astimezone(UTC)
_CLEANED_SCHEMES = ("gender", "age", "recently_displaced", "mogadishu_sub_district", "district")
_MESSAGES_PER_RETIRED_LABEL = 150
_OUTCOMES = {"coded": 82, "waiting": 8, "corrected": 4, "uncoded": 3, "unchecked": 3}
"""What became of a message: waiting was not looked at, uncoded had its last code taken back."""

CodaMessage = dict[str, Any]
Label = dict[str, Any]


class _Desk(NamedTuple):
    """A coder at work on one message."""

    rng: "Random"
    schemes: "Mapping[str, CodeScheme]"
    pushed_at: datetime
    coded_at: datetime


def coded_datasets(
    rng: "Random", received: "Iterable[Received]", schemes: "Mapping[str, CodeScheme]"
) -> dict[str, list[CodaMessage]]:
    """Per dataset the messages that nightly runs had pushed, with labels newest first.

    Args:
        rng: Who codes what, and when.
        received: Everything that was received, in any order; a text counts once per dataset, when it first came.
        schemes: By file name.
    """
    first_received: dict[str, dict[str, Received]] = {dataset: {} for dataset in DATASETS}
    for item in sorted((item for item in received if _is_pushed(item)), key=lambda item: item.sent_at):
        first_received[item.dataset].setdefault(item.answer.text or "", item)
    coded = {dataset: _messages(rng, items, schemes) for dataset, items in first_received.items()}
    _use_retired_code(coded[EPISODES[0]], schemes[EPISODES[0]])
    return coded


def coded_comments(
    rng: "Random", comments: "Mapping[str, Received]", schemes: "Mapping[str, CodeScheme]"
) -> dict[str, list[CodaMessage]]:
    """Per episode the comments that nightly runs had pushed, with labels newest first; equal texts are two messages.

    Args:
        rng: Who codes what, and when.
        comments: By id.
        schemes: By file name.
    """
    pushed = {id_: item for id_, item in comments.items() if _is_pushed(item)}
    in_order = sorted(pushed, key=lambda id_: pushed[id_].sent_at)
    by_episode = {
        episode: {id_: pushed[id_] for id_ in in_order if pushed[id_].dataset == episode} for episode in EPISODES
    }
    return {episode: _messages(rng, items, schemes) for episode, items in by_episode.items()}


def _is_pushed(item: "Received") -> bool:
    is_in_project = item.dataset in DEMOGRAPHICS or item.sent_at >= PROJECT_START_AT
    return (
        bool(item.answer.text) and not item.listener.is_test_contact and is_in_project and item.sent_at < _LAST_PUSH_AT
    )


def _messages(rng: "Random", items: "Mapping[str, Received]", schemes: "Mapping[str, CodeScheme]") -> list[CodaMessage]:
    """The messages of a dataset, from what was received by what a message's id is made of."""
    messages: list[CodaMessage] = []
    for identity, item in items.items():
        if happens(rng, 0.04):  # Coda was out of reach that night; a later run will bring it
            continue
        labels = _labels(rng, item, schemes)
        message: CodaMessage = {
            "MessageID": sha256(identity.encode()).hexdigest(),
            "SequenceNumber": len(messages),
            "Text": item.answer.text or "",
            "CreationDateTimeUTC": item.sent_at.astimezone(UTC).isoformat(),
            "Labels": labels,
        }
        if labels and labels[0]["Origin"]["OriginType"] == "Manual":
            message["LastUpdated"] = labels[0]["DateTimeUTC"]
        messages.append(message)
    return messages


def _labels(rng: "Random", item: "Received", schemes: "Mapping[str, CodeScheme]") -> list[Label]:
    pushed_at = nightly_run_after(item.sent_at)
    morning = pushed_at.astimezone(EAT).replace(hour=8) + timedelta(days=rng.choice((0, 0, 0, 1, 1, 2)))
    coded_at = (morning + timedelta(seconds=rng.randrange(8 * 3600), milliseconds=rng.randrange(1000))).astimezone(UTC)
    desk = _Desk(rng, schemes, pushed_at, coded_at)
    labels = [] if item.dataset in EPISODES else _automatic(desk, item.answer.choices)
    choices = _with_mistakes(rng, item)
    match weighted(rng, _OUTCOMES):
        case "waiting":
            return labels
        case "unchecked":
            return _manual(desk, choices, is_checked=False) + labels
        case "corrected":
            first = choices[0]._replace(code=_another(rng, schemes[choices[0].scheme], choices[0].code))
            tomorrow = desk._replace(coded_at=coded_at + timedelta(days=1))
            return _manual(tomorrow, choices) + _manual(desk, (first,)) + labels
        case "uncoded":
            return _uncoded(desk, choices) + _manual(desk, choices) + labels
        case _:
            return _manual(desk, choices) + labels


def _with_mistakes(rng: "Random", item: "Received") -> tuple[Choice, ...]:
    """A wrong scheme without the right one, now and then, or the other way round: both are coding errors."""
    choices = item.answer.choices
    if choices[-1].scheme == CORRECT_DATASET:
        return choices[:-1] if happens(rng, 0.08) else choices
    return (*choices, Choice(CORRECT_DATASET, item.dataset)) if happens(rng, 0.004) else choices


def _manual(desk: _Desk, choices: tuple[Choice, ...], *, is_checked: bool = True) -> list[Label]:
    """Labels of one sitting, newest first; a second code of one scheme goes to the scheme's second column."""
    coder = desk.rng.choice(_CODERS)
    labels = []
    column_counts: dict[str, int] = {}
    for index, choice in enumerate(choices):
        column = column_counts[choice.scheme] = column_counts.get(choice.scheme, 0) + 1
        scheme = desk.schemes[choice.scheme]
        labels.append(
            {
                "SchemeID": scheme.scheme_id if column == 1 else f"{scheme.scheme_id}-{column}",
                "CodeID": _code_id(scheme, choice.code),
                "DateTimeUTC": _coda_time(desk.coded_at + timedelta(seconds=2 * index)),
                "Checked": is_checked,
                "Confidence": 1,
                "Origin": {"OriginID": coder, "Name": coder, "OriginType": "Manual"},
            }
        )
    return labels[::-1]


def _uncoded(desk: _Desk, choices: tuple[Choice, ...]) -> list[Label]:
    newest = _manual(desk._replace(coded_at=desk.coded_at + timedelta(minutes=5)), choices)[0]
    return [newest | {"CodeID": MANUALLY_UNCODED, "Checked": False}]


def _automatic(desk: _Desk, choices: tuple[Choice, ...]) -> list[Label]:
    """The label that the pipeline proposed when it pushed the message."""
    choice = choices[0]
    scheme = desk.schemes[choice.scheme]
    code = next(code for code in scheme.codes if code.string_value == choice.code)
    if choice.scheme not in _CLEANED_SCHEMES or not code.is_normal or happens(desk.rng, 0.15):
        return []
    origin = {"OriginID": "pipeline_lib.cleaners", "Name": "Pipeline Auto-Coder", "OriginType": "External"}
    at = desk.pushed_at.isoformat(timespec="microseconds")
    label = {
        "SchemeID": scheme.scheme_id,
        "CodeID": code.code_id,
        "DateTimeUTC": at,
        "Checked": False,
        "Origin": origin,
    }
    return [label]


def _use_retired_code(messages: list[CodaMessage], scheme: "CodeScheme") -> None:
    """Replace the code of the last labels made, so that their share is small as of any day."""
    labels = [message["Labels"][0] for message in messages if message["Labels"]]
    checked = [label for label in labels if label["Checked"] and label["SchemeID"] == scheme.scheme_id]
    newest = sorted(checked, key=lambda label: label["DateTimeUTC"])
    for label in newest[len(newest) - len(messages) // _MESSAGES_PER_RETIRED_LABEL :]:
        label["CodeID"] = RETIRED_CODE_ID


def _another(rng: "Random", scheme: "CodeScheme", code: str) -> str:
    return rng.choice([other.string_value for other in scheme.codes if other.is_normal and other.string_value != code])


def _code_id(scheme: "CodeScheme", string_value: str) -> str:
    return next(code.code_id for code in scheme.codes if code.string_value == string_value)


def _coda_time(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
