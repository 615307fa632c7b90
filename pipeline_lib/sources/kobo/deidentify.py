"""De-identifies submissions as KoboToolbox gives them; what cannot be used is set aside by its id and a reason."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline_lib.config.kobo_source import KoboForm, KoboToolboxSource
from pipeline_lib.model.calling_codes import CALLING_CODES
from pipeline_lib.model.times import iso_utc
from pipeline_lib.sources.base import NO_UUID_YET, Participants, UnusableError
from pipeline_lib.sources.kobo.client import version_of
from pipeline_lib.sources.submissions import Author, Submission, author_of


class Quarantined(NamedTuple):
    """A submission that was set aside."""

    id: int
    version: str
    reason: str
    """A fixed sentence, without any value."""


class Deidentified(NamedTuple):
    """De-identified submissions, in the order in which they came."""

    submissions: list[Submission]
    quarantined: list[Quarantined]


@dataclass(frozen=True)
class FormReader:
    """Reads the submissions of one form."""

    source: KoboToolboxSource
    form: KoboForm
    several: Collection[str]
    """The questions to which one may give several of the form's answers, which come with spaces between."""
    participants: Participants
    """From addresses to participant uuids."""

    def read(self, given: Iterable[Mapping[str, Any]]) -> Deidentified:
        """Submissions as the server gives them, each with an id, de-identified."""
        quarantined: list[Quarantined] = []
        read: list[tuple[Submission, Author]] = []
        for each in given:
            try:
                author = self._author(each)
                read.append((self._submission(each, author), author))
            except UnusableError as error:
                quarantined.append(Quarantined(each["_id"], version_of(each), error.reason))
        addresses = list(dict.fromkeys(author.address.address for _, author in read if author.address is not None))
        uuids = self.participants(addresses) if addresses else {}
        submissions: list[Submission] = []
        for submission, author in read:
            participant = author.participant_in(uuids)
            if participant is None:
                quarantined.append(Quarantined(int(submission.id), submission.version, NO_UUID_YET))
                continue
            submission.participant = participant
            submissions.append(submission)
        return Deidentified(submissions, quarantined)

    def _author(self, given: Mapping[str, Any]) -> Author:
        asked = self.form.address
        answers = _texts(given, asked) if asked is not None else []
        written = answers[0].strip() if answers else ""
        if asked is None or not written:
            return Author.of_submission("kobo", self.form.asset_uid, str(given["_id"]))
        calling_code = CALLING_CODES.get(str(self.source.country), "")
        return author_of(self.source.address_type, written, f'"{asked}"', calling_code)

    def _submission(self, given: Mapping[str, Any], author: Author) -> Submission:
        version = version_of(given)
        if not version:
            raise UnusableError("submission has neither a uuid nor a version")
        answers = {}
        for title in self.form.names.titles:
            texts = [text for text in _texts(given, title) if text.strip()]
            if title in self.several:
                texts = [", ".join(text.split()) for text in texts]
            if texts:
                answers[title] = texts
        return Submission(str(given["_id"]), "", _received_on(given), answers, version=version, **author.facts)


def received_times(given: Sequence[Mapping[str, Any]]) -> Iterator[datetime]:
    """When submissions were received, even unusable ones, so that these are not listed again for ever."""
    for each in given:
        try:
            yield datetime.fromisoformat(_received_on(each))
        except UnusableError:
            continue


def _received_on(given: Mapping[str, Any]) -> str:
    """The server's time, not that of the phone, whose clock may be wrong; it is in UTC without an offset."""
    try:
        time = datetime.fromisoformat(given.get("_submission_time"))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise UnusableError("submission has no time that can be read") from None
    return iso_utc(time if time.tzinfo else time.replace(tzinfo=UTC))


def _texts(given: Mapping[str, Any], path: str) -> list[str]:
    """The answers to a question: none, one, or one of each repetition of its group.

    A group that repeats is a list under its own path; the keys in it are paths from the form's beginning, too.
    """
    if path in given:
        text = _text(given[path])
        return [text] if text is not None else []
    parts = path.split("/")
    for end in range(1, len(parts)):
        repetitions = given.get("/".join(parts[:end]))
        if isinstance(repetitions, list):
            return [text for each in repetitions if isinstance(each, dict) for text in _texts(each, path)]
    return []


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return str(int(value) if value == int(value) else value)
    raise UnusableError("an answer is neither text nor a number")
