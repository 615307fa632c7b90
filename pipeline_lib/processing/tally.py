"""What became of what came in: counts that a run's manifest keeps."""

from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts only: no texts, no names. Filled while processing goes on."""

    counts: dict[str, int] = field(default_factory=dict)
    """How many there are after each step, in the order of the steps."""
    dropped: dict[str, int] = field(default_factory=dict)
    """How many a rule of the pipeline left out, by the rule."""
    quarantined: dict[str, int] = field(default_factory=dict)
    """How many could not be used, by the reason."""
