"""What a real workspace has beside the project's own, for a fetch to bear.

A contact without a number, one who was deleted, another project's flow with runs so old that they are archived, and a
question whose rules keep less than what people wrote.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from sandbox.rapid_pro.model import ALL_RESPONSES, Contact, Flow, Result, Run, Step, Value
from sandbox.rapid_pro.people import Person, new_name, new_uuid
from sandbox.word_lists import word_list

OTHER_FLOW = "beeraha_s04e02_activation"
OTHER_RESULT = ("s04e02_seeds", "S04E02_Seeds")
RADIO = Result("radio", "Radio", "", ("Yes", "No", "Other"))
"""The last question of the survey, which was put to it when most people had answered."""

_OTHER_SHOWS_ON = (datetime(2025, 5, 20, 15, tzinfo=UTC), datetime(2025, 9, 8, 15, tzinfo=UTC))
_LISTENERS_OF_OTHER_SHOW = 8
_STRANGER_WROTE_ON = datetime(2025, 9, 7, 16, 20, 12, 345678, tzinfo=UTC)
_DELETED_ON = datetime(2025, 9, 12, 9, 0, 3, 210000, tzinfo=UTC)
_ANSWERING = timedelta(seconds=70)
_ALONE = timedelta(minutes=11)
"""So long after the same contact's message before it, a message cannot be taken for another one."""


def with_ruled_answers(runs: list[Run], survey: Flow) -> list[Run]:
    """The runs; the last few of the survey have an answer of which RapidPro kept the word that a rule found."""
    answers = word_list("rapid_pro")["radio"]["answers"]
    node = next(result.node for result in survey.results if result.key == RADIO.key)
    asked = [run for run in runs if run.flow == survey.uuid and _has_time(run)][-len(answers) :]
    answered = {
        run.uuid: replace(
            run,
            values={**run.values, RADIO.key: Value(RADIO.name, value, category, node, run.modified_on, text)},
            path=(*run.path, Step(node, run.modified_on)),
        )
        for run, (category, value, text) in zip(asked, answers, strict=False)
    }
    return [answered.get(run.uuid, run) for run in runs]


def runs_of_other_show(rng: Random, people: Sequence[Person], flow: Flow) -> list[Run]:
    """Runs of another project, in May and in September, by some who listen to both."""
    made = []
    for aired_on in _OTHER_SHOWS_ON:
        for person in rng.sample(people, min(_LISTENERS_OF_OTHER_SHOW, len(people))):
            created_on = aired_on + timedelta(seconds=rng.randint(0, 7200), microseconds=rng.randrange(1_000_000))
            text = rng.choice(word_list("rapid_pro")["other_project"]["answers"])
            made.append(_answered(new_uuid(rng), flow, person.contact_uuid, created_on, text))
    return made


def without_number(rng: Random, flow: Flow) -> tuple[Contact, Run]:
    """A contact to whom no number belongs any more, and what they had answered."""
    text = word_list("rapid_pro")["without_number"]["answer"]
    run = _answered(new_uuid(rng), flow, new_uuid(rng), _STRANGER_WROTE_ON, text)
    return Contact(
        0, run.contact, run.created_on, run.modified_on, name=new_name(rng), last_seen_on=run.modified_on
    ), run


def deleted_contact(rng: Random) -> Contact:
    """Somebody who asked to be forgotten; of what they wrote nothing is left."""
    return Contact(0, new_uuid(rng), _STRANGER_WROTE_ON, _DELETED_ON, deleted=True)


def _answered(uuid: str, flow: Flow, contact_uuid: str, created_on: datetime, text: str) -> Run:
    (result,) = flow.results
    answered_on = created_on + _ANSWERING
    return Run(
        id=0,
        uuid=uuid,
        flow=flow.uuid,
        contact=contact_uuid,
        created_on=created_on,
        modified_on=answered_on,
        values={result.key: Value(result.name, text, ALL_RESPONSES, result.node, answered_on, text)},
        exited_on=answered_on,
        exit_type="completed",
        path=(Step(result.node, created_on),),
    )


def _has_time(run: Run) -> bool:
    """Whether a run ended long enough after its last answer for another one."""
    last_answered_on = max((value.time for value in run.values.values()), default=run.modified_on)
    return run.exit_type == "completed" and run.modified_on - last_answered_on >= _ALONE
