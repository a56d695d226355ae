"""For you and screening over HTTP, as one person and as members of a group."""

import re

import pytest
from group import open_group, send

from broadsheet.web.app import create_app
from browsing import open_browser
from reading_interests import made_paper, open_made_library

PERSONAL_PATHS = (
    "/for-you",
    "/for-you/start",
    "/for-you/profile",
    "/for-you/profile.json",
    "/screen",
)


@pytest.fixture
def client(tmp_path):
    with open_made_library(tmp_path) as services:
        yield open_browser(create_app(services), follow_redirects=False)


def like(client, number, mark="more_like"):
    answer = client.post("/marks", data={"paper": made_paper(number)["id"], "change": f"{mark}:on"})
    assert answer.status_code == 303


def titles(text):
    return [" ".join(title.split()) for title in re.findall(r"data-stop[^>]*>([^<]+)</a>", text)]


def test_the_first_visit_asks_what_one_likes(client):
    text = client.get("/for-you").text
    assert "Say what you like" in text
    assert text.count("More like this") == 20 + 1
    like(client, 60)
    text = client.get("/for-you").text
    assert "Close to a paper you wanted more of" in text
    assert len(titles(text)) == 10


def test_buttons_stand_on_the_day_and_on_the_paper(client):
    day = client.get("/").text
    paper = client.get(f"/papers/{str(made_paper(0)['id']).removeprefix('arxiv:')}").text
    for text in (day, paper):
        for change in ("more_like:on", "less_like:on", "not_interested:on"):
            assert f'value="{change}"' in text


def test_likes_by_text_file_and_author(client):
    assert client.post("/for-you/likes", data={"text": made_paper(60)["id"]}).status_code == 303
    bibtex = b"@article{a, title={Granite and basalt in the crust}, author={Lee, Ann}}"
    answer = client.post("/for-you/likes", files={"file": ("my.bib", bibtex)})
    assert answer.status_code == 303
    assert client.post("/for-you/likes", data={"author": "Ada Knots"}).status_code == 303
    profile = client.get("/for-you/profile.json").json()
    assert profile["likes"] == 1 + 1 + 40
    assert [each["title"] for each in profile["texts"]] == ["Granite and basalt in the crust"]


def test_problems_with_likes_are_said_in_place(client):
    refused = client.post("/for-you/likes", data={"author": '"><script>'})
    assert refused.status_code == 400
    assert "<script>" not in refused.text.split("<main")[1]
    assert client.post("/for-you/likes", data={"text": ""}).status_code == 400
    big = client.post("/for-you/likes", files={"file": ("my.bib", b"x" * 5_000_000)})
    assert big.status_code == 413
    missing = client.post("/for-you/likes", data={"text": f"9912.00001 {made_paper(60)['id']}"})
    assert "Not in this library: arxiv:9912.00001" in missing.text


def test_the_profile_is_edited_and_reset(client):
    like(client, 60)
    for fields in (
        {"do": "muted", "kind": "term", "name": "hive"},
        {"do": "pinned", "kind": "author", "name": "<i>Ada"},
    ):
        assert client.post("/for-you/profile", data=fields).status_code == 303
    text = client.get("/for-you/profile").text
    assert "&lt;i&gt;Ada" in text
    assert ", muted" in text
    client.post("/for-you/profile", data={"do": "undecided", "kind": "term", "name": "hive"})
    assert ", muted" not in client.get("/for-you/profile").text
    for wrong in ({"do": "explode"}, {"do": "remove-text", "number": "x"}, {"do": "muted"}):
        assert client.post("/for-you/profile", data=wrong).status_code == 400
    assert client.post("/for-you/profile", data={"do": "reset"}).status_code == 303
    assert "Nothing yet." in client.get("/for-you/profile").text


