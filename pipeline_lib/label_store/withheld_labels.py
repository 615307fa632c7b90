"""Labels that a pull leaves out, but that a run must know all the same: they say who withdrew, and who did not.

They are labels made after the run's as-of time, and labels of messages that arrived in Coda after it or that break
Coda's rules.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from pipeline_lib.cleaners.stop_words import are_stop_words
from pipeline_lib.model.coda_file import is_hash
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED
from pipeline_lib.model.coding_plan import ANY_STOP_CODE_ID, StopCode
from pipeline_lib.model.labels import is_suggestion


@dataclass
class LeftOut:
    """What the left-out labels of one dataset's messages say; it gives out ids of messages, no texts."""

    stop_codes: Sequence[StopCode]
    stop_words: Collection[str]
    """The project's own stop words, beside those that every project has."""
    ws_codes: Collection[str]
    """Codes that say which dataset a message belongs to."""
    stopped: set[str] = field(default_factory=set)
    """Messages that have a label STOP."""
    moves: set[tuple[str, str]] = field(default_factory=set)
    """Messages, and the code that says where they belong."""
    _reviewed: dict[str, str] = field(default_factory=dict)
    """Texts of messages that a coder has labelled, by the messages' ids."""

    def note(self, message: Any, kept: Collection[Any] = ()) -> None:
        """Note what the labels of a message say, except those that the pull keeps."""
        kept_labels = {id(label) for label in kept}
        message_id = message.get("MessageID") if isinstance(message, dict) else None
        if not isinstance(message_id, str) or not is_hash(message_id):
            return
        text = message.get("Text")
        for scheme_id, code_id in _opinions(message, kept_labels):
            if self._is_stop(scheme_id, code_id):
                self.stopped.add(message_id)
            if code_id in self.ws_codes:
                self.moves.add((message_id, code_id))
            if code_id != MANUALLY_UNCODED and isinstance(text, str):
                self._reviewed[message_id] = text

    def reviewed(self) -> set[str]:
        """Messages that are only a stop word, and that a coder has labelled."""
        are_stops = are_stop_words(pl.Series(list(self._reviewed.values()), dtype=pl.String), self.stop_words)
        return {message_id for message_id, is_stop in zip(self._reviewed, are_stops, strict=True) if is_stop}

    def _is_stop(self, scheme_id: str, code_id: str) -> bool:
        is_own = any(stop.is_given_by(scheme_id, code_id) for stop in self.stop_codes)
        return is_own or re.search(ANY_STOP_CODE_ID, code_id) is not None


def _opinions(message: dict[str, Any], kept: Collection[int]) -> Iterator[tuple[str, str]]:
    """Scheme and code of each label that is not kept and is more than a suggestion."""
    labels = message.get("Labels")
    for label in labels if isinstance(labels, list) else ():
        if isinstance(label, dict) and id(label) not in kept:
            origin = label.get("Origin")
            origin_type = origin.get("OriginType") if isinstance(origin, dict) else None
            scheme_id, code_id = label.get("SchemeID"), label.get("CodeID")
            is_suggested = is_suggestion(origin_type, is_checked=label.get("Checked") is True)
            if isinstance(scheme_id, str) and isinstance(code_id, str) and not is_suggested:
                yield scheme_id, code_id
