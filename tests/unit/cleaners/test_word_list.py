from pathlib import Path

import polars as pl
import pytest

from pipeline_lib.cleaners import clean
from pipeline_lib.cleaners.data_files import DATA_FOLDER, read
from pipeline_lib.cleaners.word_list import WordList, build, load, match
from pipeline_lib.cleaners.word_list_file import WordListFile
from pipeline_lib.errors import ConfigError

OTHERS = (
    "ages",
    "kenya_",
    "negations",
    "noise",
    "numbers_",
    "place_cues",
    "somali_district",
    "somali_mogadishu",
    "stop_words",
)
WORD_LISTS = sorted(path.name for path in DATA_FOLDER.glob("*.toml") if not path.name.startswith(OTHERS))


def fruit(**changes: object) -> WordList:
    file = {
        "spelling": "loose",
        "when_several": "first",
        "words": {"mango": ["mango", "cambe"], "lemon": ["liin", "liin dhanaan"], "orange": ["liin macaan"]},
        "words_of_short_texts": {"date": ["timir"]},
        "short_text_words": 3,
        "ignored": ["mango tree"],
    }
    return build(WordListFile.model_validate(file | changes), place="fruit.toml")


def found(words: WordList, *texts: str) -> list[str | None]:
    return match(pl.Series(texts), words).to_list()


def test_a_word_is_found_whole_whatever_stands_around_it() -> None:
    assert found(fruit(), "mango", "(MANGO!)", "1mango2", "a mango\nb", "mangoes", "amango") == [
        *("mango", "mango", "mango", "mango"),
        *(None, None),
    ]


def test_the_longest_phrase_at_a_place_counts() -> None:
    assert found(fruit(), "liin", "liin macaan", "liin  dhanaan", "liinmacaan", "liin-macaan") == [
        *("lemon", "orange", "lemon", "orange", "orange"),
    ]


def test_loose_spelling_takes_what_is_heard_alike() -> None:
    assert found(fruit(), "liin danan", "lin dhanan", "ambe", "caambe", "mongo") == [
        *("lemon", "lemon", "mango", "mango", None),
    ]


def test_exact_spelling_only_shortens_what_is_drawn_out() -> None:
    exact = fruit(spelling="exact")
    assert found(exact, "liin", "liiiiiiiiin", "cambi", "ey") == ["lemon", "lemon", None, None]


def test_of_several_values_the_first_counts_or_none() -> None:
    assert found(fruit(), "mango liin", "liin mango liin") == ["mango", "lemon"]
    assert found(fruit(when_several="none"), "mango liin", "liin mango liin", "liin lin") == [None, None, "lemon"]


def test_an_ignored_phrase_hides_the_words_in_it() -> None:
    assert found(fruit(), "mango tree", "mango tree liin", "mango tree mango") == [None, "lemon", "mango"]


def test_a_word_of_short_texts_counts_there_and_only_without_others() -> None:
    assert found(fruit(), "timir", "timir iyo caano", "timir iyo mango", "timir iyo caano geel") == [
        *("date", "date", "mango", None),
    ]


def test_a_word_of_openings_counts_in_a_short_text_and_where_a_longer_one_begins() -> None:
    openings = fruit(words_of_openings={"grape": ["canab"]})
    assert found(openings, "haa canab", "canab baan cunay shalay galab", "shalay galab baan canab cunay") == [
        *("grape", "grape", None),
    ]


def test_a_word_with_cue_counts_beside_a_cue_and_as_the_whole_text() -> None:
    cued = fruit(words_with_cue={"fig": ["berde"]}, cues_before=["cun", "geed"], cues_after=["macaan"])
    assert found(cued, "berde", "(Berde!)", "berde weyn", "cun berde shalay", "maya berde macaan", "berde geed") == [
        *("fig", "fig", None, "fig", "fig", None),
    ]
    assert found(cued, "mango geed berde", "berde iyo mango") == ["mango", "mango"]


def test_a_spelling_with_two_meanings_is_refused_and_every_one_is_named() -> None:
    with pytest.raises(ConfigError) as raised:
        fruit(words={"mango": ["cambe", "qare"], "lemon": ["ambe"], "melon": ["khare"]}, ignored=[])
    assert str(raised.value).splitlines() == [
        "fruit.toml: cambe, ambe: one spelling, several meanings: mango, lemon; list it once",
        "fruit.toml: qare, khare: one spelling, several meanings: mango, melon; list it once",
    ]


def test_a_phrase_that_would_be_found_everywhere_is_refused() -> None:
    with pytest.raises(ConfigError) as raised:
        fruit(words={"mango": ["12"]}, ignored=[])
    assert str(raised.value) == 'fruit.toml: "12": has no letter to look for; write a word'


