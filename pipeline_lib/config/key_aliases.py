"""Keys that older configs spell otherwise, and how the models accept them."""

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import AliasChoices

OLDER_SPELLINGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "AutomatedAnalysisDir": ("AnalysisGraphsDir",),
        "DataArchiveUploadBucket": ("DataArchiveUploadURLPrefix",),
        "GenerateMogadishuThemeDistributionMaps": ("GenerateMogadishuDistributionMaps",),
        "MemoryProfileUploadBucket": ("MemoryProfileUploadURLPrefix",),
        "MinLength": ("MinimumLength",),
        "Patterns": ("Cleaner",),
        "SourceKey": ("RapidProKey",),
        "SourceKeyRemappings": ("RapidProKeyRemappings",),
        "UnlessRecognisedBy": ("KeepIfRecognisedBy",),
        "UUIDTable": ("UuidTable", "PhoneNumberUuidTable"),
    }
)
"""Each key with the spellings that the predecessors' configs have for it."""


def spellings(key: str) -> AliasChoices:
    """The key and its older spellings, for a model's field."""
    return AliasChoices(key, *OLDER_SPELLINGS[key])


def current_spelling(key: str) -> str:
    """What a key is called now."""
    return next((current for current, older in OLDER_SPELLINGS.items() if key in older), key)
