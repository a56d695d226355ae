"""Papers for topics of digests, over a real library on each kind of database."""

import numpy as np
import pytest

from broadsheet.domain.access import ANONYMOUS, OWNER, Principal
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.domain.errors import InvalidInputError
from broadsheet.services.digest_topics import TopicReader
from reading_interests import FIRST, LAST, made_paper, open_made_library, subject_of

ADA, BOB = Principal("ada", "Ada", "member"), Principal("bob", "Bob", "member")


@pytest.fixture(scope="module")
def services(tmp_path_factory, new_library):
    with (
        new_library() as database,
        open_made_library(tmp_path_factory.mktemp("topics"), database_url=database) as opened,
    ):
        yield opened


@pytest.fixture
def topics(services):
    return TopicReader(
        services.library,
        services.search,
        services.daily,
        services.personal.rank_days,
        services.personal.rank_like,
        lambda keys: np.zeros((len(keys), 2), np.float32),
        services.collections,
        services.follows.followed_between,
    )


def id_of(number):
    return str(made_paper(number)["id"])


def collect(services, numbers, sharing="private", title="Bees", principal=ADA):
    collection = services.collections.create(principal, title, sharing=sharing)
    for number in numbers:
        services.collections.add(principal, collection.id, id_of(number))
    return collection


def best_subjects(candidates, size):
    best = sorted(candidates, key=lambda each: -each.score)[:size]
    return [subject_of(each.paper.title) for each in best]


def test_an_issue_of_the_own_ranking(services, topics):
    services.community.set_mark(OWNER, id_of(60), "more_like", True)
    candidates = topics.read(Topic("for-me", OWNER.id), OWNER.id, LAST, LAST)
    assert len(candidates) == 10
    assert best_subjects(candidates, 1) == ["bees"]
    best = max(candidates, key=lambda each: each.score)
    assert best.reason.startswith("Close to a paper you wanted more of: “On ")
    assert topics.read(Topic("for-me", "nobody"), "nobody", LAST, LAST) == ()


def test_papers_like_one_paper(topics):
    topic = topics.check(Topic("like", "2606.00061"), ANONYMOUS)
    assert topic.value == id_of(60)
    candidates = topics.read(topic, "", FIRST, LAST)
    assert best_subjects(candidates, 5) == ["bees"] * 5
    assert id_of(60) not in [each.paper.id for each in candidates]
    assert candidates[0].reason == f"Near in meaning to “{topic.label}”."


def test_papers_like_a_collection_are_near_its_papers(services, topics):
    collection = collect(services, (60, 61))  # bees, knots
    topic = topics.check(Topic("like", collection.id), ADA)
    assert topic == Topic("like", f"collection:{collection.id}")
    candidates = topics.read(topic, ADA.id, FIRST, LAST)
    assert set(best_subjects(candidates, 10)) == {"bees", "knots"}
    chosen = {each.paper.id for each in candidates}
    assert not chosen & {id_of(60), id_of(61)}
    assert "lose to a paper of the collection: “On " in candidates[0].reason


def test_only_papers_of_the_days_are_candidates(services, topics):
    topic = topics.check(Topic("like", collect(services, (60,)).id), ADA)
    days = {each.paper.listed.exact() for each in topics.read(topic, ADA.id, LAST, LAST)}
    assert days == {LAST}


def test_a_collection_of_ones_own_goes_by_its_title(services, topics):
    collection = collect(services, (60,), title="On granite")
    assert topics.check(Topic("like", "on Granite"), ADA).value == f"collection:{collection.id}"
    with pytest.raises(InvalidInputError, match="neither a paper"):
        topics.check(Topic("like", "on Granite"), BOB)


def test_a_collection_that_is_not_shared_cannot_be_named_or_read(services, topics):
    collection = collect(services, (60,), sharing="link")
    topic = topics.check(Topic("like", collection.id), BOB)
    assert topics.read(topic, BOB.id, FIRST, LAST)
    assert topics.read(topic, "", FIRST, LAST)
    services.collections.change(ADA, collection.id, "Bees", "", "private")
    assert topics.read(topic, BOB.id, FIRST, LAST) == ()
    assert topics.read(topic, "", FIRST, LAST) == ()
    assert topics.read(topic, ADA.id, FIRST, LAST)
    with pytest.raises(InvalidInputError, match="neither a paper"):
        topics.check(Topic("like", collection.id), BOB)


def test_a_deleted_collection_has_no_candidates_and_an_empty_one_is_refused(services, topics):
    collection = collect(services, (60,))
    topic = topics.check(Topic("like", collection.id), ADA)
    services.collections.delete(ADA, collection.id)
    assert topics.read(topic, ADA.id, FIRST, LAST) == ()
    with pytest.raises(InvalidInputError, match="no paper yet"):
        topics.check(Topic("like", collect(services, ()).id), ADA)


def test_a_subscription_keeps_the_title_of_its_collection(services):
    collection = collect(services, (60,), sharing="public", title="All about bees")
    request = SubscriptionRequest(address="ada@example.org", topic=Topic("like", collection.id))
    kept = services.digest.subscribe(OWNER, request, confirmed=True)
    assert kept.topic.label == "All about bees"
    issue, rendered = services.digest.preview(OWNER, request)
    assert "papers like the collection “All about bees”" in rendered.text
    assert issue.groups or issue.empty_because