def test_a_file_with_other_keys_is_refused_with_all_of_its_problems(tmp_path: Path) -> None:
    path = tmp_path / "fruit.toml"
    path.write_text('spelling = "lose"\nwhen_several = "first"\nword = {}\n', encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert str(raised.value).splitlines() == [
        "fruit.toml: spelling: Input should be 'exact', 'single' or 'loose'",
        "fruit.toml: words: Field required",
        "fruit.toml: word: Extra inputs are not permitted",
    ]


def test_a_file_that_is_no_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "fruit.toml"
    path.write_text("spelling = \n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^fruit\.toml: not TOML: .*line 1"):
        load(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", WORD_LISTS)
def test_every_listed_phrase_is_found_as_its_value(name: str) -> None:
    file = read(DATA_FOLDER / name, WordListFile)
    phrases = {
        phrase: value
        for words in (file.words_with_cue, file.words_of_openings, file.words_of_short_texts, file.words)
        for value in words
        for phrase in words[value]
    }
    assert dict(zip(phrases, found(load(DATA_FOLDER / name), *phrases), strict=True)) == phrases


def test_the_word_lists_are_those_that_the_cleaners_name() -> None:
    assert WORD_LISTS == [
        "basic_yes_no.toml",
        "english_gender.toml",
        "english_yes_no.toml",
        "somali_gender.toml",
        "somali_urban_rural.toml",
        "somali_yes_no.toml",
        "swahili_gender.toml",
        "swahili_yes_no.toml",
    ]


def test_a_text_without_end_is_read_at_its_beginning() -> None:
    texts = pl.Series(
        [
            "waxaan ahay naag " + "wax " * 400_000,
            "wax " * 400_000 + "waxaan ahay naag",
            "waxaan ahay naag " * 400_000,
        ]
    )
    assert clean("somali.gender", texts).to_list() == ["woman", None, "woman"]


def test_a_negated_word_does_not_count_and_the_next_one_does() -> None:
    english = fruit(negated_in=["english"])
    assert found(english, "not mango", "not a mango", "mango not liin", "isn't mango, liin") == [
        *(None, None, "mango", "lemon"),
    ]


def test_a_negation_reaches_as_far_as_the_list_says() -> None:
    assert found(fruit(negated_in=["english"], reach=2), "not on mango", "not in our mango") == [None, "mango"]
    assert found(fruit(negated_in=["english"], reach=3), "not in our mango", "not in all our mango") == [None, "mango"]


def test_a_negation_that_can_stand_on_both_sides_takes_one_word() -> None:
    somali = fruit(negated_in=["somali"])
    assert found(somali, "mango ma ihi liin", "ma ihi mango liin", "liin mango ma ihi") == ["lemon", "lemon", "lemon"]
    swahili = fruit(negated_in=["swahili"])
    assert found(swahili, "mango siyo liin", "liin mimi sio", "sio liin ni mango") == ["mango", None, "mango"]


def test_a_negated_value_turns_into_another_where_the_list_says_so() -> None:
    turned = fruit(negated_in=["english"], when_negated={"mango": "lemon"})
    assert found(turned, "not mango", "not liin", "not orange") == ["lemon", None, None]


def test_a_word_behind_what_shows_that_others_are_meant_counts_only_beside_its_cue() -> None:
    figs = {"words_with_cue": {"fig": ["berde"]}, "cues_before": ["my"]}
    others = fruit(not_after=["every"], not_before=["should", "was*"], **figs)
    assert found(others, "every mango", "mango should", "mango wasted", "mango was", "mango wa", "every my berde") == [
        *(None, None, None, None, "mango", "fig"),
    ]


def test_a_word_that_is_split_counts_and_leaves_no_half_as_a_word() -> None:
    halves = fruit(words={"mango": ["mango", "embe"], "lemon": ["go", "lemon"]}, ignored=["tango"])
    assert found(halves, "man go", "a man-go tree", "tan go", "le mon", "em be", "go le mon") == [
        *("mango", "mango", None, "lemon", "mango", "lemon"),
    ]


def test_a_short_word_that_is_split_counts_only_as_the_whole_text() -> None:
    assert found(fruit(), "li in", "L-i-i-n", "aan li in cunay") == ["lemon", "lemon", None]


def test_a_word_run_together_with_its_cue_counts_as_the_whole_text() -> None:
    cued = fruit(words_with_cue={"fig": ["berde"]}, cues_before=["waan cunay"])
    assert found(cued, "waancunayberde", "waan cunayberde", "waancunayberde shalay") == ["fig", "fig", None]


def test_a_word_that_no_other_is_like_counts_with_one_letter_off() -> None:
    typed = fruit(words={"mango": ["mango"], "melon": ["melon"], "lemon": ["lemon"]}, one_letter_off=["mango", "lemon"])
    assert found(typed, "mnago", "mano", "manggo", "mamgo", "mamga", "melon", "meln") == [
        *("mango", "mango", "mango", "mango", None, "melon", None),
    ]


def test_exact_words_are_also_found_with_a_letter_doubled_or_heard_alike() -> None:
    words = {"mango": ["qare", "liin"], "lemon": ["lim"]}
    heard = fruit(spelling="exact", also_heard_alike=True, words=words, ignored=["lin"])
    assert found(heard, "qaare", "kare", "limm", "lliin", "lin", "qaaree") == [
        *("mango", "mango", "lemon", "mango", None, None),
    ]


def test_of_several_values_that_which_a_text_begins_with_counts() -> None:
    opening = fruit(when_several="opening")
    assert found(opening, "mango, no liin", "for me mango for you liin", "my mango my mango") == [
        "mango",
        None,
        "mango",
    ]


def test_a_word_of_short_texts_counts_in_any_text_beside_a_cue() -> None:
    cued = fruit(cues_before=["waxaan cunay"])
    assert found(cued, "shalay galab waxaan cunay timir", "shalay galab timir cun") == ["date", None]


def test_a_phrase_that_ends_in_a_star_is_the_beginning_of_a_word() -> None:
    begun = fruit(words={"mango": ["waan cun*"], "lemon": ["ma cun*"]}, ignored=[])
    assert found(begun, "waan cunay", "ma cunin", "waan cun", "waan ku cunay", "awaan cunay") == [
        *("mango", "lemon", "mango", None, None),
    ]


def test_a_cue_reaches_its_word_over_what_may_stand_between() -> None:
    figs = {"words_with_cue": {"fig": ["berde"]}, "cues_before": ["cun"], "cues_after": ["macaan"]}
    described = fruit(may_be_between=["weyn", "yar"], not_before=["yar"], **figs)
    assert found(described, "cun weyn yar berde", "shalay berde yar macaan", "weyn berde yar", "cun fiican berde") == [
        *("fig", "fig", None, None),
    ]
    assert found(described, "mango yar", "cun yar") == [None, None]


def test_an_abbreviation_counts_where_a_short_text_lists_it() -> None:
    forms = fruit(words_of_lists={"mango": ["m"], "lemon": ["l"]})
    assert found(forms, "M, 23, Wajir", "wajir / m", "m", "m 23", "M/L", "5 a.m.", "i'm, 5", "m wajir") == [
        *("mango", "mango", "mango", "mango", None, None, None, None),
    ]


def test_a_word_that_announces_a_number_does_not_count() -> None:
    numbered = fruit(not_before_numbers=["mango"])
    assert found(numbered, "Mango. 5", "mango 9 of the list", "mango, 9", "mango") == [None, None, "mango", "mango"]


def test_two_values_and_nothing_else_have_no_opening() -> None:
    assert found(fruit(when_several="opening"), "mango/liin", "mango, maya liin") == [None, "mango"]


def test_a_group_stands_for_each_of_its_phrases_and_an_empty_one_for_none() -> None:
    grouped = fruit(
        words={"mango": ["{very} ripe {tree}"]}, ignored=[], groups={"very": ["", "very"], "tree": ["mango", "embe"]}
    )
    assert found(grouped, "ripe mango", "very ripe embe", "ripe", "very mango") == ["mango", "mango", None, None]


def test_a_group_that_there_is_not_is_named_with_its_phrase() -> None:
    with pytest.raises(ValueError, match=r'"ripe \{tree\}" names an unknown group: tree'):
        fruit(words={"mango": ["ripe {tree}"]})


def test_a_text_that_gives_no_answer_has_no_value_or_the_one_that_opens_it() -> None:
    asking = {"gives_no_answer": ["who ate", "they say"]}
    assert found(fruit(**asking), "who ate mango", "mango they say", "mango") == [None, None, "mango"]
    assert found(fruit(when_several="opening", **asking), "they say mango", "mango is what they say") == [None, "mango"]


def test_a_word_opens_a_text_behind_its_greetings() -> None:
    openings = fruit(
        words_of_openings={"grape": ["canab"]}, greetings=["asc", "walaal"], when_several="opening", short_text_words=2
    )
    assert found(openings, "asc walaal canab baan cunay", "walaal shalay canab baan cunay") == ["grape", None]


def test_what_counts_as_all_of_a_text_hides_nothing_in_others() -> None:
    alone = fruit(words_of_whole_texts={"fig": ["waan cunay", "waan"]}, ignored=["cunay mango"])
    assert found(alone, "waan cunay!", "waan mango", "waan cunay mango", "waan cunay shalay") == [
        *("fig", "mango", None, None),
    ]
    with pytest.raises(ConfigError, match="one spelling, several meanings: mango, fig"):
        fruit(words_of_whole_texts={"fig": ["mango"]})


def test_what_is_said_of_oneself_is_taken_away_by_a_negation_alone() -> None:
    told = fruit(
        words={"mango": ["mango"]},
        words_said_of_oneself={"fig": ["i am a fig"]},
        not_before=["eater"],
        ignored=[],
        not_after=["my"],
        negated_in=["english"],
    )
    assert found(told, "mango eater", "i am a fig eater", "my i am a fig", "not i am a fig") == [
        None,
        "fig",
        "fig",
        None,
    ]


def test_others_are_meant_also_where_something_stands_between_and_a_negation_behind_takes_nothing() -> None:
    others = fruit(not_after=["my"], not_before=["dont"], negated_in=["english"], may_be_between=["sweet", "ripe"])
    assert found(others, "my sweet ripe mango", "my big mango", "mango i dont", "mango dont") == [
        *(None, "mango", "mango", None),
    ]


def test_many_texts_at_once_have_the_values_that_each_has_alone() -> None:
    many = ["mango", "liin", "aan li in cunay", "man go", "geed"] * 1_200
    assert found(fruit(), *many) == ["mango", "lemon", None, "mango", None] * 1_200


def test_single_spelling_takes_doubled_letters_for_one() -> None:
    assert found(fruit(spelling="single"), "manggo", "lin", "timmir", "xambe") == ["mango", "lemon", "date", None]


def test_what_is_written_for_a_word_is_that_word_and_keeps_its_spelling() -> None:
    words = fruit(written_for={"mango": ["mngo"], "liin": []})
    assert found(words, "mngo", "a mngo", "mngo tree", "a liin", "a lin") == ["mango", "mango", None, "lemon", None]


def opening(**changes: object) -> WordList:
    words = {"mango": ["mango"], "lemon": ["lemon"]}
    return fruit(**({"spelling": "exact", "when_several": "opening", "words": words} | changes))


def test_a_phrase_does_not_run_over_the_mark_behind_an_answer() -> None:
    assert found(opening(), "mango tree", "mango, tree", "mango. tree", "mango - tree", "mango-tree") == [
        *(None, "mango", "mango", "mango", None),
    ]
    assert found(opening(ignored=["mango, tree"]), "mango, tree", "mango tree") == [None, "mango"]


def test_a_phrase_that_ends_with_a_comma_stands_before_a_mark() -> None:
    words = opening(words_of_beginnings={"date": ["la,"]})
    assert found(words, "la, no more", "La! No more", "la no more", "so la, no more") == ["date", "date", None, None]


def test_a_greeting_with_a_name_and_a_mark_is_left_out_before_an_answer() -> None:
    words = opening(words={"mango": ["mango"]}, words_of_beginnings={"date": ["timir"]}, greetings=["hi"])
    assert found(words, "hi Asha Ali, timir it is", "Asha Ali, timir it is", "hi Asha, it is timir") == [
        *("date", None, None),
    ]


def test_a_word_of_beginnings_counts_only_where_a_text_begins_with_it() -> None:
    words = opening(words_of_beginnings={"date": ["timir"]}, greetings=["hi"])
    assert found(words, "timir", "timir is what we want here", "hi timir", "we want timir") == [*["date"] * 3, None]


def test_a_word_that_opens_a_text_says_nothing_before_a_contrast_and_another() -> None:
    words = opening(contrasts=["but"])
    assert found(words, "mango but no lemon", "mango but sour", "mango and lemon") == [None, "mango", "mango"]


def test_slips_on_short_words_count_where_a_text_begins_or_ends_with_them() -> None:
    words = opening(one_key_off=["mango"], ignored=["mangi"])
    assert found(words, "nango", "ripe manho", "mngo is ripe", "a nango tree", "mangi", "zango") == [
        *("mango", "mango", "mango", None, None, None),
    ]


def test_whole_texts_are_found_run_together_up_to_three_words() -> None:
    words = fruit(words={"mango": ["a ripe mango", "a very ripe mango"]})
    assert found(words, "ariPEmango", "a very ripe mango", "averyripemango") == ["mango", "mango", None]


def test_many_texts_are_matched_as_few_are() -> None:
    texts = ["mango", "liin macaan", "tree", "mango tree"] * 1000
    assert found(fruit(), *texts) == found(fruit(), *texts[:4]) * 1000
