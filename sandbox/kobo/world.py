"""An invented form and its submissions, so many as are wanted: the same for the same number."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from sandbox.kobo.model import Form, Question, World

FORM_UID = "aGeedkaForm1"
"""The form's id: what a config names as `AssetUID`."""

QUESTIONS = (
    Question("phone"),
    Question("show", "begin_group"),
    Question("water"),
    Question("sources", "select_multiple"),
    Question("", "end_group"),
    Question("child", "begin_repeat"),
    Question("wish"),
    Question("", "end_repeat"),
    Question("gender", "select_one"),
    Question("photo", "image"),
)

_STARTED_ON = datetime(2025, 9, 6, 10, tzinfo=UTC)
_WATER = ("biyo ma hayno", "ceelka ayaa qalalay", "roobku wuu yimid", "biyo dhaamis ayaa qaali ah")
_SOURCES = ("well", "river", "truck", "tap")
_WISHES = ("dugsi", "kubbad", "buugaag")


def invented_world(submission_count: int) -> World:
    """A server with one form. One in ten submissions has no number, and one in fifty was edited."""
    rng = Random(f"{submission_count}/KoboToolbox")  # noqa: S311 - dice, not secrets
    world = World(Form(FORM_UID, "Geedka Hoostiisa", list(QUESTIONS)))
    for number in range(submission_count):
        made = world.submit(FORM_UID, _STARTED_ON + timedelta(minutes=number), _answers(rng, number))
        if number % 50 == 49:  # noqa: PLR2004 - as the docstring says
            world.edit(FORM_UID, made.id, {"show/water": rng.choice(_WATER)})
    return world


def _answers(rng: Random, number: int) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "show/water": rng.choice(_WATER),
        "show/sources": " ".join(rng.sample(_SOURCES, rng.randint(1, 2))),
        "child": [{"child/wish": rng.choice(_WISHES)} for _ in range(rng.randint(0, 2))],
        "gender": rng.choice(("woman", "man")),
        "photo": f"{number}.jpg",
    }
    # A number of an operator begins, after its own digits, with a 0: none that anybody has does.
    return answers if number % 10 == 0 else {"phone": f"0610{number % 1_000_000:06}", **answers}
