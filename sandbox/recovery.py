"""Messages that an operator took but did not deliver, as the CSV file that it hands over later, de-identified."""

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from sandbox.answers import Answer
from sandbox.dice import happens
from sandbox.runs import Received
from sandbox.talk import EPISODES, talk
from sandbox.timeline import EAT, SECOND_SHOW_AT, recovered_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from random import Random

    from sandbox.listeners import Audience
    from sandbox.runs import Run

RECOVERED_FILE = "geedka_recovered_september.csv"
_DATE_FORMATS = ("%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S")


class RecoveredRow(NamedTuple):
    """One line of the file and what it holds."""

    received: Received
    received_on: str


def recovered_rows(rng: "Random", audience: "Audience", runs: "Sequence[Run]", count: int) -> list[RecoveredRow]:
    """So many rows in the order of their times; some came through after all, and some stand there twice."""
    answered = [run.received[0] for run in runs if run.received and run.received[0].answer.text]
    arrived = [item for item in answered if item.dataset == _episode_at(item.sent_at)]
    rows: list[RecoveredRow] = []
    while len(rows) < count:
        if rows and happens(rng, 0.12):
            rows.append(rng.choice(rows))
        elif arrived and happens(rng, 0.25):
            again = rng.choice(arrived)
            rows.append(_row(rng, again._replace(sent_at=again.sent_at.replace(microsecond=0))))
        else:
            rows.append(_row(rng, _lost(rng, audience)))
    return sorted(rows, key=lambda row: (row.received.sent_at, row.received.listener.participant_uuid))


def recovery_csv(rows: "Iterable[RecoveredRow]") -> str:
    """The file's content."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(["Sender", "Message", "ReceivedOn"])
    writer.writerows(
        [row.received.listener.participant_uuid, row.received.answer.text, row.received_on] for row in rows
    )
    return content.getvalue()


def _lost(rng: "Random", audience: "Audience") -> Received:
    listener, sent_at = audience.writer(rng), recovered_time(rng)
    episode = _episode_at(sent_at)
    answer = Answer("") if happens(rng, 0.05) else talk(rng, episode, listener)
    return Received(episode, answer, sent_at, listener)


def _row(rng: "Random", received: Received) -> RecoveredRow:
    date_format = rng.choice(_DATE_FORMATS)
    if "%S" not in date_format:
        received = received._replace(sent_at=received.sent_at.replace(second=0))
    written = received.sent_at.astimezone(EAT).strftime(date_format)
    return RecoveredRow(received._replace(dataset=_episode_at(received.sent_at)), written)


def _episode_at(sent_at: "datetime") -> str:
    return EPISODES[0] if sent_at < SECOND_SHOW_AT else EPISODES[1]
