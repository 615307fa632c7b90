"""engagement_counts.csv: messages and people per episode, and for all episodes."""

from collections.abc import Iterator

from pipeline_lib.analysis.published_numbers import Participation
from pipeline_lib.analysis.tables.rows import PARTLY_REVIEWED, Row

HEADER = (
    "Dataset",
    "Total Messages",
    "Total Messages with Opt-Ins",
    "Total Labelled Messages",
    "Total Relevant Messages",
    "Total Participants",
    "Total Participants with Opt-Ins",
    "Total Relevant Participants",
)


def engagement_counts(participation: Participation, *, as_predecessor: bool = False) -> Iterator[Row]:
    """A row per episode, and a last one for all of them, which alone includes messages and people of the withdrawn.

    The last column has people who gave a theme but are not relevant, since something that they said waits for a coder;
    the predecessors' table lacks it.
    """
    yield HEADER if as_predecessor else (*HEADER, PARTLY_REVIEWED)
    partly_reviewed = participation.partly_reviewed.cells()
    names = [*(episode.key for episode in participation.episodes), "Total"]
    for number, name in enumerate(names):
        messages = [cell.text for cell in participation.messages.cells(number)]
        people = [cell.text for cell in participation.people.cells(number)]
        if name != names[-1]:
            messages[0] = people[0] = "-"
        yield [name, *messages, *people, *([] if as_predecessor else [partly_reviewed[number].text])]
