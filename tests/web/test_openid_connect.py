"""Signing in with an account elsewhere, over a real OpenID Connect provider."""

import datetime as dt
from contextlib import contextmanager
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from group import NAMES, form_token, open_group, send
from oidc_provider_mock import User, run_server_in_thread

from broadsheet.config import Settings, SignInTable
from broadsheet.domain.access import OWNER
from broadsheet.services import identities as identities_module

CLAIMS = [
    User(sub="ada", claims={"name": "Ada", "email": "ada@example.org", "email_verified": True}),
    User(sub="max", claims={"name": "Max Elsewhere"}),
    User(sub="bob", claims={"name": "<b>Bob</b>", "email": "rita@example.org"}),
]


@pytest.fixture(scope="module", autouse=True)
def plain_http():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
        yield


@contextmanager
def open_provided(folder, create="invited", issuer_ends="", **options):
    """A group whose members sign in at a provider of this test."""
    with run_server_in_thread(user_claims=CLAIMS, **options) as server:
        issuer = f"http://localhost:{server.server_port}{issuer_ends}"
        (folder / "secret.txt").write_text("a secret\n")
        table = SignInTable(
            issuer=issuer,
            client_id="broadsheet",
            client_secret_file=str(folder / "secret.txt"),
            label="The institute",
            create=create,
        )
        with open_group(
            folder / "home", "private", sign_in={"lab": table}, public_url="http://localhost"
        ) as group:
            group.issuer = issuer
            yield group


@pytest.fixture(scope="module")
def provided(tmp_path_factory):
    with open_provided(tmp_path_factory.mktemp("provided"), "anyone") as group:
        yield group


