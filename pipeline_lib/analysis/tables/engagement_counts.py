"""engagement_counts.csv: messages and people per episode, and of all episodes."""

from collections.abc import Iterator

from pipeline_lib.analysis.participation import Participation
from pipeline_lib.analysis.tables.rows import Row

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


def engagement_counts(participation: Participation) -> Iterator[Row]:
    """A row per episode, and a last one for all of them: in it alone, also the messages and people of the withdrawn."""
    yield HEADER
    names = [*(episode.key for episode in participation.episodes), "Total"]
    for number, name in enumerate(names):
        messages = [cell.text for cell in participation.messages.cells(number)]
        people = [cell.text for cell in participation.people.cells(number)]
        if name != names[-1]:
            messages[0] = people[0] = "-"
        yield [name, *messages, *people]
