"""Words that mean their value where a cue stands beside them: "I am a", before "mother"."""

from dataclasses import replace

import numpy as np

from pipeline_lib.cleaners.phrases_found import PhrasesFound, of_next, of_previous, words_between
from pipeline_lib.cleaners.word_keys import ANYWHERE, CAN_BE_CUED

MAY_BE_BETWEEN = 2
"""How many words or phrases of the list may stand between a cue and its word: "I am a *poor* *village* woman"."""


def with_cues_heard(found: PhrasesFound) -> PhrasesFound:
    """What was found, with cues assigned: a word's cue stands beside it, or only `may_be_between` is between them.

    Returns:
        The same phrases with `has_cue`. A word with a cue counts anywhere, and its `start` is that of the cue or of
        whatever leads to it; phrases that lead to a word take nothing away.
    """
    touches_previous = words_between(found) == 0
    touches_next = of_next(touches_previous)
    between = found.says["may_be_between"]
    cues_next, cues_previous = found.says["cues_next"], found.says["cues_previous"]
    start_of_cue = found.start
    for _ in range(MAY_BE_BETWEEN):
        led = between & touches_previous & of_previous(cues_next) & ~cues_next
        trailing = between & touches_next & of_next(cues_previous)
        start_of_cue = np.where(led, of_previous(start_of_cue), start_of_cue)
        cues_next, cues_previous = cues_next | led, cues_previous | trailing

    can_be_cued = (found.value >= 0) & np.isin(found.where, CAN_BE_CUED)
    from_before = can_be_cued & touches_previous & of_previous(cues_next)
    from_behind = can_be_cued & touches_next & of_next(cues_previous)
    leads_on, trails_on = cues_next & touches_next, cues_previous & touches_previous
    leads, trails = leads_on & of_next(from_before), trails_on & of_previous(from_behind)
    for _ in range(MAY_BE_BETWEEN):
        leads = leads | (leads_on & of_next(leads & between))
        trails = trails | (trails_on & of_previous(trails & between))
    has_cue, serves = from_before | from_behind, leads | trails
    takes = {name: found.says[name] & ~serves for name in ("takes_next", "takes_previous")}
    return replace(
        found,
        has_cue=found.has_cue | has_cue,
        where=np.where(has_cue, ANYWHERE, found.where),
        start=np.where(from_before, of_previous(start_of_cue), found.start),
        says={**found.says, **takes},
    )
