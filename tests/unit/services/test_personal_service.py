"""A reader's own ranking over a real library."""

from dataclasses import replace

import pytest

from broadsheet.domain.access import ANONYMOUS, OWNER, Principal
from broadsheet.domain.community import ReaderMark
from broadsheet.domain.daily import IssueRequest
from broadsheet.domain.digest import SubscriptionRequest, Topic
from broadsheet.domain.errors import InvalidInputError, UnauthorizedError
from broadsheet.domain.periods import Period
from broadsheet.domain.search import SearchRequest
from broadsheet.services.personal import NOTHING_LEARNED, OUTSIDE, weigh_marks
from broadsheet.text.latex.plain_text import to_text
from reading_interests import FIRST, LAST, made_paper, open_made_library, subject_of

BIBTEX = b"""@article{a, title={%s}, author={Ada Bees}}
@article{b, title={Dancing bees elsewhere}, abstract={Workers dance near the hive.}}
"""
RIS = "TY  - JOUR\nTI  - A paper on granite and basalt\nER  - \n"


@pytest.fixture
def services(tmp_path):
    with open_made_library(tmp_path) as opened:
        yield opened


def id_of(number):
    return str(made_paper(number)["id"])


def mark(services, number, name="more_like", on=True, principal=OWNER):
    services.community.set_mark(principal, id_of(number), name, on)


def scores(services, since="week", principal=OWNER):
    answer = services.personal.for_you(principal, since, 200)
    return [(story.paper.id, story.score) for story in answer.stories]


def subjects(answer):
    return subjects_of(answer.stories)


def subjects_of(stories):
    return [subject_of(story.paper.title) for story in stories]


def test_it_works_from_the_first_like(services):
    before = services.personal.for_you(OWNER)
    assert (before.likes, before.stories) == (0, [])
    mark(services, 60)  # bees, not of the latest day
    answer = services.personal.for_you(OWNER)
    assert (answer.first, answer.last, answer.papers) == (LAST, LAST, 10)
    assert subjects(answer)[:4] == ["bees"] * 4


def test_every_story_says_why(services):
    mark(services, 60, "saved")
    story = services.personal.for_you(OWNER).stories[0]
    reasons = {reason.name: reason for reason in story.reasons}
    title = to_text(str(made_paper(60)["title"]))
    assert reasons["papers"].words == f"close to a paper you saved: “{title}”"
    bees = set(to_text(story.paper.title + " " + story.paper.abstract).lower().split())
    named = reasons["terms"].words.removeprefix("terms: ").split(", ")
    assert named
    assert all(word in " ".join(bees) for term in named for word in term.split())
    assert reasons["terms"].points > 0


def test_a_search_in_the_order_of_interests(services):
    request = SearchRequest("study knots rocks bees", limit=30, order="for-me")
    assert services.personal.interests(OWNER) is None
    plain = services.search.search(request)
    assert any("Nothing is known of your interests" in note for note in plain.notes)
    mark(services, 60)  # bees
    own = replace(request, reader=services.personal.interests(OWNER))
    answer = services.search.search(own)
    assert not any("Nothing is known" in note for note in answer.notes)
    assert {hit.paper.id for hit in answer.hits} <= {
        hit.paper.id for hit in services.search.search(replace(request, limit=200)).hits
    }

    def bees_among_the_first(found):
        return sum(subject_of(hit.paper.title) == "bees" for hit in found.hits[:10])

    assert bees_among_the_first(answer) > bees_among_the_first(plain)
    explanation = services.search.explain(own, answer.hits[0].paper.id)
    [boost] = [each for each in explanation.boosts if each.name == "your interests"]
    assert "close to a paper you wanted more of" in boost.reason


def test_a_share_of_the_stories_is_from_outside_the_interests_and_says_so(services):
    mark(services, 60)

    def outside():
        stories = services.personal.for_you(OWNER, "week", 20).stories
        return [story.rank for story in stories if story.reasons == (OUTSIDE,)], stories

    ranks, stories = outside()
    assert ranks == [10, 20]
    assert "bees" not in subjects_of([stories[9], stories[19]])
    services.personal.edit(OWNER, "exploration", "share", "third")
    assert outside()[0] == [3, 6, 9, 12, 15, 18]
    services.personal.edit(OWNER, "exploration", "share", "none")
    assert not outside()[0]
    assert services.personal.profile(OWNER).exploration == "none"
    with pytest.raises(InvalidInputError, match="exploration: none, tenth, fifth, third"):
        services.personal.edit(OWNER, "exploration", "share", "half")


@pytest.mark.parametrize("name", ["read", "hidden", "not_interested", "saved", "less_like"])
def test_marked_papers_are_left_out(services, name):
    mark(services, 60)
    best = services.personal.for_you(OWNER).stories[0].paper
    services.community.set_mark(OWNER, best.id, name, True)
    answer = services.personal.for_you(OWNER)
    assert best.id not in [story.paper.id for story in answer.stories]
    assert (answer.papers, answer.left_out) == (9, 1)


