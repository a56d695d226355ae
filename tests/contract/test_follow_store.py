"""Every store keeps follows and visits."""

import datetime as dt

from broadsheet.domain.accounts import Account
from broadsheet.domain.follows import VISIT_ENDS_AFTER, Follow

NOW = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def follow(kind="author", value="Ada Lovelace", account="a"):
    return Follow(0, account, kind, value, value, NOW)


def test_following_twice_is_once_and_case_counts_for_nothing(store):
    first = store.follows.add(follow())
    again = store.follows.add(follow(value="ada lovelace"))
    assert first.number == again.number
    assert [each.value for each in store.follows.of_account("a")] == ["Ada Lovelace"]
    assert store.follows.add(follow(account="b")).number != first.number


def test_only_ones_own_follows_are_removed(store):
    number = store.follows.add(follow()).number
    assert not store.follows.remove("b", number)
    assert store.follows.remove("a", number)
    assert not store.follows.remove("a", number)
    assert store.follows.of_account("a") == []


def test_follows_are_listed_by_kind_and_name(store):
    for kind, value in (("field", "Vision"), ("author", "Zoe"), ("search", "x"), ("author", "ada")):
        store.follows.add(follow(kind, value))
    names = [each.label for each in store.follows.of_account("a")]
    assert names == ["ada", "Zoe", "x", "Vision"]


def test_members_are_named_and_gone_with_their_account(store):
    store.accounts.add(Account("", "Olga", "owner", "", NOW), "")
    max_account = store.accounts.add(Account("m", "Max", "member", "", NOW), "")
    store.follows.add(follow("member", max_account.id))
    (known,) = store.follows.of_account("a")
    assert (known.label, known.value) == ("Max", max_account.id)
    store.community.remove_account(max_account.id, NOW)
    assert store.follows.of_account("a") == []


def test_a_visit_ends_with_a_pause(store):
    visit = store.follows.visit
    assert visit("a", NOW) is None
    assert visit("a", NOW + 20 * MINUTE) is None  # the same visit
    later = NOW + 20 * MINUTE + VISIT_ENDS_AFTER
    assert visit("a", later) == NOW + 20 * MINUTE
    assert visit("a", later + 25 * MINUTE) == NOW + 20 * MINUTE
    assert visit("a", later + 60 * MINUTE) == later + 25 * MINUTE
    assert visit("b", later) is None


def test_an_account_leaves_no_follow_and_no_visit(store):
    store.follows.add(follow())
    store.follows.visit("a", NOW)
    store.community.remove_account("a", NOW)
    assert store.follows.of_account("a") == []
    assert store.follows.visit("a", NOW + VISIT_ENDS_AFTER) is None
