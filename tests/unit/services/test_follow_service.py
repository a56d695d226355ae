"""Following over a real library on each kind of database."""

import datetime as dt
import json

import numpy as np
import pytest

from broadsheet.domain.access import ANONYMOUS, OWNER, Principal
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.domain.errors import (
    EditionNotFoundError,
    InvalidInputError,
    UnauthorizedError,
)
from broadsheet.domain.follows import FollowNotFoundError
from broadsheet.services.digest_topics import TopicReader
from broadsheet.services.follows import LocalFollowService
from reading_interests import FIRST, LAST, made_paper, open_made_library

ADA, BOB = Principal("ada", "Ada", "member"), Principal("bob", "Bob", "reader")
LONG_AGO = (FIRST - dt.timedelta(40)).isoformat()


@pytest.fixture
def services(tmp_path, new_library):
    with new_library() as database, open_made_library(tmp_path, 60, database_url=database) as each:
        yield each


def id_of(number):
    return str(made_paper(number)["id"])


def new_ids(services, principal=ADA, since=LONG_AGO, **options):
    return {each.paper.id for each in services.follows.news(principal, since, **options).papers}


def add_paper(services, tmp_path, **fields):
    file = tmp_path / f"{fields['id'].replace(':', '-')}.jsonl"
    file.write_text(json.dumps({"date": LAST.isoformat(), "abstract": "Of it.", **fields}) + "\n")
    services.library.import_paths(OWNER, [str(file)])
    services.admin.index_pending(OWNER)


def test_papers_of_authors_searches_and_categories_are_new_with_reasons(services, tmp_path):
    add_paper(services, tmp_path, id="arxiv:2606.09999", title="Zeolites", venue="Journal of Stones",
              authors=["Ada Rocks"], categories=["cond-mat.soft"])  # fmt: skip
    for kind, value in (
        ("author", "Ada Rocks"), ("venue", "Journal of Stones"), ("category", "cond-mat"),
        ("field", "Materials and condensed matter"), ("search", "zeolites"),
    ):  # fmt: skip
        services.follows.follow(ADA, kind, value)
    news = services.follows.news(ADA, LONG_AGO)
    best = news.papers[0]
    assert best.paper.id == "arxiv:2606.09999"
    assert best.reasons == (
        "by Ada Rocks",
        "found by “zeolites”",
        "at Journal of Stones",
        "in Condensed Matter (cond-mat)",
        "in Materials and condensed matter",
    )
    assert len(best.follows) == 5
    by_ada = {id_of(number) for number in range(2, 60, 3)} | {"arxiv:2606.09999"}
    assert {each.paper.id for each in news.papers} == by_ada
    of_venue = next(each.number for each in news.follows if each.kind == "venue")
    assert new_ids(services, only=of_venue) == {"arxiv:2606.09999"}
    assert news.counts[of_venue] == 1


def test_an_edition_is_followed(services):
    services.follows.follow(ADA, "edition", "front")
    assert len(new_ids(services)) == 60
    with pytest.raises(EditionNotFoundError, match="front, featured"):
        services.follows.follow(ADA, "edition", "nothing")


def test_only_what_came_in_since_the_last_visit_is_new(services, tmp_path, monkeypatch):
    follows = services.follows
    follows.follow(ADA, "category", "cs")
    now = [dt.datetime.now(dt.UTC)]
    monkeypatch.setattr(LocalFollowService, "_now", lambda self: now[0])
    assert follows.visit(ADA) is None
    now[0] += dt.timedelta(seconds=1)
    add_paper(services, tmp_path, id="arxiv:2606.09998", title="Late", categories=["cs.LG"])
    now[0] += dt.timedelta(hours=8)
    # The first visit was before the paper came in, so it is new; of this visit it stays so.
    for _ in range(2):
        assert follows.news(ADA).since < now[0] - dt.timedelta(hours=7)
        now[0] += dt.timedelta(minutes=5)
    now[0] += dt.timedelta(hours=1)
    assert new_ids(services, since="visit") == set()


