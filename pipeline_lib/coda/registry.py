"""What Coda says of a dataset as a whole: whether it is there, who may see it, how many segments it has."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from google.cloud.firestore import DocumentReference, DocumentSnapshot

from pipeline_lib.coda.base import CodaScheme
from pipeline_lib.coda.costs import Costs
from pipeline_lib.coda.layout import Fields, Layout, Segment, segment_that_it_could_be
from pipeline_lib.errors import ConfigError, DataError, Problem
from pipeline_lib.storage import firestore_calls
from pipeline_lib.storage.firestore_calls import RETRY, TIMEOUT_SECONDS, asked


class Registered(NamedTuple):
    """A dataset, at one moment."""

    dataset: str
    read_at: datetime
    """The server's time."""
    fields: Fields | None
    """Of the first segment; None where the dataset does not exist."""
    segment_count: int

    @property
    def segments(self) -> list[Segment]:
        """All of them, in order; none where the dataset does not exist."""
        return [Segment(self.dataset, number) for number in range(1, self.segment_count + 1)]


def registered(layout: Layout, costs: Costs, dataset: str) -> Registered:
    """What Coda says of a dataset now.

    Raises:
        ConfigError: The name is that of another dataset's segment.
        DataError: Coda's count of its segments is none.
        SourceError: Firestore does not do its part.
    """
    references = [layout.segment(Segment(dataset, 1)), layout.segment_count(dataset)]
    taken = segment_that_it_could_be(dataset)
    if taken is not None:
        references.append(layout.segment_count(taken.dataset))
    first, count, *others = looked_up(layout, costs, references, place_of(dataset))
    if taken is not None and _segment_count(others[0]) >= taken.number:
        wrong = f'is what Coda calls segment {taken.number} of dataset "{taken.dataset}"'
        raise ConfigError(Problem(place_of(dataset), wrong, "give it another CodaFilename"))
    fields = first.to_dict()
    return Registered(dataset, first.read_time, fields, _segment_count(count) if fields is not None else 0)


def looked_up(
    layout: Layout, costs: Costs, references: Sequence[DocumentReference], place: str
) -> list[DocumentSnapshot[Any]]:
    """Documents in the order of their references, whether they exist or not."""
    if not references:
        return []
    found = asked(place, partial(firestore_calls.looked_up, layout.client, references))
    there_count = sum(snapshot.exists for snapshot in found)
    costs.add(documents=there_count, further_reads=len(found) - there_count)
    by_path = {snapshot.reference.path: snapshot for snapshot in found}
    return [by_path[reference.path] for reference in references]


def schemes_of(layout: Layout, costs: Costs, segment: Segment) -> list[CodaScheme]:
    """A segment's code schemes, by id."""
    query, place = layout.schemes(segment), place_of(segment.dataset, segment)
    found = asked(place, lambda: [each.to_dict() for each in query.stream(retry=RETRY, timeout=TIMEOUT_SECONDS)])
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
        wrong = "is no count of segments"
        raise DataError(Problem(snapshot.reference.path, wrong, 'correct "segment_count" in the Firebase console'))
    return count
