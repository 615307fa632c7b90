"""Who withdrew and who may have: read before any step, from labels and from all that the project holds of a person.

Anybody whose text was ever labelled STOP has withdrawn. It does not matter under which scheme (even one that the
project no longer has), how the text was labelled before or since, when it was labelled, sent or received, or where it
has moved. Only a machine's suggestion that nobody has checked does not count as a label.

Anybody who sent a text that is only a stop word, or that a machine suggests as STOP, may have withdrawn, until a coder
has labelled that text.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import polars as pl

from pipeline_lib.cleaners.stop_words import are_stop_words
from pipeline_lib.model.code_scheme import MANUALLY_UNCODED, ControlCode
from pipeline_lib.model.coding_plan import ANY_STOP_CODE_ID, CodingPlans
from pipeline_lib.processing.everything_said import SAID, Wanted, find_said, standing_texts, whole_texts
from pipeline_lib.processing.label_files import IS_SUGGESTION
from pipeline_lib.processing.quarantine import gives_known_code
from pipeline_lib.processing.raw_data import IDENTITY, RawFrames
from pipeline_lib.processing.settings import Settings
from pipeline_lib.processing.texts import CodedDataset, participants_with
from pipeline_lib.processing.translation import is_deleted_contact, is_test_run
from pipeline_lib.processing.withdrawals import MessageIds, MessageMoves, Withdrawals
from pipeline_lib.processing.wrong_scheme import Moved

_MESSAGES = {"dataset": pl.String(), "message_id": pl.String()}
_MOVES = {**_MESSAGES, "target": pl.String()}


class Known(NamedTuple):
    """What consent is read from."""

    raws: Sequence[RawFrames]
    """All raw data files."""
    labels: Mapping[str, pl.DataFrame]
    """Every label of a dataset, by its raw field, as `read_labels` gives them without an as-of time."""
    withdrawals: Withdrawals
    """The withdrawals that the pull of the labels recorded."""
    cuts: pl.DataFrame
    """Texts that were cut off, as `CUTS`: coders may have labelled the whole ones."""


@dataclass(frozen=True)
class Consent:
    """Who is to be left out, and what waits for a coder."""

    withdrawn: pl.Series
    """The `uid` of everybody who withdrew or whose contact was deleted."""
    testers: pl.Series
    """The `uid` of everybody who is marked as a test contact anywhere."""
    waiting: pl.DataFrame
    """Stop words and a machine's suggestions of STOP that no coder has labelled, with the columns of `SAID` and
    `message_id`. Without those of the withdrawn and of test contacts, who are left out anyway."""


def read_consent(known: Known, moved: Moved, settings: Settings) -> Consent:
    """Who withdrew and who may have; nobody where the predecessors' quirks are kept.

    Args:
        known: The raw data and the labels.
        moved: The messages and answers that a run works with, after moves.
        settings: The project's.
    """
    plans, withdrawals = settings.plans, known.withdrawals
    nobody, nothing = pl.Series("uid", [], dtype=pl.String), pl.DataFrame(schema={**SAID, "message_id": pl.String()})
    if settings.as_predecessor:
        return Consent(nobody, nobody, nothing)
    stops = stops_labelled(known.labels, plans)
    labelled = stops.filter(~pl.col(IS_SUGGESTION)).select(*_MESSAGES)
    stopped = _also_where_from(
        pl.concat([_messages(withdrawals.messages, plans), labelled]),
        pl.concat([_handed_on_moves(withdrawals.moves, plans), _moves_ever(known.labels, plans)]),
    )
    wanted = Wanted(
        pl.concat([stopped["message_id"], stops["message_id"]]),
        partial(are_stop_words, more=settings.stop_words),
    )
    texts = standing_texts(moved.messages, moved.answers, plans)
    said = find_said(known.raws, texts, settings.translation, wanted)
    cut = whole_texts(known.cuts, settings.translation)
    sent = pl.concat([each.select("uid", *_MESSAGES) for each in (*said, cut)])
    withdrawn = pl.concat(
        [
            sent.join(stopped, on=list(_MESSAGES), how="semi")["uid"],
            _marked(known.raws, is_deleted_contact),
            pl.Series("uid", sorted(withdrawals.participants), dtype=pl.String),
        ]
    ).unique()
    testers = nobody
    if settings.filter_test_messages:
        named = pl.Series("uid", sorted(settings.test_participants), dtype=pl.String)
        testers = pl.concat([_marked(known.raws, is_test_run), named]).unique()
    if not settings.holds_back_stops:
        return Consent(withdrawn, testers, nothing)
    reviewed = _reviewed(known.labels, withdrawals.reviewed, plans)
    suggested = stops.filter(IS_SUGGESTION)
    anywhere, standing = (_possible_stops(each, suggested, settings.stop_words) for each in said)
    waiting = _waiting(anywhere, standing, reviewed).filter(
        ~pl.col("uid").is_in(withdrawn.implode()) & ~pl.col("uid").is_in(testers.implode())
    )
    return Consent(withdrawn, testers, waiting.sort("dataset", "uid", "text", "sent_on"))


def withdrawn_participants(coded: Iterable[CodedDataset]) -> pl.Series:
    """The `uid` of everybody with a text in any dataset that has a STOP code after all steps, each once.

    The predecessors went by this alone (semantics.md 7). Besides labels it includes what a cleaner says in a
    coding that nobody verifies.
    """
    return participants_with(ControlCode.STOP, coded)


def stops_labelled(labels: Mapping[str, pl.DataFrame], plans: CodingPlans) -> pl.DataFrame:
    """Messages that have ever been labelled STOP: `dataset` and `message_id`, and whether that is only a suggestion."""
    gives_stop = pl.any_horizontal(
        *(
            (pl.col("code_id") == stop.code_id) & pl.col("scheme_id").str.starts_with(stop.scheme_id)
            for stop in plans.stop_codes
        ),
        pl.col("code_id").str.contains(ANY_STOP_CODE_ID),
    )
    own = [
        frame.filter(gives_stop).select(pl.lit(field).alias("dataset"), "message_id", IS_SUGGESTION)
        for field, frame in labels.items()
    ]
    return pl.concat(own).unique()


def _moves_ever(labels: Mapping[str, pl.DataFrame], plans: CodingPlans) -> pl.DataFrame:
    """Every dataset that somebody ever said messages belong to, as `_MOVES`, whether or not they moved there."""
    if plans.ws_correct_dataset_scheme is None:
        return pl.DataFrame(schema=_MOVES)
    of_scheme = pl.col("scheme_id").str.starts_with(plans.ws_correct_dataset_scheme.scheme_id)
    given = [
        frame.filter(of_scheme & ~pl.col(IS_SUGGESTION)).select(pl.lit(field).alias("dataset"), "message_id", "code_id")
        for field, frame in labels.items()
    ]
    return _with_targets(pl.concat(given), plans)


def _handed_on_moves(moves: MessageMoves, plans: CodingPlans) -> pl.DataFrame:
    rows = [(d.raw_field, *move) for d in plans.datasets for move in moves.get(d.coda_filename, ())]
    return _with_targets(pl.DataFrame(rows, schema={**_MESSAGES, "code_id": pl.String()}, orient="row"), plans)


def _with_targets(given: pl.DataFrame, plans: CodingPlans) -> pl.DataFrame:
    codes = list(plans.datasets_by_ws_code.items())
    targets = pl.DataFrame(codes, schema={"code_id": pl.String(), "target": pl.String()}, orient="row")
    return given.join(targets.drop_nulls(), on="code_id").select(*_MOVES).unique()


def _also_where_from(stopped: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Messages that are labelled STOP, and the same messages in each dataset that they moved from.

    A run may still have them where they were sent: the label that moved them was taken away, or is too late for the
    run.
    """
    while True:
        found = moves.join(stopped.rename({"dataset": "target"}), on=["target", "message_id"], how="semi")
        more = pl.concat([stopped, found.select(*_MESSAGES)]).unique()
        if more.height == stopped.unique().height:
            return more
        stopped = more


