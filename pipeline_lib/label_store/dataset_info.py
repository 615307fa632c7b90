"""Coda's facts about a dataset as a whole: whether it exists, who may see it, how many segments it has."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from google.cloud.firestore import DocumentReference, DocumentSnapshot

from pipeline_lib.errors import ConfigError, DataError, Problem
from pipeline_lib.label_store.base import CodaScheme
from pipeline_lib.label_store.costs import Costs
from pipeline_lib.label_store.layout import Fields, Layout, Segment, segment_that_it_could_be
from pipeline_lib.storage import firestore_calls
from pipeline_lib.storage.firestore_calls import RETRY, TIMEOUT_SECONDS, call_firestore

_ATTEMPT_COUNT = 20
"""Each attempt fails if another pipeline has just opened a segment."""

_MANY_SEGMENTS = 50


class DatasetInfo(NamedTuple):
    """A dataset, at one moment."""

    dataset: str
    read_at: datetime
    """The server's time."""
    fields: Fields | None
    """Those of the first segment; None if the dataset does not exist."""
    segment_count: int
    made_at: datetime | None = None
    """When the first segment was made: another time means another dataset of this name."""
    unlisted: tuple[Segment, ...] = ()
    """Segments that have messages but lack their document, which says who may see them."""

    @property
    def segments(self) -> list[Segment]:
        """All of them, in order; none if the dataset does not exist."""
        return [Segment(self.dataset, number) for number in range(1, self.segment_count + 1)]


class _Counted(NamedTuple):
    """The content of Coda's own documents about a dataset."""

    first: DocumentSnapshot[Any]
    counting: DocumentSnapshot[Any]
    segment_count: int

    @property
    def identity(self) -> tuple[datetime | None, int]:
        """Differs if the dataset was created, or got a segment, meanwhile."""
        return self.first.create_time, self.segment_count


def fetch_dataset_info(layout: Layout, costs: Costs, dataset: str) -> DatasetInfo:
    """What Coda says about a dataset now, checked against the segments that are there.

    A segment that is not counted would be missed with all its labels, and its messages would be added again.

    Raises:
        ConfigError: The name is that of another dataset's segment.
        DataError: Coda's count of its segments is invalid, or differs from the number of segments that are there.
        SourceError: Firestore is unavailable.
    """
    counted = _counted(layout, costs, dataset)
    found = _held_against_segments(layout, costs, dataset, counted)
    for _ in range(_ATTEMPT_COUNT):
        if isinstance(found, DatasetInfo):
            return found
        before, counted = counted, _counted(layout, costs, dataset)
        if counted.identity == before.identity:
            break
        found = _held_against_segments(layout, costs, dataset, counted)
    if isinstance(found, DatasetInfo):
        return found
    raise DataError(found)


def count_segments(layout: Layout, costs: Costs, dataset: str) -> int:
    """How many segments Coda counts, whether they are there or not.

    Raises:
        DataError: The count is invalid.
    """
    return _segment_count(fetch_documents(layout, costs, [layout.segment_count(dataset)], place_of(dataset))[0])


def _counted(layout: Layout, costs: Costs, dataset: str) -> _Counted:
    references = [layout.segment(Segment(dataset, 1)), layout.segment_count(dataset)]
    taken = segment_that_it_could_be(dataset)
    if taken is not None:
        references.append(layout.segment_count(taken.dataset))
    first, count, *others = fetch_documents(layout, costs, references, place_of(dataset))
    if taken is not None and _segment_count(others[0]) >= taken.number:
        wrong = f'is what Coda calls segment {taken.number} of dataset "{taken.dataset}"'
        raise ConfigError(Problem(place_of(dataset), wrong, "give it another CodaFilename"))
    return _Counted(first, count, _segment_count(count))


