"""Following over HTTP, on a real library."""

import datetime as dt
import json
import re

import pytest
from group import form_token, open_group, send

from broadsheet.domain.access import OWNER
from broadsheet.services.follows import LocalFollowService


@pytest.fixture(scope="module", params=["open", "one"])
def group(request, tmp_path_factory):
    with open_group(tmp_path_factory.mktemp(request.param), request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def paper(group, tmp_path_factory):
    """A paper of today."""
    file = tmp_path_factory.mktemp("papers") / "papers.jsonl"
    today = group.services.daily.today().isoformat()
    fields = {"id": "arxiv:2612.00001", "title": "Follow me", "abstract": "We follow."}
    more = {"authors": ["Ada Author"], "categories": ["cs.LG"], "date": today}
    file.write_text(json.dumps(fields | more) + "\n")
    group.services.library.import_paths(OWNER, [str(file)])
    group.services.admin.index_pending(OWNER)
    return group.services.library.get_paper("2612.00001")


def page_of(paper):
    return f"/papers/{paper.id.removeprefix('arxiv:')}"


def number_of(browser, label):
    text = browser.get("/following").text
    match = re.search(
        rf'name="number" value="(\d+)".{{0,200}}Stop following<span class="hidden"> {label}<', text
    )
    return match and match[1]


def test_a_button_follows_and_stops(group, paper):
    browser = group.browser("member")
    name = paper.authors[0].name
    assert f"Follow {name}</button>" in browser.get(page_of(paper)).text
    answer = send(browser, "/following", kind="author", value=name, next=page_of(paper))
    assert (answer.status_code, answer.headers["location"]) == (303, page_of(paper))
    assert f"Following {name}</button>" in browser.get(page_of(paper)).text
    shown = browser.get("/following?since=week")
    assert shown.headers["cache-control"] == "no-store"
    assert f"By {name}" in shown.text
    assert "1 new paper" in shown.text
    number = number_of(browser, name)
    assert send(browser, "/following/remove", number=number).status_code == 303
    assert number_of(browser, name) is None


def test_searches_fields_and_editions_have_buttons(group):
    browser = group.browser("member")
    for query, button in (
        ("attention", 'name="kind" value="search"'),
        ('author:"Ada Lovelace"', 'name="kind" value="author"'),
        ("cat:cs.LG", 'name="kind" value="category"'),
        ('cat:cs.LG "attention"', 'name="kind" value="search"'),
    ):
        assert button in browser.get("/papers", params={"q": query}).text, query
    assert 'name="kind" value="edition"' in browser.get("/e/featured/year/2017").text


def test_hostile_names_are_text(group):
    browser = group.browser("member")
    attack = '"><script>alert(1)</script>'
    assert send(browser, "/following", kind="author", value=attack).status_code == 303
    assert send(browser, "/following", kind="search", value=attack).status_code == 303
    for path in ("/following", "/account/data.json", "/digest?kind=follows"):
        assert "<script>alert" not in browser.get(path).text or path.endswith(".json")
    refused = send(browser, "/following", kind="field", value=attack)
    assert refused.status_code == 400
    assert "<script>alert" not in refused.text


def test_follows_of_others_cannot_be_seen_or_removed(group):
    if group.mode == "one":
        pytest.skip("one person has no others")
    mine, other = group.browser("member"), group.browser("reader")
    send(mine, "/following", kind="author", value="Secret Author")
    number = number_of(mine, "Secret Author")
    assert "Secret Author" not in other.get("/following").text
    assert send(other, "/following/remove", number=number).status_code == 404
    assert other.get("/following", params={"only": number}).status_code == 404
    assert number_of(mine, "Secret Author") == number
    assert "Secret Author" in mine.get("/account/data.json").text


def test_visitors_follow_nothing_and_forged_forms_are_refused(group):
    if group.mode == "one":
        pytest.skip("there are no visitors")
    visitor, member = group.browser(), group.browser("member")
    assert visitor.get("/following").status_code == 401
    assert send(visitor, "/following", kind="author", value="Ada").status_code == 401
    assert "/following" not in visitor.get("/papers?q=attention").text
    assert member.post("/following", data={"kind": "author", "value": "F"}).status_code == 403
    forged = member.post(
        "/following",
        data={"kind": "author", "value": "F", "form-token": form_token(member)},
        headers={"Origin": "https://evil.example"},
    )
    assert forged.status_code == 403
    assert number_of(member, "F") is None


def test_wrong_numbers_and_spans_are_refused(group):
    browser = group.browser("member")
    for number in ("x", "-1", "9" * 16, "²", ""):
        assert send(browser, "/following/remove", number=number).status_code == 404
    assert browser.get("/following?since=soon").status_code == 400


def test_members_pages_show_public_acts_and_do_not_list_accounts(group, paper):
    if group.mode == "one":
        pytest.skip("one person has no page")
    visitor, member = group.browser(), group.browser("member")
    assert visitor.get("/members/Cleo").status_code == 404
    assert visitor.get("/members/nobody").status_code == 404
    assert member.get("/members/Cleo").status_code == 200
    cleo = group.browser("curator")
    send(cleo, "/collections", title="Shared", sharing="public", paper=paper.id)
    send(cleo, "/collections", title="Hidden list", sharing="private", paper=paper.id)
    send(cleo, "/comments", paper=paper.id, text="A <b>remark</b>")
    shown = visitor.get("/members/cleo").text
    assert "Shared" in shown
    assert "Hidden list" not in shown
    assert "<b>" not in shown
    assert "Follow Cleo" in member.get("/members/Cleo").text
    assert "Follow Cleo" not in shown
    assert send(member, "/following", kind="member", value="Cleo").status_code == 303
    assert "Cleo commented" in member.get("/following").text
    assert "Following Cleo" in member.get("/members/Cleo").text


def test_an_issue_shows_what_came_in_since_the_last_visit(group, paper, monkeypatch):
    browser = group.browser("member")
    path = f"/papers/date/{paper.listed}"
    assert "Since your last visit" not in browser.get(path).text
    visits = {"long ago": dt.datetime(2001, 1, 1, tzinfo=dt.UTC), "later": paper.added_at}
    monkeypatch.setattr(LocalFollowService, "visit", lambda self, who: visits["long ago"])
    assert "Since your last visit" in browser.get(path).text
    filtered = browser.get(f"{path}?new=1").text
    assert "Follow me" in filtered
    assert "remove this filter" in filtered
    monkeypatch.setattr(LocalFollowService, "visit", lambda self, who: visits["later"])
    assert "Since your last visit" not in browser.get(path).text
    assert "Follow me" not in browser.get(f"{path}?new=1").text
    fields = browser.get(path, params={"field": "Machine learning"}).text
    assert 'name="kind" value="field"' in fields
