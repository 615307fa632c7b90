"""Which episodes are of one season."""

import re
from collections.abc import Sequence

from pipeline_lib.analysis.codings import Analysed


def seasons(episodes: Sequence[Analysed]) -> dict[str, list[Analysed]]:
    """Episodes by season, as their names tell it: `s02e01` is of `season 2`; one season if any name does not."""
    found: dict[str, list[Analysed]] = {}
    for episode in episodes:
        name = re.search(r"(?:^|[^a-z])s(\d+)[ _-]?e\d", episode.dataset.name, re.IGNORECASE)
        if name is None:
            return {"all episodes": list(episodes)} if episodes else {}
        found.setdefault(f"season {int(name[1])}", []).append(episode)
    return found
