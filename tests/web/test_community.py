"""Collections, comments and moderation over HTTP, on a real library."""

import datetime as dt
import re

import pytest
from group import form_token, open_group, send

from broadsheet.domain.access import OWNER, ROLES
from broadsheet.domain.comments import FLAGS_AFTER
from broadsheet.services import comments as comments_module
from broadsheet.web.markdown import to_safe_html

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](https://evil.example/pixel.png)",
    '<a href="https://x" onclick="alert(1)">x</a>',
    "<svg/onload=alert(1)>",
    '"><script>alert(1)</script>',
    "`<script>`",
    "[x]: javascript:alert(1)\n\n[x]",
    '<https://x" onmouseover="alert(1)>',
    "&lt;script&gt;alert(1)&lt;/script&gt;",
)


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    folder = tmp_path_factory.mktemp("open")
    with open_group(folder, "open") as opened, pytest.MonkeyPatch.context() as patch:
        # These accounts are minutes old.
        patch.setattr(comments_module, "FLAGS_AFTER", dt.timedelta())
        yield opened


@pytest.fixture(scope="module")
def papers(group):
    return list(group.services.daily.starter_papers())[:4]


def page_of(paper):
    return f"/papers/{paper.id.removeprefix('arxiv:')}"


def start(browser, title="A list", sharing="private", **fields):
    answer = send(browser, "/collections", title=title, sharing=sharing, **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def write(browser, paper, text="A remark", **fields):
    answer = send(browser, "/comments", paper=paper.id, text=text, **fields)
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("#comment-")[2])


def export_of(collection: str, format_name: str) -> str:
    return f"/export?collection={collection.removeprefix('/collections/')}&format={format_name}"


def test_a_collection_is_started_filled_ordered_and_exported(group, papers):
    browser = group.browser("member")
    there = start(browser, "Reading <b>list</b>", paper=papers[0].id)
    names = f"{papers[1].id}\n{papers[2].id}, no-such-paper"
    assert "no-such-paper" in send(browser, f"{there}/papers", papers=names).text
    send(browser, f"{there}/entry", paper=papers[2].id, do="up")
    send(browser, f"{there}/entry", paper=papers[1].id, do="note", note="<i>why</i>")
    send(browser, f"{there}/entry", paper=papers[0].id, do="remove")
    text = browser.get(there).text
    assert text.index(papers[2].title[:15]) < text.index(papers[1].title[:15])
    assert "Reading &lt;b&gt;list&lt;/b&gt;" in text
    assert "&lt;i&gt;why&lt;/i&gt;" in text
    assert 'action="/export"' in browser.get(there).text
    exported = browser.get(export_of(there, "bibtex"))
    assert exported.text.count("@") >= 2
    assert exported.headers["content-type"].startswith("application/x-bibtex")
    assert 'filename="Reading-b-list-b.bib"' in exported.headers["content-disposition"]
    assert browser.get(export_of(there, "ris")).text.count("TY  -") == 2


def test_who_may_read_a_collection(group):
    member = group.browser("member")
    for sharing, status in (("private", 404), ("link", 200), ("public", 200)):
        there = start(member, f"Shared {sharing}", sharing)
        for role in ("anonymous", "reader", "owner"):
            assert group.browser(role).get(there).status_code == status
            assert group.browser(role).get(export_of(there, "bibtex")).status_code == status
        listed = there in group.browser("anonymous").get("/collections").text
        assert listed is (sharing == "public")


@pytest.mark.parametrize("sharing", ["private", "link", "public"])
@pytest.mark.parametrize("role", ["reader", "member-2", "curator", "owner"])
def test_nobody_changes_the_collection_of_another(group, papers, sharing, role):
    there = start(group.browser("member"), "Mine", sharing, paper=papers[0].id)
    if role == "member-2":
        other = group.browser()
        link = group.services.accounts.invite(OWNER, "member")
        name = f"Guest {sharing}"
        other.post(f"/invitations/{link}", data={"name": name, "password": "a long password"})
    else:
        other = group.browser(role)
    refused = {403, 404}
    for path, fields in (
        ("change", {"title": "Theirs", "sharing": "public"}),
        ("papers", {"papers": papers[1].id}),
        ("entry", {"paper": papers[0].id, "do": "remove"}),
    ):
        assert send(other, f"{there}/{path}", **fields).status_code in refused
    form = {"collection": there.rpartition("/")[2], "paper": papers[1].id}
    assert send(other, "/collections/add", **form).status_code in refused
    deleted = send(other, f"{there}/delete").status_code
    may_delete = sharing != "private" and role in ("curator", "owner")
    assert deleted == 303 if may_delete else deleted in refused


