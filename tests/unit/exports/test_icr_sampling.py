"""Which messages a sample for inter-coder reliability holds."""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_lib.config.exports import IcrSampling
from pipeline_lib.exports.icr import write_icr_files
from pipeline_lib.processing.processed import Processed

DAY = "2021-10-02T00:00:00Z"
CODES = {"water": 300, "health": 30, "greeting": 3}


@pytest.fixture
def texts_in(tmp_path: Path) -> Callable[..., list[str]]:
    """The texts of a sample, in its order."""

    def draw(processed: Processed, name: str = "e01", **sampling: object) -> list[str]:
        folder = tmp_path / "icr"
        folder.mkdir(exist_ok=True)
        counts = write_icr_files(folder, processed, IcrSampling.model_validate(sampling))
        texts = [line.rsplit(",", 1)[1] for line in (folder / f"{name}.csv").read_text().splitlines()[1:]]
        assert counts[f"{name}.csv"] == len(texts)
        return texts

    return draw


@pytest.fixture
def uneven(processed_of: Callable[..., Processed]) -> Processed:
    """300 messages of water, 30 of health, 3 greetings and one of both themes."""
    texts = [f"{code} {n}" for code, count in CODES.items() for n in range(count)]
    opinions = {text: f"e01-{text.split()[0]}" for text in texts} | {"both": ("e01-water", "e01-1-health")}
    return processed_of([(f"p{text}", "e01", text, DAY) for text in [*texts, "both"]], opinions={"e01": opinions})


def test_a_sample_is_the_predecessors_unless_the_config_asks_otherwise(
    uneven: Processed, texts_in: Callable[..., list[str]]
) -> None:
    texts = [f"{code} {n}" for code, count in CODES.items() for n in range(count)] + ["both"]
    for asked, size in (({}, 200), ({"SampleSize": 1000}, 334)):
        assert texts_in(uneven, **asked) == random.Random(0).sample(texts, size)  # noqa: S311 - a sample, not a secret


NOISE = [
    ("e01", "e01-water", True),
    ("e01", "e01-NR", True),
    ("e01", "e01-water?", True),
    ("e01", "e01-NC", False),
    ("e01", "e01-WS", False),
    ("e01", "e01-greeting", False),
    ("e01", ("e01-greeting", "e01-water?"), False),
    ("e02", "e02-greeting", True),
    ("e02", "e02-NC", False),
]


@pytest.mark.parametrize(("episode", "opinion", "is_in"), NOISE)
def test_noise_is_what_was_reviewed_and_holds_no_answer(
    episode: str,
    opinion: str | tuple[str, ...],
    is_in: bool,
    processed_of: Callable[..., Processed],
    texts_in: Callable[..., list[str]],
) -> None:
    # The scheme of e02 has no normal code, so that its meta codes are answers.
    processed = processed_of([("p1", episode, "x", DAY)], opinions={episode: {"x": opinion}})
    assert texts_in(processed, episode) == ["x"]
    assert texts_in(processed, episode, ExcludeNoise=True) == (["x"] if is_in else [])


@pytest.mark.slow
@pytest.mark.parametrize(("as_predecessor", "asked", "sampled"), [
    (False, {}, ["new"]),
    (False, {"StratifyByCode": True}, ["new"]),
    (True, {}, [" ", "", "new"]),
    (True, {"ExcludeNoise": True}, [" ", "new"]),
])  # fmt: skip
def test_an_empty_text_is_sampled_only_as_the_predecessors_did(
    as_predecessor: bool,
    asked: dict[str, bool],
    sampled: list[str],
    processed_of: Callable[..., Processed],
    texts_in: Callable[..., list[str]],
) -> None:
    messages = [("p1", "e01", text, DAY) for text in ("", "new", " ")]
    assert sorted(texts_in(processed_of(messages, as_predecessor=as_predecessor), **asked)) == sorted(sampled)


def test_codes_take_turns_so_that_rare_ones_are_all_there(
    uneven: Processed, texts_in: Callable[..., list[str]]
) -> None:
    drawn = texts_in(uneven, StratifyByCode=True, SampleSize=20)
    assert len(set(drawn)) == 20
    counts = {code: sum(text.startswith(code) for text in drawn) for code in CODES}
    assert counts["greeting"] == 3
    assert {counts["water"], counts["health"]} <= {8, 9}
    assert [text.split()[0] for text in drawn[:9]] != ["water", "health", "greeting"] * 3


@pytest.mark.slow
def test_a_sample_by_codes_is_the_same_each_time_and_never_larger_than_asked(
    uneven: Processed, texts_in: Callable[..., list[str]]
) -> None:
    assert texts_in(uneven, StratifyByCode=True) == texts_in(uneven, StratifyByCode=True)
    for size, drawn in ((1, 1), (2, 2), (7, 7), (334, 334), (1000, 334)):
        assert len(set(texts_in(uneven, StratifyByCode=True, SampleSize=size))) == drawn


def test_without_noise_no_greeting_takes_a_turn(uneven: Processed, texts_in: Callable[..., list[str]]) -> None:
    drawn = texts_in(uneven, StratifyByCode=True, ExcludeNoise=True, SampleSize=20)
    assert not [text for text in drawn if text.startswith("greeting")]
    assert len(drawn) == 20


@pytest.mark.parametrize("as_predecessor", [True, False])
def test_the_withdrawn_are_sampled_only_as_the_predecessors_did(
    as_predecessor: bool, processed_of: Callable[..., Processed], texts_in: Callable[..., list[str]]
) -> None:
    messages = [("p1", "e01", "jooji", DAY), ("p2", "e01", "x", DAY)]
    processed = processed_of(messages, opinions={"e01": {"jooji": "e01-STOP"}}, as_predecessor=as_predecessor)
    assert len(texts_in(processed, StratifyByCode=True)) == (2 if as_predecessor else 1)


@pytest.mark.parametrize(("as_predecessor", "asked", "sampled"), [
    (False, {}, {"haa": 1, "maya": 1}),
    (False, {"StratifyByCode": True}, {"haa": 1, "maya": 1}),
    (False, {"DistinctTexts": False}, {"haa": 300, "maya": 1}),
    (True, {}, {"haa": 300, "maya": 1}),
    (True, {"DistinctTexts": True}, {"haa": 1, "maya": 1}),
])  # fmt: skip
def test_a_text_that_many_sent_is_sampled_once_unless_the_predecessors_did_otherwise(
    as_predecessor: bool,
    asked: dict[str, bool],
    sampled: dict[str, int],
    processed_of: Callable[..., Processed],
    texts_in: Callable[..., list[str]],
) -> None:
    messages = [(f"p{n}", "e01", "haa", DAY) for n in range(300)] + [("p", "e01", "maya", DAY)]
    processed = processed_of(messages, opinions={"e01": {"haa": "e01-water"}}, as_predecessor=as_predecessor)
    assert Counter(texts_in(processed, SampleSize=1000, **asked)) == sampled
