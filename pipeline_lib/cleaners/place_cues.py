"""What a text says of the places that it names: which of them is home.

Words around a place are cues. They stand before it, after it or around it (on either side: Somali has both orders), in
the same clause. A clause ends with a comma or the like, or where a word opens another (`but`, `hadda`).
"""

from functools import cache

import polars as pl
from pydantic import Field

from pipeline_lib.cleaners.data_files import DATA_FOLDER, DataFile, read
from pipeline_lib.cleaners.spelling import Spelling, clause_keys


class Sides(DataFile):
    """Cues of one meaning by where they stand: before the place, after it, or on either side."""

    before: list[str] = Field(default_factory=list)
    after: list[str] = Field(default_factory=list)
    around: list[str] = Field(default_factory=list)
    right_after: list[str] = Field(default_factory=list)
    """After the place with no other word between: what follows anything that is spoken of (`is`)."""


class PlaceCues(DataFile):
    """The cues of all languages, as `data/place_cues.toml` has them."""

    home: Sides
    """Somebody lives there."""
    not_home: Sides
    """The person does not live there, lived there once, or somebody else lives there."""
    others: Sides
    """Somebody or something else is there or spoken of, unless a cue of home says more."""
    origin: Sides
    """The person is from there: home, unless the text names another."""
    roots: Sides
    """The person was born there or the like: home, unless the text names another without saying so."""
    weak: Sides
    """A road or the like has the place's name, or somebody works or goes there: it counts if nothing says more."""
    negation: Sides
    """With a cue of home or origin on the same side of the place: not home."""
    between: list[str]
    """Ends what was said of the place before: what follows is another."""
    focus: list[str]
    """Stands behind a place whose cue follows (Somali `ayaan`)."""
    conjunctions: list[str]
    """Words between two places about which the text says the same."""
    clause_openers: list[str]
    """A clause begins with them. They may be cues as well."""
    names_before: list[str]
    """Turns the place right behind it into the name of something else (`radio`)."""
    names_after: list[str]
    """As `names_before`, of the place right before it (`fm`)."""


MEANINGS = ("not_home", "home", "others", "origin", "roots", "weak", "negation")
_RANKS = {"home": 0, "origin": 1, "unsaid": 1, "roots": 2, "weak": 3, "not_home": 4}
"""How good a place is as home, by what is said of it."""
_COMMA = " , "


@cache
def place_cues() -> PlaceCues:
    """The packaged cues."""
    return read(DATA_FOLDER / "place_cues.toml", PlaceCues)


def cue_keys(cues: PlaceCues, spelling: Spelling) -> pl.DataFrame:
    """One row per `key` to look for in `prepared_clauses`: its `role`, `side`, and whether it `opens` a clause."""
    rows: list[tuple[str, str | None, str]] = [
        (phrase, meaning, side)
        for meaning in MEANINGS
        for side in Sides.model_fields
        for phrase in getattr(getattr(cues, meaning), side)
    ]
    rows += [(phrase, role, "before") for role in ("between", "focus") for phrase in getattr(cues, role)]
    rows += [(phrase, "and", "before") for phrase in cues.conjunctions]
    rows += [(phrase, None, "before") for phrase in (",", *cues.clause_openers)]
    listed = pl.DataFrame(rows, schema={"phrase": pl.String, "role": pl.String, "side": pl.String}, orient="row")
    opening = clause_keys(pl.Series(cues.clause_openers), spelling).to_list()
    spelt = listed.with_columns(key=clause_keys(listed["phrase"], spelling))
    keys = spelt.with_columns(key=pl.when(pl.col("phrase") == ",").then(pl.lit(_COMMA)).otherwise("key"))
    once = keys.unique("key", keep="first", maintain_order=True)
    return once.select("key", "role", "side", opens=pl.col("key").is_in([*opening, _COMMA]))


