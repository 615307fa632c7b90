"""`AutomatedAnalysis` of a `pipeline.json`: what the analysis counts, draws and protects."""

from collections.abc import Mapping
from math import ceil, sqrt
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, StrictBool, StrictFloat, StrictInt, model_validator

from pipeline_lib.config.field_types import LevelName
from pipeline_lib.config.key_aliases import spellings
from pipeline_lib.config.name_rules import Label
from pipeline_lib.model.coding_plan import MapLevel
from pipeline_lib.model.frozen import Frozen
from pipeline_lib.model.times import Instant

_LEVEL_OF_SWITCH: Mapping[str, str] = MappingProxyType(
    {
        "Region": MapLevel.REGIONS,
        "District": MapLevel.DISTRICTS,
        "Mogadishu": MapLevel.MOGADISHU,
        "County": MapLevel.COUNTIES,
        "Constituency": MapLevel.CONSTITUENCIES,
        "Ward": "wards",
    }
)
"""The level that each key `Generate…ThemeDistributionMaps` asks for."""


class TrafficLabel(Frozen):
    """A time range of promotion, whose messages are counted."""

    start_date: Instant
    """From then on."""
    end_date: Instant
    """Until before then."""
    label: Label
    """What went on air or out by SMS."""


class CrossTab(Frozen):
    """A table of how many people have each code of one coding and each of another."""

    rows: str
    """AnalysisFileKey of the coding whose codes are rows."""
    columns: str
    """AnalysisFileKey of the coding whose codes are columns; of another dataset."""


class Boundaries(Frozen):
    """A file that says what the areas of a level of maps look like."""

    level: LevelName
    """The level, as `BreakdownMaps` of the coding plans call it."""
    file_url: str
    """GeoJSON, GeoPackage, a zipped shapefile, or what else geopandas reads."""
    code_property: str = Field(min_length=1)
    """The property of each area that holds its code: the StringValue, a MatchValue or the CodeID."""


class DisclosureControl(Frozen):
    """How small numbers are protected: by the cell key method."""

    threshold: StrictInt = Field(default=5, ge=3, le=100)
    """The smallest number of people that is released; smaller ones, zero too, are shown as `<5`, if it is 5."""
    perturbation_table: Literal["maximum entropy", "10-5 rule"] = "maximum entropy"
    """How released numbers are perturbed. `10-5 rule`: those from 10 on are rounded to the nearest 5; without
    Threshold, LargestDeviation and Variance. `maximum entropy`: by chance, without bias."""
    largest_deviation: StrictInt | None = Field(default=None, ge=2)
    """The most by which a number is changed. The smaller it is, the more often somebody knows that a number was changed
    by that much, and so what is hidden. Default: three and a half standard deviations, rounded up."""
    variance: StrictFloat | None = Field(default=None, ge=1)
    """Variance of the change, in people squared: at 4, four numbers in five are changed by two people at most. Default:
    one less than Threshold."""
    key_file_url: SecretStr
    """A file with the project's secret key, or `connection://<id>`, an Airflow connection's password.
    `python -m pipeline_lib create-disclosure-key` makes it. Another key makes other numbers, and both together reveal
    more than one: keep the key for as long as the project is published."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.perturbation_table == "10-5 rule":
            if not {"threshold", "largest_deviation", "variance"}.isdisjoint(self.model_fields_set):
                raise ValueError("the 10-5 rule has its own Threshold, LargestDeviation and Variance: leave them out")
            return self
        greatest = self.deviation * (self.deviation + 1) / 3
        if not self.variance_of_perturbation < greatest:
            by_default = f", {self.variance_of_perturbation} by default," if self.variance is None else ""
            raise ValueError(
                f"Variance{by_default} must be below {greatest:.2f}, "
                "the variance if all changes up to LargestDeviation are equally likely"
            )
        return self

    @property
    def deviation(self) -> int:
        """`LargestDeviation`, or its default."""
        if self.largest_deviation is None:
            return ceil(3.5 * sqrt(self.variance_of_perturbation))
        return self.largest_deviation

    @property
    def variance_of_perturbation(self) -> float:
        """`Variance`, or its default."""
        return self.threshold - 1 if self.variance is None else self.variance


class AutomatedAnalysis(Frozen):
    """What the analysis counts and draws."""

    generate_region_theme_distribution_maps: StrictBool = False
    """A map of regions for every theme."""
    generate_district_theme_distribution_maps: StrictBool = False
    """A map of districts for every theme."""
    generate_mogadishu_theme_distribution_maps: StrictBool = Field(
        default=False,
        validation_alias=spellings("GenerateMogadishuThemeDistributionMaps"),
        alias="GenerateMogadishuThemeDistributionMaps",
    )
    """A map of Mogadishu's sub-districts for every theme."""
    generate_county_theme_distribution_maps: StrictBool = False
    """A map of Kenya's counties for every theme."""
    generate_constituency_theme_distribution_maps: StrictBool = False
    """A map of Kenya's constituencies for every theme."""
    generate_ward_theme_distribution_maps: StrictBool = False
    """A map of `wards` for every theme: areas that Boundaries must describe."""
    theme_distribution_map_levels: tuple[LevelName, ...] = ()
    """More levels with a map for every theme, such as `counties`."""
    boundaries: tuple[Boundaries, ...] = ()
    """What areas look like, a file a level. Levels without one get schematic maps: cells around each place's centre."""
    traffic_labels: tuple[TrafficLabel, ...] | None = None
    """Time ranges whose messages are counted."""
    cross_tabs: tuple[CrossTab, ...] = ()
    """Tables of two codings each, beside those that the coding plans name."""
    disclosure_control: DisclosureControl | None = None
    """Protects small numbers in tables, graphs, maps, samples and the report. Default: every number is shown as it is.
    [docs/analysis.md](../docs/analysis.md#small-numbers) says what it promises."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_suppression(cls, data: Any) -> Any:
        if isinstance(data, dict) and "SmallCellThreshold" in data:
            raise ValueError(
                "SmallCellThreshold is no key any more, since numbers that it hid could be worked out from others; "
                'write "DisclosureControl": {"Threshold": 5, "KeyFileURL": "disclosure.key"}'
            )
        return data

    def theme_map_switches(self) -> list[tuple[str, str]]:
        """The keys that ask for maps of every theme and are on, each with its level."""
        is_on = (
            self.generate_region_theme_distribution_maps,
            self.generate_district_theme_distribution_maps,
            self.generate_mogadishu_theme_distribution_maps,
            self.generate_county_theme_distribution_maps,
            self.generate_constituency_theme_distribution_maps,
            self.generate_ward_theme_distribution_maps,
        )
        switches = zip(_LEVEL_OF_SWITCH.items(), is_on, strict=True)
        return [(f"Generate{word}ThemeDistributionMaps", level) for (word, level), on in switches if on]

    @property
    def theme_map_levels(self) -> frozenset[str]:
        """The levels with a map for every theme."""
        return frozenset({*(level for _, level in self.theme_map_switches()), *self.theme_distribution_map_levels})
