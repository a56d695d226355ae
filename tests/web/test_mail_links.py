"""Signing in by a link in the mail, over a real mail server."""

import email
import email.policy
import logging
import re
import threading
import time

import pytest
from aiosmtpd.controller import Controller
from group import NAMES, PASSWORD, form_token, open_group, send

from broadsheet.backends.sql.accounts import SqlAccountStore
from broadsheet.digest.settings import MailSettings
from broadsheet.domain.access import OWNER
from broadsheet.services import account_mail
from broadsheet.services import accounts as accounts_module
from postfix_server import free_port

COOKIE = "broadsheet-session"


class Mailbox:
    """A mail server's handler that keeps messages by recipient."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self._arrived = threading.Condition()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",)).get_content()
        with self._arrived:
            self.messages.append((envelope.rcpt_tos[0], text))
            self._arrived.notify_all()
        return "250 taken"

    def link(self, recipient: str, kind: str) -> str:
        """The path of the latest link in a message to this recipient; waits for one."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: self._find(recipient, kind), 20), self.messages
            found = self._find(recipient, kind)
            self.messages.clear()
        return found

    def _find(self, recipient: str, kind: str) -> str:
        for address, text in reversed(self.messages):
            match = re.search(rf"http://localhost:\d+(/{kind}/\S+)", text)
            if address == recipient and match:
                return match[1]
        return ""


@pytest.fixture(scope="module")
def mailed(tmp_path_factory):
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    mail = MailSettings(
        host="127.0.0.1", port=controller.port, security="none", sender="paper@example.org"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_mail, "_DELAY", 0.0)
        patch.setattr(accounts_module, "LINKS_PER_CLIENT", 1000)
        with open_group(tmp_path_factory.mktemp("mailed"), "private", mail=mail) as group:
            for name in ("Mia", "Moe", "Mel", "Mo"):
                group.services.accounts.add(
                    OWNER, name, "member", PASSWORD, f"{name.lower()}@example.org"
                )
            yield group, box
    controller.stop()


def ask(group, name):
    return group.browser().post("/sign-in/link", data={"name": name})


def test_a_link_signs_in_once_and_by_its_button_only(mailed):
    group, box = mailed
    assert "Mail me a link" in group.browser().get("/sign-in").text
    assert ask(group, "mia@example.org").status_code == 200
    link = box.link("mia@example.org", "sign-in/link")
    browser = group.browser()
    for _ in range(2):  # programs that look into mail follow links
        page = browser.get(link)
        assert "Sign in as Mia" in page.text
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
    assert browser.get("/account").status_code == 303
    assert browser.post(link).status_code == 303
    assert "Mia" in browser.get("/account").text
    other = group.browser()
    assert other.get(link).status_code == 404
    assert other.post(link).status_code == 404
    assert COOKIE not in other.cookies


def test_a_link_works_in_another_browser_and_signs_in_that_one_alone(mailed):
    group, box = mailed
    asking, reading = group.browser(), group.browser()
    asking.post("/sign-in/link", data={"name": "Mia"})
    assert reading.post(box.link("mia@example.org", "sign-in/link")).status_code == 303
    assert reading.get("/account").status_code == 200
    assert asking.get("/account").status_code == 303


def test_two_uses_at_once_sign_in_one(mailed):
    group, box = mailed
    ask(group, "Mo")
    token = box.link("mo@example.org", "sign-in/link").rpartition("/")[2]
    outcomes = []

    def use() -> None:
        try:
            outcomes.append(group.services.accounts.sign_in_by_link(token).account.name)
        except accounts_module.LinkNotFoundError:
            outcomes.append("")

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [""] * 7 + ["Mo"]


@pytest.mark.parametrize("damage", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase()])
def test_a_changed_link_is_none(mailed, damage):
    group, _ = mailed
    store = group.services.library._store.accounts
    now = group.services.accounts._clock()
    token = "Abcdefghijklmnopqrstuvwxyz0123456789"
    mia = group.services.accounts.get(OWNER, "Mia")
    link_hash = accounts_module._hash(token)
    if store.find_sign_in_link(link_hash, now) is None:
        store.add_sign_in_link(link_hash, mia.id, now + accounts_module.WINDOW)
    assert group.browser().get(f"/sign-in/link/{token}").status_code == 200
    assert group.browser().post(f"/sign-in/link/{damage(token)}").status_code == 404


