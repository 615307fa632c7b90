"""How much less than the last time a source or a dataset may give before a person is asked."""

import logging
import shlex
from dataclasses import dataclass

from pipeline_lib.errors import Problem, counted

DEFAULT_SHARE = 0.5

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ShrinkLimit:
    """What must still be there of what was there the last time."""

    share: float = DEFAULT_SHARE
    """From 0 to 1. Whatever it is, something must be left where there was something."""
    accepted: frozenset[str] = frozenset()
    """Names of raw data and of datasets in the label store that may have less, since a person has looked."""

    def problem(self, place: str, noun: str, *, before: int, now: int, accepted_as: str) -> Problem | None:
        """What is wrong with a count; None where it may be what it is.

        Args:
            place: How errors name what is counted.
            noun: What is counted, in the singular.
            before: The count when it was last read and accepted.
            now: The count now.
            accepted_as: The name by which a person accepts the loss.
        """
        is_shrunk = before > 0 and (now == 0 or now < self.share * before)
        if not is_shrunk:
            return None
        wrong = f"had {counted(before, noun)} when it was last read, and has {f'{now:,}' if now else 'none'} now"
        if accepted_as in self.accepted:
            _logger.info("%s: %s; this was accepted", place, wrong)
            return None
        right = (
            "have them restored; or, if they are gone for good, accept it once with "
            f"--accept-shrink {shlex.quote(accepted_as)} or the run's parameter accept_shrink "
            f"(SourceShrinkLimit: at least {self.share:.0%} must be there)"
        )
        return Problem(place, wrong, right)


DEFAULT_LIMIT = ShrinkLimit()
"""Where a config says nothing, and nobody has accepted anything."""
