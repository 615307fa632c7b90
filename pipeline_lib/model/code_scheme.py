"""A code scheme: the list of codes that labels of one kind may carry, in Coda V2's format (sources.md B.3)."""

from enum import StrEnum
from functools import cached_property

from pydantic import ConfigDict, Field, StrictBool, StrictInt

from pipeline_lib.errors import ConfigError, Problem
from pipeline_lib.model.frozen import Frozen

MANUALLY_UNCODED = "SPECIAL-MANUALLY_UNCODED"
"""The code id of a label by which a coder takes a code away; no scheme has it."""


class CodeType(StrEnum):
    """What a code says: something about the subject, about the coding, or about the message."""

    NORMAL = "Normal"
    CONTROL = "Control"
    META = "Meta"


class ControlCode(StrEnum):
    """The control codes that the pipeline itself asks for or sets."""

    CODING_ERROR = "CE"
    NOT_AVAILABLE = "NA"
    NOT_CODED = "NC"
    NOT_INTERNALLY_CONSISTENT = "NIC"
    NOT_REVIEWED = "NR"
    NOISE_OTHER_CHANNEL = "NOC"
    SKIPPED = "NS"
    STOP = "STOP"
    WRONG_SCHEME = "WS"


class Code(Frozen):
    """One entry of a code scheme."""

    model_config = ConfigDict(extra="allow")

    code_id: str = Field(min_length=1)
    """The code's id in labels, unique in the scheme."""
    code_type: CodeType
    """Normal, Control or Meta."""
    string_value: str = Field(min_length=1)
    """The code in tables and in their columns' names, unique in the scheme."""
    numeric_value: StrictInt
    """The code in statistics, and the age in years of a code of the imputation `age_category`."""
    display_text: str = ""
    """The code in Coda's web app, unique in the scheme; the StringValue where it is empty."""
    control_code: str | None = None
    """Which control code it is; control codes only."""
    meta_code: str | None = None
    """Which meta code it is; other codes are none, whatever stands here."""
    match_values: tuple[str, ...] = ()
    """What cleaners and other schemes call it; each value unique in the scheme."""
    shortcut: str | None = None
    """Key that gives the code in Coda's web app."""
    color: str | None = None
    """The code's colour in Coda's web app."""
    visible_in_coda: StrictBool = True
    """Whether Coda's web app offers the code."""

    @property
    def shown_text(self) -> str:
        """What coders see."""
        return self.display_text or self.string_value

    @property
    def is_normal(self) -> bool:
        """Whether the code says something about the subject."""
        return self.code_type is CodeType.NORMAL


class Documentation(Frozen):
    """Where a code scheme is explained."""

    model_config = ConfigDict(extra="allow")

    uri: str = Field(default="", alias="URI")
    """Address of a page for coders."""


class CodeScheme(Frozen):
    """The codes of one kind, in the order in which tables show them."""

    model_config = ConfigDict(extra="allow", ignored_types=(cached_property,))

    scheme_id: str = Field(min_length=1)
    """The scheme's id in labels; a longer id that begins with it is a second column of the same scheme."""
    name: str = Field(min_length=1)
    """What people call the scheme."""
    version: str = Field(min_length=1)
    """Coda's version of the scheme, such as `0.0.0.2`."""
    documentation: Documentation | None = None
    """Where the scheme is explained."""
    codes: tuple[Code, ...] = Field(min_length=1)
    """In the order of tables' columns."""

    @cached_property
    def by_id(self) -> dict[str, Code]:
        """Codes by CodeID."""
        return {code.code_id: code for code in self.codes}

    @cached_property
    def normal_codes(self) -> tuple[Code, ...]:
        """The codes that say something about the subject."""
        return tuple(code for code in self.codes if code.is_normal)

    @cached_property
    def special_codes(self) -> tuple[Code, ...]:
        """The codes that say something about the coding or the message."""
        return tuple(code for code in self.codes if not code.is_normal)

    @cached_property
    def by_match_value(self) -> dict[str, Code]:
        """Codes by each of their MatchValues."""
        return {value: code for code in self.codes for value in code.match_values}

    @cached_property
    def _controls(self) -> dict[str, Code]:
        return {code.control_code: code for code in self.codes if code.control_code is not None}

    def has_control(self, control: ControlCode) -> bool:
        """Whether the scheme has the control code."""
        return control in self._controls

    def control(self, control: ControlCode) -> Code:
        """The code for a control code.

        Raises:
            ConfigError: The scheme lacks it.
        """
        if control not in self._controls:
            place = f'code scheme "{self.name}" ({self.scheme_id})'
            wrong = f'has no control code "{control}"'
            raise ConfigError(Problem(place, wrong, "add it to the scheme in Coda and here"))
        return self._controls[control]