def possible_homes(events: pl.DataFrame) -> pl.DataFrame:
    """The places that are said to be home; else those of which nothing is said, or where somebody is from.

    Args:
        events: One row per place and cue in the order of each text: `row` of the text, `key`, `is_place`, whether
            it `touches` the one before, and of `cue_keys` the `role`, `side` and `opens`.

    Returns:
        The rows of places that are left: those of the best rank of their text.
    """
    opens = pl.col("opens").fill_null(value=False)
    ended = (pl.col("key").str.ends_with(_COMMA) & ~opens).shift(1, fill_value=False)
    starts = opens | ended | (pl.col("row") != pl.col("row").shift(1)).fill_null(value=True)
    is_behind = pl.col("touches") & pl.col("is_place").shift(1, fill_value=False)
    says = (pl.col("role") != "focus") & ((pl.col("side") != "right_after") | is_behind)
    is_cue = (pl.col("is_place").not_() & says).fill_null(value=False)
    so_far = pl.col("is_place").cum_sum()
    before_clause = pl.when("starts").then(so_far - pl.col("is_place")).forward_fill()
    numbered = events.with_columns(starts=starts, clause=starts.cum_sum(), is_cue=is_cue).with_columns(
        number=so_far - before_clause,
        bare=pl.col("is_cue").any().over("clause").not_() & pl.col("key").str.ends_with(_COMMA).first().over("clause"),
        stressed=(pl.col("role") == "focus").shift(-1, fill_value=False),
    )
    placed = numbered.with_columns(
        places=pl.col("number").max().over("clause"),
        stressed=pl.when("is_place").then("stressed").forward_fill().over("clause"),
    )
    number, side = pl.col("number"), pl.col("side")
    is_last = number == pl.col("places")
    looks_back = side.is_in(["after", "right_after"]) | (
        (side == "around") & (number > 0) & (is_last | pl.col("stressed"))
    )
    cues = placed.filter("is_cue").with_columns(number=pl.when(looks_back).then(number).otherwise(number + 1))
    said = cues.group_by("clause", "number").agg(roles="role")
    places = placed.filter("is_place").join(said, on=["clause", "number"], how="left", maintain_order="left")
    return _best(places)


def _best(places: pl.DataFrame) -> pl.DataFrame:
    """The places whose rank is the best of their text; for places with the `roles` that are said of them."""
    said = places.with_columns(said=_said(), joined=pl.col("roles").list.contains("and").fill_null(value=False))
    next_is_same = pl.col("joined").shift(-1) & (pl.col("clause") == pl.col("clause").shift(-1))
    shared = said.with_columns(said=pl.col("said").fill_null(pl.when(next_is_same).then(pl.col("said").shift(-1))))
    kept = pl.when(pl.col("said") != "weak").then("said").forward_fill().over("clause")
    inherited = shared.with_columns(said=pl.col("said").fill_null(kept))
    before = pl.col("said").forward_fill().over("row")
    enumerated = inherited.with_columns(
        said=pl.col("said").fill_null(pl.when(pl.col("bare") & (before == "home")).then(before)).fill_null("unsaid")
    )
    ranked = enumerated.with_columns(rank=pl.col("said").replace_strict(_RANKS, return_dtype=pl.Int8))
    possible = ranked.filter(pl.col("said") != "not_home")
    return possible.filter(pl.col("rank") == pl.col("rank").min().over("row"))


def _said() -> pl.Expr:
    """What the cues of a place say of it together, or null."""
    has = {
        role: pl.col("roles").list.contains(role).fill_null(value=False)
        | (pl.col("role") == role).fill_null(value=False)
        for role in (*MEANINGS, "between")
    }
    is_negated = has["negation"] & (has["home"] | has["origin"] | has["roots"])
    return (
        pl.when(has["not_home"] | is_negated).then(pl.lit("not_home"))
        .when(has["home"]).then(pl.lit("home"))
        .when(has["others"]).then(pl.lit("not_home"))
        .when(has["roots"]).then(pl.lit("roots"))
        .when(has["origin"]).then(pl.lit("origin"))
        .when(has["weak"]).then(pl.lit("weak"))
        .when(has["between"]).then(pl.lit("unsaid"))
    )  # fmt: skip
