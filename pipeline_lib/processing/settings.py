"""The settings of processing, and the raw data files that it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline_lib.model.coding_plan import CodingPlans
from pipeline_lib.model.compatibility import Quirk
from pipeline_lib.model.shard import Shard
from pipeline_lib.processing.translation import Translation


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A project's settings for processing, in addition to its coding plans."""

    translation: Translation
    start: datetime
    end: datetime
    filter_test_messages: bool
    test_participants: frozenset[str] = frozenset()
    """Participants whose messages count as tests, in addition to those that the sources mark."""
    operators: frozenset[str] | None = None
    """The mobile networks whose people count; None: all."""
    moves_wrong_scheme: bool
    """Whether texts labelled as wrong scheme move to the dataset that they belong to."""
    as_predecessor: bool
    """Whether the predecessors' quirks are kept."""
    quarantine_share_limit: float
    as_of: datetime | None
    """Whatever was received or labelled then or later is ignored; None: nothing is ignored."""
    quirks: frozenset[Quirk] = frozenset()
    """Those that are kept beyond what all predecessors share."""
    checks_participants: bool = False
    """Whether every raw object must be from a participant uuid, as a project's always are."""
    holds_back_stops: bool = True
    """Whether somebody who sent a stop word that no coder has labelled is left out; never where quirks are kept."""
    stop_words: tuple[str, ...] = ()
    """The project's own, in addition to those that every project has."""
    shows_withdrawn: bool | None = None
    """Whether those who withdrew have rows in the CSVs, which say STOP. None: only where quirks are kept."""
    text_limit_bytes: int | None = None
    """Longer texts are cut off; None: there is no limit."""

    @property
    def plans(self) -> CodingPlans:
        """The coding plans."""
        return self.translation.plans


@dataclass(frozen=True, kw_only=True)
class RawFiles:
    """The raw data files, in the order of the config's sources."""

    activations: tuple[Path, ...]
    surveys: tuple[Path, ...]
    sources: tuple[str | None, ...] = ()
    """The SourceName of each of the activations, then of each of the surveys, if it has one."""
    groups: Mapping[str, Path] = field(default_factory=dict)
    """Files of groups, by name."""
    operators: Mapping[str, str] | None = None
    """The first digits of participants' numbers, by `uid`, where something else than the raw data tells them."""
    shard: Shard | None = None
    """Whose objects are read; None: everybody's."""
