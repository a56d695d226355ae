"""Signing in, sessions, invitations and tokens over HTTP, on a real library."""

import logging
import re

import pytest
from group import NAMES, PASSWORD, form_token, open_group, send

from broadsheet.domain.access import OWNER, ROLES
from broadsheet.services import accounts as accounts_module
from broadsheet.web.app import create_app
from broadsheet.web.guard import make_site
from browsing import open_browser

COOKIE = "broadsheet-session"


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    with open_group(tmp_path_factory.mktemp("private"), "private") as group:
        yield group


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory):
    with open_group(tmp_path_factory.mktemp("open"), "open") as group:
        yield group


@pytest.fixture
def paper(open_to_all):
    return next(iter(open_to_all.services.daily.starter_papers()))


def test_one_person_never_sees_a_sign_in(tmp_path):
    with open_group(tmp_path, "one") as group:
        browser = group.browser()
        assert "Sign in" not in browser.get("/papers?q=attention").text
        assert browser.get("/sign-in").status_code == 404
        paper = next(iter(group.services.daily.starter_papers()))
        assert send(browser, "/marks", paper=paper.id, change="voted:on").status_code == 303
        assert paper.title[:20] in browser.get("/saved?show=voted").text


def test_what_one_person_kept_stays_the_owners(tmp_path):
    with open_group(tmp_path, "one") as group:
        paper = next(iter(group.services.daily.starter_papers()))
        send(group.browser(), "/marks", paper=paper.id, change="saved:on")
    with open_group_again(tmp_path) as group:
        assert paper.title[:20] in group.browser("owner").get("/saved").text


def open_group_again(folder):
    from contextlib import contextmanager

    from group import Group

    from broadsheet.config import Settings
    from broadsheet.home import Home
    from broadsheet.wiring import open_services

    @contextmanager
    def opened():
        with open_services(Home(folder), Settings(mode="private")) as services:
            yield Group(services, "private")

    return opened()


@pytest.mark.parametrize(
    "path", ["/", "/papers?q=x", "/papers/1706.03762", "/saved", "/calendar", "/status", "/nothing"]
)
def test_a_private_service_shows_visitors_only_the_sign_in(private, path):
    answer = private.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/")
    assert private.browser().get(path, headers={"Accept": "*/*"}).status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/robots.txt", "/healthz"])
def test_a_private_service_answers_what_signing_in_needs(private, path):
    assert private.browser().get(path).status_code == 200


def test_sign_in_leads_to_the_page_that_was_asked_for(private):
    browser = private.browser()
    there = browser.get("/papers?q=attention").headers["location"]
    form = browser.get(there).text
    assert 'name="next" value="/papers?q=attention"' in form
    answer = browser.post(
        "/sign-in", data={"name": "max", "password": PASSWORD, "next": "/papers?q=attention"}
    )
    assert answer.headers["location"] == "/papers?q=attention"
    assert browser.get("/papers?q=attention").status_code == 200


@pytest.mark.parametrize(
    "there",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
    ],
)
def test_no_redirect_leads_elsewhere(private, there):
    browser = private.browser()
    data = {"name": "Max", "password": PASSWORD, "next": there}
    assert browser.post("/sign-in", data=data).headers["location"] == "/"
    marks = {"paper": "1706.03762", "change": "saved:on", "next": there}
    assert send(browser, "/marks", **marks).headers.get("location", "/") == "/"


