"""Contract of the stores of accounts, sessions, tokens and invitations."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from broadsheet.domain.accounts import FIRST_ID, AccessToken, Account, Session
from broadsheet.domain.errors import InvalidInputError

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def accounts(store):
    return store.accounts


def account(name, role="member", address=""):
    return Account(f"id-{name}", name, role, address, NOW)


def test_the_first_account_is_the_owner_of_what_was_kept_before(accounts):
    first = accounts.add(account("Ada", "reader"), "hash")
    second = accounts.add(account("Bob", "reader"), "hash")
    assert (first.id, first.role) == (FIRST_ID, "owner")
    assert (second.id, second.role) == ("id-Bob", "reader")
    assert [each.name for each in accounts.accounts()] == ["Bob", "Ada"] or [
        each.name for each in accounts.accounts()
    ] == ["Ada", "Bob"]


@pytest.mark.parametrize(
    ("name", "address"),
    [("ADA", ""), ("Ａｄａ", ""), ("Eve", "ada@example.org"), ("ada@example.org", "")],
)
def test_no_two_accounts_share_a_name_or_address(accounts, name, address):
    accounts.add(account("Ada", address="Ada@Example.org"), "hash")
    with pytest.raises(InvalidInputError, match="here already"):
        accounts.add(account(name, address=address), "hash")


def test_accounts_are_known_by_name_and_address(accounts):
    ada = accounts.add(account("Ada", address="ada@example.org"), "hash")
    assert accounts.find("ada") == accounts.find("ADA@example.org") == accounts.find_by_id(ada.id)
    assert accounts.find("") is None
    assert accounts.password_hash(ada.id) == "hash"


def test_one_owner_remains(accounts):
    ada = accounts.add(account("Ada"), "hash")
    bob = accounts.add(account("Bob", "owner"), "hash")
    accounts.set_role(bob.id, "member")
    for change in (
        lambda: accounts.set_role(ada.id, "member"),
        lambda: accounts.set_banned(ada.id, True, "why"),
        lambda: accounts.delete(ada.id),
    ):
        with pytest.raises(InvalidInputError, match="last owner"):
            change()
    assert accounts.find("Ada").role == "owner"


def test_owners_who_remove_each_other_at_once_leave_one(accounts):
    names = [f"owner {number}" for number in range(6)]
    ids = [accounts.add(account(name, "owner"), "hash").id for name in names]

    def demote(account_id):
        try:
            accounts.set_role(account_id, "member")
        except InvalidInputError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(demote, ids)) == 5
    assert [each.role for each in accounts.accounts()].count("owner") == 1


def test_sessions_end_by_age_ban_and_password(accounts):
    ada = accounts.add(account("Ada"), "hash")
    accounts.add(account("Bob", "owner"), "hash")
    for name in ("one", "two"):
        accounts.start_session(Session(name, ada.id, "a browser", NOW, NOW))

    def lives(name, at=NOW):
        return accounts.find_session(name, at, 2 * DAY, 5 * DAY) is not None

    assert lives("one", NOW + DAY)
    assert not lives("one", NOW + 2 * DAY)
    accounts.touch_session("one", NOW + DAY)
    accounts.touch_session("one", NOW + 4 * DAY)
    assert lives("one", NOW + 4.5 * DAY)
    assert not lives("one", NOW + 5 * DAY)
    accounts.set_password(ada.id, "other hash", keep_session="two")
    assert [each.id for each in accounts.sessions(ada.id)] == ["two"]
    accounts.set_banned(ada.id, True, "spam")
    accounts.set_banned(ada.id, False, "")
    assert not lives("two")


def test_nobody_ends_the_session_or_token_of_another(accounts):
    ada = accounts.add(account("Ada"), "hash")
    bob = accounts.add(account("Bob"), "hash")
    accounts.start_session(Session("one", ada.id, "a browser", NOW, NOW))
    accounts.add_token(AccessToken("t", ada.id, "script", ("read",), NOW), "token hash")
    assert not accounts.end_session(bob.id, "one")
    assert not accounts.remove_token(bob.id, "t")
    assert accounts.end_session(ada.id, "one")
    assert accounts.remove_token(ada.id, "t")
    assert accounts.find_token("token hash", NOW) is None


def test_tokens_expire(accounts):
    ada = accounts.add(account("Ada"), "hash")
    token = AccessToken("t", ada.id, "script", ("read", "write"), NOW, NOW + DAY)
    accounts.add_token(token, "token hash")
    assert accounts.find_token("token hash", NOW) == (token, ada)
    assert accounts.find_token("token hash", NOW + DAY) is None


def test_an_invitation_is_used_once_however_many_try(accounts):
    accounts.add(account("Ada"), "hash")
    accounts.add_invitation("link", "curator", FIRST_ID, NOW + DAY)
    assert accounts.find_invitation("link", NOW + DAY) is None
    names = [f"guest {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda name: accounts.accept_invitation("link", account(name), "", NOW), names)
        )
    assert [each.role for each in made if each] == ["curator"]
    assert accounts.find_invitation("link", NOW) is None


def test_an_invitation_stays_open_if_the_name_is_taken(accounts):
    accounts.add(account("Ada"), "hash")
    accounts.add_invitation("link", "member", FIRST_ID, NOW + DAY)
    with pytest.raises(InvalidInputError):
        accounts.accept_invitation("link", account("ada"), "hash", NOW)
    assert accounts.find_invitation("link", NOW) == "member"


def test_failed_attempts_are_counted_by_name(accounts):
    accounts.add_attempts(["account:a", "client:1"], NOW)
    accounts.add_attempts(["account:b", "client:1"], NOW)
    names = ["account:a", "client:1", "client:2"]
    assert accounts.count_attempts(names, NOW - DAY) == [1, 2, 0]
    assert accounts.count_attempts(names, NOW) == [0, 0, 0]
    accounts.clear_attempts("account:a")
    assert accounts.count_attempts(names, NOW - DAY) == [0, 2, 0]
