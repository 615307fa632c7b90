"""What every source may have."""

from pydantic import field_validator

from pipeline_lib.config.name_rules import Label
from pipeline_lib.model.frozen import Frozen


class NamedSource(Frozen):
    """A source with a name of its own."""

    source_name: Label | None = None
    """Name of the source, such as the station or the short code that it serves: what a dataset DerivedFrom `source`
    tells of each participant."""

    @field_validator("source_name")
    @classmethod
    def _is_one_name(cls, name: str | None) -> str | None:
        if name is not None and ";" in name:
            raise ValueError("has a semicolon, which stands between the names of several sources; take it out")
        return name
