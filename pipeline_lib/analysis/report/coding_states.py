"""How far coders have come with each question, by the numbers that are released."""

from collections.abc import Iterator
from typing import NamedTuple

from pipeline_lib.analysis.charts.captions import numeral, title_of
from pipeline_lib.analysis.published_numbers import Distribution, Published
from pipeline_lib.disclosure.release import Cell
from pipeline_lib.model.code_scheme import ControlCode
from pipeline_lib.model.coding_plan import CodingMode

_UNTOLD = "\N{EN DASH}"


class CodingState(NamedTuple):
    """One question, in words."""

    question: str
    unit: str
    """What the numbers are of: messages, or participants."""
    said: str
    reviewed: str
    waiting: str
    """An en dash where the released numbers do not tell one."""


def coding_states(published: Published) -> Iterator[CodingState]:
    """Each episode with its messages, then each demographic that people are asked with its answers."""
    messages = published.participation.messages
    for place, episode in enumerate(published.participation.episodes):
        yield _state(title_of(episode), "messages", messages.cell(place, 1), messages.cell(place, 2))
    for shown in published.demographics:
        if shown.coding.dataset.derived_from is None and shown.coding.coding.code_scheme.has_control(_NOT_REVIEWED):
            yield _of_survey(shown, published.described)


_NOT_REVIEWED = ControlCode.NOT_REVIEWED


def _of_survey(shown: Distribution, described: Cell) -> CodingState:
    """Of a question with one code a person all but those without an answer gave one."""
    controls = {code.control_code: shown.overall[code.string_value] for code in shown.coding.codes if code.control_code}
    waiting = controls[_NOT_REVIEWED]
    silent = [controls.get(each, Cell("0", 0)) for each in (ControlCode.NOT_AVAILABLE, ControlCode.SKIPPED)]
    question = title_of(shown.coding)
    is_told = shown.coding.coding.mode is CodingMode.SINGLE and _are_exact([described, waiting, *silent])
    if not is_told:
        return CodingState(question, "participants", _UNTOLD, _UNTOLD, numeral(waiting))
    said = (described.count or 0) - sum(cell.count or 0 for cell in silent)
    reviewed = said - (waiting.count or 0)
    return _state(question, "participants", Cell(str(said), said), Cell(str(reviewed), reviewed))


def _state(question: str, unit: str, said: Cell, reviewed: Cell) -> CodingState:
    share, waiting = "", _UNTOLD
    if said.count and reviewed.count is not None:
        share = f" ({min(1.0, reviewed.count / said.count):.0%})"
    if _are_exact([said, reviewed]):
        waiting = f"{(said.count or 0) - (reviewed.count or 0):,}"
    return CodingState(question, unit, numeral(said), numeral(reviewed) + share, waiting)


def _are_exact(cells: list[Cell]) -> bool:
    """Whether differences of the numbers mean something."""
    return all(cell.count is not None and not cell.is_perturbed for cell in cells)
