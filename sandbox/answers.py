"""What a listener writes, together with the codes that an attentive coder would give it."""

from typing import TYPE_CHECKING, NamedTuple

from sandbox.code_choice import Choice
from sandbox.dice import happens, weighted
from sandbox.word_lists import word_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from sandbox.listeners import Listener

DEMOGRAPHICS = ("gender", "age", "recently_displaced", "location")
"""Datasets of the survey, in the order of its questions."""

LOCATION_SCHEMES = ("mogadishu_sub_district", "district", "region", "state", "zone")
_KINDS = {"truth": 920, "nothing": 30, "null": 20, "other_question": 15, "empty": 10, "stop": 5}
_LANGUAGES = ("somali", "swahili", "swahili", "english")
_FIRST_REGULAR_IN_ENGLISH = 20

CORRECT_DATASET = "ws_correct_dataset"
"""Code scheme whose codes are called like the datasets."""


class Answer(NamedTuple):
    """A text; null where RapidPro recorded an answer without one (a picture, a call)."""

    text: str | None
    choices: tuple[Choice, ...] = ()


def schemes_of(dataset: str) -> tuple[str, ...]:
    """The code schemes that coders see in a dataset, beside that of the correct dataset."""
    return LOCATION_SCHEMES if dataset == "location" else (dataset,)


def wrong_scheme(dataset: str, correct_dataset: str) -> tuple[Choice, ...]:
    """The choices for a text that answers another dataset's question."""
    return (*(Choice(s, "WS") for s in schemes_of(dataset)), Choice(CORRECT_DATASET, correct_dataset))


def demographic_answer(rng: "Random", dataset: str, listener: "Listener") -> Answer:
    """A listener's answer to one question of the survey: mostly about themselves, and mostly coded with ease."""
    match weighted(rng, _KINDS):
        case "null":
            return Answer(None)
        case "empty":
            return Answer("")
        case "stop":
            return Answer(rng.choice(word_list("talk")["instead"]["STOP"]), (Choice(schemes_of(dataset)[0], "STOP"),))
        case "other_question":
            other = rng.choice([name for name in DEMOGRAPHICS if name != dataset])
            return Answer(spelled(rng, other, listener).text, wrong_scheme(dataset, other))
        case "nothing":
            return _nothing(rng, dataset)
        case _:
            return _decorated(rng, spelled(rng, dataset, listener))


def spelled(rng: "Random", dataset: str, listener: "Listener") -> Answer:
    """The truth about a listener in one of its spellings."""
    if dataset == "age":
        return Answer(_age_spelled(rng, listener.age), (Choice("age", str(listener.age)),))
    if dataset == "location":
        spellings: Sequence[str] = word_list("places")[listener.home.scheme][listener.home.code]
        return Answer(rng.choice(spellings), (listener.home,))
    value = listener.gender if dataset == "gender" else listener.recently_displaced
    return Answer(rng.choice(word_list("demographics")[dataset][value]), (Choice(dataset, value),))


def _nothing(rng: "Random", dataset: str) -> Answer:
    """A text that tells nothing, or two places that exclude one another."""
    if dataset != "location":
        return Answer(rng.choice(word_list("demographics")[dataset]["NC"]), (Choice(dataset, "NC"),))
    places = word_list("places")
    if happens(rng, 0.25):
        text, codes = rng.choice(list(places["conflicts"].items()))
        return Answer(text, tuple(Choice(scheme, code) for scheme, code in codes.items()))
    return Answer(rng.choice(places["nowhere"]["texts"]), (Choice(LOCATION_SCHEMES[0], "NC"),))


def _age_spelled(rng: "Random", age: int) -> str:
    words = word_list("demographics")["age"]
    template: str = rng.choice(words["templates"])
    language = rng.choice(_LANGUAGES if age >= _FIRST_REGULAR_IN_ENGLISH else _LANGUAGES[:-1])
    tens, units = words["tens"][language][age // 10], words["units"][language][age % 10]
    return template.format(
        age=age,
        letters=str(age).replace("0", "o").replace("1", "l"),
        words=words["joint"][language].join([tens, units]) if units else tens,
    )


def _decorated(rng: "Random", answer: Answer) -> Answer:
    text = answer.text or ""
    changes = [text] * 42 + [
        text.upper(),
        f"{text} ",
        f" {text}",
        f"{text}.",
        f"{text}\n",
        f"{text}, mahadsanid",
        f"{text} 🙏",
    ]
    return answer._replace(text=rng.choice(changes))
