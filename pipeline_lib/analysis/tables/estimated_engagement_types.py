"""estimated_engagement_types.csv: messages to each episode, by how their senders said they take part."""

from collections.abc import Iterator, Sequence

from pipeline_lib.analysis.published_numbers import EngagementNumbers
from pipeline_lib.analysis.tables.rows import Row

HEADER = ("Episode", "Estimated Engagement Type", "Messages with Opt-Ins", "Relevant Messages")


def estimated_engagement_types(types: Sequence[EngagementNumbers]) -> Iterator[Row]:
    """A row per code of each engagement plan; none in a project without such plans."""
    yield HEADER
    for each in types:
        for number, code in enumerate(each.coding.codes):
            texts = [cell.text for cell in each.numbers.cells(number)]
            yield [each.coding.dataset.name, code.string_value, *texts]
