"""Submitting and featuring over HTTP, on a real library."""

import re

import pytest
from group import open_group, send

ATTACK = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    with open_group(tmp_path_factory.mktemp("open"), "open") as opened:
        yield opened


@pytest.fixture(scope="module")
def papers(group):
    return list(group.services.daily.starter_papers())[:5]


def page_of(paper):
    return f"/papers/{paper.id.removeprefix('arxiv:')}"


def submit(group, browser, address, note=""):
    assert send(browser, "/submissions", address=address, note=note).status_code == 303
    return max(map(int, re.findall(r'id="submission-(\d+)"', browser.get("/submissions").text)))


def today(group):
    return group.browser().get("/papers/date/today", follow_redirects=True).text


def test_a_submitted_paper_stands_in_todays_issue_with_its_note(group, papers):
    member = group.browser("member")
    submit(group, member, papers[0].id, f"Read {ATTACK}")
    for text in (today(group), group.browser().get("/submissions").text,
                 group.browser().get(page_of(papers[0])).text):  # fmt: skip
        assert "Max" in text
        assert "Read &lt;script&gt;" in text
        assert ATTACK not in text
    assert "Submitted by Max: Read" in today(group)
    assert "Read &lt;script&gt;" in group.browser("reader").get("/members/Max").text
    assert "Read <script>" in member.get("/account/data.json").json()["submissions"][0]["note"]


def test_pending_submissions_are_shown_to_their_authors_and_curators(group):
    member = group.browser("member")
    number = submit(group, member, "10.5555/nowhere")
    place = f'id="submission-{number}"'
    assert place in group.browser("curator").get("/submissions").text
    assert "Waiting to be fetched" in member.get("/submissions").text
    for role in ("anonymous", "reader"):
        browser = group.browser(role)
        assert place not in browser.get("/submissions").text
        for action in ("fetch", "remove", "resolve"):
            answer = send(browser, f"/submissions/{number}/{action}", paper="x", reason="y")
            assert answer.status_code in (401, 403, 404), (role, action)
    assert send(member, f"/submissions/{number}/remove").status_code == 303
    assert place not in member.get("/submissions").text


def test_a_curator_names_the_paper_that_is_meant(group, papers):
    number = submit(group, group.browser("member"), "https://example.org/a-talk")
    curator = group.browser("curator")
    wrong = send(curator, f"/submissions/{number}/resolve", paper="nothing")
    assert wrong.status_code == 400
    right = send(curator, f"/submissions/{number}/resolve", paper=papers[3].id)
    assert right.status_code == 303
    assert "Submitted by Max" in group.browser().get(page_of(papers[3])).text
    refused = send(curator, f"/submissions/{number}/remove")
    assert (refused.status_code, "Say why" in refused.text) == (400, True)
    assert send(curator, f"/submissions/{number}/remove", reason=ATTACK).status_code == 303
    log = group.browser().get("/moderation").text
    assert f"removed submission {number} by Max" in log
    assert ATTACK not in log


def test_forms_that_cannot_be_used_say_why(group):
    member = group.browser("member")
    refused = send(member, "/submissions", address=f"weather {ATTACK}", note="kept")
    assert refused.status_code == 400
    assert "kept" in refused.text
    assert ATTACK not in refused.text
    assert send(group.browser("reader"), "/submissions", address="2401.00001").status_code == 403
    assert send(group.browser(), "/submissions", address="2401.00001").status_code == 401
    forged = member.post("/submissions", data={"address": "2401.00001"})
    assert forged.status_code == 403
    for number in ("x", "0", "9" * 16):
        assert send(member, f"/submissions/{number}/fetch").status_code == 404


def test_curators_feature_papers_with_a_reason(group, papers):
    curator = group.browser("curator")
    assert "Feature it because" in curator.get(page_of(papers[1])).text
    assert "Feature it because" not in group.browser("member").get(page_of(papers[1])).text
    for paper in papers[1:3]:
        fields = {"do": "feature", "reason": f"it is good {ATTACK}", "next": page_of(paper)}
        answer = send(curator, "/features", paper=paper.id, **fields)
        assert answer.headers["location"] == page_of(paper)
    send(curator, "/features", paper=papers[2].id, do="up")
    shown = group.browser().get("/e/featured/date/today", follow_redirects=True).text
    assert "featured by Cleo because it is good &lt;script&gt;" in shown
    assert ATTACK not in shown
    assert shown.index(f'href="{page_of(papers[2])}"') < shown.index(f'href="{page_of(papers[1])}"')
    assert "Featured by Cleo because" in group.browser().get(page_of(papers[1])).text
    for role in ("member", "reader", "anonymous"):
        answer = send(group.browser(role), "/features", paper=papers[1].id, do="remove")
        assert answer.status_code in (401, 403)
    assert send(curator, "/features", paper=papers[1].id, do="dance").status_code == 400
    assert send(curator, "/features", paper=papers[1].id, do="feature").status_code == 400
    assert send(curator, "/features", paper=papers[1].id, do="remove").status_code == 303
    assert "Featured by" not in group.browser().get(page_of(papers[1])).text
