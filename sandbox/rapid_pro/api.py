"""What each endpoint answers, as bytes: a row becomes JSON once and is then only copied into pages."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson

from sandbox.rapid_pro.archives import Archive
from sandbox.rapid_pro.database import Database
from sandbox.rapid_pro.downloads import Downloads
from sandbox.rapid_pro.generations import Generation
from sandbox.rapid_pro.listing import RowT, Window
from sandbox.rapid_pro.model import Contact, Flow, Message, Run
from sandbox.rapid_pro.query import Query
from sandbox.rapid_pro.render import (
    contact_json,
    flow_json,
    message_json,
    path_json,
    run_json,
    workspace_json,
)
from sandbox.rapid_pro.selections import archives_of, contacts_of, flows_of, messages_of, runs_of

PAGE_SIZE = 250
ROOT = "/api/v2/"


class Api:
    """The endpoints over one database."""

    def __init__(self, database: Database, generation: Generation, downloads: Downloads) -> None:
        self.database, self.generation, self.downloads = database, generation, downloads
        self._encoded: dict[tuple[str, bool], tuple[object, int, bytes]] = {}

    def answer(self, query: Query, origin: str) -> bytes:
        """The JSON that answers a request.

        Args:
            query: The request.
            origin: Scheme and host by which the client reaches this server.

        Raises:
            QueryError: The request is refused.
        """
        with self.database.lock:
            match query.endpoint:
                case "archives":
                    return self._archives(query, origin)
                case "contacts":
                    return self._page(query, origin, contacts_of, self._contact)
                case "flows":
                    return self._page(query, origin, flows_of, self._flow)
                case "messages":
                    return self._page(query, origin, messages_of, self._message)
                case "runs":
                    with_path = query.flag("paths", default=True)
                    return self._page(query, origin, runs_of, partial(self._run, with_path=with_path))
                case _:
                    return orjson.dumps(workspace_json(self.database.workspace))

    def _page(
        self,
        query: Query,
        origin: str,
        window_of: Callable[[Query, Database, Generation], Window[RowT]],
        encode: Callable[[RowT], bytes],
    ) -> bytes:
        page = window_of(query, self.database, self.generation).page(query.cursor(), PAGE_SIZE)
        links = {
            "next": _url(origin, query.endpoint, query.at(page.next)) if page.next else None,
            "previous": _url(origin, query.endpoint, query.at(page.previous)) if page.previous else None,
        }
        return _listing(links, map(encode, page.rows))

    def _archives(self, query: Query, origin: str) -> bytes:
        """Paged by number, unlike everything else."""
        found = archives_of(query, self.database, self.generation)
        limit, offset = query.natural_number("limit") or PAGE_SIZE, query.natural_number("offset") or 0

        def link(start: int) -> str:
            numbers = {"limit": limit} | ({"offset": start} if start > 0 else {})
            kept = {name: value for name, value in query.parameters.items() if name not in {"limit", "offset"}}
            return _url(origin, "archives", urlencode(sorted((kept | numbers).items())))

        links = {
            "count": len(found),
            "next": link(offset + limit) if offset + limit < len(found) else None,
            "previous": link(offset - limit) if offset > 0 else None,
        }
        return _listing(links, (orjson.dumps(self._archive(item, origin)) for item in found[offset : offset + limit]))

    def _archive(self, archive: Archive, origin: str) -> dict[str, Any]:
        has_file = bool(archive.lines) or self.generation.empty_archives_have_files
        return {
            **dict.fromkeys(self.generation.archive_type_keys, archive.key.type),
            "start_date": archive.key.start_date.isoformat(),
            "period": archive.key.period,
            "record_count": len(archive.lines),
            "size": len(archive.content) if has_file else 0,
            "hash": archive.hash if has_file else None,
            "download_url": self.downloads.url(origin, archive) if has_file else None,
        }

    def _contact(self, contact: Contact) -> bytes:
        return orjson.dumps(contact_json(contact, self.database.workspace))

    def _flow(self, flow: Flow) -> bytes:
        counts = self.database.run_counts[flow.uuid].copy()
        if self.generation.counts_what_is_gone:
            counts.update(self.database.uncounted_runs[flow.uuid])
        return orjson.dumps(flow_json(flow, counts))

    def _message(self, message: Message) -> bytes:
        flow = self.database.flows[message.flow] if message.flow else None
        contact = self.database.contacts.rows[message.contact]
        return orjson.dumps(message_json(message, flow, contact, self.database.workspace, self.generation))

    def _run(self, run: Run, *, with_path: bool) -> bytes:
        known = self._encoded.get((run.uuid, with_path))
        if known is not None and known[0] is run and known[1] == self.database.version:
            return known[2]
        flow, contact = self.database.flows[run.flow], self.database.contacts.rows[run.contact]
        made = run_json(run, flow, contact, self.database.workspace, self.generation)
        encoded = orjson.dumps(made | {"path": path_json(run.path)} if with_path else made)
        self._encoded[run.uuid, with_path] = run, self.database.version, encoded
        return encoded


def _url(origin: str, endpoint: str, query_string: str) -> str:
    return f"{origin}{ROOT}{endpoint}.json?{query_string}"


def _listing(links: dict[str, Any], rows: Iterable[bytes]) -> bytes:
    return b"".join([orjson.dumps(links)[:-1], b',"results":[', b",".join(rows), b"]}"])
