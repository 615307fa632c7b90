"""What listeners write to a show: mostly an answer to its question, in many forms."""

from itertools import chain
from typing import TYPE_CHECKING

from sandbox.answers import DEMOGRAPHICS, Answer, spelled, wrong_scheme
from sandbox.code_choice import Choice
from sandbox.dice import happens, weighted
from sandbox.word_lists import word_list

if TYPE_CHECKING:
    from random import Random

    from sandbox.listeners import Listener

EPISODES = ("s01e01_water", "s01e02_health")
"""Datasets of the shows, in the order in which they went on air."""

_KINDS = {
    "answer": 62,
    "short": 14,
    "wrong_scheme": 6,
    "NC": 4,
    "greeting": 3,
    "question": 2,
    "showtime_question": 2,
    "push_back": 1,
    "opt_in": 2,
    "participation_incentive": 1,
    "similar_content": 1,
    "long": 1,
    "STOP": 2,
}
"""How often; what stands here like a code is written instead of an answer."""


def talk(rng: "Random", episode: str, listener: "Listener") -> Answer:
    """One message to an episode."""
    match weighted(rng, _KINDS):
        case "short":
            text, theme = rng.choice(list(word_list(episode)["short"].items()))
            return Answer(text, (Choice(episode, theme),))
        case "wrong_scheme":
            return _wrong_scheme(rng, episode, listener)
        case "long":
            return _answer(rng, episode, rng.randint(12, 18))
        case "answer":
            return _answer(rng, episode, rng.choice([1, 1, 2, 2, 3]))
        case code:
            return Answer(rng.choice(word_list("talk")["instead"][code]), (Choice(episode, code),))


def _wrong_scheme(rng: "Random", episode: str, listener: "Listener") -> Answer:
    """An answer to the other show's question, or to one of the survey's."""
    dataset = rng.choice([*(name for name in EPISODES if name != episode), *DEMOGRAPHICS])
    if dataset in EPISODES:
        return Answer(_answer(rng, dataset, 1).text, wrong_scheme(episode, dataset))
    return Answer(spelled(rng, dataset, listener).text, wrong_scheme(episode, dataset))


def _answer(rng: "Random", episode: str, phrase_count: int) -> Answer:
    """Phrases from a few themes; the choices are the themes in the order of the text, at most three."""
    themes = word_list(episode)["themes"]
    mentioned = [rng.choice(list(themes)) for _ in range(min(phrase_count, 3))]
    phrases = [rng.choice(themes[mentioned[index % 3]]) for index in range(phrase_count)]
    joints = [rng.choice(word_list("talk")["joints"]) for _ in phrases[1:]]
    text = phrases[0] + "".join(
        f"{joint} {phrase}" if joint in ",;." else f" {joint} {phrase}"
        for joint, phrase in zip(joints, phrases[1:], strict=True)
    )
    return Answer(_dressed(rng, text), tuple(Choice(episode, theme) for theme in dict.fromkeys(mentioned)))


def _dressed(rng: "Random", text: str) -> str:
    """The text as people send it: greeted, shouted, quoted, broken, with a mistake of typing."""
    words = word_list("talk")
    if happens(rng, 0.30):
        text = f"{rng.choice(words['greetings'])} {text}"
    if happens(rng, 0.20):
        text = f"{text} {rng.choice(words['closings'])}"
    changes = chain(
        [text] * 12,
        [text.upper(), text.capitalize(), f"{text}.", f" {text}", f"{text} {rng.choice(words['emoji'])}"],
        [f'"{text}"', f"“{text}”", text.replace(" ", "\n", 1), f"{text};", f"{text}, haa; {text.split()[0]}"],
        [text.replace("aa", "a"), text.replace(" ", "  "), f"{text}\n\n--\n{rng.choice(words['closings'])}"],
    )
    return rng.choice(list(changes))