def test_a_dislike_counts_on_the_next_call(services):
    for number in (60, 61):  # bees, knots
        mark(services, number)

    def count_knots():
        return subjects(services.personal.for_you(OWNER, "week"))[:20].count("knots")

    before = count_knots()
    mark(services, 64, "less_like")  # knots
    mark(services, 67, "not_interested")  # knots
    assert count_knots() < before
    assert services.personal.for_you(OWNER, "week").dislikes == 2


def test_a_removed_signal_leaves_no_trace(services):
    for number in (60, 63):
        mark(services, number)
    before = scores(services)
    steps = [
        (lambda on: mark(services, 40, "less_like", on)),
        (lambda on: mark(services, 66, "voted", on)),
        (lambda on: services.personal.edit(OWNER, "term", "hive", "pinned" if on else "")),
        (lambda on: services.personal.edit(OWNER, "author", "Ada Rocks", "pinned" if on else "")),
        (lambda on: mark(services, 60, "ignored", on)),
    ]
    for change in steps:
        change(True)
        assert scores(services) != before
        change(False)
        assert scores(services) == before


def test_readers_do_not_see_each_other(services):
    other = Principal("x", "Xenia", "reader")
    mark(services, 60)
    mark(services, 61, principal=other)
    assert scores(services) != scores(services, principal=other)
    assert subjects(services.personal.for_you(other))[0] == "knots"
    with pytest.raises(UnauthorizedError):
        services.personal.for_you(ANONYMOUS)


def test_days_weeks_and_dates(services):
    mark(services, 110)
    assert services.personal.for_you(OWNER, "week").papers == 70
    assert services.personal.for_you(OWNER, FIRST.isoformat()).papers == 119
    for wrong in ("yesterday", "2026-13-01", "2027-01-01"):
        with pytest.raises(InvalidInputError):
            services.personal.for_you(OWNER, wrong)


def test_a_pinned_author_comes_first_and_an_unwanted_one_last(services):
    mark(services, 60)
    services.personal.edit(OWNER, "author", "ada rocks", "pinned")
    services.personal.edit(OWNER, "author", "Ben Number0", "unwanted")
    answer = services.personal.for_you(OWNER)
    assert answer.stories[-1].paper.id == id_of(0)
    rocks = next(each for each in answer.stories if subject_of(each.paper.title) == "rocks")
    assert "by Ada Rocks, whom you follow or pinned" in [reason.words for reason in rocks.reasons]


def test_muted_terms_are_no_reason(services):
    mark(services, 60)
    named = services.personal.for_you(OWNER).stories[0].reasons
    term = next(r.words for r in named if r.name == "terms").removeprefix("terms: ").split(", ")[0]
    services.personal.edit(OWNER, "term", term.upper(), "muted")
    for story in services.personal.for_you(OWNER).stories:
        for reason in story.reasons:
            assert reason.name != "terms" or term not in reason.words.split(": ")[1].split(", ")


def test_edits_that_cannot_be(services):
    for wrong in (
        ("term", "one two three", "muted"),
        ("term", "", "pinned"),
        ("term", "x" * 201, "pinned"),
        ("author", "Ada", "muted"),
        ("paper", "Ada", "pinned"),
    ):
        with pytest.raises(InvalidInputError):
            services.personal.edit(OWNER, *wrong)


def test_the_profile_shows_all_parts(services):
    mark(services, 60)
    mark(services, 63, "saved")
    mark(services, 61, "less_like")
    services.personal.add_text(OWNER, "Quartz and basalt come from the mantle.")
    services.personal.edit(OWNER, "term", "Swarm", "pinned")
    profile = services.personal.profile(OWNER)
    assert (profile.likes, profile.dislikes) == (3, 1)
    assert {each.paper.id: each.weight for each in profile.papers} == {
        id_of(60): 1.0,
        id_of(63): 1.0,
        id_of(61): -1.0,
    }
    assert max(each.influence for each in profile.papers) == 1.0
    assert profile.authors[0].name == "Ada Bees"
    assert profile.authors[0].liked_papers == 2
    assert ("swarm", "pinned") in [(each.name, each.decision) for each in profile.terms]
    assert [each.text for each in profile.texts] == ["Quartz and basalt come from the mantle."]
    services.personal.remove_text(OWNER, profile.texts[0].number)
    assert services.personal.profile(OWNER).likes == 2


def test_a_reset_begins_anew_and_what_is_said_then_counts(services):
    mark(services, 60, "saved")
    mark(services, 63, "more_like")
    mark(services, 61, "not_interested")
    services.personal.add_text(OWNER, "Quartz and basalt come from the mantle.")
    services.personal.reset(OWNER)
    profile = services.personal.profile(OWNER)
    assert (profile.likes, profile.dislikes, profile.texts) == (0, 0, [])
    own = services.community.paper_marks(OWNER, [p.key for p in services.library.get_papers([])])
    assert own.own == {}
    saved = services.community.marks(OWNER, ["saved", "not_interested"])
    assert len(saved) == 2
    mark(services, 60, "more_like")
    assert services.personal.profile(OWNER).likes == 1


