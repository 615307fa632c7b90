"""sample_messages.csv and impact_messages.csv: what people wrote, by code, without their senders."""

from collections.abc import Iterator, Sequence

from pipeline_lib.analysis.published_numbers import Sample
from pipeline_lib.analysis.tables.rows import Row

HEADER = ("Episode", "Code Scheme", "Code", "Message")


def sample_messages(samples: Sequence[Sample]) -> Iterator[Row]:
    """A row per message."""
    yield HEADER
    for sample in samples:
        for text in sample.texts:
            yield [sample.episode.key, sample.episode.coding.code_scheme.name, sample.code.string_value, text]
