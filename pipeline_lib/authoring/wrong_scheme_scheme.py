"""The scheme that says where a message in the wrong scheme belongs, kept in step with the coding plans."""

from typing import NamedTuple

from pipeline_lib.authoring.scheme_drafts import (
    CONTROLS_OF_WS_SCHEME,
    Code,
    Ids,
    draft_scheme,
    next_number,
    normal_code,
    with_codes,
)
from pipeline_lib.authoring.scheme_file import Scheme, codes_of
from pipeline_lib.config.coding_plans import CodingPlansFile

_NAME = "WS - Correct Dataset"


class InStep(NamedTuple):
    """A wrong-scheme scheme that knows every dataset."""

    scheme: Scheme
    added: list[Code]
    """Codes of datasets that it lacked."""
    of_no_dataset: list[str]
    """The StringValues of codes for which there is no dataset: what is labelled with them is dropped."""


def in_step(scheme: Scheme | None, plans: CodingPlansFile, ids: Ids) -> InStep:
    """The scheme with a code for each dataset that names a WSCodeMatchValue; a new one where there is none yet."""
    known = {value for code in codes_of(scheme or {}) for value in code.get("MatchValues") or ()}
    wanted = list(dict.fromkeys(p.entry.ws_code_match_value for p in plans.datasets() if p.entry.ws_code_match_value))
    first = next_number(scheme or {})
    added = [
        normal_code(ids, number, value.replace(" ", "_"), value, [value])
        for number, value in enumerate((value for value in wanted if value not in known), start=first)
    ]
    of_no_dataset = [
        str(code.get("StringValue"))
        for code in codes_of(scheme or {})
        if code.get("CodeType") == "Normal" and not {*wanted} & {*(code.get("MatchValues") or ())}
    ]
    if scheme is None:
        return InStep(draft_scheme(ids, _NAME, added, CONTROLS_OF_WS_SCHEME), added, of_no_dataset)
    return InStep(with_codes(scheme, added) if added else scheme, added, of_no_dataset)
