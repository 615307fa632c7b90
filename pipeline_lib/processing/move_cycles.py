"""Whether coders say that a text belongs elsewhere again, in the dataset that it moved to (semantics.md 3)."""

from collections.abc import Mapping

import polars as pl


def with_fates(moves: pl.DataFrame, targets: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Moves, and where a second move would take each text; no second move is made, since a text moves once.

    A text is looked up by its own id, though in a survey it may have become a part of a longer answer.

    Args:
        moves: A row per text that moves: `dataset`, `target`, `message_id`.
        targets: Where coders say that texts belong, by the raw field of the dataset whose labels say so: `message_id`
            and `target`.

    Returns:
        The moves with `moves_on`, whether the target's labels say that the text belongs elsewhere again, and `returns`,
        whether further moves would bring the text back to where it was: labels contradict each other in a circle.
    """
    next_of = {
        (dataset, message_id): target
        for dataset, frame in targets.items()
        for message_id, target in frame.select("message_id", "target").iter_rows()
    }
    kinds = moves.select("dataset", "target", "message_id").unique(maintain_order=True)
    fates = [
        ((target, message_id) in next_of, _returns(dataset, message_id, next_of))
        for dataset, target, message_id in kinds.iter_rows()
    ]
    schema = {"moves_on": pl.Boolean, "returns": pl.Boolean}
    known = kinds.hstack(pl.DataFrame(fates, schema=schema, orient="row"))
    return moves.join(known, on=kinds.columns, how="left", maintain_order="left")


def _returns(dataset: str, message_id: str, next_of: Mapping[tuple[str, str], str]) -> bool:
    """Whether a text comes back to a dataset; one that is caught in another circle does not."""
    met: set[str] = set()
    current = next_of.get((dataset, message_id))
    while current is not None and current != dataset and current not in met:
        met.add(current)
        current = next_of.get((current, message_id))
    return current == dataset
