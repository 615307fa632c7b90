"""Groups of people whom a project lists in files by their participant uuids: listeners, members, beneficiaries."""

from dataclasses import dataclass
from enum import StrEnum


class GroupFilter(StrEnum):
    """What becomes of people by whether they are in a group."""

    KEEP_ONLY = "keep_only"
    """Only people of this group, or of another that says so, are in the outputs."""
    LEAVE_OUT = "leave_out"
    """People of this group are in no output."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group; whoever is in one of its files is in it."""

    column: str
    """Its column in the CSVs, and its name in tables."""
    files: tuple[str, ...]
    """Names of its files in the raw data; without any, nobody is in it."""
    participant_column: str
    """The files' column of participant uuids."""
    research_questions: tuple[str, ...] = ()
    """Names of the datasets whose themes are broken down by it; without any, all."""
    is_breakdown: bool = True
    """Whether the analysis shows it."""
    filter: GroupFilter | None = None

    def breaks_down(self, dataset_name: str) -> bool:
        """Whether themes of a dataset are broken down by it."""
        return self.is_breakdown and (not self.research_questions or dataset_name in self.research_questions)


def group_file_name(url: str) -> str:
    """The name of a group's file in the raw data: the last part of its URL, decompressed."""
    return url.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1].removesuffix(".gz")
