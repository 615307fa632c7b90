"""Questions of yes or no: what folding them needs."""

from collections.abc import Iterator, Mapping

from pipeline_lib.config.coding_plans import CodingPlansFile
from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error
from pipeline_lib.config.yes_or_no import ambivalent_code, folds_yes_and_no
from pipeline_lib.errors import did_you_mean
from pipeline_lib.model.code_scheme import CodeScheme


def findings(plans: ReadModel[CodingPlansFile], schemes: Mapping[str, ReadModel[CodeScheme]]) -> Iterator[Finding]:
    """Codings that are to be folded so and cannot be: of several codes, of surveys, or without an ambivalent code."""
    if plans.model is None:
        return
    for kind, index, entry in plans.model.datasets():
        for number, coding in enumerate(entry.codings):
            at = (kind, index, "Codings", number)
            if coding.fold is None:
                continue
            if not folds_yes_and_no(coding, kind):
                right = "write it only where a research question has the CodingMode SINGLE"
                yield error(plans.file.at(*at, "Fold"), f'"{coding.fold}" has no effect here', right)
                continue
            read = schemes.get(coding.code_scheme)
            if read is None or read.model is None or "Codes" in read.damaged:
                continue
            if ambivalent_code(coding, read.model) is None:
                value = coding.ambivalent_string_value
                wrong = f'no normal code of {read.file.name} has the StringValue "{value}"'
                right = did_you_mean(value, [code.string_value for code in read.model.normal_codes])
                yield error(plans.file.at(*at, "AmbivalentStringValue"), wrong, right)