def test_readers_keep_private_collections_only(group):
    reader = group.browser("reader")
    start(reader, "For me")
    assert send(reader, "/collections", title="For all", sharing="public").status_code == 403
    there = start(reader, "Also for me")
    changed = send(reader, f"{there}/change", title="x", sharing="link")
    assert changed.status_code == 403


def test_fields_that_no_form_has_change_nothing(group):
    there = start(group.browser("member"), "Mine", account="owner", owner="Olga", id="chosen")
    assert group.browser("owner").get(there).status_code == 404
    assert group.browser("member").get("/collections/chosen").status_code == 404


def test_comments_stand_in_threads_with_permalinks(group, papers):
    member, curator = group.browser("member"), group.browser("curator")
    first = write(member, papers[0], "It is **good**")
    answer = write(curator, papers[0], "Why?", parent=str(first))
    text = group.browser().get(page_of(papers[0])).text
    assert "<strong>good</strong>" in text
    assert f'class="comment depth-1" id="comment-{answer}"' in text
    there = group.browser().get(f"/comments/{answer}").headers["location"]
    assert there == f"{page_of(papers[0])}#comment-{answer}"
    elsewhere = send(member, "/comments", paper=papers[1].id, text="x", parent=str(first))
    assert elsewhere.status_code == 404


def test_edits_stay_readable_and_deletion_does_not(group, papers):
    browser = group.browser("member")
    number = write(browser, papers[1], "First thoughts")
    assert send(browser, f"/comments/{number}/edit", text="Second thoughts").status_code == 303
    history = group.browser().get(f"/comments/{number}/edit").text
    assert "First thoughts" in history
    assert "Second thoughts" in history
    send(browser, f"/comments/{number}/remove")
    assert "Second thoughts" not in group.browser().get(page_of(papers[1])).text
    assert group.browser().get(f"/comments/{number}/edit").status_code == 404


@pytest.mark.parametrize("role", ["anonymous", "reader", "curator", "owner"])
def test_nobody_edits_or_deletes_the_comment_of_another(group, papers, role):
    number = write(group.browser("member"), papers[2], f"Mine, {role}")
    other = group.browser(role)
    assert send(other, f"/comments/{number}/edit", text="Theirs").status_code in (401, 403)
    removed = send(other, f"/comments/{number}/remove").status_code
    assert removed == (400 if role in ("curator", "owner") else 401 if role == "anonymous" else 403)
    assert f"Mine, {role}" in group.browser().get(page_of(papers[2])).text


def test_a_curator_removes_with_a_reason_in_the_public_log(group, papers):
    number = write(group.browser("member"), papers[3], "Buy my book")
    send(group.browser("curator"), f"/comments/{number}/remove", reason="advertising <b>")
    assert "Buy my book" not in group.browser().get(page_of(papers[3])).text
    log = group.browser().get("/moderation").text
    assert f"Cleo removed comment {number} by Max (advertising &lt;b&gt;)" in log


def test_two_flags_put_a_comment_before_the_curators(group, papers):
    number = write(group.browser("member"), papers[3], "Hmm")
    curator = group.browser("curator")
    for role in ("curator", "owner"):
        assert f"/comments/{number}/remove" not in curator.get("/comments/queue").text
        answer = send(group.browser(role), f"/comments/{number}/flag", reason="spam")
        assert answer.status_code == 303
    assert f"/comments/{number}/remove" in curator.get("/comments/queue").text
    assert send(curator, f"/comments/{number}/flag", reason="because").status_code == 400
    send(curator, f"/comments/{number}/dismiss")
    assert f"/comments/{number}/remove" not in curator.get("/comments/queue").text


def test_new_members_cannot_flag(group, papers, monkeypatch):
    number = write(group.browser("curator"), papers[3], "Hello")
    link = group.services.accounts.invite(OWNER, "member")
    guest = group.browser()
    guest.post(f"/invitations/{link}", data={"name": "Newt", "password": "a long password"})
    monkeypatch.setattr(comments_module, "FLAGS_AFTER", FLAGS_AFTER)
    answer = send(guest, f"/comments/{number}/flag", reason="spam")
    assert answer.status_code == 403