def test_unknown_names_and_wrong_passwords_look_the_same(private):
    answers = [
        private.browser().post("/sign-in", data={"name": name, "password": "wrong password"})
        for name in ("Rita", "Nobody")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    texts = [answer.text.replace("Rita", "X").replace("Nobody", "X") for answer in answers]
    assert texts[0] == texts[1]


def test_an_unknown_name_costs_a_hash_too(private, monkeypatch):
    from broadsheet.services import passwords

    verified = []
    verify = passwords.verify_password
    monkeypatch.setattr(
        passwords,
        "verify_password",
        lambda *arguments: verified.append(arguments) or verify(*arguments),
    )
    for name in ("Rita", "Nobody at all"):
        private.browser().post("/sign-in", data={"name": name, "password": "wrong password"})
    assert len(verified) == 2
    assert not passwords.verify_password("no password fits this", "")


def test_too_many_attempts_are_refused_even_with_the_right_password(tmp_path):
    with open_group(tmp_path, "private") as group:
        browser = group.browser()
        codes = [
            browser.post("/sign-in", data={"name": "Max", "password": "wrong password"}).status_code
            for _ in range(accounts_module.PER_ACCOUNT + 1)
        ]
        assert codes == [401] * accounts_module.PER_ACCOUNT + [429]
        answer = browser.post("/sign-in", data={"name": "Max", "password": PASSWORD})
        assert answer.status_code == 429
        assert group.browser("reader").get("/").status_code == 200


def test_many_names_from_one_address_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(accounts_module, "PER_CLIENT", 3)
    with open_group(tmp_path, "private") as group:
        codes = [
            group.browser().post("/sign-in", data={"name": f"n{n}", "password": "x"}).status_code
            for n in range(4)
        ]
    assert codes == [401, 401, 401, 429]


def test_signing_in_gives_a_new_session_and_ends_the_one_before(private):
    browser = private.browser()
    browser.cookies.set(COOKIE, "chosen-by-an-attacker", domain="localhost.local", path="/")
    browser.post("/sign-in", data={"name": "Max", "password": PASSWORD})
    first = private.services.accounts
    tokens = [cookie.value for cookie in browser.cookies.jar if cookie.name == COOKIE]
    assert first.find_session("chosen-by-an-attacker") is None
    earlier = next(token for token in tokens if token != "chosen-by-an-attacker")
    again = private.browser()
    again.headers["Cookie"] = f"{COOKIE}={earlier}"
    token = form_token(again)
    answer = again.post("/sign-in", data={"name": "Max", "password": PASSWORD, "form-token": token})
    assert answer.status_code == 303
    assert first.find_session(earlier) is None


def test_the_cookie_is_closed_to_scripts_and_bound_to_https(private):
    answer = private.browser().post("/sign-in", data={"name": "Max", "password": PASSWORD})
    plain = answer.headers["set-cookie"]
    assert plain.startswith(f"{COOKIE}=")
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    app = create_app(private.services, site=make_site("127.0.0.1", "https://papers.example.org"))
    browser = open_browser(app, follow_redirects=False)
    browser.base_url = "https://papers.example.org"
    browser.headers["Origin"] = "https://papers.example.org"
    secure = browser.post("/sign-in", data={"name": "Max", "password": PASSWORD}).headers[
        "set-cookie"
    ]
    assert secure.startswith("__Host-broadsheet=")
    assert "Secure" in secure
    assert "Path=/" in secure
    assert "Domain" not in secure


def test_signing_out_ends_the_session(private):
    browser = private.browser("member")
    token = browser.cookies[COOKIE]
    assert send(browser, "/sign-out").status_code == 303
    assert private.services.accounts.find_session(token) is None


def test_a_form_without_the_session_token_changes_nothing(open_to_all, paper):
    browser = open_to_all.browser("member")
    other = form_token(open_to_all.browser("reader"))
    for token in ("", "0" * 64, other):
        fields = {"paper": paper.id, "change": "saved:on", "form-token": token}
        assert browser.post("/marks", data=fields).status_code == 403
    elsewhere = {"Origin": "https://evil.example"}
    fields = {"paper": paper.id, "change": "saved:on", "form-token": form_token(browser)}
    assert browser.post("/marks", data=fields, headers=elsewhere).status_code == 403
    assert "Nothing here yet" in browser.get("/saved").text


def test_a_vote_shows_on_the_page_and_is_retracted(open_to_all, paper):
    browser = open_to_all.browser("member")
    page = f"/papers/{paper.id.removeprefix('arxiv:')}"
    fields = {"paper": paper.id, "next": page}
    assert send(browser, "/marks", **fields, change="voted:on").headers["location"] == page
    assert 'value="voted:off" data-mark="voted" aria-pressed="true"' in browser.get(page).text
    assert "<span data-votes>1</span>" in open_to_all.browser("curator").get(page).text
    answer = browser.post(
        "/marks",
        data={**fields, "change": "voted:off", "form-token": form_token(browser)},
        headers={"Accept": "application/json"},
    )
    assert answer.json() == {"mark": "voted", "on": False, "votes": 0}


@pytest.mark.parametrize("change", ["voted", "voted:maybe", "liked:on", "", "voted:on:on"])
def test_an_unknown_mark_is_refused(open_to_all, paper, change):
    answer = send(open_to_all.browser("member"), "/marks", paper=paper.id, change=change)
    assert answer.status_code == 400


def test_papers_that_do_not_interest_leave_lists_at_once(open_to_all, paper):
    browser = open_to_all.browser("reader")
    query = "/papers?q=" + paper.title.replace(" ", "+")
    send(browser, "/marks", paper=paper.id, change="not_interested:on")
    assert "Show it again" in browser.get(query).text
    send(browser, "/marks", paper=paper.id, change="not_interested:off")
    assert "Show it again" not in browser.get(query).text


def test_an_invitation_makes_an_account_once(private):
    link = private.services.accounts.invite(OWNER, "curator")
    guest = private.browser()
    assert "invited as a curator" in guest.get(f"/invitations/{link}").text
    fields = {"name": "Gus", "password": PASSWORD, "role": "owner", "banned": "0", "id": "owner"}
    assert guest.post(f"/invitations/{link}", data=fields).status_code == 303
    assert "Gus" in guest.get("/account").text
    gus = private.services.accounts.get(OWNER, "Gus")
    assert gus.role == "curator"
    assert gus.id != "owner"
    assert private.browser().get(f"/invitations/{link}").status_code == 404
    assert private.browser().post(f"/invitations/{link}", data=fields).status_code == 404


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Hal", "short"),
        ("Hal", "password123"),
        ("Hal", "aaaaaaaaaaaaaaa"),
        ("Hal", "x" * 300),
        ("Halverson Smith", "halverson smith"),
        ("<script>", PASSWORD),
        ("", PASSWORD),
        ("max", PASSWORD),
    ],
)
def test_unfit_names_and_passwords_are_refused(private, name, password):
    link = private.services.accounts.invite(OWNER, "member")
    answer = private.browser().post(
        f"/invitations/{link}", data={"name": name, "password": password}
    )
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert password not in answer.text or not password


