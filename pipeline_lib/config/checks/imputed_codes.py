"""Codes that are no answers, which an imputation takes from one scheme to another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipeline_lib.config.files import ReadModel
from pipeline_lib.config.findings import Finding, error, warning
from pipeline_lib.errors import listed
from pipeline_lib.model.code_scheme import Code, CodeScheme, ControlCode

Kind = tuple[str | None, str | None]
"""The ControlCode and the MetaCode of a code that is not normal: what it says, whichever scheme it is in."""

_VITAL = frozenset(
    {
        ControlCode.CODING_ERROR,
        ControlCode.NOT_AVAILABLE,
        ControlCode.NOT_CODED,
        ControlCode.NOT_REVIEWED,
        ControlCode.STOP,
        ControlCode.WRONG_SCHEME,
    }
)
"""Control codes that the pipeline itself gives or asks for in every coding: no other code may stand for them."""


@dataclass(frozen=True)
class Imputed:
    """A code scheme of an imputation, read whole; as a key of a cache it is its file."""

    read: ReadModel[CodeScheme]
    model: CodeScheme = field(compare=False)

    @property
    def place(self) -> str:
        """Where its codes stand."""
        return self.read.file.at("Codes")


def kinds_of(schemes: Sequence[Imputed]) -> dict[Kind, None]:
    """What the codes say that are no answers, each once, in order."""
    return {_kind(code): None for scheme in schemes for code in scheme.model.special_codes}


def lacking_kinds(scheme: Imputed, needed: dict[Kind, None], giver: str) -> Iterator[Finding]:
    """Those that a scheme has no code for: texts that have one in another scheme are not coded (NC) in this one."""
    own = kinds_of([scheme])
    lacking = [(control, control or meta or "") for control, meta in needed if (control, meta) not in own]
    for is_vital, found in ((True, error), (False, warning)):
        names = [name for control, name in lacking if (control in _VITAL) is is_vital]
        if names:
            outcome = "" if is_vital else ": such texts get NC instead"
            wrong = f"lacks the code{'s' if len(names) > 1 else ''} {listed(names)}, which {giver} gives{outcome}"
            yield found(scheme.place, wrong, "add what is missing in Coda and here")


def _kind(code: Code) -> Kind:
    return code.control_code, code.meta_code
