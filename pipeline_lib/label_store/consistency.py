"""Where a dataset in Coda differs from the project, and its segments from each other."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline_lib.errors import Problem
from pipeline_lib.label_store.base import CodaScheme, DatasetSetup, Findings
from pipeline_lib.label_store.layout import Fields, Segment
from pipeline_lib.label_store.schemes import Difference, differing, invalid, unlike


class SegmentSetup(NamedTuple):
    """How a segment is set up."""

    fields: Fields | None
    """The fields of its document, which says who may see it; None if the document is missing."""
    schemes: Sequence[CodaScheme]


def of_new_dataset(place: str, first: Segment, setup: DatasetSetup) -> list[Problem]:
    """Why a dataset cannot be created."""
    if not setup.users:
        wrong = "does not exist in Coda yet, and nobody could see it there"
        return [Problem(place, wrong, "name its coders in LabelStore.Users")]
    return by_segments(place, {first: list(invalid(setup.schemes, setup.schemes))})


def of_dataset(place: str, wanted: Sequence[CodaScheme], segments: Mapping[Segment, SegmentSetup]) -> Findings:
    """Where a dataset's segments differ from the project, and from the first segment.

    Args:
        place: The dataset, for a person.
        wanted: The project's code schemes.
        segments: All of them, in order.
    """
    first, *_ = segments.values()
    differences = {segment: list(differing(wanted, first.schemes, each.schemes)) for segment, each in segments.items()}
    unlikenesses = {segment: list(unlike(wanted, each.schemes, first.schemes)) for segment, each in segments.items()}
    missing = [segment.name for segment, each in segments.items() if each.fields is None]
    problems = by_segments(place, differences)
    if missing:
        right = 'correct "segment_count" of the dataset, or create the missing document, in the Firebase console'
        wrong = "has no document in Coda, so nobody could see it"
        problems.append(Problem(_where(place, missing, len(segments)), wrong, right))
    malformed = [segment.name for segment, each in segments.items() if not _are_users(each.fields)]
    if malformed:
        right = "write a list of e-mail addresses in the Firebase console"
        problems.append(
            Problem(_where(place, malformed, len(segments)), 'has "users" that are not a list of addresses', right)
        )
    users = {segment.name: _users(each.fields) for segment, each in segments.items() if each.fields is not None}
    others = [name for name, each in users.items() if each != _users(first.fields)]
    remarks = by_segments(place, unlikenesses)
    if others:
        wrong, right = "has other users than the first segment", "give all segments the same users in Coda"
        remarks.append(Problem(_where(place, others, len(segments)), wrong, right))
    return Findings(problems, remarks)


def by_segments(place: str, differences: Mapping[Segment, Sequence[Difference]]) -> list[Problem]:
    """Each difference once, with the segments that have it.

    Args:
        place: The dataset, for a person.
        differences: By segment.
    """
    segments: dict[Difference, list[str]] = {}
    for segment, found in differences.items():
        for difference in dict.fromkeys(found):
            segments.setdefault(difference, []).append(segment.name)
    return [
        Problem(_where(place, names, len(differences)) + f", code scheme {difference.scheme}", *difference[1:])
        for difference, names in segments.items()
    ]


def _where(place: str, names: Sequence[str], segment_count: int) -> str:
    if len(names) == segment_count:
        return place
    return f"{place}, segment{'' if len(names) == 1 else 's'} {', '.join(names)}"


def _are_users(fields: Fields | None) -> bool:
    """Whether the users are a list of texts. It may be empty: whoever removes all coders means it."""
    users = (fields or {}).get("users", [])
    return isinstance(users, list) and all(isinstance(user, str) for user in users)


def _users(fields: Fields | None) -> set[str]:
    users = (fields or {}).get("users")
    return set(map(str, users)) if isinstance(users, list) else set()
