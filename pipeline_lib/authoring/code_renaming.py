"""Renames a code: labels keep it, since its id stays."""

from pipeline_lib.authoring.scheme_drafts import next_version
from pipeline_lib.authoring.scheme_file import Scheme, codes_of
from pipeline_lib.errors import ConfigError, Problem, did_you_mean


def renamed(scheme: Scheme, old: str, new: str, place: str, display_text: str | None = None) -> Scheme:
    """The scheme with another StringValue for one of its codes, and another text for coders.

    Args:
        scheme: The scheme.
        old: The code's StringValue.
        new: Its new one.
        place: How errors name the scheme's file.
        display_text: What coders see; None is the new name with spaces.

    Raises:
        ConfigError: The scheme has no such code, or the code is none that says something about the subject.
    """
    known = {str(code.get("StringValue")): code for code in codes_of(scheme)}
    if old not in known:
        raise ConfigError(Problem(place, f'has no code "{old}"', did_you_mean(old, known)))
    if known[old].get("CodeType") != "Normal":
        raise ConfigError(Problem(place, f'"{old}" is a {known[old].get("CodeType")} code', "it keeps its name"))
    change = {"StringValue": new, "DisplayText": display_text or new.replace("_", " ")}
    codes = [code | change if code is known[old] else code for code in codes_of(scheme)]
    return next_version(scheme) | {"Codes": codes}
