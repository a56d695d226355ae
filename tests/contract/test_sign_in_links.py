"""Contract of the stores of links that sign in, confirmed addresses and identities."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from broadsheet.domain.accounts import Account
from broadsheet.domain.errors import InvalidInputError
from broadsheet.domain.identities import Identity

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def accounts(store):
    store.accounts.add(Account("id-Olga", "Olga", "owner", "", NOW), "hash")
    store.accounts.add(Account("id-Ada", "Ada", "member", "ada@example.org", NOW), "hash")
    return store.accounts


def test_a_link_is_used_once_though_ten_try(accounts):
    accounts.add_sign_in_link("h1", "id-Ada", NOW + MINUTE)
    assert accounts.find_sign_in_link("h1", NOW).name == "Ada"
    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(lambda _: accounts.use_sign_in_link("h1", NOW), range(10)))
    assert [account.name for account in found if account] == ["Ada"]
    assert accounts.find_sign_in_link("h1", NOW) is None


def test_a_link_ends_with_time_bans_passwords_and_the_account(accounts):
    for end in (
        lambda: accounts.set_banned("id-Ada", True, "why"),
        lambda: accounts.set_password("id-Ada", "another"),
        lambda: accounts.confirm_address("id-Ada", "new@example.org", NOW),
        lambda: accounts.delete("id-Ada"),
    ):
        accounts.add_sign_in_link("h", "id-Ada", NOW + MINUTE)
        assert accounts.find_sign_in_link("h", NOW + MINUTE) is None
        assert accounts.find_sign_in_link("h", NOW) is not None
        end()
        assert accounts.use_sign_in_link("h", NOW) is None
        if accounts.find_by_id("id-Ada"):
            accounts.set_banned("id-Ada", False, "")


def test_an_address_is_confirmed_for_one_account(accounts):
    assert not accounts.find("Ada").confirmed
    accounts.confirm_address("id-Ada", "Ada@Example.org", NOW)
    assert accounts.find("ada@example.org").confirmed
    with pytest.raises(InvalidInputError, match="here already"):
        accounts.confirm_address(accounts.find("Olga").id, "ada@example.org", NOW)


def test_an_identity_belongs_to_one_account_though_ten_link_it(store, accounts):
    identities, issuer = store.identities, "https://login.example.org"
    olga, ada = accounts.find("Olga").id, accounts.find("Ada").id
    owners = [olga, ada] * 5
    with ThreadPoolExecutor(10) as pool:
        added = list(
            pool.map(lambda account: identities.add(Identity(issuer, "1", account, NOW)), owners)
        )
    assert added.count(True) == 1
    owner = owners[added.index(True)]
    assert identities.find(issuer, "1") == owner
    assert identities.find("https://other.example.org", "1") is None
    other = ada if owner == olga else olga
    assert not identities.remove(other, issuer, "1")
    assert [each.subject for each in identities.of_account(owner)] == ["1"]
    assert identities.remove(owner, issuer, "1")
    assert identities.add(Identity(issuer, "1", ada, NOW))
    accounts.delete(ada)
    assert identities.find(issuer, "1") is None
