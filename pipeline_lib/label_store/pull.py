"""Pull: copies the datasets' messages to files, which the processing reads."""

import json
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.errors import DataError, Problem, listed
from pipeline_lib.label_store.arrivals import Arrivals, Look
from pipeline_lib.label_store.base import CodaMessage, LabelStore, MendedMessage, Since, StoredMessage
from pipeline_lib.label_store.json_format import dumped, dumps
from pipeline_lib.label_store.messages import as_it_stood, first_of
from pipeline_lib.label_store.quotable_values import is_shown
from pipeline_lib.label_store.validation import broken_rules
from pipeline_lib.label_store.withheld_labels import LeftOut
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, CodeScheme
from pipeline_lib.model.coding_plan import StopCode

logger = logging.getLogger(__name__)

_INDEX = re.compile(r"\[[0-9]+\]")

_DOUBLE = "is also that of a message before it, which has the labels of both"
_HALF = "has half a character, or a number that JSON does not have"


@dataclass(frozen=True)
class Wanted:
    """A dataset to pull."""

    file_name: str
    """The name of its file (`CodaFilename`)."""
    schemes: Sequence[CodeScheme] = ()
    """The schemes whose labels the project reads."""
    stop_codes: Sequence[StopCode] = ()
    """The codes of labels by which somebody withdraws."""
    stop_words: Collection[str] = ()
    """The project's own, beside those that every project has."""
    ws_codes: Collection[str] = ()
    """The codes of labels by which a message moves to another dataset."""


class Noticed(NamedTuple):
    """What is wrong with a message, without its text."""

    place: str
    """The dataset or its file, and the message."""
    part: str
    """Which part of the message, such as `.Labels[0].CodeID`; empty for all of it."""
    wrong: str
    right: str = ""

    @property
    def problem(self) -> Problem:
        """As a problem, for the person who has to look at it."""
        return Problem(f"{self.place}{self.part}", self.wrong, self.right)

    @property
    def reason(self) -> str:
        """The reason by which messages with the same fault are counted."""
        part = _INDEX.sub("", self.part).lstrip(".") or "a message"
        return f"{part} {self.wrong}"


@dataclass(frozen=True)
class PulledDataset:
    """What a pull found of one dataset."""

    message_count: int = 0
    label_count: int = 0
    is_absent: bool = False
    """Whether the store does not have the dataset yet."""
    set_aside: tuple[Noticed, ...] = ()
    """Messages that break Coda's rules and are not in the file: the first rule of each."""
    mended: tuple[Noticed, ...] = ()
    """Messages that differ in the file from the store: an invalid text became U+FFFD or an invalid number null; or the
    message has the id of an earlier one, which got its labels, and is not in the file itself."""
    unknown_codes: tuple[Noticed, ...] = ()
    """Labels whose code their scheme lacks. They are in the file; processing ignores them."""
    late_count: int = 0
    """Messages and labels that are dated before `as_of` but arrived in the store later: not in the file."""
    stopped: tuple[str, ...] = ()
    """Ids of messages with a label STOP that is not in the file: it is later than `as_of`, or was set aside."""
    reviewed: tuple[str, ...] = ()
    """Ids of messages that are stop words and that a coder has labelled later than `as_of`."""
    moves: tuple[tuple[str, str], ...] = ()
    """Ids of messages, and the code that moves each to another dataset, from labels that are not in the file."""

    @property
    def noticed(self) -> tuple[Noticed, ...]:
        """Everything that a person may want to look at."""
        return (*self.set_aside, *self.mended, *self.unknown_codes)


def pull(
    store: LabelStore,
    datasets: Mapping[str, Wanted],
    folder: Path,
    as_of: datetime | None,
    arrivals: Arrivals | None = None,
) -> dict[str, PulledDataset]:
    """Each dataset's messages as they stood at `as_of`, written to its file in an existing folder.

    Args:
        store: Where the labels are.
        datasets: By their names in the store.
        folder: A local folder; files of these names are replaced.
        as_of: Aware; None: now.
        arrivals: The known arrival times of messages, if any; the caller checks them and keeps them afterwards.

    Returns:
        What was found, by dataset. One that does not exist yet gets a file with an empty list.

    Raises:
        DataError: A dataset cannot be read.
        SourceError: The store is unavailable.
    """
    pulled: dict[str, PulledDataset] = {}
    for name, wanted in datasets.items():
        look = arrivals.look(name) if arrivals else None
        copy = _Copy(as_of, wanted.schemes, look, LeftOut(wanted.stop_codes, wanted.stop_words, wanted.ws_codes))
        pulled[name] = _pull_one(store, name, folder / wanted.file_name, copy)
    absent = sorted(name for name, found in pulled.items() if found.is_absent)
    if absent:
        logger.warning(
            "The label store does not have these datasets yet, so nothing is coded in them: %s", listed(absent)
        )
    return pulled


def _give_labels(path: Path, labels: Mapping[str, Sequence[CodaMessage]]) -> int:
    """Adds labels to the messages of a file, newest first, equal ones once; returns how many were new.

    A message keeps the text and time that it has in the file.

    Args:
        path: The file.
        labels: By MessageID.
    """
    added_count = 0
    messages = json.loads(path.read_text(encoding="ascii"))
    for message in messages:
        own = message["Labels"]
        both = list(own)
        for label in labels.get(message["MessageID"], ()):
            if label not in both:
                both.append(label)
        if len(both) > len(own):
            added_count += len(both) - len(own)
            message["Labels"] = sorted(both, key=_labelled_at, reverse=True)
    path.write_text(dumps(messages), encoding="ascii")
    return added_count


