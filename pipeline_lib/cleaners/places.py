"""Where a person says that they are: the most exact place that they name is the one that is coded."""

import polars as pl

from pipeline_lib.cleaners.word_list import first_value


def district_unless_mogadishu_sub_district(texts: pl.Series) -> pl.Series:
    """The district that a text names, null where it names a part of Mogadishu: that one implies its district."""
    without_sub_district = first_value("somali_mogadishu_sub_district", texts).is_null()
    elsewhere = texts.filter(without_sub_district)
    districts = pl.Series([None], dtype=pl.String).new_from_index(0, len(texts))
    return districts.scatter(without_sub_district.arg_true(), first_value("somali_district", elsewhere))