def test_nothing_of_a_member_is_new_but_what_it_did_in_public(services):
    olga = services.accounts.add(OWNER, "Olga", "owner", "a horse and a staple")
    max_ = services.accounts.add(OWNER, "Max", "member", "a horse and a staple").principal
    services.follows.follow(ADA, "member", "max")
    services.community.set_mark(max_, id_of(3), "voted", True)
    services.community.set_mark(max_, id_of(4), "saved", True)
    assert new_ids(services) == set()
    comment = services.comments.add(max_, id_of(5), "Read this")
    (paper,) = services.follows.news(ADA, LONG_AGO).papers
    assert (paper.paper.id, paper.reasons) == (id_of(5), ("Max commented",))
    services.comments.remove(max_, comment.id)
    assert new_ids(services) == set()
    for name, words in (("nobody", "no member"), ("Olga", "yourself")):
        with pytest.raises(InvalidInputError, match=words):
            services.follows.follow(olga.principal, "member", name)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("planet", "Mars", "choose one of author"),
        ("author", "   ", "1 to 300"),
        ("author", "x" * 301, "1 to 300"),
        ("author", "a\x00b", "1 to 300"),
        ("field", "Alchemy", "the fields are: Language"),
        ("search", '""', "needs words"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_words(services, kind, value, words):
    with pytest.raises(InvalidInputError, match=words):
        services.follows.follow(ADA, kind, value)


def test_follows_are_ones_own(services):
    number = services.follows.follow(ADA, "author", "Ada Bees").number
    assert services.follows.follows(BOB) == []
    for call in (services.follows.unfollow, lambda who, at: services.follows.news(who, "day", at)):
        with pytest.raises(FollowNotFoundError):
            call(BOB, number)
    with pytest.raises(UnauthorizedError):
        services.follows.follow(ANONYMOUS, "author", "Ada Bees")
    assert services.follows.visit(ANONYMOUS) is None
    services.follows.unfollow(ADA, number)
    assert services.follows.follows(ADA) == []


def test_followed_authors_stand_higher_in_the_own_ranking(services):
    services.community.set_mark(ADA, id_of(33), "more_like", True)  # bees

    def rank_of_rocks():
        stories = services.personal.for_you(ADA, "week", 60).stories
        rocks = next(each for each in stories if each.paper.authors[0].name == "Ada Rocks")
        return rocks.rank, [reason.words for reason in rocks.reasons]

    services.personal.edit(ADA, "exploration", "share", "none")
    before, _ = rank_of_rocks()
    services.follows.follow(ADA, "author", "Ada Rocks")
    after, reasons = rank_of_rocks()
    assert after < before
    assert "by Ada Rocks, whom you follow or pinned" in reasons
    services.personal.edit(ADA, "author", "Ada Rocks", "unwanted")  # a decision goes before
    assert rank_of_rocks()[0] >= before


def test_a_digest_of_what_is_followed(services):
    services.follows.follow(ADA, "author", "Ada Bees")
    request = SubscriptionRequest(address="ada@example.org", topic=Topic("follows", "bob"))
    assert services.digest.subscribe(ADA, request).topic == Topic("follows", ADA.id)
    with pytest.raises(UnauthorizedError):
        services.digest.subscribe(ANONYMOUS, request)
    topics = TopicReader(
        services.library,
        services.search,
        services.daily,
        services.personal.rank_days,
        services.personal.rank_like,
        lambda keys: np.zeros((len(keys), 2), np.float32),
        services.collections,
        services.follows.followed_between,
    )
    candidates = topics.read(Topic("follows", ADA.id), ADA.id, LAST, LAST)
    assert {each.reason for each in candidates} == {"By Ada Bees."}
    assert len(candidates) == 4
    assert topics.read(Topic("follows", BOB.id), BOB.id, LAST, LAST) == []