def test_a_flood_of_comments_is_stopped(tmp_path):
    with open_group(tmp_path, "open") as group:
        paper = next(iter(group.services.daily.starter_papers()))
        browser = group.browser("member")
        token = form_token(browser)
        codes = [
            browser.post(
                "/comments", data={"form-token": token, "paper": paper.id, "text": "again"}
            ).status_code
            for _ in range(21)
        ]
    assert codes == [303] * 20 + [429]


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_holds_no_script(attack):
    html = str(to_safe_html(attack))
    allowed = {
        "a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul",
    }  # fmt: skip
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= allowed
    for attribute in re.findall(r'<[^>]*?\s([a-z-]+)="', html):
        assert attribute in ("href", "rel")
    assert not re.search(r'href="(?!https?://|mailto:|/|#)', html)


def test_attacks_are_shown_as_text_on_every_page(group, papers):
    browser = group.browser("owner")
    attack = "<script>alert(1)</script>"
    write(browser, papers[0], attack)
    there = start(browser, attack, "public", description=attack, paper=papers[0].id)
    send(browser, f"{there}/entry", paper=papers[0].id, do="note", note=attack)
    for path in (page_of(papers[0]), there, "/collections"):
        assert attack not in browser.get(path).text
    assert attack not in group.browser().get("/collections").text


@pytest.mark.parametrize("role", ROLES)
def test_every_role_over_http_is_as_the_table_says(group, papers, role):
    number = write(group.browser("owner"), papers[1], f"For {role}")
    lowest = {
        ("GET", "/collections"): "anonymous",
        ("GET", "/moderation"): "anonymous",
        ("GET", f"/comments/{number}"): "anonymous",
        ("GET", f"/comments/{number}/edit"): "anonymous",
        ("POST", "/comments"): "member",
        ("POST", f"/comments/{number}/flag"): "member",
        ("POST", "/collections"): "reader",
        ("GET", "/comments/queue"): "curator",
        ("POST", f"/comments/{number}/dismiss"): "curator",
        ("GET", "/account/data.json"): "reader",
    }
    browser = group.browser(role)
    fields = {
        "form-token": form_token(browser),
        "paper": papers[1].id,
        "text": "x",
        "reason": "spam",
        "title": "A list",
    }
    for (method, path), least in lowest.items():
        answer = browser.request(method, path, data=fields if method == "POST" else None)
        allowed = ROLES.index(role) >= ROLES.index(least)
        refusal = 401 if role == "anonymous" else 403
        assert (answer.status_code == refusal) is not allowed, (method, path, answer.status_code)


def test_own_data_holds_everything_and_nothing_of_others(tmp_path):
    with open_group(tmp_path, "open") as group:
        paper = next(iter(group.services.daily.starter_papers()))
        for role in ("member", "curator"):
            browser = group.browser(role)
            send(browser, "/marks", paper=paper.id, change="voted:on")
            start(browser, f"List of a {role}", paper=paper.id)
            write(browser, paper, f"Remark of a {role}")
        content = group.browser("member").get("/account/data.json").json()
    assert [mark["mark"] for mark in content["marks"]] == ["voted"]
    assert [each["title"] for each in content["collections"]] == ["List of a member"]
    assert content["collections"][0]["papers"] == [{"paper": paper.id, "note": ""}]
    assert [each["text"] for each in content["comments"]] == ["Remark of a member"]


def test_a_ban_is_in_the_public_log(tmp_path):
    with open_group(tmp_path, "open") as group:
        group.services.accounts.ban(OWNER, "Max", "a ring of accounts")
        log = group.browser().get("/moderation").text
    assert "banned Max, votes withdrawn: 0 (a ring of accounts)" in log


def test_a_digest_can_follow_a_collection(group, papers):
    browser = group.browser("member")
    place = start(browser, title="Read <b>first</b>", paper=papers[0].id)
    shown = browser.get("/digest").text
    value = f"collection:{place.rpartition('/')[2]}"
    assert f'<option value="{value}">Read &lt;b&gt;first&lt;/b&gt;</option>' in shown
    assert value not in group.browser().get("/digest").text
    answer = browser.get("/digest/preview", params={"kind": "like", "liked": value})
    assert answer.status_code == 200
    refused = group.browser().get("/digest/preview", params={"kind": "like", "liked": value})
    assert refused.status_code == 400
