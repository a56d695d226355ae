"""Working through a pool of a real library, and the answer to "may I stop?"."""

import csv
import io

import numpy as np
import pytest
import rispy

from broadsheet.discovery.screening import ArrivalRule, Target
from broadsheet.domain.access import OWNER, Principal
from broadsheet.domain.errors import InvalidInputError, PaperNotFoundError
from broadsheet.domain.screening import ScreeningNotFoundError
from broadsheet.services.screening import advise
from reading_interests import made_paper, open_made_library, subject_of

TARGET = Target(0.95, 0.95)


@pytest.fixture
def services(tmp_path):
    with open_made_library(tmp_path) as opened:
        yield opened


def work(services, screening, papers):
    """Label so many papers: relevant are those about bees."""
    for _ in range(papers):
        paper = services.screening.state(OWNER, screening.id).next_paper
        relevant = subject_of(paper.title) == "bees"
        services.screening.label(OWNER, screening.id, paper.id, relevant, "about bees" * relevant)


def test_the_model_orders_the_pool(services):
    screening = services.screening.start(OWNER, "cat:cs.LG")
    assert (screening.papers, screening.title) == (120, "cat:cs.LG")
    work(services, screening, 45)
    state = services.screening.state(OWNER, screening.id)
    assert state.screening.labels == 45
    assert state.screening.relevant >= 38
    assert list(state.curve) == sorted(state.curve)
    assert state.curve[-1] == state.screening.relevant
    assert state.reasons


def test_undo_takes_back_the_last_label_and_its_effect(services):
    screening = services.screening.start(OWNER, "cat:cs.LG")
    work(services, screening, 6)
    before = services.screening.state(OWNER, screening.id)
    work(services, screening, 1)
    assert services.screening.undo(OWNER, screening.id) == before.next_paper
    after = services.screening.state(OWNER, screening.id)
    assert after == before


def test_the_whole_pool_can_be_read(services):
    screening = services.screening.start(OWNER, "title:swarm")
    work(services, screening, screening.papers)
    state = services.screening.state(OWNER, screening.id)
    assert state.next_paper is None
    assert state.advice.may_stop


def test_screenings_are_private(services):
    screening = services.screening.start(OWNER, "title:swarm")
    other = Principal("x", "Xenia", "owner")
    calls = [
        lambda: services.screening.state(other, screening.id),
        lambda: services.screening.label(other, screening.id, str(made_paper(0)["id"]), True),
        lambda: services.screening.undo(other, screening.id),
        lambda: services.screening.export(other, screening.id, "csv"),
        lambda: services.screening.delete(other, screening.id),
    ]
    for call in calls:
        with pytest.raises(ScreeningNotFoundError):
            call()
    assert services.screening.own(other) == []
    assert [each.id for each in services.screening.own(OWNER)] == [screening.id]


def test_what_cannot_be_screened(services):
    for wrong in (("",), ("zzzzqqq",), ("cat:cs.LG", "", 1.0), ("cat:cs.LG", "", 0.95, 0.0)):
        with pytest.raises(InvalidInputError):
            services.screening.start(OWNER, *wrong)
    screening = services.screening.start(OWNER, "title:granite")
    with pytest.raises(InvalidInputError):
        services.screening.label(OWNER, screening.id, str(made_paper(0)["id"]), True)
    with pytest.raises(PaperNotFoundError):
        services.screening.label(OWNER, screening.id, "nothing", True)


def test_two_screeners_of_one_pool_agree_and_differ(services):
    mine = services.screening.start(OWNER, "title:swarm")
    colleague = Principal("bob", "Bob", "member")
    theirs = services.screening.join(colleague, mine.id)
    assert services.screening.join(colleague, mine.id) == theirs
    assert services.screening.join(OWNER, mine.id).id == mine.id
    assert (theirs.papers, theirs.review, theirs.labels) == (mine.papers, mine.id, 0)
    assert services.screening.agreement(OWNER, mine.id).kappa is None

    pool = [services.library.get_papers([each.paper])[0] for each in pool_of(services, mine)]
    for place, paper in enumerate(pool[:4]):
        services.screening.label(
            OWNER, mine.id, paper.id, place < 2, "" if place < 2 else "off topic"
        )
        services.screening.label(colleague, theirs.id, paper.id, place < 1, "no")
    agreement = services.screening.agreement(colleague, theirs.id)
    assert (agreement.shared, agreement.agreed) == (4, 3)
    assert agreement.kappa == pytest.approx(0.5)
    [conflict] = agreement.conflicts
    assert conflict.paper == pool[1]
    assert [relevant for _, relevant, _ in conflict.labels] == [True, False]

    services.screening.label(OWNER, mine.id, pool[4].id, False)
    flow = services.screening.count_flow(OWNER, mine.id)
    assert (flow.identified, flow.screened, flow.included, flow.excluded) == (len(pool), 5, 2, 3)
    assert dict(flow.reasons) == {"off topic": 2, "": 1}
    assert flow.not_screened == len(pool) - 5
    with pytest.raises(ScreeningNotFoundError):
        services.screening.agreement(OWNER, theirs.id)
    with pytest.raises(ScreeningNotFoundError):
        services.screening.join(OWNER, theirs.id)


def pool_of(services, screening):
    return services.screening._store.papers(screening.id)


def test_exports(services):
    screening = services.screening.start(OWNER, "cat:cs.LG")
    first = services.screening.state(OWNER, screening.id).next_paper
    services.screening.label(OWNER, screening.id, first.id, True, '=HYPERLINK("x")')
    work(services, screening, 5)
    rows = list(csv.DictReader(io.StringIO(services.screening.export(OWNER, screening.id, "csv"))))
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert rows[0]["id"] == first.id
    assert rows[0]["reason"] == '\'=HYPERLINK("x")'
    records = rispy.loads(services.screening.export(OWNER, screening.id, "ris"))
    assert len(records) == 6
    labels = [record["notes"][0] for record in records]
    assert [f"ASReview_{row['label']}" for row in rows] == labels


def test_nothing_is_said_before_a_relevant_paper():
    advice = advise([False] * 50, 1000, TARGET)
    assert not advice.may_stop
    assert "no relevant paper was read" in advice.answer


def test_yes_says_what_is_known_and_assumed():
    labels = [True] * 40 + [False] * 700
    advice = advise(labels, 1000, TARGET)
    assert advice.may_stop
    assert advice.answer == (
        "Yes: with 95 % confidence you have read at least 95 % of the relevant papers. "
        "The 260 unread papers could be skipped."
    )
    assert any("no promise" in sentence for sentence in advice.grounds)
    assert advice.risk < 0.05


def test_the_advice_says_yes_only_if_the_measured_rule_did():
    random = np.random.default_rng(5)
    rule = ArrivalRule(TARGET)
    answers = set()
    for _ in range(20):
        rates = 0.9 * np.exp(-np.arange(400) / random.uniform(20, 80))
        labels = random.random(400) < rates
        for read in range(20, 400, 7):
            checked = read - read % 4
            measured = rule.may_stop(labels[:checked], 400)
            advice = advise(labels[:read].tolist(), 400, TARGET)
            answers.add(advice.may_stop)
            assert measured or not advice.may_stop
    assert answers == {True, False}
