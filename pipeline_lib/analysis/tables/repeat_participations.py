"""repeat_participations.csv: how many people opted in to one episode, to two, and so on."""

from collections.abc import Iterator

from pipeline_lib.analysis.published_numbers import Participation
from pipeline_lib.analysis.tables.rows import Row
from pipeline_lib.disclosure.release import percent

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
