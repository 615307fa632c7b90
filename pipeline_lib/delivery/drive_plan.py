"""The plan of an upload to Drive, made before anything is computed or changed.

It says where each destination's path leads, which files are there already, and what the account may not do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from pipeline_lib.delivery.drive_client import DriveClient, Item
from pipeline_lib.delivery.drive_folders import Destination, Finder, Folder
from pipeline_lib.errors import FatalSourceError, Problem

REPORT = "index.html"
"""It is uploaded last, so that it never links to files that are not there yet."""

_SHOWN = 10


class Step(NamedTuple):
    """One file: what it is and what becomes of it."""

    name: str
    local: Path
    folder: Folder
    remote: Item | None
    """The file to update; None for one to create."""
    refusal: Problem | None
    """Why it is left alone."""

    @property
    def path(self) -> str:
        """On Drive, names joined by slashes."""
        return f"{self.folder.path}/{self.name}"


@dataclass(frozen=True)
class Plan:
    """Everything that an upload will do."""

    steps: tuple[Step, ...]
    no_longer_made: tuple[str, ...]
    """Paths of files and folders in mirrored folders on Drive that no run makes any more. They stay."""
    folders: Mapping[str, Folder]
    """The destinations' folders, by their settings."""

    @property
    def refusals(self) -> tuple[Problem, ...]:
        """Why files are left alone."""
        return tuple(step.refusal for step in self.steps if step.refusal is not None)


def plan(client: DriveClient, destinations: Sequence[Destination]) -> Plan:
    """What an upload will do.

    Raises:
        FatalSourceError: A path's first folder cannot be found, two settings name one file, or nothing at all could be
            uploaded. Lists all problems of a kind at once.
        SourceError: Drive is unavailable.
    """
    finder = Finder(client)
    folders: dict[str, Folder] = {}
    nowhere: list[Problem] = []
    for destination in destinations:
        match finder.end_of(destination):
            case Folder() as folder:
                folders[destination.setting] = folder
            case problem:
                nowhere.append(problem)
    if nowhere:
        raise FatalSourceError(*nowhere)
    steps: dict[tuple[str, ...], Step] = {}
    for destination in destinations:
        for step in _steps(finder, destination, folders[destination.setting]):
            identity = (*step.folder.identity, step.name)
            if identity in steps:
                wrong = f'"{step.path}" is uploaded by another setting already'
                raise FatalSourceError(Problem(destination.setting, wrong, "give each a path of its own"))
            steps[identity] = step
    others = {
        identity: path
        for destination in destinations
        if destination.is_mirror
        for identity, path in _others(finder, destination, folders[destination.setting])
    }
    no_longer_made = tuple(sorted(path for identity, path in others.items() if identity not in steps))
    found = Plan(tuple(steps.values()), no_longer_made, folders)
    if found.refusals and len(found.refusals) == len(found.steps):
        raise FatalSourceError(*grouped(found.refusals))
    return found


def grouped(problems: Sequence[Problem]) -> list[Problem]:
    """Problems of many files, grouped by what is wrong, so that people can read them."""
    places: dict[tuple[str, str], list[str]] = {}
    for place, wrong, right in problems:
        places.setdefault((wrong, right), []).append(place)
    return [Problem(_some(found), wrong, right) for (wrong, right), found in places.items()]


def _some(places: Sequence[str]) -> str:
    shown = ", ".join(places[:_SHOWN])
    return f"{shown} and {len(places) - _SHOWN} more" if len(places) > _SHOWN else shown


def _steps(finder: Finder, destination: Destination, folder: Folder) -> Iterator[Step]:
    for path in sorted(destination.files, key=lambda path: (path == REPORT, path)):
        *inner, name = path.split("/")
        if destination.is_mirror:  # one request for all, rather than one for each name
            for depth in range(len(inner) + 1):
                finder.contents(finder.below(folder, inner[:depth]))
        holder = finder.below(folder, inner)
        yield _step(finder, holder, name, destination.files[path])


def _step(finder: Finder, folder: Folder, name: str, local: Path) -> Step:
    place = f"Drive: {folder.path}/{name}"
    same = [item for item in finder.contents(folder, name) if item.is_file]
    if not same:
        return Step(name, local, folder, None, finder.refusal_to_create(folder, place))
    if len(same) > 1:
        wrong, right = "there are several files of this name", "keep one of them; nothing was changed"
        return Step(name, local, folder, None, Problem(place, wrong, right))
    refusal = None if same[0].can_edit else finder.refusal_to_change(place)
    return Step(name, local, folder, same[0], refusal)


def _others(finder: Finder, destination: Destination, top: Folder) -> Iterator[tuple[tuple[str, ...], str]]:
    """Other files in a mirrored folder, and in those of its folders that runs still make."""
    inner = {tuple(path.split("/")[:-1]) for path in destination.files}
    made = {names[:length] for names in inner for length in range(len(names) + 1)}
    for names in sorted(made):
        folder = finder.below(top, names)
        for item in finder.contents(folder):
            path = "/".join((*names, item.name))
            is_made = (*names, item.name) in made if item.is_folder else path in destination.files
            if not is_made:
                identity = (*folder.identity, item.name)
                yield identity, f"{folder.path}/{item.name}{'/' if item.is_folder else ''}"