def test_roles_change_while_signed_in(private):
    browser = private.browser("curator")
    assert browser.get("/status").status_code == 200
    private.services.accounts.set_role(OWNER, "Cleo", "reader")
    assert browser.get("/status").status_code == 403
    private.services.accounts.set_role(OWNER, "Cleo", "curator")


def test_a_ban_ends_sessions_and_withdraws_votes(open_to_all, paper):
    link = open_to_all.services.accounts.invite(OWNER, "member")
    guest = open_to_all.browser()
    guest.post(f"/invitations/{link}", data={"name": "Spam", "password": PASSWORD})
    send(guest, "/marks", paper=paper.id, change="voted:on")
    marks = open_to_all.services.community.paper_marks
    assert marks(OWNER, [paper.key]).votes == {paper.key: 1}
    open_to_all.services.accounts.ban(OWNER, "Spam", "advertising")
    assert guest.get("/account").status_code == 401
    assert marks(OWNER, [paper.key]).votes == {}
    answer = guest.post("/sign-in", data={"name": "Spam", "password": PASSWORD})
    assert answer.status_code == 401


def test_an_account_is_deleted_with_what_it_kept(open_to_all, paper):
    link = open_to_all.services.accounts.invite(OWNER, "member")
    guest = open_to_all.browser()
    guest.post(f"/invitations/{link}", data={"name": "Gone", "password": PASSWORD})
    send(guest, "/marks", paper=paper.id, change="voted:on")
    assert send(guest, "/account/delete", name="gone").status_code == 400
    assert send(guest, "/account/delete", name="Gone").status_code == 303
    assert guest.get("/account").status_code == 401
    assert open_to_all.services.community.paper_marks(OWNER, [paper.key]).votes == {}


