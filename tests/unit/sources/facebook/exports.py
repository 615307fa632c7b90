"""A folder of exported comments, and fetches from it."""

from pathlib import Path
from typing import Any

import orjson

from pipeline_lib.config.facebook_export import FacebookExportSource
from pipeline_lib.identity.sqlite import SqliteUuidTable, create_uuid_table
from pipeline_lib.model.shrink_limit import DEFAULT_LIMIT
from pipeline_lib.sources.base import FetchResult
from pipeline_lib.sources.facebook.export import ExportToFetch, fetch_export
from pipeline_lib.sources.targets import run_targets
from pipeline_lib.storage import Storage, storage_at

PAGE = "371314232378501"
HEADER = "Comment ID,Post ID,Date,Comment,Author ID,Reply To\n"
COLUMNS = {
    "CommentID": "Comment ID",
    "PostID": "Post ID",
    "Time": "Date",
    "Text": "Comment",
    "AuthorID": "Author ID",
    "ParentID": "Reply To",
}


class Exports:
    """A folder of exports, and fetches of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.storage: Storage = storage_at((folder / "data").as_uri())
        self.table: SqliteUuidTable = create_uuid_table(folder / "uuids.sqlite", "TEST", "avf-facebook-uuid-")
        self.limit = 0.0
        self.shrink_limit = DEFAULT_LIMIT
        self.participants = self.table.uuids

    def put(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    def fetch(self, *files: str, columns: dict[str, str] | None = None, **settings: Any) -> FetchResult:
        written = {
            "SourceType": "FacebookExport",
            "PageID": PAGE,
            "Datasets": [{"Name": "fb", "CommentFileURLs": files or ("a.csv",)}],
            "Columns": columns or COLUMNS,
            "Timezone": "Africa/Mogadishu",
            **settings,
        }
        source = FacebookExportSource.model_validate(written)
        targets = run_targets(self.storage, "runs/today")
        place = "pipeline.json: RawDataSources[0]"
        metrics = targets.metrics_file(1)
        export = ExportToFetch(source, place, self.participants, self.storage, self.folder, metrics)
        return fetch_export(export, targets=targets, quarantine_share_limit=self.limit, shrink_limit=self.shrink_limit)

    def lines(self, name: str = "fb") -> list[Any]:
        content = self.storage.read(f"runs/today/Raw Data/{name}_{PAGE}.jsonl")
        return [orjson.loads(line) for line in content.splitlines()]

    def texts(self, name: str = "fb") -> list[str]:
        return [line[f"{name}.message"] for line in self.lines(name)]

    def quarantine(self) -> list[tuple[int, str]]:
        lines = self.storage.read(f"runs/today/Quarantine/fb_{PAGE}.jsonl").splitlines()
        return [(each["line"], each["reason"]) for each in map(orjson.loads, lines)]

    def participant(self, address: str) -> str:
        return self.table.known([address])[address]


def row(number: int, text: str = "haa", **more: str) -> str:
    """A row of an export, by somebody else each."""
    cells = {
        "id": f"122101234567890{number:03}",
        "post": "5926367568205202",
        "time": "2025-09-06 13:01:00",
        "author": f"7{number:015}",
        "parent": "",
        **more,
    }
    return f'{cells["id"]},{cells["post"]},{cells["time"]},"{text}",{cells["author"]},{cells["parent"]}\n'
