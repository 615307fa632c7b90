"""per_show_repeat_and_new_participation.csv: how many people of each show are new, and how many came back."""

from collections.abc import Iterator

from pipeline_lib.analysis.published_numbers import Participation
from pipeline_lib.analysis.tables.rows import Row
from pipeline_lib.disclosure.release import percent

HEADER = (
    "Radio Show",
    "No. of opt-in participants",
    "No. of opt-in participants that are new",
    "No. of opt-in participants that are repeats",
    "% of opt-in participants that are new",
    "% of opt-in participants that are repeats",
)


def per_show_participation(
    participation: Participation, *, as_predecessor: bool = False, needs_new_people: bool = False
) -> Iterator[Row]:
    """A row per show, in the order of the plans; people are new to the first one that they took part in.

    Args:
        participation: The numbers.
        as_predecessor: Whether a show is called by its raw field.
        needs_new_people: Whether there are no shares where nobody is new (Q64).
    """
    yield HEADER
    for number, show in enumerate(participation.shows):
        people, new, repeats = participation.first_and_repeat.cells(number)
        has_shares = new.count != 0 or not needs_new_people
        shares = [percent(part, people) if has_shares else "" for part in (new, repeats)]
        name = show.raw_field if as_predecessor else show.name
        yield [name, people.text, new.text, repeats.text, *shares]
