"""How far a segment's coding has come, as Coda's own tools count it for its dashboard (sources.md B.1)."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pipeline_lib.label_store.base import CodaScheme
from pipeline_lib.label_store.schemes import codes_of
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED


class Metrics(NamedTuple):
    """Numbers of messages."""

    messages_count: int = 0
    messages_with_label: int = 0
    """Messages for which some scheme's newest label is checked and gives a code."""
    wrong_scheme_messages: int = 0
    not_coded_messages: int = 0

    def and_new(self, count: int) -> "Metrics":
        """The metrics after adding `count` messages that nobody has checked yet."""
        return self._replace(messages_count=self.messages_count + count)

    def fields(self) -> dict[str, int]:
        """The document's fields."""
        return self._asdict()


def metrics_of(messages: Iterable[Any], schemes: Iterable[CodaScheme]) -> Metrics:
    """The metrics of a segment's messages; an item that is not a message counts as one without labels."""
    controls = {
        (str(scheme.get("SchemeID")), code["CodeID"]): code.get("ControlCode")
        for scheme in schemes
        for code in codes_of(scheme)
    }
    counts = [0, 0, 0, 0]
    for message in messages:
        said = [controls.get(opinion) for opinion in _opinions(message)]
        for index, holds in enumerate((True, bool(said), "WS" in said, "NC" in said)):
            counts[index] += holds
    return Metrics(*counts)


def _opinions(message: Any) -> list[tuple[str, str]]:
    """Scheme and code of each scheme's newest label, where it is checked and gives a code."""
    labels = message.get("Labels") if isinstance(message, Mapping) else None
    newest: dict[str, Mapping[str, Any]] = {}
    for label in labels if isinstance(labels, list) else ():
        if isinstance(label, Mapping) and isinstance(scheme_id := label.get("SchemeID"), str):
            newest.setdefault(scheme_id, label)
    return [
        (scheme_id, code_id)
        for scheme_id, label in newest.items()
        if label.get("Checked") is True and isinstance(code_id := label.get("CodeID"), str)
        if code_id != MANUALLY_UNCODED
    ]