def _held_against_segments(layout: Layout, costs: Costs, dataset: str, counted: _Counted) -> DatasetInfo | Problem:
    """The dataset, if Coda's count of its segments is right; else what is wrong."""
    said = f'"segment_counts/{dataset}"'
    if not counted.first.exists:
        wrong = None
        if _has_messages(layout, costs, Segment(dataset, 1)):
            wrong = f'has messages in Coda, but "datasets/{dataset}", which says who may see them, is missing'
        elif counted.segment_count > 1 or _is_there(layout, costs, Segment(dataset, 2)):
            wrong = f'has further segments, or a {said}, in Coda, but no "datasets/{dataset}"'
        if wrong is not None:
            return Problem(place_of(dataset), wrong, "restore it in the Firebase console, or remove the rest of it too")
        return DatasetInfo(dataset, counted.first.read_time, None, 0)
    number = counted.segment_count
    of_count = f"{number:,} segment{'s' if number > 1 else ''} by {said}"
    of_count += "" if counted.counting.exists else " (which is missing)"
    following = Segment(dataset, number + 1)
    if _is_there(layout, costs, following):
        wrong = f'has {of_count}, but "{following.name}" exists too'
        right = f'correct "segment_count" in the Firebase console; if "{following.name}" is another dataset, rename it'
        return Problem(place_of(dataset), wrong, right)
    last = Segment(dataset, number)
    # A count may be anything, and only so many documents can be requested.
    if number > _MANY_SEGMENTS and not _is_there(layout, costs, last):
        return _not_there(last, of_count)
    unlisted = _without_document(layout, costs, [Segment(dataset, each) for each in range(2, number + 1)])
    for segment in unlisted:
        if not _has_messages(layout, costs, segment):
            return _not_there(segment, of_count)
    fields, read_at = counted.first.to_dict(), counted.first.read_time
    return DatasetInfo(dataset, read_at, fields, number, counted.first.create_time, tuple(unlisted))


def _not_there(segment: Segment, of_count: str) -> Problem:
    right = 'restore it, or correct "segment_count" in the Firebase console'
    return Problem(place_of(segment.dataset), f'has {of_count}, but "{segment.name}" is missing', right)


def _is_there(layout: Layout, costs: Costs, segment: Segment) -> bool:
    """Whether a segment has a document, or at least messages."""
    return not _without_document(layout, costs, [segment]) or _has_messages(layout, costs, segment)


def _without_document(layout: Layout, costs: Costs, segments: Sequence[Segment]) -> list[Segment]:
    """Those of a dataset's segments that have no document."""
    if not segments:
        return []
    references = [layout.segment(segment) for segment in segments]
    found = fetch_documents(layout, costs, references, place_of(segments[0].dataset))
    return [segment for segment, snapshot in zip(segments, found, strict=True) if not snapshot.exists]


def _has_messages(layout: Layout, costs: Costs, segment: Segment) -> bool:
    query: Any = layout.messages(segment).select([]).limit(1)
    place = place_of(segment.dataset, segment)
    found = call_firestore(place, lambda: list(query.stream(retry=RETRY, timeout=TIMEOUT_SECONDS)))
    costs.add(documents=len(found), further_reads=not found)
    return bool(found)


def fetch_documents(
    layout: Layout, costs: Costs, references: Sequence[DocumentReference], place: str
) -> list[DocumentSnapshot[Any]]:
    """Documents in the order of their references, whether they exist or not."""
    if not references:
        return []
    found = call_firestore(place, partial(firestore_calls.fetch_documents, layout.client, references))
    there_count = sum(snapshot.exists for snapshot in found)
    costs.add(documents=there_count, further_reads=len(found) - there_count)
    by_path = {snapshot.reference.path: snapshot for snapshot in found}
    return [by_path[reference.path] for reference in references]


def schemes_of(layout: Layout, costs: Costs, segment: Segment) -> list[CodaScheme]:
    """A segment's code schemes, by id."""
    query, place = layout.schemes(segment), place_of(segment.dataset, segment)
    found = call_firestore(
        place, lambda: [each.to_dict() for each in query.stream(retry=RETRY, timeout=TIMEOUT_SECONDS)]
    )
    costs.add(documents=len(found), further_reads=not found)
    return [scheme for scheme in found if scheme is not None]


def place_of(dataset: str, segment: Segment | None = None) -> str:
    """How errors name a dataset, and its segment where it is not the first."""
    within = f', segment "{segment.name}"' if segment is not None and segment.number > 1 else ""
    return f'dataset "{dataset}"{within}'


def _segment_count(snapshot: DocumentSnapshot[Any]) -> int:
    """Without a document there is one segment."""
    count = (snapshot.to_dict() or {}).get("segment_count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        wrong = "is not a count of segments"
        raise DataError(Problem(snapshot.reference.path, wrong, 'correct "segment_count" in the Firebase console'))
    return count
