"""What goes wrong on purpose: settable while the server runs, and the same every time."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox import faults
from sandbox.facebook.errors import UNAVAILABLE, GraphError
from sandbox.facebook.world import World

Endpoint = Literal[
    "", "comment", "comments", "debug_token", "insights", "me", "page", "post", "posts", "reactions", "video_insights"
]
"""What requests count as: nodes (`page`, `post`, `comment`; `me` is the token's own), their edges, and the empty one
for what the server does not have. All of a page's lists of posts are `posts`; a comment's replies are `comments`."""

TransportFault = Literal["error", "bad-gateway", "cut", "truncate", "early-json", "slow", "drip"]
"""`error`: an answer that is one; `bad-gateway`: a 502 that is HTML; `cut`: the connection is reset without an answer;
`truncate`: it ends before the length that was promised; `early-json`: a whole answer whose JSON ends in the middle;
`slow`: the right answer, late; `drip`: the right answer in small pieces, each late."""

ListingFault = Literal["loop", "empty", "short", "repeat", "overlap"]
"""`loop`: the next page is the same again; `empty`: a page of nothing before the page that was asked for; `short`: half
a page; `repeat`: after the last page comes the first; `overlap`: a page begins with the last item of the one before."""

LISTING_FAULTS: frozenset[str] = frozenset({"loop", "empty", "short", "repeat", "overlap"})

Change: TypeAlias = faults.Change[World]
"""What happens to the world while clients read."""


@dataclass
class Fault(faults.Recurrence):
    """Something that goes wrong with requests to one endpoint."""

    kind: TransportFault | ListingFault
    endpoint: Endpoint
    error: GraphError = UNAVAILABLE
    """What an `error` is."""
    seconds: float = 60
    """How late a slow answer comes, or a piece of one that drips."""
    headers: tuple[tuple[str, str], ...] = ()
    """What the answer says beside."""
