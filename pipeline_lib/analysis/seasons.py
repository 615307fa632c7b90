"""Which episodes belong to one season."""

import re
from collections.abc import Sequence

from pipeline_lib.analysis.codings import Analysed


def seasons(episodes: Sequence[Analysed]) -> dict[str, list[Analysed]]:
    """Episodes by season, from their names: `s02e01` is in `season 2`; one season for all if a name lacks it."""
    found: dict[str, list[Analysed]] = {}
    for episode in episodes:
        name = re.search(r"(?:^|[^a-z])s(\d+)[ _-]?e\d", episode.dataset.name, re.IGNORECASE)
        if name is None:
            return {"all episodes": list(episodes)} if episodes else {}
        found.setdefault(f"season {int(name[1])}", []).append(episode)
    return found
