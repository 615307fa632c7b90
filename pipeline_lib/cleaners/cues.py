"""Words that mean their value where a cue stands beside them: "I am a", before "mother"."""

import polars as pl

MAY_BE_BETWEEN = 2
"""How many words or phrases of the list may stand between a cue and its word: "I am a *poor* *village* woman"."""


def with_cues_heard(found: pl.DataFrame) -> pl.DataFrame:
    """What was found in texts, with every word whose cue stands beside it or with what may stand between.

    Args:
        found: In the texts' order: `row` of the text; `key`; `value` (null = none); `where` it counts; `start` and
            `end`, how many words stand before the phrase, and with it, all texts counted together; whether it
            `cues_next`, `cues_previous`, or `may_be_between`; and whether it `takes_next` or `takes_previous`.

    Returns:
        The same rows with `has_cue`. A word that has one counts anywhere, and its `key` and `start` are those of all
        that leads to it; what leads to a word takes nothing away.
    """
    touches = (pl.col("row") == pl.col("row").shift(1)) & (pl.col("start") == pl.col("end").shift(1))
    heard = found.with_columns(
        touches_previous=touches.fill_null(value=False),
        can_be_cued=pl.col("value").is_not_null() & pl.col("where").is_in(["short text", "whole text"]),
        led=pl.col("key"),
        led_start=pl.col("start"),
    ).with_columns(touches_next=pl.col("touches_previous").shift(-1, fill_value=False))
    cue_before = pl.col("touches_previous") & pl.col("cues_next").shift(1, fill_value=False)
    cue_behind = pl.col("touches_next") & pl.col("cues_previous").shift(-1, fill_value=False)
    between = pl.col("may_be_between")
    for _ in range(MAY_BE_BETWEEN):
        led = between & cue_before & pl.col("cues_next").not_()
        heard = heard.with_columns(
            cues_next=pl.col("cues_next") | led,
            cues_previous=pl.col("cues_previous") | (between & cue_behind),
            led=pl.when(led).then(pl.col("led").shift(1) + pl.col("key")).otherwise("led"),
            led_start=pl.when(led).then(pl.col("led_start").shift(1)).otherwise("led_start"),
        )
    heard = heard.with_columns(
        from_before=pl.col("can_be_cued") & cue_before, from_behind=pl.col("can_be_cued") & cue_behind
    )
    leads, trails = pl.col("cues_next") & pl.col("touches_next"), pl.col("cues_previous") & pl.col("touches_previous")
    heard = heard.with_columns(
        leads=leads & pl.col("from_before").shift(-1, fill_value=False),
        trails=trails & pl.col("from_behind").shift(1, fill_value=False),
    )
    for _ in range(MAY_BE_BETWEEN):
        heard = heard.with_columns(
            leads=pl.col("leads") | (leads & (pl.col("leads") & between).shift(-1, fill_value=False)),
            trails=pl.col("trails") | (trails & (pl.col("trails") & between).shift(1, fill_value=False)),
        )
    has_cue, serves = pl.col("from_before") | pl.col("from_behind"), pl.col("leads") | pl.col("trails")
    return heard.with_columns(
        has_cue=has_cue,
        where=pl.when(has_cue).then(pl.lit("anywhere")).otherwise("where"),
        key=pl.when("from_before").then(pl.col("led").shift(1) + pl.col("key")).otherwise("key"),
        start=pl.when("from_before").then(pl.col("led_start").shift(1)).otherwise("start"),
        takes_next=pl.col("takes_next") & serves.not_(),
        takes_previous=pl.col("takes_previous") & serves.not_(),
    ).select(*found.columns, "has_cue")
