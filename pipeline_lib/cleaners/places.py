"""Where a person lives, by the places that a text names and what it says of them."""

import polars as pl

from pipeline_lib.cleaners.gazetteer import ELSEWHERE, Gazetteer, gazetteer
from pipeline_lib.cleaners.place_cues import possible_homes
from pipeline_lib.cleaners.spelling import prepared_clauses
from pipeline_lib.cleaners.word_list import READ_CHARACTERS

_LONGEST_CUE = 5
"""Words of the longest cue that is looked for beside a name."""


def somali_homes(texts: pl.Series) -> pl.DataFrame:
    """The district of Somalia in which the person lives (`whole`), and the part of Mogadishu (`part`).

    A part of Mogadishu is in Mogadishu; `unless_part` is the district too, null where the text names such a part, which
    implies its district.
    """
    found = homes(texts, gazetteer("somali_district", "somali_mogadishu_sub_district", parts_in="mogadishu"))
    return found.with_columns(unless_part=pl.when(pl.col("part").is_null()).then("whole"))


def kenyan_county(texts: pl.Series) -> pl.Series:
    """The county of Kenya in which the person lives."""
    return homes(texts, gazetteer("kenya_county"))["whole"]


def kenyan_constituency(texts: pl.Series) -> pl.Series:
    """The constituency of Kenya in which the person lives."""
    return homes(texts, gazetteer("kenya_county", "kenya_constituency"))["part"]


def homes(texts: pl.Series, places: Gazetteer) -> pl.DataFrame:
    """The one place that each text leaves as the person's home, on both levels: `part` and `whole`, or null.

    Several places that differ leave none, but a place and the larger one in which it lies are one.
    """
    mended = _mended(texts, places)
    words = mended.str.split("  ").explode().unique().drop_nulls().str.strip_chars(" ")
    glued, keys = places.glued_in(words), places.keys_in(words)
    readable = mended
    if not glued.is_empty():
        readable = mended.str.replace_many(glued["phrase"].implode(), glued["together"].implode(), leftmost=True)
    frame = pl.DataFrame({"text": readable}).with_row_index("row")
    found = frame.select("row", key=pl.col("text").str.extract_many(keys["key"].implode(), leftmost=True))
    events = (
        found.explode("key")
        .join(keys, on="key", how="left", maintain_order="left")
        .with_columns(is_place=pl.col("whole").is_not_null() | pl.col("part").is_not_null())
    )
    plain, others = _parted(events)
    found_homes = plain if others.is_empty() else pl.concat([plain, _homes_by_cues(others, frame, places)])
    return frame.select("row").join(found_homes, on="row", how="left", maintain_order="left").drop("row")


def _homes_by_cues(events: pl.DataFrame, texts: pl.DataFrame, places: Gazetteer) -> pl.DataFrame:
    """The home of each text that says something of its places, names several, or names one that may be no place."""
    named = _that_count(_with_touching(events, texts), texts, places)
    nearby = named.filter(pl.col("is_place").any().over("row"))
    placed = nearby.filter(_is_region_of_neighbour().not_())
    is_told = pl.col("role").is_not_null().any().over("row")
    unsaid = placed.filter("is_place", ~is_told).select("row", "part", "whole", "where", "sure")
    possible = pl.concat([unsaid, possible_homes(placed.filter(is_told)).select(unsaid.columns)])
    region = pl.col("where") == "region"
    exact = possible.filter(region.not_() | region.all().over("row"))
    return _one_place(exact.filter(pl.col("sure") | pl.col("sure").any().over("row").not_()))