def test_nobody_ends_the_sessions_or_tokens_of_another(private):
    accounts = private.services.accounts
    max_browser, rita = private.browser("member"), private.browser("reader")
    session, _ = accounts.find_session(max_browser.cookies[COOKIE])
    token, _ = accounts.create_token_for(OWNER, "Max", "script", ["read"])
    assert send(rita, "/account/sessions/end", session=session.id).status_code == 400
    assert send(rita, "/account/tokens/remove", token=token.id).status_code == 400
    assert session.id not in rita.get("/account").text
    assert accounts.find_session(max_browser.cookies[COOKIE]) is not None


def test_passwords_change_and_end_other_sessions(tmp_path):
    with open_group(tmp_path, "private") as group:
        one, two = group.browser("member"), group.browser("member")
        wrong = send(one, "/account/password", old="not the password", new="another long one")
        assert wrong.status_code == 400
        assert (
            send(one, "/account/password", old=PASSWORD, new="another long one").status_code == 200
        )
        assert one.get("/account").status_code == 200
        assert two.get("/account").status_code == 303
        signed_in = group.browser().post(
            "/sign-in", data={"name": "Max", "password": "another long one"}
        )
        assert signed_in.status_code == 303


def test_a_token_acts_within_its_scopes_and_is_shown_once(private, caplog):
    caplog.set_level(logging.DEBUG)
    browser = private.browser("owner")
    made = browser.post(
        "/account/tokens",
        data={"form-token": form_token(browser), "name": "script", "scope": "read"},
    )
    secret = re.search(r"<code>(bs_[\w-]+)</code>", made.text)[1]
    assert secret not in browser.get("/account").text
    program = private.browser()
    program.headers["Authorization"] = f"Bearer {secret}"
    assert program.get("/saved").status_code == 200
    assert program.get("/status").status_code == 403
    marks = {"paper": "1706.03762", "change": "saved:on"}
    assert program.post("/marks", data=marks).status_code == 403
    program.headers["Authorization"] = "Bearer bs_unknown"
    assert program.get("/saved").status_code == 401
    assert secret not in caplog.text
    assert browser.cookies[COOKIE] not in caplog.text
    assert PASSWORD not in caplog.text


def test_secrets_are_not_in_the_database(private):
    browser = private.browser("member")
    _, secret = private.services.accounts.create_token_for(OWNER, "Max", "script", ["read"])
    link = private.services.accounts.invite(OWNER, "member")
    with private.services.library._store._engine.connect() as connection:  # the database itself
        text = "\n".join(connection.connection.driver_connection.iterdump())
    for hidden in (browser.cookies[COOKIE], secret, link, PASSWORD):
        assert hidden not in text


# What a role may do, by action; each is one request. The lowest role that may.
_REQUESTS = {
    ("GET", "/papers?q=x"): "anonymous",
    ("GET", "/saved"): "reader",
    ("POST", "/marks", "change=saved:on"): "reader",
    ("POST", "/marks", "change=voted:on"): "member",
    ("GET", "/account"): "reader",
    ("POST", "/account/tokens", "name=t&scope=read"): "reader",
    ("POST", "/account/sessions/end", "session=unknown"): "reader",
    ("POST", "/account/tokens/remove", "token=unknown"): "reader",
    ("POST", "/account/invite", "role=reader"): "owner",
    ("GET", "/status"): "curator",
    ("GET", "/settings/sources"): "curator",
}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_over_http_is_as_the_table_says(open_to_all, paper, role):
    browser = open_to_all.browser(role)
    token = form_token(browser)
    for (method, path, *body), lowest in _REQUESTS.items():
        fields = dict(pair.split("=") for pair in body[0].split("&")) if body else None
        if fields is not None:
            fields |= {"form-token": token, "paper": paper.id}
        answer = browser.request(method, path, data=fields)
        allowed = ROLES.index(role) >= ROLES.index(lowest)
        refusal = 401 if role == "anonymous" else 403
        assert (answer.status_code == refusal) is not allowed, (method, path, answer.status_code)
    assert set(NAMES) == set(ROLES[1:])
