"""Submissions: rows of a declared CSV, or filled-in forms, de-identified, and the Raw Data that is made of them.

An answer has the raw fields of a flow's result, so that remappings, as-of times and ids mean the same for all sources.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
import orjson

from pipeline_lib.config.answer_field_names import AnswerName, AnswerNames
from pipeline_lib.config.csv_source import AddressType
from pipeline_lib.model.deidentified import is_participant
from pipeline_lib.model.lenient_json import count_replacements
from pipeline_lib.sources.addresses import Address, account_address
from pipeline_lib.sources.base import UnusableError
from pipeline_lib.sources.operators import operator_digits
from pipeline_lib.sources.record_lines import RecordLines
from pipeline_lib.storage import Located


class Submission(msgspec.Struct, gc=False, omit_defaults=True):
    """One row, or one filled-in form; its `repr` shows no text."""

    id: str
    participant: str
    received_on: str
    """When the source received it, in UTC as Python's isoformat writes it."""
    answers: dict[str, list[str]]
    """What was answered, by the column or question; several texts where a form repeats a question."""
    urn_type: str = ""
    """The network of the address; empty if there was none."""
    operator: str = ""
    """The mobile network, by the first digits of the number."""
    version: str = ""
    """What changes when somebody edits it, as the source gives it."""
    is_anonymous: bool = False
    """Whether nothing is known of whoever made it, who is then a participant of this submission alone."""

    def __repr__(self) -> str:
        return f"Submission({self.id})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("id", self.id)]


_LINES = RecordLines(Submission, "a submission")
encode_submissions, decode_submissions = _LINES.encode, _LINES.decode


class Author(NamedTuple):
    """Who made a submission: whoever has an address, or a participant whom somebody has de-identified before."""

    address: Address | None
    participant: str = ""
    is_anonymous: bool = False
    """Whether the address is the submission's, since nothing else is known."""

    @classmethod
    def of_submission(cls, kind: str, form: str, submission_id: str) -> "Author":
        """Somebody of whom nothing is known but the submission, and who has an address that nobody else has.

        Args:
            kind: The kind of source: `kobo`.
            form: What the id belongs to.
            submission_id: The submission's.
        """
        digest = hashlib.sha256(f"{form}\n{submission_id}".encode()).hexdigest()
        return cls(Address("", f"{kind}-{digest[:32]}"), is_anonymous=True)

    def __repr__(self) -> str:
        return "Author(…)"

    def participant_in(self, uuids: Mapping[str, str]) -> str | None:
        """The participant, given the uuids of addresses; None if there is none yet."""
        return self.participant if self.address is None else uuids.get(self.address.address)

    @property
    def facts(self) -> dict[str, Any]:
        """What a submission keeps of its author, by its fields, beside the participant."""
        if self.is_anonymous or self.address is None:
            return {"is_anonymous": self.is_anonymous}
        return {"urn_type": self.address.urn_type, "operator": operator_digits(self.address)}


def author_of(kind: AddressType, written: str, subject: str, calling_code: str) -> Author:
    """The author that a cell or an answer names.

    Args:
        kind: What it holds.
        written: The number, account or participant uuid, without space around it; a URN's type may stand before it.
        subject: What the reason of an error calls it.
        calling_code: The code of the country whose local numbers people write; empty if the country is unknown.

    Raises:
        UnusableError: It identifies nobody.
    """
    if not written:
        raise UnusableError(f"{subject} is empty")
    if kind != "participant":
        return Author(account_address(kind, written.removeprefix(f"{kind}:"), calling_code, subject=subject))
    if not is_participant(written):
        raise UnusableError(f"{subject} is no participant uuid")
    return Author(None, written)


@dataclass
class Published:
    """What a publication of submissions wrote."""

    uri: str
    line_count: int = 0
    message_count: int = 0
    anonymous_count: int = 0
    """Submissions of which nobody knows who made them."""
    unanswered_count: int = 0
    """Submissions without any of the declared answers, which have no line."""
    replaced_count: int = 0
    """Lines in which U+FFFD replaces an invalid character."""


def publish_submissions(
    target: Located, submissions: Iterable[Submission], names: AnswerNames, to_forget: set[str]
) -> Published:
    """Write submissions as Raw Data: a line for each message, or one of its other answers if it has no message.

    Args:
        target: The file.
        submissions: In the order of the file.
        names: What becomes of the answers.
        to_forget: Participants who count as withdrawn until they are forgotten.
    """
    published = Published(target.storage.uri_of(target.name))
    with target.storage.publish_file(target.name) as path, path.open("wb") as lines:
        for submission in submissions:
            objects = list(raw_objects(submission, names, is_to_forget=submission.participant in to_forget))
            published.anonymous_count += submission.is_anonymous
            published.unanswered_count += not objects
            published.message_count += sum(len(submission.answers.get(each.title, ())) for each in names.messages)
            for each in objects:
                line = orjson.dumps(each, option=orjson.OPT_APPEND_NEWLINE)
                published.replaced_count += count_replacements(line)
                published.line_count += 1
                lines.write(line)
    return published


def raw_objects(submission: Submission, names: AnswerNames, *, is_to_forget: bool = False) -> Iterator[dict[str, Any]]:
    """A submission's flat objects; none if it has no declared answer.

    Each message has an object, since processing takes one message of each; the first also has the other answers.
    """
    fields: dict[str, Any] = {"avf_phone_id": submission.participant}
    if submission.urn_type:
        fields["urn_type"] = submission.urn_type
    if is_to_forget:
        fields["deleted_contact"] = True
    if names.messages and submission.operator:
        fields["operator_raw"] = submission.operator
    answers: dict[str, Any] = {}
    for name, texts in _answered(submission, names.answers):
        if names.raw_field(name.field, "Text") not in answers:
            answers |= _result(submission, names, name, "; ".join(texts), submission.id)
    messages: list[dict[str, str]] = []
    counts: Counter[str] = Counter()
    for name, texts in _answered(submission, names.messages):
        for text in texts:
            counts[name.field] += 1
            number = counts[name.field]
            run_id = submission.id if number == 1 else f"{submission.id}/{number}"
            messages.append(_result(submission, names, name, text, run_id))
    for index, message in enumerate(messages or ([{}] if answers else [])):
        yield fields | (answers if index == 0 else {}) | message


def _answered(submission: Submission, names: Iterable[AnswerName]) -> Iterator[tuple[AnswerName, list[str]]]:
    return ((name, texts) for name in names if (texts := submission.answers.get(name.title)))


def _result(submission: Submission, names: AnswerNames, name: AnswerName, text: str, run_id: str) -> dict[str, str]:
    field = name.field
    return {
        names.raw_field(field, "Text"): text,
        names.raw_field(field, "Time"): submission.received_on,
        names.raw_field(field, "Run ID"): run_id,
    }