def _labelled_at(label: CodaMessage) -> datetime:
    return datetime.fromisoformat(label["DateTimeUTC"])


def check_shares(pulled: Mapping[str, PulledDataset], share_limit: float) -> None:
    """Refuses a pull that had to set too many messages aside.

    Args:
        pulled: What was found, by dataset.
        share_limit: Share of a dataset's messages (0 to 1) that may be set aside.

    Raises:
        DataError: More than that were; lists every such dataset, and the first of its messages.
    """
    problems: list[Problem] = []
    for name, found in pulled.items():
        place, count = f'dataset "{name}"', len(found.set_aside)
        message_count = found.message_count + count
        if count > share_limit * message_count:
            wrong = f"{count:,} of its {message_count:,} messages cannot be used"
            problems.append(Problem(place, wrong, f"at most {share_limit:.1%} may be (QuarantineShareLimit)"))
            problems += first_of([noticed.problem for noticed in found.set_aside], place)
    if problems:
        raise DataError(*problems)


def _pull_one(store: LabelStore, name: str, path: Path, copy: "_Copy") -> PulledDataset:
    stored = store.messages(name)
    with path.open("w", encoding="ascii") as file:
        try:
            file.writelines(dumped(copy.taken(stored or ())))
        except RecursionError:
            right = "remove keys that Coda does not know from its messages"
            raise DataError(Problem(f'dataset "{name}"', "has a message that is nested too deeply", right)) from None
    label_count = copy.label_count
    if any(copy.labels_of_doubles.values()):
        label_count += _give_labels(path, copy.labels_of_doubles)
    return PulledDataset(
        copy.message_count,
        label_count,
        stored is None,
        tuple(copy.set_aside),
        tuple(copy.mended),
        tuple(copy.unknown_codes),
        late_count=copy.late_count,
        stopped=tuple(sorted(copy.left_out.stopped)),
        reviewed=tuple(sorted(copy.left_out.reviewed())),
        moves=tuple(sorted(copy.left_out.moves)),
    )


@dataclass
class _Copy:
    """Goes through one dataset's messages, and notes what is wrong with them."""

    as_of: datetime | None
    schemes: Sequence[CodeScheme]
    look: Look | None
    """Compares the messages with the reading before; None if they are not compared."""
    left_out: LeftOut
    message_count: int = 0
    label_count: int = 0
    late_count: int = 0
    set_aside: list[Noticed] = field(default_factory=list)
    mended: list[Noticed] = field(default_factory=list)
    unknown_codes: list[Noticed] = field(default_factory=list)
    labels_of_doubles: dict[str, list[CodaMessage]] = field(default_factory=dict)
    """Labels of messages that have the id of an earlier one, by that id."""

    def taken(self, stored: Iterable[StoredMessage]) -> Iterator[CodaMessage]:
        """The messages that can be used, as they stood."""
        ids: set[str] = set()
        is_known = _KnownCodes(self.schemes)
        for each in stored:
            place, message = each
            broken = next(broken_rules(message), None)
            if broken is not None:
                self.set_aside.append(Noticed(place, *broken))
                if self.look:
                    self.look.pass_over(message)
                self.left_out.note(message)
                continue
            if isinstance(each, MendedMessage):
                self.mended.append(Noticed(place, "", _HALF))
            since = self.look.since(each) if self.look else Since()
            stood = self._stood(message, since)
            if stood is None:
                self.left_out.note(message)
                continue
            if len(stood["Labels"]) < len(message["Labels"]):
                self.left_out.note(message, kept=stood["Labels"])
            self.unknown_codes.extend(
                Noticed(place, f".Labels[{index}]", wrong)
                for index, label in enumerate(stood["Labels"])
                if (wrong := is_known[label["SchemeID"], label["CodeID"]])
            )
            if message["MessageID"] in ids:
                self.mended.append(Noticed(place, ".MessageID", _DOUBLE, "remove one of them"))
                self.labels_of_doubles.setdefault(message["MessageID"], []).extend(stood["Labels"])
                continue
            ids.add(message["MessageID"])
            self.message_count += 1
            self.label_count += len(stood["Labels"])
            yield stood

    def _stood(self, message: CodaMessage, since: Since) -> CodaMessage | None:
        """The message as the store held it at `as_of`."""
        if self.as_of is None:
            return message
        stood = as_it_stood(message, self.as_of, since)
        if since != Since():
            self.late_count += _size(as_it_stood(message, self.as_of)) - _size(stood)
        return stood


def _size(message: CodaMessage | None) -> int:
    return 1 + len(message["Labels"]) if message is not None else 0


class _KnownCodes(dict[tuple[str, str], str | None]):
    """What is wrong with a label's scheme and code, each pair looked up once; None if nothing is."""

    def __init__(self, schemes: Sequence[CodeScheme]) -> None:
        super().__init__()
        self._schemes = schemes
        self._ids = {code_id for scheme in schemes for code_id in scheme.by_id}

    def __missing__(self, pair: tuple[str, str]) -> str | None:
        scheme_id, code_id = pair
        scheme = next((scheme for scheme in self._schemes if scheme_id.startswith(scheme.scheme_id)), None)
        lacks = scheme is not None and code_id != MANUALLY_UNCODED and code_id not in scheme.by_id
        said = f'the code "{code_id}"' if is_shown(code_id, self._ids) else "a code of another form"
        wrong = f'has {said}, which its scheme "{scheme.name}" lacks' if scheme and lacks else None
        self[pair] = wrong
        return wrong