def _parted(events: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The homes of texts that name one sure place and say nothing of it; and the events of the others.

    Most texts are of the first kind; texts that name no place are in neither.
    """
    rows = events.group_by("row").agg(number=pl.col("is_place").sum(), told=pl.col("role").is_not_null().any())
    sole = rows.filter(pl.col("number") == 1, ~pl.col("told"))
    plain = events.filter("is_place", pl.col("where") == "anywhere").join(sole, on="row", how="semi")
    others = rows.filter(pl.col("number") > 0).join(plain, on="row", how="anti")
    rest = events.join(others, on="row", how="semi", maintain_order="left")
    return plain.filter(pl.col("whole") != ELSEWHERE).select("row", "part", "whole"), rest


def _with_touching(events: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """Whether each cue or place `touches` the one before: no word of the text is between them."""
    asked = (pl.col("role") == "and") | (pl.col("side") == "right_after")
    pair = pl.concat_str(pl.col("key").shift(1).over("row"), "key")
    told = events.with_row_index("event").join(events.filter(asked).select("row").unique(), on="row", how="semi")
    touching = (
        told.sort("event")
        .select("row", "event", pair=pair)
        .join(texts, on="row", how="left", maintain_order="left")
        .filter(pl.col("text").str.contains(pl.col("pair"), literal=True))
    )
    return (
        events.with_row_index("event")
        .with_columns(touches=pl.col("event").is_in(touching["event"].implode()))
        .drop("event")
    )


def _is_region_of_neighbour() -> pl.Expr:
    """Whether it is a region right before or after another place: it says where that one lies."""
    region, row = pl.col("where") == "region", pl.col("row")
    other = pl.col("is_place") & (pl.col("where") != "region").fill_null(value=False)
    beside = (other.shift(by) & (row.shift(by) == row) for by in (-1, 1))
    return (region & pl.any_horizontal(*beside)).fill_null(value=False)


def _one_place(heard: pl.DataFrame) -> pl.DataFrame:
    """The place that all places of a row agree on. One named like its larger place comes after the others in it."""
    parts = pl.col("part").drop_nulls().unique()
    others = pl.col("part").filter(pl.col("part") != pl.col("whole")).unique()
    of_row = heard.group_by("row").agg(
        part=pl.when(others.len() > 0).then(others.implode()).otherwise(parts.implode()),
        whole=pl.col("whole").drop_nulls().unique(),
    )
    one = of_row.filter(pl.col("whole").list.len() <= 1, ~pl.col("whole").list.contains(ELSEWHERE))
    single = (pl.when(pl.col(each).list.len() == 1).then(pl.col(each).list.first()) for each in ("part", "whole"))
    return one.select("row", *single)


def _that_count(events: pl.DataFrame, texts: pl.DataFrame, places: Gazetteer) -> pl.DataFrame:
    """The cues, and the places that count where they were found, with whether they are `sure`.

    A name that is not sure counts in a text of nothing but places and cues, and beside a cue.
    """
    listed_sure = pl.col("where").is_in(["anywhere", "region"])
    doubted = events.filter("is_place", ~listed_sure).select("row").unique()
    clear = events.join(doubted, on="row", how="anti", maintain_order="left").with_columns(sure=listed_sure)
    weighed = _that_count_beside_others(
        events.join(doubted, on="row", how="semi", maintain_order="left"), texts, places
    )
    return pl.concat([clear, weighed.select(clear.columns)])


def _that_count_beside_others(events: pl.DataFrame, texts: pl.DataFrame, places: Gazetteer) -> pl.DataFrame:
    where, key = pl.col("where"), pl.col("key")
    bears_name_of_whole = (pl.col("part") == pl.col("whole")).fill_null(value=False)
    is_whole = ((where == "anywhere") & pl.col("part").is_null()) | bears_name_of_whole
    sure = where.is_in(["anywhere", "region"]) | (
        pl.col("part").is_not_null() & ~bears_name_of_whole & is_whole.any().over("row", "whole")
    )
    tells = (pl.col("role") != "others").fill_null(value=False)
    weighed = events.with_columns(
        sure=sure,
        joined=_is_joined_to(sure & pl.col("is_place")),
        said=pl.when(pl.col("is_place") | tells).then(key.str.count_matches(r"\p{L}+")).sum().over("row"),
        tells_home=pl.col("role").is_in(["home", "origin", "roots"]).fill_null(value=False).any().over("row"),
    ).with_row_index("event")
    doubtful = weighed.filter("is_place", ~pl.col("sure")).join(texts, on="row")
    words = pl.col("text").str.replace_all(r"\S*_\S*", "").str.count_matches(r"\p{L}+")
    is_all = (words == pl.col("said")) & (where != "short text")
    judged = doubtful.select(
        "event",
        "row",
        "text",
        "key",
        "where",
        proven=is_all | pl.when(where == "told home").then("tells_home").otherwise("joined"),
        counts=(where == "short text") & (words <= places.short_text_words),
    )
    cued = judged.filter(~pl.col("proven")).filter(_beside_cue(places))
    known = weighed.join(judged.select("event", "proven", "counts"), on="event", how="left", maintain_order="left")
    proven = pl.col("proven") | pl.col("event").is_in(cued["event"].implode())
    return known.with_columns(sure=pl.col("sure") | proven.fill_null(value=False)).filter(
        pl.col("is_place").not_() | pl.col("sure") | pl.col("counts")
    )


def _is_joined_to(other: pl.Expr) -> pl.Expr:
    """Whether only a conjunction stands between a place and a neighbour of which `other` is true."""
    row, touches = pl.col("row"), pl.col("touches")
    is_and = (pl.col("role") == "and").fill_null(value=False)
    before = (row.shift(2) == row) & other.shift(2) & is_and.shift(1) & touches & touches.shift(1)
    behind = (row.shift(-2) == row) & other.shift(-2) & is_and.shift(-1) & touches.shift(-1) & touches.shift(-2)
    return (before | behind).fill_null(value=False)


def _beside_cue(places: Gazetteer) -> pl.Expr:
    """Whether a cue stands beside the place; for rows of `row`, `text`, `key`, `where`."""
    around = pl.col("text").str.split(pl.col("key"))
    nth = pl.int_range(pl.len()).over("row", "key")
    before, after = around.list.get(nth).str.extract_all(r"\S+"), around.list.get(nth + 1).str.extract_all(r"\S+")
    ends_clause = (pl.col("where") == "ending") & (after.list.first() == ",")
    sizes = range(1, _LONGEST_CUE + 1)
    return pl.any_horizontal(
        ends_clause,
        *(before.list.tail(size).list.join("  ").is_in(places.cues_before) for size in sizes),
        *(after.list.head(size).list.join("  ").is_in(places.cues_after) for size in sizes),
    )


def _mended(texts: pl.Series, places: Gazetteer) -> pl.Series:
    """The texts' beginnings in one spelling, with misspelt names mended."""
    return places.name_spellings.mended(prepared_clauses(texts.str.head(READ_CHARACTERS), places.spelling))