def test_a_link_expires_and_ends_with_bans_and_new_passwords(mailed, monkeypatch):
    group, box = mailed
    accounts = group.services.accounts
    with monkeypatch.context() as patch:
        patch.setattr(accounts_module, "LINK_MINUTES", 0)
        ask(group, "Moe")
        link = box.link("moe@example.org", "sign-in/link")
    assert group.browser().get(link).status_code == 404
    assert group.browser().post(link).status_code == 404
    ask(group, "Moe")
    link = box.link("moe@example.org", "sign-in/link")
    assert group.browser().get(link).status_code == 200
    accounts.ban(OWNER, "Moe", "spam")
    assert group.browser().post(link).status_code == 404
    accounts.unban(OWNER, "Moe")
    assert group.browser().post(link).status_code == 404
    ask(group, "Moe")
    link = box.link("moe@example.org", "sign-in/link")
    accounts.reset_password(OWNER, "Moe", "an entirely new one")
    assert group.browser().post(link).status_code == 404


def test_names_without_a_confirmed_address_look_the_same(mailed):
    group, box = mailed
    names = ("Mel", "mel@example.org", "Max", "Nobody", "nobody@example.org")
    answers = {(answer.status_code, answer.text) for answer in (ask(group, n) for n in names)}
    assert [status for status, _ in answers] == [200]
    assert box.link("mel@example.org", "sign-in/link")
    assert {address for address, _ in box.messages} <= {"mel@example.org"}


def test_the_answer_does_not_wait_for_what_depends_on_the_name(mailed, monkeypatch):
    group, _ = mailed
    looked_up, later = [], []
    monkeypatch.setattr(SqlAccountStore, "find", lambda self, name: looked_up.append(name))
    monkeypatch.setattr(
        account_mail.AccountMail, "send_link", lambda self, make: later.append(make)
    )
    assert ask(group, "Mel").status_code == ask(group, "Nobody").status_code == 200
    assert looked_up == []
    assert len(later) == 2


def test_requests_for_links_are_limited(mailed, monkeypatch):
    group, box = mailed
    monkeypatch.setattr(accounts_module, "LINKS_PER_ACCOUNT", 0)
    box.messages.clear()
    assert ask(group, "Mia").status_code == 200
    time.sleep(0.5)
    assert box.messages == []
    monkeypatch.setattr(accounts_module, "LINKS_PER_CLIENT", 0)
    assert ask(group, "Mia").status_code == ask(group, "Nobody").status_code == 429


def test_an_address_is_confirmed_by_its_own_account(mailed):
    group, box = mailed
    member, reader = group.browser("member"), group.browser("reader")
    assert send(member, "/account/address", address="no address").status_code == 400
    assert send(member, "/account/address", address="max@example.org").status_code == 200
    link = box.link("max@example.org", "account/address")
    ask(group, "max@example.org")
    assert "This is my address" in member.get(link).text
    assert send(reader, link).status_code == 404
    assert send(member, link[:-2] + "AA").status_code == 404
    assert send(member, link).status_code == 200
    assert "max@example.org is confirmed" in member.get("/account").text
    ask(group, "max@example.org")
    assert group.browser().post(box.link("max@example.org", "sign-in/link")).status_code == 303
    assert send(reader, "/account/address", address="max@example.org").status_code == 200
    assert send(reader, box.link("max@example.org", "account/address")).status_code == 400


def test_links_are_in_no_log_and_not_in_the_database(mailed, caplog):
    group, box = mailed
    caplog.set_level(logging.DEBUG)
    ask(group, "Mo")
    link = box.link("mo@example.org", "sign-in/link")
    token = link.rpartition("/")[2]
    with group.services.library._store._engine.connect() as connection:
        text = "\n".join(connection.connection.driver_connection.iterdump())
    assert token not in text
    browser = group.browser()
    browser.get(link)
    browser.post(link)
    assert form_token(browser)
    # The tests' browser and mail server log what they send and get.
    others = ("httpx", "mail.log")
    logged = [each.getMessage() for each in caplog.records if not each.name.startswith(others)]
    assert not [message for message in logged if token in message]


def test_without_a_mail_server_no_link_is_offered(tmp_path):
    with open_group(tmp_path, "private") as group:
        assert "Mail me a link" not in group.browser().get("/sign-in").text
        assert ask(group, NAMES["member"]).status_code == 404
