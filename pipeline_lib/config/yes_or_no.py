"""Which codings ask a question of yes or no, and their code for who says both."""

from pipeline_lib.config.coding_plans import CodingEntry
from pipeline_lib.model.code_scheme import Code, CodeScheme
from pipeline_lib.model.coding_plan import CodingMode, DatasetKind


def folds_yes_and_no(entry: CodingEntry, kind: DatasetKind) -> bool:
    """Whether a coding is a question of yes or no, if its scheme has an ambivalent code."""
    return entry.coding_mode is CodingMode.SINGLE and kind is DatasetKind.RESEARCH_QUESTION


def ambivalent_code(entry: CodingEntry, scheme: CodeScheme) -> Code | None:
    """The scheme's code of who says both, if it has one."""
    value = entry.ambivalent_string_value
    return next((code for code in scheme.normal_codes if code.string_value == value), None)
