"""A source of the tests' own, and the server it fetches from.

``GET /list?from=N`` answers a JSON list of papers N … N+size-1, each as text, and in
``x-next`` where the next page begins, in ``x-total`` how many there are.
"""

import datetime as dt
import json
from collections.abc import Iterator

from pydantic import BaseModel, Field, SecretStr

from broadsheet.domain.errors import SourceRefusedError
from broadsheet.domain.ingest import RawRecord
from broadsheet.net.port import Client
from broadsheet.sources.source import Page, Policy, SyncRequest
from replicas.server import ReceivedRequest, Reply, json_reply


class Options(BaseModel):
    endpoint: str = Field("https://papers.example", description="Address of the server.")
    kind: str = Field("all", pattern="^(all|few)$", description="What to fetch: all or few.")
    api_key: SecretStr | None = Field(None, description="A key of the service.")


class FakeSource:
    name = "fake"
    title = "Fake papers"
    Options = Options

    def __init__(self, name: str = "fake", policy: Policy | None = None) -> None:
        self.name = name
        self.policy = policy or Policy(spacing=0)

    def fetch_pages(self, client: Client, request: SyncRequest) -> Iterator[Page]:
        options: Options = request.options
        at = "0" if request.since else request.cursor.get("from", "0")
        while at:
            params = {"from": at}
            if options.api_key:
                params["api_key"] = options.api_key.get_secret_value()
            answer = client.get(f"{options.endpoint}/list", params)
            if "x-next" not in answer.headers:
                raise SourceRefusedError(f"{answer.address} is no list of papers")
            lines = [line.encode() for line in json.loads(answer.body)]
            after = int(at) + len(lines)
            yield Page(
                format="papers-jsonl",
                origin=f"{options.endpoint}/list",
                records=[RawRecord(line, f"line {n}") for n, line in enumerate(lines, int(at))],
                cursor={"from": str(after)},
                note="" if int(at) else "a first run, from the first paper on",
                total=int(answer.headers["x-total"]) - int(request.cursor.get("from", "0")),
            )
            at = answer.headers["x-next"]


def paper_line(number: int) -> str:
    """Every tenth line is none."""
    if number % 10 == 7:
        return f'{{"title": "broken {number}'
    return json.dumps(
        {
            "id": f"arxiv:2401.{number:05d}",
            "title": f"Paper number {number} of many",
            "authors": ["A. Roe"],
            "date": str(dt.date(2024, 1, 1)),
        }
    )


class Papers:
    """The answers of a replica of the service."""

    def __init__(self, count: int, size: int = 20) -> None:
        self.count = count
        self.size = size

    def __call__(self, request: ReceivedRequest) -> Reply:
        begin = int(request.params.get("from", "0"))
        end = min(begin + self.size, self.count)
        return json_reply(
            [paper_line(number) for number in range(begin, end)],
            headers={"x-next": str(end) if end < self.count else "", "x-total": str(self.count)},
        )