def test_pasted_identifiers_titles_and_texts(services):
    text = (
        f"{id_of(60)}, 9912.00001\n{to_text(str(made_paper(63)['title'])).upper()}\n\n"
        "We study how bees dance.\nThey do so near the hive.\n"
    )
    added = services.personal.add_text(OWNER, text)
    assert [paper.id for paper in added.papers] == [id_of(60), id_of(63)]
    assert (added.texts, added.missing) == (1, ("arxiv:9912.00001",))
    (stored,) = services.personal.profile(OWNER).texts
    assert stored.text == "We study how bees dance. They do so near the hive."
    assert subjects(services.personal.for_you(OWNER))[0] == "bees"
    with pytest.raises(InvalidInputError):
        services.personal.add_text(OWNER, "  \n ")
    with pytest.raises(InvalidInputError):
        services.personal.add_text(OWNER, "word " * 3000)


def test_bibliographies(services):
    title = to_text(str(made_paper(60)["title"])).encode()
    added = services.personal.add_file(OWNER, "mine.bib", BIBTEX % title)
    assert ([paper.id for paper in added.papers], added.texts) == ([id_of(60)], 1)
    assert services.personal.add_file(OWNER, "mine.ris", RIS.encode()).texts == 1
    assert [each.title for each in services.personal.profile(OWNER).texts] == [
        "Dancing bees elsewhere",
        "A paper on granite and basalt",
    ]
    for content in (b"", b"no bibliography", b"\xff\xfe\x00"):
        with pytest.raises(InvalidInputError):
            services.personal.add_file(OWNER, "mine.bib", content)


def test_an_author(services):
    added = services.personal.add_author(OWNER, "Ada Knots")
    assert len(added.papers) == 40
    assert {subject_of(paper.title) for paper in added.papers} == {"knots"}
    with pytest.raises(InvalidInputError):
        services.personal.add_author(OWNER, "Zed Nobody")


def test_informative_papers_are_of_all_subjects(services):
    mark(services, 60)
    papers = services.personal.informative_papers(OWNER, 6)
    assert {subject_of(paper.title) for paper in papers} == {"bees", "knots", "rocks"}
    assert len({paper.id for paper in papers}) == 6
    assert id_of(60) not in [paper.id for paper in papers]


def test_papers_on_collections_are_likes(services):
    collection = services.collections.create(OWNER, "Mine")
    services.collections.add(OWNER, collection.id, id_of(61))
    assert subjects(services.personal.for_you(OWNER))[0] == "knots"


def test_an_empty_library(tmp_path):
    with open_made_library(tmp_path, papers=0) as services:
        assert services.personal.for_you(OWNER).papers == 0
        assert services.personal.informative_papers(OWNER) == []
        services.personal.add_text(OWNER, "We study how bees dance near the hive.")
        assert services.personal.for_you(OWNER).stories == []
        assert services.personal.profile(OWNER).likes == 1


def marks(*names):
    return [ReaderMark("ada", 1, name, None) for name in names]


@pytest.mark.parametrize(
    ("names", "weight"),
    [
        (["saved"], 1.0),
        (["read"], 0.25),
        (["read", "later", "voted"], 1.0),
        (["saved", "less_like"], -1.0),
        (["hidden", "saved"], -0.25),
        (["saved", "pinned"], 3.0),
        (["saved", "ignored"], 0.0),
        (["pinned"], None),
    ],
)
def test_weights_of_marks(names, weight):
    assert weigh_marks(marks(*names)).get(1) == weight


def test_a_digest_of_the_own_ranking(services):
    request = SubscriptionRequest(address="ada@example.org", topic=Topic("for-me", "somebody else"))
    subscription = services.digest.subscribe(OWNER, request, confirmed=True)
    assert (subscription.topic, str(subscription.topic)) == (Topic("for-me", OWNER.id), "for-me")
    with pytest.raises(UnauthorizedError):
        services.digest.subscribe(ANONYMOUS, request)


def issue_titles(services, **request):
    issue = services.personal.issue(OWNER, IssueRequest(Period("day", LAST), **request))
    return issue, [subject_of(story.paper.title) for story in issue.stories]


def test_an_issue_in_the_order_of_interests_says_why(services):
    mark(services, 60)  # bees
    issue, subjects_of_issue = issue_titles(services, size=6)
    assert issue.order == "for-me"
    assert subjects_of_issue[:4] == ["bees"] * 4
    assert "close to a paper you wanted more of" in issue.stories[0].reasons[0].words
    scores_of_issue = [story.score for story in issue.stories]
    assert scores_of_issue == sorted(scores_of_issue, reverse=True)
    second, _ = issue_titles(services, size=6, page=2)
    shown = [story.paper.id for story in (*issue.stories, *second.stories)]
    assert len(shown) == len(set(shown)) == issue.total


def test_an_issue_without_interests_is_the_front_page_and_says_so(services):
    issue, _ = issue_titles(services)
    front = services.daily.issue(IssueRequest(Period("day", LAST), order="front"))
    assert [story.paper.id for story in issue.stories] == [
        story.paper.id for story in front.stories
    ]
    assert NOTHING_LEARNED in issue.notes
    with pytest.raises(UnauthorizedError):
        services.personal.issue(ANONYMOUS, IssueRequest(Period("day", LAST)))