def _reviewed(labels: Mapping[str, pl.DataFrame], handed_on: MessageIds, plans: CodingPlans) -> pl.DataFrame:
    """Messages whose newest label by a coder under some scheme gives a code: `dataset` and `message_id`."""
    own = []
    for dataset in plans.datasets:
        schemes = [coding.code_scheme for coding in dataset.codings]
        if plans.ws_correct_dataset_scheme is not None:
            schemes.append(plans.ws_correct_dataset_scheme)
        opinions = labels[dataset.raw_field].filter(~pl.col(IS_SUGGESTION) & gives_known_code(schemes))
        newest = opinions.unique(["message_id", "scheme_id"], keep="first", maintain_order=True)
        given = newest.filter(pl.col("code_id") != MANUALLY_UNCODED)
        own.append(given.select(pl.lit(dataset.raw_field).alias("dataset"), "message_id"))
    return pl.concat([_messages(handed_on, plans), *own]).unique()


def _messages(handed_on: MessageIds, plans: CodingPlans) -> pl.DataFrame:
    rows = [(d.raw_field, message_id) for d in plans.datasets for message_id in handed_on.get(d.coda_filename, ())]
    return pl.DataFrame(rows, schema=_MESSAGES, orient="row")


def _possible_stops(said: pl.DataFrame, suggested: pl.DataFrame, stop_words: Collection[str]) -> pl.DataFrame:
    is_stop_word = are_stop_words(said["text"], stop_words).fill_null(value=False)
    others = said.filter(~is_stop_word).join(suggested, on=list(_MESSAGES), how="semi")
    return pl.concat([said.filter(is_stop_word), others])


def _waiting(said: pl.DataFrame, standing: pl.DataFrame, reviewed: pl.DataFrame) -> pl.DataFrame:
    """The possible STOPs that no coder has labelled, whether or not the run has them.

    For a text that the run has, the labels of its dataset decide. For a text that it lacks, because the question was
    answered again or the text came too late or moved away, a label in any dataset that it was sent to decides.
    """
    elsewhere = said.join(standing, on=["uid", *_MESSAGES], how="anti")
    answered = pl.concat([said, standing]).join(reviewed, on=list(_MESSAGES), how="semi")
    return pl.concat(
        [
            standing.join(reviewed, on=list(_MESSAGES), how="anti"),
            elsewhere.join(answered, on=["uid", "text"], how="anti"),
        ]
    )


def _marked(raws: Sequence[RawFrames], is_marked: Callable[[Collection[str]], pl.Expr]) -> pl.Series:
    """The `uid` of everybody with a marked object in any file."""
    uids = [
        frame.filter(is_marked(frame.columns))[IDENTITY].alias("uid")
        for raw in raws
        for frame in (raw.frame, raw.unseen)
    ]
    return pl.concat([pl.Series("uid", [], dtype=pl.String), *uids]).unique()
