"""``/export``: files of a search, an issue, and requests that cannot be met."""

import csv
import io
import json

import pytest


def test_a_search_is_exported_as_it_is_shown(client):
    answer = client.get("/export", params={"q": "earlier", "format": "jsonl", "order": "date"})  # fmt: skip
    titles = [json.loads(line)["title"] for line in answer.text.splitlines()]
    assert titles[0] == "An earlier estuary"
    page = client.get("/papers", params={"q": "earlier", "order": "date"}).text
    assert f"of {len(titles)} papers" in page
    assert answer.headers["content-disposition"] == 'attachment; filename="earlier.jsonl"'
    form = client.get("/papers?q=estuary&order=date").text.partition('action="/export"')[2]
    assert '<input type="hidden" name="q" value="estuary">' in form.partition("</form>")[0]
    assert '<input type="hidden" name="order" value="date">' in form.partition("</form>")[0]


def test_an_issue_is_exported_whole(client):
    answer = client.get("/export?period=2026-06-02&format=csv")
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 45
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'name="period" value="2026-06-02"' in client.get("/papers/date/2026-06-02").text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("q=", 400),
        ("q=a&format=word", 400),
        ("q=a&mode=best", 400),
        ("period=yesterday", 400),
        ("period=2026-06-02&edition=none", 404),
        (f"q={'a' * 1001}", 400),
    ],
)
def test_what_cannot_be_exported_is_refused(client, query, status):
    answer = client.get(f"/export?{query}")
    assert answer.status_code == status
    assert "<h1" in answer.text
