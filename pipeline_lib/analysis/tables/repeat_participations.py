"""repeat_participations.csv: how many people opted in to one episode, to two, and so on."""

from collections.abc import Iterator

from pipeline_lib.analysis.cells import percent
from pipeline_lib.analysis.participation import Participation
from pipeline_lib.analysis.tables.rows import Row

HEADER = (
    "Number of Episodes Participated In",
    "Number of Participants with Opt-Ins",
    "% of Participants with Opt-Ins",
)


def repeat_participations(participation: Participation) -> Iterator[Row]:
    """A row per number of episodes; shares are of the people who opted in to any."""
    yield HEADER
    everybody = participation.opted_in
    for times, people in enumerate(participation.repeats.cells(), start=1):
        yield [str(times), people.text, percent(people, everybody)]
