"""New code schemes and codes, as Coda's own tools make them."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pipeline_lib.authoring.scheme_file import Scheme, codes_of

Code = dict[str, Any]

_FIRST_VERSION = "0.0.0.1"

_CONTROLS: Mapping[str, tuple[str, str, int, bool]] = MappingProxyType(
    {
        "NA": ("code-NA-d1f87912", "NA (missing)", -10, False),
        "NS": ("code-NS-44a765d4", "NS (skipped)", -20, False),
        "NC": ("code-NC-3273d83d", "NC (not coded)", -30, True),
        "NR": ("code-NR-83c43e49", "NR (not reviewed)", -40, False),
        "NIC": ("code-NIC-0e3ef063", "NIC (not internally consistent)", -50, False),
        "STOP": ("code-STOP-0519186d", "STOP", -90, True),
        "WS": ("code-WS-6f2ca5b1", "WS (wrong scheme)", -100, True),
        "CE": ("code-CE-ce7126ed", "CE (coding error)", -110, False),
    }
)
"""Each control code's id, what coders see, its number, and whether Coda offers it.

The ids are the same in all schemes: an imputation tells by them that several schemes say the same.
"""

_METAS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {
        "push_back": ("code-PB-0e2e3b3e", -100_000),
        "showtime_question": ("code-SQ-ee942b31", -100_010),
        "question": ("code-Q-b3507c6b", -100_020),
        "greeting": ("code-G-477c5f58", -100_030),
        "opt_in": ("code-OI-2f60dcf2", -100_040),
        "similar_content": ("code-SC-37300f7d", -100_050),
        "participation_incentive": ("code-PI-bbab3fcc", -100_060),
    }
)
"""What a message is, whatever it says."""

CONTROLS_OF_WS_SCHEME = ("NR", "CE")
"""The control codes of a scheme that only says where a message belongs."""


class Ids:
    """Makes ids that no scheme of the project has: at random, so that two authors make none alike."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def scheme(self) -> str:
        """The id of a new scheme; all have one length, so that none begins with another."""
        return self._new("Scheme")

    def code(self) -> str:
        """The id of a new code."""
        return self._new("code")

    def _new(self, kind: str) -> str:
        while (made := f"{kind}-{secrets.token_hex(4)}") in self._taken:
            pass
        self._taken.add(made)
        return made


def normal_code(
    ids: Ids, number: int, string_value: str, display_text: str = "", match_values: Sequence[str] = ()
) -> Code:
    """A code that says something about the subject."""
    return {
        "CodeID": ids.code(),
        "CodeType": "Normal",
        "DisplayText": display_text or string_value.replace("_", " "),
        "NumericValue": number,
        "StringValue": string_value,
        "VisibleInCoda": True,
    } | ({"MatchValues": list(match_values)} if match_values else {})


def draft_scheme(ids: Ids, name: str, codes: Iterable[Code], controls: Iterable[str] = tuple(_CONTROLS)) -> Scheme:
    """A new scheme: the codes, then control codes, and meta codes where it has all of these."""
    wanted = list(controls)
    metas = [_meta_code(meta) for meta in _METAS] if wanted == list(_CONTROLS) else []
    return {
        "SchemeID": ids.scheme(),
        "Name": name,
        "Version": _FIRST_VERSION,
        "Codes": [*codes, *(_control_code(control) for control in wanted), *metas],
    }


def _control_code(control: str) -> Code:
    code_id, shown, number, is_visible = _CONTROLS[control]
    return {
        "CodeID": code_id,
        "CodeType": "Control",
        "ControlCode": control,
        "DisplayText": shown,
        "NumericValue": number,
        "StringValue": control,
        "VisibleInCoda": is_visible,
    }


def _meta_code(meta: str) -> Code:
    code_id, number = _METAS[meta]
    return {
        "CodeID": code_id,
        "CodeType": "Meta",
        "MetaCode": meta,
        "DisplayText": f"meta: {meta.replace('_', ' ')}",
        "NumericValue": number,
        "StringValue": meta,
        "VisibleInCoda": True,
    }


def next_number(scheme: Scheme) -> int:
    """The number for a further normal code."""
    numbers = [code.get("NumericValue") for code in codes_of(scheme) if code.get("CodeType") == "Normal"]
    return max((number for number in numbers if isinstance(number, int)), default=0) + 1


def with_codes(scheme: Scheme, codes: Sequence[Code]) -> Scheme:
    """The scheme with further normal codes behind those that it has, and the next version."""
    old = codes_of(scheme)
    end = max((place for place, code in enumerate(old, start=1) if code.get("CodeType") == "Normal"), default=0)
    return next_version(scheme) | {"Codes": [*old[:end], *codes, *old[end:]]}


def next_version(scheme: Scheme) -> Scheme:
    """The scheme with the last number of its version raised, by which Coda tells that it changed."""
    first, dot, last = str(scheme.get("Version", "")).rpartition(".")
    return scheme | ({"Version": f"{first}{dot}{int(last) + 1}"} if last.isdecimal() else {})