def test_a_screening_without_script(client):
    answer = client.post("/screen", data={"query": "cat:cs.LG", "recall": "95", "confidence": "95"})
    there = answer.headers["location"]
    for label in ("yes", "no", "no"):
        text = client.get(there).text
        paper = re.search(r'name="paper" value="([^"]+)"', text)[1]
        fields = {"paper": paper, "relevant": label, "reason": "<b>why"}
        assert client.post(f"{there}/label", data=fields).status_code == 303
    text = client.get(there).text
    assert "3 of 120 papers read, 1 relevant" in text
    assert "Not yet:" in text
    assert "&lt;b&gt;why" in text
    assert client.get(f"{there}.csv").text.count("\r\n") == 4
    assert client.get(f"{there}.ris").text.count("TY  -") == 3
    client.post(f"{there}/undo")
    assert "2 of 120 papers read" in client.get(there).text
    assert client.post(f"{there}/label", data={"paper": paper}).status_code == 400
    assert client.post(f"{there}/delete").status_code == 303
    assert client.get(there).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"query": ""}, {"query": "a", "recall": "nan"}, {"query": "a", "recall": "200"}]
)
def test_screenings_that_cannot_be_started(client, wrong):
    answer = client.post("/screen", data=wrong)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_who_may_do_this_in_a_group(tmp_path):
    with open_group(tmp_path, "open") as group:
        visitor, reader, owner = (group.browser(role) for role in ("anonymous", "reader", "owner"))
        for path in PERSONAL_PATHS:
            assert visitor.get(path).status_code == 401
            assert reader.get(path).status_code == 200
        paper = next(iter(group.services.daily.starter_papers()))
        there = send(reader, "/screen", query="id:" + paper.id).headers["location"]
        assert reader.get(there).status_code == 200
        assert owner.get(there).status_code == 404
        for action in ("label", "undo", "delete"):
            assert (
                send(owner, f"{there}/{action}", paper=paper.id, relevant="yes").status_code == 404
            )
            assert reader.post(f"{there}/{action}", data={}).status_code == 403  # no form token
        assert reader.post("/for-you/likes", data={"text": paper.id}).status_code == 403
        send(reader, "/for-you/profile", do="pinned", kind="term", name="secret")
        assert "secret" not in owner.get("/for-you/profile").text
        own = reader.get("/account/data.json").json()
        assert own["for_you"]["decisions"] == [
            {"kind": "term", "name": "secret", "decision": "pinned"}
        ]
        assert [each["query"] for each in own["screenings"]] == ["id:" + paper.id]


def test_several_members_screen_one_pool(tmp_path):
    with open_group(tmp_path, "private") as group:
        visitor, reader, member = (
            group.browser(role) for role in ("anonymous", "reader", "member")
        )
        there = send(reader, "/screen", query="learning").headers["location"]
        link = re.search(r'href="http://[^/"]+(/screen/[^"]+/join)"', reader.get(there).text)[1]
        assert visitor.get(link).status_code in (303, 401)
        assert "Begin" in member.get(link).text
        joined = send(member, link).headers["location"]
        assert joined != there
        for browser, address, label in ((reader, there, "yes"), (member, joined, "no")):
            paper = re.search(r'name="paper" value="([^"]+)"', browser.get(address).text)[1]
            send(browser, f"{address}/label", paper=paper, relevant=label, reason="<i>so")
        text = member.get(joined).text
        assert "1 conflict" in text
        assert "Rita relevant (&lt;i&gt;so), Max not relevant" in text
        assert send(member, "/screen/unknown/join").status_code == 404


def test_the_day_in_the_order_of_interests(client):
    day = client.get("/").text
    assert ">For you</a>" in day.split('class="orders"')[1]
    ordered = client.get("/", params={"order": "for-me"}).text
    assert "Nothing is known of your interests yet" in ordered
    like(client, 60)
    ordered = client.get("/", params={"order": "for-me"}).text
    assert "Close to a paper you wanted more of" in ordered
    assert "Why here?" not in ordered
    assert len(titles(ordered)) == 10


def test_a_search_in_the_order_of_interests(client):
    like(client, 60)
    text = client.get("/papers?q=knots&order=for-me").text
    assert 'order=for-me" aria-current="true">For you</a>' in text.replace("&amp;", "&")
    assert client.get("/export?q=knots&order=for-me&format=csv").status_code == 200


def test_the_order_of_interests_asks_a_stranger_to_sign_in(tmp_path):
    with open_group(tmp_path, "open") as group:
        path = "/papers/year/2026?order=for-me"
        assert group.browser().get(path).status_code == 401
        assert group.browser("reader").get(path).status_code == 200