def at_provider(address: str, subject: str) -> str:
    """Sign in there; the path of this service that the browser is sent back to."""
    answer = httpx.post(address, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"].removeprefix("http://localhost")


def sign_in(browser, subject: str, query: str = "", change=lambda address: address):
    begun = browser.get(f"/sign-in/with/lab{query}")
    assert begun.status_code == 303, begun.text
    return browser.get(change(at_provider(begun.headers["location"], subject)))


def with_parameter(address: str, **changes: str) -> str:
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
    return urlunsplit(parts._replace(query=urlencode(query)))


def test_a_new_member_signs_in_and_again(provided):
    browser = provided.browser()
    assert "Sign in with The institute" in browser.get("/sign-in").text
    answer = sign_in(browser, "ada", "?next=/saved")
    assert (answer.status_code, answer.headers["location"]) == (303, "/saved")
    assert "Ada" in browser.get("/account").text
    ada = provided.services.accounts.get(OWNER, "ada@example.org")
    assert (ada.name, ada.role, ada.confirmed) == ("Ada", "member", True)
    again = provided.browser()
    assert sign_in(again, "ada").status_code == 303
    assert [each.name for each in provided.services.accounts.accounts(OWNER)].count("Ada") == 1
    # An account without a password has none that fits.
    for password in ("", "x"):
        form = {"name": "Ada", "password": password}
        assert provided.browser().post("/sign-in", data=form).status_code == 401


def test_the_request_has_a_challenge_a_state_and_a_nonce(provided):
    address = provided.browser().get("/sign-in/with/lab").headers["location"]
    query = parse_qs(urlsplit(address).query)
    assert query["code_challenge_method"] == ["S256"]
    assert len(query["code_challenge"][0]) == 43
    assert query["response_type"] == ["code"]
    assert query["redirect_uri"] == ["http://localhost/sign-in/with/lab/callback"]
    assert len(query["state"][0]) > 40
    assert len(query["nonce"][0]) > 40
    assert "secret" not in address


def test_an_unverified_address_is_not_believed(provided):
    assert sign_in(provided.browser(), "bob").status_code == 303
    names = {each.name: each.address for each in provided.services.accounts.accounts(OWNER)}
    assert "rita@example.org" not in names.values()
    assert not [name for name in names if "<" in name]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda address: with_parameter(address, state="another"), "belongs to another sign-in"),
        (lambda address: with_parameter(address, iss="https://evil.example"), "is not from"),
        (lambda address: with_parameter(address, code="invented"), "refused the sign-in"),
        (lambda address: with_parameter(address, error="access_denied"), "did not sign you in"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_in_words(provided, change, words):
    browser = provided.browser()
    answer = sign_in(browser, "ada", change=change)
    assert answer.status_code == 401
    assert words in answer.text
    assert browser.get("/account").status_code == 303


def test_an_answer_is_worth_nothing_in_another_browser_or_twice(provided):
    browser = provided.browser()
    back = at_provider(browser.get("/sign-in/with/lab").headers["location"], "ada")
    other = provided.browser().get(back)
    assert other.status_code == 401
    assert "began in another browser" in other.text
    assert browser.get(back).status_code == 303
    assert provided.browser().get(back).status_code == 401
    again = browser.get(back)
    assert "began in another browser" in again.text


def test_a_token_for_another_nonce_or_of_another_key_is_refused(provided, tmp_path):
    browser = provided.browser()
    address = browser.get("/sign-in/with/lab").headers["location"]
    answer = browser.get(at_provider(with_parameter(address, nonce="another"), "ada"))
    assert answer.status_code == 401
    assert "(nonce)" in answer.text
    metadata = provided.services.identities._metadata[provided.issuer][1]
    keys = metadata["jwks_uri"]
    with run_server_in_thread() as forger:
        metadata["jwks_uri"] = f"http://localhost:{forger.server_port}/jwks"
        answer = sign_in(provided.browser(), "ada")
    metadata["jwks_uri"] = keys
    assert answer.status_code == 401
    assert "does not fit this sign-in" in answer.text


def test_an_expired_token_is_refused(tmp_path):
    with open_provided(tmp_path, "anyone", access_token_max_age=dt.timedelta(hours=-1)) as group:
        answer = sign_in(group.browser(), "ada")
        assert answer.status_code == 401
        assert "has expired" in answer.text


def test_a_slow_sign_in_begins_again(provided, monkeypatch):
    browser = provided.browser()
    back = at_provider(browser.get("/sign-in/with/lab").headers["location"], "ada")
    monkeypatch.setattr(identities_module, "FLOW_MINUTES", -1)
    answer = browser.get(back)
    assert answer.status_code == 401


def test_a_provider_that_is_another_issuer_or_away_is_named(tmp_path):
    with open_provided(tmp_path, issuer_ends="/") as group:
        answer = group.browser().get("/sign-in/with/lab")
        assert answer.status_code == 503
        assert "describes itself as another issuer" in answer.text
    (tmp_path / "away").mkdir()
    table = SignInTable(issuer="http://localhost:1", client_id="x", label="Gone")
    with open_group(tmp_path / "away", "private", sign_in={"lab": table}) as group:
        answer = group.browser().get("/sign-in/with/lab")
        assert answer.status_code == 503
        assert "cannot be reached" in answer.text
        assert group.browser().get("/sign-in/with/other").status_code == 404


@pytest.mark.parametrize("there", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_way_back_stays_on_this_site(provided, there):
    answer = sign_in(provided.browser(), "ada", f"?{urlencode({'next': there})}")
    assert answer.headers["location"] == "/"


def test_an_account_is_linked_and_unlinked_on_its_page(tmp_path):
    with open_provided(tmp_path) as group:
        stranger = sign_in(group.browser(), "max")
        assert stranger.status_code == 403
        assert "No account here is linked" in stranger.text
        member = group.browser("member")
        shown = send(member, "/account/identities/lab")
        address = shown.text.split('<p><a href="')[1].split('"')[0].replace("&amp;", "&")
        assert member.get(at_provider(address, "max")).headers["location"] == "/account"
        assert f"{group.issuer}: max" in member.get("/account").text
        elsewhere = group.browser()
        assert sign_in(elsewhere, "max").status_code == 303
        assert NAMES["member"] in elsewhere.get("/account").text
        # The same identity cannot belong to two accounts.
        reader = group.browser("reader")
        shown = send(reader, "/account/identities/lab")
        address = shown.text.split('<p><a href="')[1].split('"')[0].replace("&amp;", "&")
        answer = reader.get(at_provider(address, "max"))
        assert answer.status_code == 401
        assert "linked to an account already" in answer.text
        fields = {"issuer": group.issuer, "subject": "max"}
        assert send(reader, "/account/identities/remove", **fields).status_code == 400
        assert send(member, "/account/identities/remove", **fields).status_code == 303
        assert sign_in(group.browser(), "max").status_code == 403


def test_an_account_is_linked_in_the_session_that_began_it(tmp_path):
    with open_provided(tmp_path) as group:
        member = group.browser("member")
        shown = send(member, "/account/identities/lab")
        address = shown.text.split('<p><a href="')[1].split('"')[0].replace("&amp;", "&")
        back = at_provider(address, "max")
        send(member, "/sign-out")
        assert member.get(back).status_code == 401
        assert group.services.identities._store.find(group.issuer, "max") is None


def test_an_invitation_makes_an_account_without_a_password(tmp_path):
    with open_provided(tmp_path) as group:
        link = group.services.accounts.invite(OWNER, "curator")
        guest = group.browser()
        assert (
            "Make it with your account at The institute" in guest.get(f"/invitations/{link}").text
        )
        assert sign_in(guest, "ada", f"?invitation={link}").status_code == 303
        assert group.services.accounts.get(OWNER, "Ada").role == "curator"
        assert sign_in(group.browser(), "bob", f"?invitation={link}").status_code == 404
        # It is the only way to sign in.
        fields = {"issuer": group.issuer, "subject": "ada"}
        answer = send(guest, "/account/identities/remove", **fields)
        assert answer.status_code == 400
        assert "only way to sign in" in answer.text
        group.services.accounts.ban(OWNER, "Ada", "spam")
        assert sign_in(group.browser(), "ada").status_code == 401
        group.services.accounts.unban(OWNER, "Ada")
        group.services.accounts.delete(OWNER, "Ada")
        assert sign_in(group.browser(), "ada").status_code == 403


def test_nobody_gets_an_account_if_the_setting_says_none(tmp_path):
    with open_provided(tmp_path, "none") as group:
        link = group.services.accounts.invite(OWNER, "member")
        assert "Make it with" not in group.browser().get(f"/invitations/{link}").text
        assert sign_in(group.browser(), "ada", f"?invitation={link}").status_code == 403


def test_secrets_of_the_sign_in_are_in_no_log(provided, caplog):
    caplog.set_level("DEBUG")
    browser = provided.browser()
    back = at_provider(browser.get("/sign-in/with/lab").headers["location"], "ada")
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert browser.get(back).status_code == 303
    assert form_token(browser)
    own = [each.getMessage() for each in caplog.records if each.name.startswith("broadsheet")]
    assert own
    assert not [message for message in own if code in message or "a secret" in message]


def test_orcid_is_a_preset_and_issuers_are_https():
    settings = Settings(sign_in={"orcid": SignInTable(client_id="APP-1")})
    orcid = settings.sign_in["orcid"]
    assert (orcid.issuer, orcid.label, orcid.scopes) == ("https://orcid.org", "ORCID", "openid")
    for issuer in ("http://login.example.org", "", "ftp://x", "https://x?y"):
        with pytest.raises(ValueError, match="issuer must be an https address"):
            Settings(sign_in={"lab": SignInTable(issuer=issuer, client_id="x")})
